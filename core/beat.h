/* SPDX-License-Identifier: Apache-2.0 */
/* A role tells, every HY_BEAT_MS, that it is alive and what it counted: `huiying status`, /metrics
 * and /readyz read it.
 *
 *     hy:roles                     zset, member "<role>/<host>/<pid>", score = when it told last
 *     hy:role:<role>/<host>/<pid>  string, expires after HY_BEAT_LIFE_MS:
 *         {"role","host","pid","version","office","rules","state","started","at","metrics":[..]}
 *
 * `state` is one word of the role's own ("leads", "stands_by"; else "works").  A beat is a remark:
 * one that does not arrive is not sent again, and none is waited for. */
#pragma once
#include "core/redis.h"

enum { HY_BEAT_MS = 5000, HY_BEAT_LIFE_MS = 20000 };

struct hy_beat_info {                 /* all borrowed until the next call */
    const char *role, *office, *rules; /* office, rules: NULL when there are none */
    const char *state;                /* NULL: works */
};

/* For a role on a loop: by itself, from now on, over a connection of the role. */
struct hy_beat;
struct hy_beat *hy_beat_new(struct hy_loop *l, struct hy_redis *r, struct hy_beat_info info);
void hy_beat_change(struct hy_beat *b, struct hy_beat_info info); /* after a reload */
/* Before the connection is freed; takes the role off the list.  NULL is a no-op. */
void hy_beat_free(struct hy_beat *b);

/* For a role without a loop: does something when HY_BEAT_MS have passed since *last (zero: now).
 * An error is only logged. */
void hy_beat_sync(struct hy_redis_sync *r, struct hy_beat_info info, hy_mono *last);
void hy_beat_sync_end(struct hy_redis_sync *r, struct hy_beat_info info);
