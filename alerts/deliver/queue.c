/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/deliver/queue.h"

#include "alerts/deliver/dead.h"

#include "core/hash.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEEP_MS = 6000, LOOK_MS = 1000, FAR_MS = 900000, DEAD_LENGTH = 10000 };

/* KEYS: notices, outbox, delivery.  ARGV: entry, notice, now, ttl ms, then channel,
 * state and member of each. */
static struct hy_script plan_script = {
    .text = "for i = 5, #ARGV, 3 do\n"
            "  local c, state, m = ARGV[i], ARGV[i + 1], ARGV[i + 2]\n"
            "  if redis.call('HSETNX', KEYS[3], c, state) == 1 then\n"
            "    redis.call('HSET', KEYS[3], c .. '|since', ARGV[3])\n"
            "    if state == 'queued' then redis.call('ZADD', KEYS[2], ARGV[3], m) end\n"
            "  end\n"
            "end\n"
            "if #ARGV > 4 then\n"
            "  redis.call('HSETNX', KEYS[3], 'notice', ARGV[2])\n"
            "  redis.call('PEXPIRE', KEYS[3], ARGV[4])\n"
            "end\n"
            "redis.call('XACK', KEYS[1], 'deliver', ARGV[1])\n"
            "return 1"};

/* KEYS: outbox.  ARGV: prefix, now, worker, room, alive ms, look ms, far ms, ttl ms, then endpoint, burst
 * and rate per minute of each.  Returns {next look, {member, tries, since, unsure, notice}...}; a
 * job this worker holds already comes with its tries negative. */
static struct hy_script take_script = {
    .text =
        HY_DEAD_RETRY_LUA
        "local P, now, me, room = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])\n"
        "local look, far = tonumber(ARGV[6]), tonumber(ARGV[7])\n"
        "redis.call('SET', P .. 'deliver:' .. me, '1', 'PX', ARGV[5])\n"
        "for _, id in ipairs(redis.call('SPOP', P .. 'resend', 50)) do\n"
        "  resend(P, id, now, ARGV[8])\n"
        "end\n"        "local rates = {}\n"
        "for i = 9, #ARGV, 3 do rates[ARGV[i]] = {tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])} "
        "end\n"
        "local function wait_of(endpoint)\n"
        "  local r = rates[endpoint]\n"
        "  if not r then return 0 end\n"
        "  local key = P .. 'bucket:' .. endpoint\n"
        "  local b = redis.call('HMGET', key, 'tokens', 'at', 'until')\n"
        "  local hold = tonumber(b[3] or 0) - now\n"
        "  if hold > 0 and hold <= far then return hold end\n"
        "  local tokens, at = tonumber(b[1] or r[1]), tonumber(b[2] or now)\n"
        "  if at > now then at = now end\n"
        "  tokens = math.min(r[1], tokens + (now - at) * r[2] / 60000)\n"
        "  local wait = 0\n"
        "  if tokens >= 1 then tokens = tokens - 1\n"
        "  else wait = math.ceil((1 - tokens) * 60000 / r[2]) end\n"
        "  redis.call('HSET', key, 'tokens', string.format('%.6f', tokens), 'at', now)\n"
        "  redis.call('PEXPIRE', key, 600000)\n"
        "  return wait\n"
        "end\n"
        "local due = redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'LIMIT', 0, 300)\n"
        "for _, m in ipairs(redis.call('ZRANGE', KEYS[1], '(' .. (now + far), '+inf', 'BYSCORE',\n"
        "    'LIMIT', 0, 100)) do due[#due + 1] = m end\n"
        "local order = {}\n"
        "for i, m in ipairs(due) do order[i] = {m, m:byte(1), i} end\n"
        "table.sort(order, function(a, b)\n"
        "  if a[2] ~= b[2] then return a[2] < b[2] end\n"
        "  return a[3] < b[3]\n"
        "end)\n"
        /* One that lives longer than a worker can say was heard before the clock was set back. */
        "local function lives(worker)\n"
        "  local left = redis.call('PTTL', P .. 'deliver:' .. worker)\n"
        "  return left ~= -2 and left <= tonumber(ARGV[5])\n"
        "end\n"
        "local got = {''}\n"
        "for _, o in ipairs(order) do\n"
        "  if room <= 0 then break end\n"
        "  local m = o[1]\n"
        "  local c, n = m:match('^.|([^|]*)|(.*)$')\n"
        "  local d = P .. 'delivery:' .. (n or '')\n"
        "  local s = redis.call('HMGET', d, c or '', (c or '') .. '|owner', 'notice',\n"
        "    (c or '') .. '|since', (c or '') .. '|unsure')\n"
        "  local sending = s[1] == 'sending'\n"
        "  if not (sending or s[1] == 'queued') or not s[3] then\n"
        "    redis.call('ZREM', KEYS[1], m)\n"
        "  elseif sending and s[2] == me then\n"
        "    redis.call('ZADD', KEYS[1], now + look, m)\n"
        "    got[#got + 1] = {m, -redis.call('HGET', d, c .. '|tries'), tonumber(s[4] or now), 0, "
        "s[3]}\n"
        "  elseif sending and lives(s[2] or '') then\n"
        "    redis.call('ZADD', KEYS[1], now + look, m)\n"
        "  else\n"
        "    local endpoint = c:sub(1, 5) == 'mail:' and 'mail:' or c\n"
        "    local wait = wait_of(endpoint)\n"
        "    if wait > 0 then\n"
        "      redis.call('ZADD', KEYS[1], now + wait, m)\n"
        "    else\n"
        "      local unsure = (sending or s[5] == '1') and 1 or 0\n"
        "      local tries = redis.call('HINCRBY', d, c .. '|tries', 1)\n"
        "      redis.call('HSET', d, c, 'sending', c .. '|owner', me, c .. '|at', now,\n"
        "        c .. '|unsure', unsure)\n"
        "      redis.call('ZADD', KEYS[1], now + look, m)\n"
        "      got[#got + 1] = {m, tries, tonumber(s[4] or now), unsure, s[3]}\n"
        "      room = room - 1\n"
        "    end\n"
        "  end\n"
        "end\n"
        "got[1] = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2] or ''\n"
        "return got"};

/* KEYS: outbox, delivery, cmd, dead, bucket.  ARGV: member, channel, tries, worker, verdict, now, next,
 * unsure, why, receipt, dead letter, ttl ms, length of dead, how long the endpoint is left alone. */
static struct hy_script finish_script = {
    .text = "local m, c, d = ARGV[1], ARGV[2], KEYS[2]\n"
            "local s = redis.call('HMGET', d, c, c .. '|tries', c .. '|owner')\n"
            "if s[1] == 'sent' or s[1] == 'failed' then return 0 end\n"
            "local ours = s[1] == 'sending' and s[2] == ARGV[3] and s[3] == ARGV[4]\n"
            "if ARGV[5] ~= 'sent' and not ours then return 0 end\n"
            "redis.call('HSET', d, c .. '|at', ARGV[6], c .. '|why', ARGV[9])\n"
            "redis.call('PEXPIRE', d, ARGV[12])\n"
            "if tonumber(ARGV[14]) > 0 then\n"
            "  redis.call('HSET', KEYS[5], 'until', ARGV[6] + ARGV[14])\n"
            "  redis.call('PEXPIRE', KEYS[5], 600000 + ARGV[14])\n"
            "end\n"
            "if ARGV[5] == 'queued' then\n"
            "  redis.call('HSET', d, c, 'queued', c .. '|unsure', ARGV[8])\n"
            "  redis.call('ZADD', KEYS[1], ARGV[7], m)\n"
            "  return 1\n"
            "end\n"
            "redis.call('HSET', d, c, ARGV[5])\n"
            "redis.call('ZREM', KEYS[1], m)\n"
            "redis.call('XADD', KEYS[3], '*', 'cmd', ARGV[10])\n"
            "if ARGV[5] == 'failed' then\n"
            "  redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[13], '*', 'delivery', ARGV[11])\n"
            "end\n"
            "return 1"};

/* -- arguments ----------------------------------------------------------------------------------
 */

struct args {
    HY_VEC(char *) v; /* owned */
    HY_VEC(size_t) n;
};

static void push(struct args *a, struct hy_str s)
{
    hy_vec_push(&a->v, hy_str_dup(s));
    hy_vec_push(&a->n, s.n);
}

static void push_int(struct args *a, int64_t v)
{
    char text[32];

    snprintf(text, sizeof(text), "%lld", (long long)v);
    push(a, hy_str(text));
}

static void push_key(struct args *a, const struct hy_queue *q, const char *what, struct hy_str id)
{
    HY_CLEANUP(hy_freep)
    char *key = hy_xasprintf("hy:{%s}:%s" HY_STR_FMT, q->office, what, HY_STR_ARG(id));

    push(a, hy_str(key));
}

static void eval(struct hy_queue *q, struct hy_script *script, struct args *a, int nkeys,
                 hy_reply_fn fn, void *user)
{
    hy_redis_eval(q->redis, script, fn, user, nkeys, (int)a->v.n, (const char **)a->v.v, a->n.v);
    for (size_t i = 0; i < a->v.n; i++)
        free(a->v.v[i]);
    hy_vec_release(&a->v);
    hy_vec_release(&a->n);
}

/* -- plan ---------------------------------------------------------------------------------------
 */

void hy_queue_plan(struct hy_queue *q, const char *entry, struct hy_str notice_id,
                   struct hy_str notice, int class, const struct hy_channels *channels,
                   const char *const *states, hy_wall now, hy_reply_fn fn, void *user)
{
    struct args a = {0};

    push_key(&a, q, "notices", HY_STR(""));
    push_key(&a, q, "outbox", HY_STR(""));
    push_key(&a, q, "delivery:", notice_id);
    push(&a, hy_str(entry));
    push(&a, notice);
    push_int(&a, now.ms);
    push_int(&a, HY_DELIVERY_DAYS * HY_DAY_MS);
    for (size_t i = 0; i < channels->v.n; i++) {
        HY_CLEANUP(hy_freep)
        char *member =
            hy_xasprintf("%d|%s|" HY_STR_FMT, class, channels->v.v[i], HY_STR_ARG(notice_id));
        push(&a, hy_str(channels->v.v[i]));
        push(&a, hy_str(states[i]));
        push(&a, hy_str(member));
    }
    eval(q, &plan_script, &a, 3, fn, user);
}

/* -- take ---------------------------------------------------------------------------------------
 */

static void push_rate(struct args *a, const char *endpoint, const struct hy_endpoint *e)
{
    struct hy_rate r = hy_endpoint_rate(e);

    push(a, hy_str(endpoint));
    push_int(a, r.burst);
    push_int(a, r.per_minute);
}

void hy_queue_take(struct hy_queue *q, const struct hy_duty *duty, hy_wall now, size_t room,
                   hy_reply_fn fn, void *user)
{
    const struct hy_hook *hooks;
    size_t n = hy_duty_hooks(duty, &hooks);
    struct args a = {0};

    push_key(&a, q, "outbox", HY_STR(""));
    push_key(&a, q, "", HY_STR(""));
    push_int(&a, now.ms);
    push(&a, hy_str(q->worker));
    push_int(&a, (int64_t)room);
    push_int(&a, KEEP_MS);
    push_int(&a, LOOK_MS);
    push_int(&a, FAR_MS);
    push_int(&a, HY_DELIVERY_DAYS * HY_DAY_MS);
    for (size_t i = 0; i < n; i++)
        push_rate(&a, hooks[i].id, &(struct hy_endpoint){.hook = &hooks[i]});
    if (hy_duty_mailer(duty))
        push_rate(&a, "mail:", &(struct hy_endpoint){.mailer = hy_duty_mailer(duty)});
    eval(q, &take_script, &a, 1, fn, user);
}

struct hy_job *hy_queue_taken(const redisReply *reply, size_t i, int64_t *ret_next)
{
    if (reply == NULL || reply->type != REDIS_REPLY_ARRAY || reply->elements == 0)
        return NULL;
    if (!hy_str_to_i64(hy_reply_str(reply->element[0]), ret_next))
        *ret_next = 0;
    if (i + 1 >= reply->elements || reply->element[i + 1]->elements != 5)
        return NULL;
    redisReply **e = reply->element[i + 1]->element;
    struct hy_job *j = hy_xcalloc(1, sizeof(*j));
    *j = (struct hy_job){.member = hy_str_dup(hy_reply_str(e[0])),
                         .tries = e[1]->integer < 0 ? -e[1]->integer : e[1]->integer,
                         .since = e[2]->integer,
                         .unsure = e[3]->integer == 1,
                         .mine = e[1]->integer < 0,
                         .notice = hy_str_dup(hy_reply_str(e[4]))};
    return j;
}

void hy_job_free(struct hy_job *j)
{
    if (j == NULL)
        return;
    free(j->member);
    free(j->notice);
    free(j);
}

struct hy_str hy_job_channel(const struct hy_job *j)
{
    struct hy_str rest = hy_str(j->member), head;

    hy_str_cut(&rest, '|', &head);
    hy_str_cut(&rest, '|', &head);
    return head;
}

struct hy_str hy_job_notice_id(const struct hy_job *j)
{
    struct hy_str rest = hy_str(j->member), head;

    hy_str_cut(&rest, '|', &head);
    hy_str_cut(&rest, '|', &head);
    return rest;
}

/* -- finish -------------------------------------------------------------------------------------
 */

/* The same id for the same fact, so that the keeper knows a repetition. */
static char *receipt_of(const struct hy_job *j, const char *state, const struct hy_outcome *o)
{
    struct hy_str notice = hy_job_notice_id(j), rest = notice, incident;
    HY_CLEANUP(hy_freep) char *all = hy_xasprintf("%s|%s", j->member, state);
    HY_CLEANUP(hy_json_freep) json_t *cmd = json_object();
    json_t *args = json_object();
    char hex[HY_SHA256_HEX];

    hy_sha256_hex(hy_str(all), hex);
    hy_str_cut(&rest, '/', &incident);
    hy_json_set_str(cmd, "id", hy_str_n(hex, 32));
    hy_json_set_str(cmd, "verb", HY_STR("receipt"));
    hy_json_set_str(cmd, "incident", incident);
    hy_json_set_str(cmd, "via", HY_STR("deliver"));
    hy_json_set_time(cmd, "at", o->now, HY_CST);
    json_object_set_new(cmd, "actor",
                        json_pack("{s:s,s:s,s:[]}", "id", "deliver", "name", "提醒投递", "roles"));
    hy_json_set_str(args, "notice", notice);
    hy_json_set_str(args, "state", hy_str(state));
    hy_json_set_str(args, "channel", hy_job_channel(j));
    if (o->why[0])
        hy_json_set_str(args, "why", hy_str(o->why));
    json_object_set_new(cmd, "args", args);
    return hy_json_text(cmd);
}

static char *dead_letter_of(const struct hy_job *j, const struct hy_outcome *o)
{
    HY_CLEANUP(hy_json_freep) json_t *letter = json_object(), *notice = NULL;
    struct hy_err ignored = HY_ERR_INIT;

    hy_json_set_str(letter, "notice", hy_job_notice_id(j));
    hy_json_set_str(letter, "member", hy_str(j->member));
    hy_json_set_str(letter, "channel", hy_job_channel(j));
    hy_json_set_str(letter, "why", hy_str(o->why));
    hy_json_set_int(letter, "tries", j->tries);
    hy_json_set_time(letter, "since", (hy_wall){j->since}, HY_CST);
    hy_json_set_time(letter, "at", o->now, HY_CST);
    if (hy_json_parse(hy_str(j->notice), &notice, &ignored) == HY_OK)
        hy_json_set_str(letter, "title", hy_json_str(notice, "title"));
    return hy_json_text(letter);
}

/* All mail goes through one server. */
static struct hy_str endpoint_of(const struct hy_job *j)
{
    struct hy_str channel = hy_job_channel(j);

    return hy_str_starts(channel, HY_STR("mail:")) ? HY_STR("mail:") : channel;
}

void hy_queue_finish(struct hy_queue *q, const struct hy_job *j, const struct hy_outcome *o,
                     hy_reply_fn fn, void *user)
{
    static const char *const states[] = {
        [HY_DELIVERED] = "sent", [HY_RETRY] = "queued", [HY_REFUSED] = "failed"};
    const char *state = states[o->verdict];
    HY_CLEANUP(hy_freep) char *receipt = receipt_of(j, state, o);
    HY_CLEANUP(hy_freep) char *letter = dead_letter_of(j, o);
    struct args a = {0};

    push_key(&a, q, "outbox", HY_STR(""));
    push_key(&a, q, "delivery:", hy_job_notice_id(j));
    push_key(&a, q, "cmd", HY_STR(""));
    push_key(&a, q, "dead", HY_STR(""));
    push_key(&a, q, "bucket:", endpoint_of(j));
    push(&a, hy_str(j->member));
    push(&a, hy_job_channel(j));
    push_int(&a, j->tries);
    push(&a, hy_str(q->worker));
    push(&a, hy_str(state));
    push_int(&a, o->now.ms);
    push_int(&a, o->next.ms);
    push_int(&a, o->unsure);
    push(&a, hy_str(o->why));
    push(&a, hy_str(receipt));
    push(&a, hy_str(letter));
    push_int(&a, HY_DELIVERY_DAYS * HY_DAY_MS);
    push_int(&a, DEAD_LENGTH);
    push_int(&a, o->verdict == HY_RETRY ? o->pause_ms : 0);
    eval(q, &finish_script, &a, 5, fn, user);
}
