/* SPDX-License-Identifier: Apache-2.0 */
/* A standby keeps a state and a mirror of its own and reads on in the journal, so that taking over
 * takes as long as the lease and no longer, however much has happened in the office's life.
 *
 * Lines of its mirror that contradict Redis' journal, as a leader leaves them that was killed in the
 * middle of writing, are set aside, and it follows what the others follow.  A mirror that is only ahead
 * of Redis is left for the moment of leading, which knows what to do about it; the standby looks again
 * from time to time. */
#include "alerts/keep/keep.h"

#include "core/log.h"

#include <string.h>

enum { COLD_MS = 10000 };

static int begin(struct hy_keep *k, const struct hy_head *redis, struct hy_err *err)
{
    struct hy_head mine;

    if (hy_keep_fold(k, redis->seq, err) < 0)
        return err->code;
    mine = k->state->head;
    if (mine.seq == 0 || (mine.seq == redis->seq && strcmp(mine.hash, redis->hash) == 0))
        return HY_OK;
    return mine.seq < redis->seq ? HY_OK : hy_keep_rejoin(k, redis, err);
}

/* What does not continue our chain is another story. */
static int pull(struct hy_keep *k, const struct hy_head *redis, struct hy_err *err)
{
    struct hy_err ignored = HY_ERR_INIT;
    int rc = hy_keep_pull(k, redis->seq, &ignored);

    if (rc == HY_E_STATE)
        return hy_keep_rejoin(k, redis, err) < 0 ? err->code : hy_keep_pull(k, redis->seq, err);
    if (rc < 0)
        *err = ignored;
    return rc;
}

static bool is_cold(const struct hy_keep *k)
{
    return k->cold.us != 0 && (hy_mono_now().us - k->cold.us) / 1000 < COLD_MS;
}

int hy_keep_follow(struct hy_keep *k, struct hy_err *err)
{
    struct hy_head redis;
    int64_t ignored;
    int rc;

    if (is_cold(k))
        return HY_OK;
    if (hy_keep_head(k, &redis, &ignored, err) < 0)
        return err->code;
    rc = k->state ? HY_OK : begin(k, &redis, err);
    if (rc == HY_OK)
        rc = pull(k, &redis, err);
    hy_keep_reap(k);
    if (rc == HY_OK || rc == HY_E_REDIS) {
        k->cold = (hy_mono){0};
        return rc;
    }
    if (k->cold.us == 0)
        hy_log(HY_WARN, "not_following", HY_KV("err", err->msg));
    hy_keep_unload(k);
    k->cold = hy_mono_now();
    *err = HY_ERR_INIT;
    return HY_OK;
}
