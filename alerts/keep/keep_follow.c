/* SPDX-License-Identifier: Apache-2.0 */
/* A standby keeps a state and a mirror of its own and reads on in the journal, so that taking over
 * takes as long as the lease and no longer, however much has happened in the office's life.
 *
 * It follows only what is a prefix of Redis' journal.  Anything else (a mirror that is ahead, or
 * tells another story) is left for the moment of leading, which knows what to do about it. */
#include "alerts/keep/keep.h"

#include "core/log.h"

#include <string.h>

static int hash_at(struct hy_keep *k, int64_t seq, char ret[65], struct hy_err *err)
{
    redisReply *r = NULL;
    struct hy_str line = {0};

    if (hy_redis_sync_cmd(k->redis, &r, err, "XRANGE %s %lld-0 %lld-0", hy_keep_key(k, "journal"),
                          (long long)seq, (long long)seq) < 0)
        return err->code;
    if (r->elements == 1)
        line = hy_reply_field(r->element[0]->element[1], "e");
    ret[0] = '\0';
    if (line.n > 66)
        memcpy(ret, hy_journal_hash(line).p, 64);
    ret[64] = '\0';
    freeReplyObject(r);
    return HY_OK;
}

static int begin(struct hy_keep *k, int64_t redis_seq, struct hy_err *err)
{
    struct hy_head mine;
    char there[65];

    if (hy_keep_fold(k, redis_seq, err) < 0)
        return err->code;
    mine = k->state->head;
    if (mine.seq > redis_seq)
        return hy_fail(err, HY_E_STATE, "the mirror is ahead of Redis");
    if (mine.seq > 0 && hash_at(k, mine.seq, there, err) < 0)
        return err->code;
    if (mine.seq > 0 && strcmp(there, mine.hash) != 0)
        return hy_fail(err, HY_E_STATE, "the mirror tells another story than Redis");
    return HY_OK;
}

int hy_keep_follow(struct hy_keep *k, struct hy_err *err)
{
    struct hy_head redis;
    int64_t ignored;
    int rc;

    if (k->cold)
        return HY_OK;
    if (hy_keep_head(k, &redis, &ignored, err) < 0)
        return err->code;
    rc = k->state ? HY_OK : begin(k, redis.seq, err);
    if (rc == HY_OK)
        rc = hy_keep_pull(k, redis.seq, err);
    hy_keep_reap(k);
    if (rc == HY_OK || rc == HY_E_REDIS)
        return rc;
    hy_log(HY_WARN, "not_following", HY_KV("err", err->msg));
    hy_keep_unload(k);
    k->cold = true;
    *err = HY_ERR_INIT;
    return HY_OK;
}
