/* SPDX-License-Identifier: Apache-2.0 */
/* The clock of the machine was set back: noticed by the newest line of the record, which lies in the
 * future, and mended document by document before anything else is decided (alerts/decide/set_back.h).
 * Who comes after a crash in the middle finds the open row and goes on. */
#include "alerts/decide/set_back.h"

#include "alerts/keep/keep.h"
#include "core/log.h"

#include <stdlib.h>

int hy_keep_newest(struct hy_keep *k, struct hy_err *err)
{
    redisReply *r = NULL;
    struct hy_head head;
    HY_CLEANUP(hy_json_freep) json_t *entry = NULL;

    if (hy_redis_sync_cmd(k->redis, &r, err, "XREVRANGE %s + - COUNT 1",
                          hy_keep_key(k, "journal")) < 0)
        return err->code;
    int rc = r->elements == 0
                 ? HY_OK
                 : hy_journal_alone(hy_reply_field(r->element[0]->element[1], "e"), &head, &entry, err);
    if (entry)
        k->state->at = hy_json_time(entry, "at");
    freeReplyObject(r);
    return rc;
}

static int begin(struct hy_keep *k, struct hy_err *err)
{
    hy_wall newest = k->state->at;
    struct hy_turn t;

    hy_turn_begin(&t, k);
    hy_log(HY_WARN, "clock_set_back", HY_KVN("ahead_ms", newest.ms - t.d.now.ms));
    hy_set_back_begin(&t.d, newest);
    int rc = hy_turn_commit(&t, err);
    hy_turn_end(&t);
    return rc;
}

/* One transaction of documents.  *ret_more: there may be others. */
static int mend_some(struct hy_keep *k, struct hy_walk *walk, bool *ret_more, struct hy_err *err)
{
    struct hy_turn t;
    hy_mono began = hy_mono_now();

    hy_turn_begin(&t, k);
    *ret_more = true;
    for (int i = 0; *ret_more && hy_keep_has_room(began, i); i++)
        *ret_more = hy_set_back_mend(&t.d, walk);
    if (!*ret_more)
        hy_set_back_tell(&t.d);
    int rc = hy_turn_commit(&t, err);
    hy_turn_end(&t);
    return rc;
}

int hy_keep_set_back(struct hy_keep *k, struct hy_err *err)
{
    const struct hy_decide d = {.state = k->state, .rules = k->rules, .now = hy_wall_now()};
    struct hy_walk walk = {0};

    if (!hy_set_back_is(&d, k->state->at))
        return HY_OK;
    hy_backlog_free(HY_TAKE(k->backlog)); /* what was late by the wrong clock may not be by the right one */
    if (begin(k, err) < 0)
        return err->code;
    for (bool more = true; more;)
        if (mend_some(k, &walk, &more, err) < 0)
            return err->code;
    hy_log(HY_INFO, "clock_mended", HY_KVN("seq", k->state->head.seq));
    return HY_OK;
}
