/* SPDX-License-Identifier: Apache-2.0 */
/* huiying status: is everything well?  Once, or as a view that stays (--watch). */
#include "alerts/watch/watch.h"

#include "core/command.h"
#include "core/mem.h"
#include "core/role.h"
#include "rules/office.h"

#include <stdio.h>
#include <unistd.h>

enum { WATCH_MS = 2000 };

struct opts {
    struct hy_role_opts role;
    bool json, watch;
};

extern const struct hy_command hy_cmd_status;

static bool is_well(const json_t *seen)
{
    HY_CLEANUP(hy_json_freep) json_t *missing = hy_watch_missing(seen);

    return json_array_size(missing) == 0;
}

static void show(const struct opts *o, const json_t *seen, const struct hy_rules *rules)
{
    struct hy_buf out = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    if (o->json) {
        HY_CLEANUP(hy_json_freep) json_t *with = json_deep_copy(seen);
        json_object_set_new(with, "missing", hy_watch_missing(seen));
        hy_json_write(with, &out);
        hy_buf_puts(&out, "\n");
    } else {
        if (o->watch)
            hy_buf_puts(&out, "\033[H\033[2J"); /* home, clear: the whole screen is one write */
        hy_watch_screen(seen, rules, &out);
    }
    fwrite(out.p, 1, out.n, stdout);
    fflush(stdout);
    hy_buf_release(&out);
}

static int watch(const struct opts *o, const char *url, const struct hy_rules *rules,
                 struct hy_err *err)
{
    struct hy_redis_sync *r = NULL;
    bool well = false;
    int rc = hy_redis_sync_open(url, &r, err);

    while (rc == HY_OK) {
        HY_CLEANUP(hy_json_freep) json_t *seen = NULL;
        rc = hy_watch_look_sync(r, rules, hy_wall_now(), &seen, err);
        if (rc < 0)
            break;
        well = is_well(seen);
        show(o, seen, rules);
        if (!o->watch)
            break;
        usleep(WATCH_MS * 1000);
    }
    hy_redis_sync_close(r);
    return rc < 0 ? rc : well ? HY_EXIT_OK : HY_EXIT_NO;
}

static int run(const void *options, int nargs, char **args)
{
    const struct opts *o = options;
    HY_CLEANUP(hy_role_release) struct hy_role role = {0};
    HY_CLEANUP(hy_rules_freep) struct hy_rules *rules = NULL;
    struct hy_err err = HY_ERR_INIT;
    int rc = HY_OK;

    if (nargs)
        rc = hy_fail(&err, HY_E_USAGE, "what is \"%s\"? It takes options only", args[0]);
    if (rc == HY_OK)
        rc = hy_role_resolve_office(&o->role, &role, &err);
    if (rc == HY_OK)
        rc = hy_rules_open(role.config, &rules, &err);
    if (rc == HY_OK)
        rc = watch(o, role.redis, rules, &err);
    return rc < 0 ? hy_command_fail(&hy_cmd_status, &err) : rc;
}

static const struct hy_opt rows[] = {
    HY_ROLE_OPT_ROWS(struct opts),
    {"json", 0, HY_OPT_FLAG, offsetof(struct opts, json), NULL, "the figures as one JSON object"},
    {"watch", 'w', HY_OPT_FLAG, offsetof(struct opts, watch), NULL,
     "go on looking, every two seconds, until Ctrl-C"},
    {NULL},
};

const struct hy_command hy_cmd_status = {
    .name = "status",
    .usage = "[-c DIR] [--redis URL] [--watch] [--json]",
    .summary = "is everything well: roles, Redis, clocks, queues, sources, duty",
    .details = "Lines that need attention begin with \"!\".  Exit 0 when every role works, 1 when "
               "one is missing.\n\n"
               "  huiying status --watch",
    .opts = rows,
    .opts_size = sizeof(struct opts),
    .run = run,
};
