/* SPDX-License-Identifier: Apache-2.0 */
/* huiying robots: ask a robots.txt about URLs. */
#include "core/buf.h"
#include "core/command.h"
#include "core/json.h"
#include "crawler/fetch/robots.h"

struct opts {
    const char *agent, *robots;
    bool json;
};
static const struct hy_opt options[] = {
    {"agent", 'a', HY_OPT_TEXT, offsetof(struct opts, agent), "NAME",
     "product token of the crawler that asks (default huiying)"},
    {"robots", 'r', HY_OPT_TEXT, offsetof(struct opts, robots), "FILE",
     "the robots.txt; - for stdin"},
    {"json", 0, HY_OPT_FLAG, offsetof(struct opts, json), NULL, "print JSON Lines"},
    {NULL},
};

static void print_answer(const char *url, bool allowed, bool json)
{
    if (!json) {
        printf("%s %s\n", allowed ? "allow" : "deny", url);
        return;
    }
    HY_CLEANUP(hy_json_freep) json_t *o = json_object();
    json_object_set_new(o, "url", json_string(url));
    json_object_set_new(o, "allowed", json_boolean(allowed));
    hy_json_print(o);
}

static int run(const void *v, int nargs, char **args);
const struct hy_command hy_cmd_robots = {
    .name = "robots",
    .usage = "[--agent NAME] --robots FILE URL...",
    .summary = "ask a robots.txt which URLs may be fetched",
    .details = "Prints \"allow URL\" or \"deny URL\" for each URL by RFC 9309; exit 1 when one is "
               "denied.\n\nExample: huiying robots --agent huiying --robots robots.txt "
               "https://www.example.cn/news/1.html",
    .opts = options,
    .opts_size = sizeof(struct opts),
    .run = run,
};

static int run(const void *v, int nargs, char **args)
{
    const struct opts *o = v;
    struct hy_err err = HY_ERR_INIT;
    struct hy_buf text = HY_BUF_INIT((size_t)64 << 20);
    int exit_code = HY_EXIT_OK;

    if (o->robots == NULL || nargs == 0) {
        hy_fail(&err, HY_E_USAGE, "--robots FILE and at least one URL are needed");
        return hy_command_fail(&hy_cmd_robots, &err);
    }
    if (hy_buf_read_file(&text, o->robots, &err) < 0)
        return hy_command_fail(&hy_cmd_robots, &err);
    HY_CLEANUP(hy_robots_freep)
    struct hy_robots *r = hy_robots_parse(hy_buf_view(&text), o->agent ? o->agent : "huiying");
    for (int i = 0; i < nargs; i++) {
        bool allowed = hy_robots_allows(r, hy_str(args[i]));
        print_answer(args[i], allowed, o->json);
        if (!allowed)
            exit_code = HY_EXIT_NO;
    }
    hy_buf_release(&text);
    return exit_code;
}
