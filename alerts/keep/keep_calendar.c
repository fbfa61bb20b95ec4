/* SPDX-License-Identifier: Apache-2.0 */
/* Working days and the year's calendar: whose clocks cannot be counted is said, and what could not be
 * counted once is counted when the calendar is there. */
#include "alerts/decide/clocks.h"
#include "alerts/keep/keep.h"
#include "core/log.h"
#include "core/mem.h"

#include <stdlib.h>

enum { AT_ONCE = 100 };

struct found {
    json_t *uncounted; /* ids */
    struct hy_err why; /* of the last of them */
    HY_VEC(char *) awaited; /* owned */
};

static void found_release(struct found *f)
{
    for (size_t i = 0; i < f->awaited.n; i++)
        free(f->awaited.v[i]);
    hy_vec_release(&f->awaited);
    json_decref(f->uncounted);
}

static void look(struct hy_keep *k, struct found *f)
{
    struct hy_walk w = {.open = true, .passing = true};
    const json_t *doc;

    while ((doc = hy_state_next(k->state, &w))) {
        if (hy_clocks_uncounted(doc, k->rules, &f->why))
            json_array_append_new(f->uncounted, hy_json_of_str(hy_json_str(doc, "id")));
        if (hy_clocks_awaited(doc, k->rules))
            hy_vec_push(&f->awaited, hy_str_dup(hy_json_str(doc, "id")));
    }
}

static int warn(struct hy_keep *k, const struct found *f, struct hy_err *err)
{
    size_t n = json_array_size(f->uncounted);
    HY_CLEANUP(hy_json_freep) json_t *event = json_object();
    struct hy_turn t;

    if (n == 0)
        return HY_OK;
    hy_log(HY_ERROR, "calendar_missing", HY_KV("err", f->why.msg), HY_KVN("incidents", n));
    HY_CLEANUP(hy_freep)
    char *message = hy_xasprintf(
        "%zu 件未办结事项的工作日时限无法计算：%s。已经起算的时限照旧，请尽快补上放假安排", n, f->why.msg);
    json_object_set(event, "incidents", f->uncounted);
    hy_json_set_str(event, "event", HY_STR("calendar_missing"));
    hy_json_set_str(event, "message", hy_str(message));
    HY_CLEANUP(hy_freep) char *text = hy_json_text(event);
    hy_turn_begin(&t, k);
    hy_ops_feed(&t.ops, k, "keeper", hy_str(text), hy_str(""));
    int rc = hy_turn_commit(&t, err);
    hy_turn_end(&t);
    return rc;
}

/* The clocks begin where they would have begun; what is late by now is told by its own reminder. */
static int count(struct hy_keep *k, const struct found *f, struct hy_err *err)
{
    int rc = HY_OK;

    for (size_t i = 0; rc == HY_OK && i < f->awaited.n;) {
        struct hy_turn t;
        hy_turn_begin(&t, k);
        for (size_t n = 0; n < AT_ONCE && i < f->awaited.n; n++, i++)
            hy_clocks_refresh(&t.d, hy_str(f->awaited.v[i]), "补上放假安排");
        rc = hy_turn_commit(&t, err);
        hy_turn_end(&t);
    }
    if (rc == HY_OK && f->awaited.n)
        hy_log(HY_INFO, "calendar_there", HY_KVN("incidents", f->awaited.n));
    return rc;
}

int hy_keep_calendar(struct hy_keep *k, struct hy_err *err)
{
    HY_CLEANUP(found_release) struct found f = {.uncounted = json_array()};

    look(k, &f);
    return count(k, &f, err) < 0 ? err->code : warn(k, &f, err);
}
