/* SPDX-License-Identifier: Apache-2.0 */
/* Tells the crawler that a clock of an incident is running, so that it looks at the office's own
 * channels more often: hy:{O}:watch, which dies by itself when nobody renews it.
 *
 * What the round of chores over the open documents (keep_chores.c) sees is remembered for as long
 * as a round takes; a key that lives a minute too long costs a few visits. */
#include "alerts/keep/keep.h"

#include "alerts/decide/incident.h"

enum { SEEN_MS = 5 * 60 * 1000, LIVES_MS = 90 * 1000, RENEW_MS = 30 * 1000 };

void hy_keep_watch_note(struct hy_keep *k, const json_t *doc)
{
    size_t i;
    json_t *o;

    if (hy_doc_kind_of(doc) != HY_DOC_INCIDENT || json_is_true(json_object_get(doc, "drill")))
        return;
    json_array_foreach (json_object_get(doc, "obligations"), i, o)
        if (hy_str_is(hy_json_str(o, "state"), "open"))
            k->clock_seen = hy_mono_now();
}

int hy_keep_watch(struct hy_keep *k, struct hy_err *err)
{
    hy_mono now = hy_mono_now();
    redisReply *r = NULL;

    if (k->clock_seen.us == 0 || now.us > hy_mono_add_ms(k->clock_seen, SEEN_MS).us ||
        (k->watch_told.us && now.us < hy_mono_add_ms(k->watch_told, RENEW_MS).us))
        return HY_OK;
    if (hy_redis_sync_cmd(k->redis, &r, err, "SET %s 1 PX %d", hy_keep_key(k, "watch"), LIVES_MS) <
        0)
        return err->code;
    freeReplyObject(r);
    k->watch_told = now;
    return HY_OK;
}
