/* SPDX-License-Identifier: Apache-2.0 */
/* A keeper on a real Redis, driven step by step. */
#pragma once
#include "alerts/keep/keep.h"
#include "core/mem.h"
#include "rules/office.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/redis_server.h"

#include "tests/unit/harness.h"

struct machine { /* one keeper with its data directory */
    struct hy_role role;
    struct hy_keep k;
};

static inline struct hy_rules *rules_once(void)
{
    static struct hy_rules *rules;
    struct hy_diag *d = hy_diag_new();
    struct hy_err err = HY_ERR_INIT;

    if (rules == NULL && hy_rules_load("rules/sample", &rules, d, &err) < 0)
        fail_msg("%s", err.msg);
    hy_diag_free(d);
    return rules;
}

static inline void machine_begin(struct machine *m, const struct redis_server *s, const char *name)
{
    struct hy_err err = HY_ERR_INIT;

    *m = (struct machine){.role.redis = (char *)s->url,
                          .role.data = hy_xasprintf("%s/%s", s->dir, name)};
    m->k = (struct hy_keep){.role = &m->role,
                            .rules = rules_once(),
                            .office = hy_xstrdup("qingxi"),
                            .prefix = hy_xstrdup("hy:{qingxi}:")};
    snprintf(m->k.token, sizeof(m->k.token), "%032x", name[0]);
    assert_int_equal(hy_redis_sync_open(s->url, &m->k.redis, &err), HY_OK);
}

/* What a session's end does, without resigning. */
static inline void machine_reset(struct machine *m)
{
    hy_keep_unload(&m->k);
    m->k.fence = 0;
}

static inline void machine_end(struct machine *m)
{
    hy_keep_unload(&m->k);
    hy_redis_sync_close(m->k.redis);
    free(m->k.office);
    free(m->k.prefix);
    free(m->role.data);
}

static inline bool try_to_lead(struct machine *m)
{
    struct hy_err err = HY_ERR_INIT;
    bool leads;

    assert_int_equal(hy_keep_follow(&m->k, &err), HY_OK);
    assert_int_equal(hy_keep_lead(&m->k, &leads, &err), HY_OK);
    if (leads && hy_keep_load(&m->k, &err) < 0)
        fail_msg("%s", err.msg);
    return leads;
}

/* One entry, as a turn of the keeper. */
static inline int write_one(struct machine *m, const char *what)
{
    struct hy_err err = HY_ERR_INIT;
    struct hy_turn t;

    hy_turn_begin(&t, &m->k);
    hy_decide_keeper(&t.d, what, json_object());
    int rc = hy_turn_commit(&t, &err);
    hy_turn_end(&t);
    return rc;
}

static inline off_t mirror_size(const struct machine *m)
{
    struct stat st;

    return stat(hy_mirror_path(m->k.mirror), &st) < 0 ? -1 : st.st_size;
}

static inline int64_t entries(const struct redis_server *s)
{
    return strtoll(redis_server_ask(s, "XLEN hy:{qingxi}:journal"), NULL, 10);
}

static inline void lease_runs_out(const struct redis_server *s)
{
    redis_server_ask(s, "DEL hy:{qingxi}:lease");
}
