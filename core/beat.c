/* SPDX-License-Identifier: Apache-2.0 */
#include "core/beat.h"

#include "core/log.h"
#include "core/mem.h"
#include "core/metrics.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROLES "hy:roles"

static const char *member(const char *role, char *buf, size_t size)
{
    char host[64] = "host";

    gethostname(host, sizeof(host) - 1);
    snprintf(buf, size, "%s/%s/%ld", role, host, (long)getpid());
    return buf;
}

static char *text_of(const struct hy_beat_info *info, hy_wall started, hy_wall now)
{
    char host[64] = "host";
    HY_CLEANUP(hy_json_freep) json_t *o = json_object();

    gethostname(host, sizeof(host) - 1);
    hy_json_set_str(o, "role", hy_str(info->role));
    hy_json_set_str(o, "host", hy_str(host));
    hy_json_set_int(o, "pid", getpid());
    hy_json_set_str(o, "version", hy_str(HY_VERSION));
    if (info->office)
        hy_json_set_str(o, "office", hy_str(info->office));
    if (info->rules)
        hy_json_set_str(o, "rules", hy_str(info->rules));
    hy_json_set_str(o, "state", hy_str(info->state ? info->state : "works"));
    hy_json_set_int(o, "started", started.ms);
    hy_json_set_int(o, "at", now.ms);
    json_object_set_new(o, "metrics", hy_metrics_json());
    return hy_json_text(o);
}

static hy_wall started_at(void)
{
    static hy_wall started;

    if (started.ms == 0)
        started = hy_wall_now();
    return started;
}

/* ---- on a loop ---- */

struct hy_beat {
    struct hy_redis *redis;
    struct hy_timer *timer;
    struct hy_beat_info info;
    char member[160];
};

static void beat(void *user)
{
    struct hy_beat *b = user;
    hy_wall now = hy_wall_now();

    if (hy_redis_is_up(b->redis)) {
        HY_CLEANUP(hy_freep) char *text = text_of(&b->info, started_at(), now);
        hy_redis_cmd(b->redis, NULL, NULL, "SET hy:role:%s %s PX %d", b->member, text,
                     HY_BEAT_LIFE_MS);
        hy_redis_cmd(b->redis, NULL, NULL, "ZADD " ROLES " %lld %s", (long long)now.ms, b->member);
    }
    hy_timer_arm(b->timer, HY_BEAT_MS);
}

struct hy_beat *hy_beat_new(struct hy_loop *l, struct hy_redis *r, struct hy_beat_info info)
{
    struct hy_beat *b = hy_xcalloc(1, sizeof(*b));

    *b = (struct hy_beat){.redis = r, .info = info};
    started_at();
    member(info.role, b->member, sizeof(b->member));
    b->timer = hy_timer_new(l, beat, b);
    hy_timer_arm(b->timer, 0);
    return b;
}

void hy_beat_change(struct hy_beat *b, struct hy_beat_info info)
{
    b->info = info;
}

void hy_beat_free(struct hy_beat *b)
{
    if (b == NULL)
        return;
    if (hy_redis_is_up(b->redis)) {
        hy_redis_cmd(b->redis, NULL, NULL, "ZREM " ROLES " %s", b->member);
        hy_redis_cmd(b->redis, NULL, NULL, "DEL hy:role:%s", b->member);
    }
    hy_timer_free(b->timer);
    free(b);
}

/* ---- without one ---- */

static int tell(struct hy_redis_sync *r, const struct hy_beat_info *info, struct hy_err *err)
{
    char name[160];
    redisReply *reply = NULL;
    hy_wall now = hy_wall_now();
    HY_CLEANUP(hy_freep) char *text = text_of(info, started_at(), now);

    member(info->role, name, sizeof(name));
    if (hy_redis_sync_cmd(r, &reply, err, "SET hy:role:%s %s PX %d", name, text, HY_BEAT_LIFE_MS) <
        0)
        return err->code;
    freeReplyObject(HY_TAKE(reply));
    if (hy_redis_sync_cmd(r, &reply, err, "ZADD " ROLES " %lld %s", (long long)now.ms, name) < 0)
        return err->code;
    freeReplyObject(reply);
    return HY_OK;
}

void hy_beat_sync(struct hy_redis_sync *r, struct hy_beat_info info, hy_mono *last)
{
    struct hy_err err = HY_ERR_INIT;
    hy_mono now = hy_mono_now();

    if (last->us && now.us - last->us < (int64_t)HY_BEAT_MS * 1000)
        return;
    *last = now;
    if (tell(r, &info, &err) < 0)
        hy_log(HY_DEBUG, "beat_lost", HY_KV("err", err.msg));
}

void hy_beat_sync_end(struct hy_redis_sync *r, struct hy_beat_info info)
{
    struct hy_err ignored = HY_ERR_INIT;
    char name[160];
    redisReply *reply = NULL;

    member(info.role, name, sizeof(name));
    if (hy_redis_sync_cmd(r, &reply, &ignored, "ZREM " ROLES " %s", name) == HY_OK)
        freeReplyObject(HY_TAKE(reply));
    if (hy_redis_sync_cmd(r, &reply, &ignored, "DEL hy:role:%s", name) == HY_OK)
        freeReplyObject(reply);
}
