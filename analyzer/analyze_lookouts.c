/* SPDX-License-Identifier: Apache-2.0 */
/* What people want to hear of for a while (hy:{O}:lookouts, analyzer/lookout.h) is read before the
 * first item and again every few seconds: a start or a wiped Redis misses no item but those that
 * were judged before the keeper had written it again. */
#include "analyzer/analyze_parts.h"

#include "analyzer/lookout.h"
#include "core/log.h"
#include "core/manager.h"
#include "core/role.h"
#include "rules/office.h"
#include "rules/offices.h"

#include <stdlib.h>

enum { LOOKOUTS_EVERY_MS = 3000 };

/* One that cannot be read is left out and said; the others count. */
static void use_lookouts(struct analyzer *a, size_t office, const redisReply *reply)
{
    struct hy_lookouts *l = hy_lookouts_new();
    struct hy_err err = HY_ERR_INIT;

    for (size_t i = 1; i < reply->elements; i += 2)
        if (hy_lookouts_add(l, hy_reply_str(reply->element[i]), &err) < 0)
            hy_log(HY_ERROR, "lookout_unusable", HY_KV("err", err.msg));
    if (hy_lookouts_count(l))
        hy_log(HY_INFO, "lookouts", HY_KVN("n", hy_lookouts_count(l)),
               HY_KV("office", hy_judges_offices(a->judges)->at[office]->office->id));
    hy_judges_look_for(a->judges, office, l);
}

static void take_lookouts(struct analyzer *a, size_t office, const redisReply *reply)
{
    const struct hy_str id = hy_str(hy_judges_offices(a->judges)->at[office]->office->id);
    HY_CLEANUP(hy_buf_release) struct hy_buf text = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    const char *before = hy_map_get(a->lookouts, id);

    for (size_t i = 0; i < reply->elements; i++)
        hy_json_put_str(&text, hy_reply_str(reply->element[i]));
    if (hy_str_eq(hy_buf_view(&text), hy_str(before ? before : "")))
        return;
    use_lookouts(a, office, reply);
    hy_map_set(a->lookouts, id, hy_str_dup(hy_buf_view(&text)));
}

struct asking {
    struct analyzer *a;
    size_t office;
    int64_t rules; /* the answer is for these, not for newer ones */
};

static void on_lookouts(const redisReply *reply, void *user)
{
    struct asking *k = user;
    struct analyzer *a = k->a;

    if (reply && reply->type != REDIS_REPLY_ARRAY) /* items are judged all the same */
        hy_log(HY_ERROR, "lookouts_unreadable", HY_KV("err", reply->str ? reply->str : ""));
    if (reply && reply->type == REDIS_REPLY_ARRAY && k->rules == a->rules)
        take_lookouts(a, k->office, reply);
    free(k);
    if (--a->asking > 0)
        return;
    hy_timer_arm(a->look, LOOKOUTS_EVERY_MS);
    if (reply == NULL)
        return;
    if (!a->knows_lookouts) {
        a->knows_lookouts = true;
        hy_manager_ready();
    }
    a->read_more(a);
}

void analyze_ask_lookouts(void *user)
{
    struct analyzer *a = user;
    const struct hy_offices *o = hy_judges_offices(a->judges);

    if (!hy_redis_is_up(a->writer) || a->asking) {
        hy_timer_arm(a->look, LOOKOUTS_EVERY_MS);
        return;
    }
    a->asking = o->n;
    for (size_t i = 0; i < o->n; i++) {
        struct asking *k = hy_xmalloc(sizeof(*k));
        *k = (struct asking){a, i, a->rules};
        hy_redis_cmd(a->writer, on_lookouts, k, "HGETALL hy:{%s}:lookouts", o->at[i]->office->id);
    }
}
