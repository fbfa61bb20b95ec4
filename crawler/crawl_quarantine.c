/* SPDX-License-Identifier: Apache-2.0 */
/* Pages that ended their reader, took too long in it or are built to.  Such a page costs itself:
 * it is kept here with its bytes for whoever looks after the program, told to the operators once,
 * and the same bytes are not read again, nor is anything from an address that did it MAX_TRIES
 * times.  `huiying crawl quarantine` shows what is here and lets a page out.
 *
 * hy:crawl:quarantine: hash, SHA-256 of the address -> JSON; hy:crawl:quarantine:<the same>: the
 * page as fetched, a zstd frame.  Both forget after KEEP_MS; the index holds at most MAX_PAGES. */
#include "core/hash.h"
#include "core/json.h"
#include "core/log.h"
#include "core/zstd.h"
#include "crawler/crawl.h"
#include "crawler/crawl_args.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PAGES = 200, MAX_TRIES = 3, MAX_BODY = 1 << 20 };
#define KEEP_MS (30 * HY_DAY_MS)
#define KEY HY_CRAWL_QUARANTINE

/* -- what is known to be in it ----------------------------------------------------------------- */

static void know(struct hy_crawl *c, struct hy_str meta)
{
    HY_CLEANUP(hy_json_freep) json_t *o = NULL;
    struct hy_err err = HY_ERR_INIT;

    if (hy_json_parse(meta, &o, &err) < 0)
        return;
    hy_map_set(c->poison, hy_json_str(o, "sha256"), c);
    if (hy_json_int(o, "times", 0) >= MAX_TRIES)
        hy_map_set(c->poison, hy_json_str(o, "url"), c);
}

static void on_known(const redisReply *reply, void *user)
{
    struct hy_crawl *c = user;

    if (c->stopping || reply == NULL || reply->type != REDIS_REPLY_ARRAY)
        return;
    hy_map_free(c->poison);
    c->poison = hy_map_new(NULL);
    for (size_t i = 0; i < reply->elements; i++)
        know(c, hy_reply_str(reply->element[i]));
}

void hy_crawl_quarantine_look_(struct hy_crawl *c)
{
    hy_redis_cmd(c->redis, on_known, c, "HVALS " KEY);
}

int hy_crawl_may_read_(struct hy_crawl *c, const char *url, struct hy_str body, struct hy_err *err)
{
    char hash[HY_SHA256_HEX];

    if (hy_map_count(c->poison) == 0)
        return HY_OK;
    if (hy_map_get(c->poison, hy_str(url)) == NULL &&
        hy_map_get(c->poison, hy_str(hy_sha256_hex(body, hash))) == NULL)
        return HY_OK;
    return hy_fail(err, HY_E_DENIED, "这个网页已隔离，不再读取（huiying crawl quarantine 可以查看）");
}

/* -- into it ----------------------------------------------------------------------------------- */

/* KEYS index, body; ARGV address hash, meta, body, now, milliseconds to live, most pages.  A page
 * that is here already keeps its first time; 1: it is new. */
static struct hy_script add_script = {
    .text =
        "local meta, old = cjson.decode(ARGV[2]), redis.call('HGET', KEYS[1], ARGV[1]) "
        "if old then "
        "  old = cjson.decode(old) "
        "  meta.first, meta.times = old.first, old.times + (old.last < meta.last and 1 or 0) end "
        "redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(meta)) "
        "redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[5]) "
        "redis.call('PEXPIRE', KEYS[1], ARGV[5]) "
        "local all, oldest, least = redis.call('HGETALL', KEYS[1]), nil, nil "
        "for i = 1, #all, 2 do "
        "  local last = cjson.decode(all[i+1]).last "
        "  if last < ARGV[4] - ARGV[5] then redis.call('HDEL', KEYS[1], all[i]) "
        "  elseif not least or last < least then oldest, least = all[i], last end "
        "end "
        "if redis.call('HLEN', KEYS[1]) > tonumber(ARGV[6]) then "
        "  redis.call('HDEL', KEYS[1], oldest) redis.call('DEL', KEYS[1] .. ':' .. oldest) end "
        "return old and 0 or 1"};

static json_t *meta_of(const struct hy_crawl_source *s, const char *url,
                       const struct hy_fetch_result *r, const char *why, hy_wall now)
{
    bool list = s->rules && strcmp(s->rules->url, url) == 0;
    json_t *o = json_object();
    char hash[HY_SHA256_HEX];

    hy_json_set_str(o, "url", hy_str(url));
    hy_json_set_str(o, "source", hy_str(s->id));
    hy_json_set_str(o, "what", list ? HY_STR("list") : HY_STR("page"));
    hy_json_set_str(o, "why", hy_str(why));
    hy_json_set_int(o, "first", now.ms);
    hy_json_set_int(o, "last", now.ms);
    hy_json_set_int(o, "times", 1);
    hy_json_set_int(o, "bytes", (int64_t)r->body.n);
    hy_json_set_str(o, "content_type", r->content_type);
    hy_json_set_str(o, "sha256", hy_str(hy_sha256_hex(r->body, hash)));
    return o;
}

/* For the operators: the source is as it was, this page of it is not read. */
static json_t *event_of(const struct hy_crawl_source *s, const char *url, const char *hash,
                      const char *why, hy_wall now)
{
    json_t *o = json_object();
    HY_CLEANUP(hy_freep) char *id = hy_xasprintf("%s-q%.8s-%" PRId64, s->id, hash, now.ms);
    const char *state = hy_health_name[s->health.state];
    json_t *page = json_object();

    hy_json_set_str(o, "id", hy_str(id));
    hy_json_set_str(o, "from", hy_str(state));
    hy_json_set_str(o, "to", hy_str(state));
    hy_json_set_time(o, "at", now, HY_CST);
    hy_json_set_time(o, "since", s->health.since.ms ? s->health.since : now, HY_CST);
    hy_json_set_str(o, "why", hy_str(s->health.why));
    hy_json_set_str(page, "url", hy_str(url));
    hy_json_set_str(page, "why", hy_str(why));
    json_object_set_new(o, "page", page);
    return o;
}

/* What is refused for its size alone is no danger, and the reader's own end is one. */
static const char *why_of(enum hy_code code)
{
    switch (code) {
    case HY_E_STATE:
        return "读取它的程序中断了";
    case HY_E_TIMEOUT:
        return "读取它用的时间超过上限";
    case HY_E_TOOBIG:
        return "嵌套或标签多到不能安全读取";
    default:
        return NULL;
    }
}

struct adding {
    struct hy_crawl *c;
    const struct hy_crawl_source *source;
    json_t *event;
};

/* A page that was here before is not told again.  Whoever dies before this told nobody, and the page
 * stands in the list. */
static void on_added(const redisReply *reply, void *user)
{
    struct adding *v = user;

    if (reply && reply->type == REDIS_REPLY_INTEGER && reply->integer == 1 && !v->c->stopping)
        hy_crawl_tell_(v->c, v->source, HY_TAKE(v->event), NULL, NULL);
    json_decref(v->event);
    free(v);
}

static void send(struct hy_crawl *c, const struct hy_crawl_source *s, const char *url,
                 const struct hy_fetch_result *r, const char *why)
{
    hy_wall now = hy_loop_wall(c->loop);
    HY_CLEANUP(hy_json_freep) json_t *meta = meta_of(s, url, r, why, now);
    struct hy_buf body = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_args a = {0};
    char hash[HY_SHA256_HEX];

    hy_sha256_hex(hy_str(url), hash);
    hy_zstd_pack(r->body, &body);
    hy_arg_(&a, KEY);
    hy_arg_take_(&a, hy_xasprintf(KEY ":%s", hash));
    hy_arg_(&a, hash);
    hy_arg_take_(&a, hy_json_text(meta));
    hy_arg_bytes_(&a, body.n <= MAX_BODY ? hy_buf_view(&body) : hy_str(""));
    hy_arg_number_(&a, now.ms);
    hy_arg_number_(&a, KEEP_MS);
    hy_arg_number_(&a, MAX_PAGES);
    struct adding *v = hy_xmalloc(sizeof(*v));
    *v = (struct adding){c, s, event_of(s, url, hash, why, now)};
    hy_eval_(c->redis, &add_script, on_added, v, 2, &a);
    hy_buf_release(&body);
}

void hy_crawl_read_failed_(struct hy_crawl *c, const struct hy_crawl_source *s, const char *url,
                           const struct hy_fetch_result *r, const struct hy_err *err)
{
    const char *why = why_of(err->code);
    char hash[HY_SHA256_HEX];

    if (why == NULL)
        return;
    hy_log(HY_WARN, "page_quarantined", HY_KV("source", s->id), HY_KV("url", url),
           HY_KV("err", err->msg), HY_KVN("bytes", r->body.n));
    hy_map_set(c->poison, hy_str(hy_sha256_hex(r->body, hash)), c); /* before Redis says so */
    send(c, s, url, r, why);
}
