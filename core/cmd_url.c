/* SPDX-License-Identifier: Apache-2.0 */
/* huiying url: what a link leads to. */
#include "core/command.h"
#include "core/mem.h"
#include "core/stage.h"
#include "core/url.h"

#include <stddef.h>
#include <stdlib.h>

struct opts {
    const char *base;
    bool canonical;
};

static int parse_line(struct hy_str input, struct hy_str base, struct hy_url *ret,
                      struct hy_err *err)
{
    struct hy_url b = {0};
    int rc = base.n ? hy_url_parse(base, NULL, &b, err) : HY_OK;

    if (rc == HY_OK)
        rc = hy_url_parse(input, base.n ? &b : NULL, ret, err);
    hy_url_release(&b);
    return rc;
}

static int one_line(json_t *line, void *user, struct hy_err *err)
{
    const struct opts *o = user;
    struct hy_url u = {0};
    struct hy_str base = hy_json_str(line, "base");

    if (!json_is_string(json_object_get(line, "input"))) /* an empty one is a link to the base */
        return hy_fail(err, HY_E_PARSE, "\"input\" is missing or not a text");
    if (parse_line(hy_json_str(line, "input"), base.n ? base : hy_str(o->base), &u, err) < 0)
        return err->code;
    hy_json_set_str(line, "href", hy_str_n(u.href, u.n));
    if (o->canonical) {
        HY_CLEANUP(hy_freep) char *canonical = hy_url_canonical(&u);
        hy_json_set_str(line, "canonical", hy_str(canonical));
    }
    hy_url_release(&u);
    return HY_OK;
}

static int run(const void *opts, int nargs, char **args)
{
    return hy_stage_run(nargs ? args[0] : NULL, one_line, (void *)(uintptr_t)opts);
}

static const struct hy_opt options[] = {
    {"base", 0, HY_OPT_TEXT, offsetof(struct opts, base), "U", "base of lines that have none"},
    {"canonical", 0, HY_OPT_FLAG, offsetof(struct opts, canonical), NULL,
     "also the form under which the crawler remembers the page"},
    {0},
};

const struct hy_command hy_cmd_url = {
    .name = "url",
    .usage = "[--base U] [--canonical] [LINES]",
    .summary = "resolves links as browsers do",
    .details = "Lines {\"id\",\"input\",\"base\"?} become {..,\"href\"} or {\"id\",\"error\"}.\n\n"
               "  echo '{\"input\":\"../b?x=1\"}' | huiying url --base https://example.org/a/c",
    .opts = options,
    .opts_size = sizeof(struct opts),
    .run = run,
};
