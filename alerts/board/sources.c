/* SPDX-License-Identifier: Apache-2.0 */
/* The sources as the rules list them, joined with what the crawlers know about them in Redis. */
#include "alerts/board/board.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/vec.h"
#include "rules/sources.h"

#include <stdio.h>
#include <string.h>

enum { FRONTIER_SHOWN = 20, WINDOWS_SHOWN = 40, TRY_QUEUE = 5, TRY_TTL_S = 120, ID_DIGITS = 32 };

static json_t *source_json(const struct hy_source *s)
{
    json_t *o = json_pack("{s:s,s:s,s:s,s:s,s:b,s:b,s:s}", "id", s->id, "name", s->name, "kind",
                          hy_source_kind_name[s->kind], "url", s->url, "official", s->official,
                          "enabled", s->enabled, "state", "new");
    return o;
}

/* What the crawl knows of each source, in the order of the rules.  Where it works for several offices
 * it visits under names of its own (hy:crawl:ids).
 * KEYS: hy:crawl:ids.  ARGV: office, ids. */
static struct hy_script sources_script = {
    .reads_only = true,
    .text = "local all = {}\n"
            "for i = 2, #ARGV do\n"
            "  local id = redis.call('HGET', KEYS[1], ARGV[1] .. '/' .. ARGV[i]) or ARGV[i]\n"
            "  all[i - 1] = redis.call('HGETALL', 'hy:crawl:source:' .. id)\n"
            "end\n"
            "return all\n"};

static void add_fields(json_t *row, const redisReply *r)
{
    for (size_t i = 0; r && r->type == REDIS_REPLY_ARRAY && i + 1 < r->elements; i += 2) {
        HY_CLEANUP(hy_freep) char *key = hy_str_dup(hy_reply_str(r->element[i]));
        hy_json_set_str(row, key, hy_reply_str(r->element[i + 1]));
    }
}

static void free_json(void *p)
{
    json_decref(p);
}

static void on_sources(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;
    json_t *list = hy_http_state(req), *o;

    if (r == NULL || r->type != REDIS_REPLY_ARRAY) {
        hy_board_no_redis(req);
        return;
    }
    for (size_t i = 0; i < r->elements; i++)
        add_fields(json_array_get(list, i), r->element[i]);
    o = json_object();
    json_object_set(o, "sources", list);
    hy_json_set_int(o, "now", hy_wall_now().ms);
    hy_http_json(req, 200, o);
}

void hy_board_sources(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;
    const struct hy_sources *sources = b->rules->sources;
    HY_VEC(const char *) argv = {0};
    json_t *list = json_array();

    hy_http_set_state(req, list, free_json);
    hy_vec_push(&argv, "hy:crawl:ids");
    hy_vec_push(&argv, b->office);
    for (size_t i = 0; sources && i < sources->rows.n; i++) {
        json_array_append_new(list, source_json(hy_sources_at(sources, i)));
        hy_vec_push(&argv, hy_sources_at(sources, i)->id);
    }
    hy_redis_eval(b->redis, &sources_script, on_sources, req, 1, (int)argv.n, argv.v, NULL);
    hy_vec_release(&argv);
}

/* ---- one source ---- */

static const struct hy_source *source_of(struct hy_http_req *req)
{
    const struct hy_sources *sources = hy_board_of(req)->rules->sources;

    for (size_t i = 0; sources && i < sources->rows.n; i++)
        if (hy_str_is(hy_str(hy_http_param(req, "id")), hy_sources_at(sources, i)->id))
            return hy_sources_at(sources, i);
    return NULL;
}

/* Everything the rules say about it, for the snippet that people edit. */
static json_t *rules_json(const struct hy_source *s)
{
    json_t *o = source_json(s);

    hy_json_set_int(o, "gap_ms", s->gap_ms);
    hy_json_set_int(o, "visit_min_ms", s->visit_min_ms);
    hy_json_set_int(o, "visit_max_ms", s->visit_max_ms);
    hy_json_set_int(o, "quiet_after_ms", s->quiet_after_ms);
    hy_json_set_int(o, "credibility", s->credibility);
    hy_json_set_int(o, "line", (int64_t)s->pos.line);
    json_object_set_new(o, "allow_private", json_boolean(s->allow_private));
    if (s->charset)
        hy_json_set_str(o, "charset", hy_str(s->charset));
    if (s->region)
        hy_json_set_str(o, "region", hy_str(s->region));
    return o;
}

static json_t *frontier_json(const redisReply *r)
{
    json_t *list = json_array();

    for (size_t i = 0; r && r->type == REDIS_REPLY_ARRAY && i < r->elements; i++)
        json_array_append_new(list, hy_json_of_str(hy_reply_str(r->element[i])));
    return list;
}

/* The newest rows of a list that only grows. */
static json_t *last_rows(const json_t *list)
{
    json_t *out = json_array();
    size_t n = json_array_size(list);

    for (size_t i = n > WINDOWS_SHOWN ? n - WINDOWS_SHOWN : 0; i < n; i++)
        json_array_append(out, json_array_get(list, i));
    return out;
}

static void add_record(json_t *o, const redisReply *r)
{
    HY_CLEANUP(hy_json_freep) json_t *doc = NULL;
    struct hy_err err = HY_ERR_INIT;

    if (r && r->type == REDIS_REPLY_STRING && hy_json_parse(hy_reply_str(r), &doc, &err) < 0)
        hy_log(HY_WARN, "source_unreadable", HY_KV("err", err.msg));
    json_object_set_new(o, "windows", last_rows(json_object_get(doc, "windows")));
    json_object_set_new(o, "gaps", last_rows(json_object_get(doc, "gaps")));
}

/* KEYS: hy:crawl:ids.  ARGV: office, id, most of the frontier. */
static struct hy_script source_script = {
    .reads_only = true,
    .text = "local id = redis.call('HGET', KEYS[1], ARGV[1] .. '/' .. ARGV[2]) or ARGV[2]\n"
            "local found = 'hy:crawl:frontier:' .. id\n"
            "return {redis.call('HGETALL', 'hy:crawl:source:' .. id),\n"
            "  redis.call('ZRANGE', found, 0, ARGV[3] - 1), redis.call('ZCARD', found),\n"
            "  redis.call('HVALS', 'hy:crawl:quarantine'), id}\n"};

/* Pages of this source that are put aside, from those of all sources (at most 200). */
static json_t *quarantine_json(const redisReply *r, struct hy_str id)
{
    static const char *const shown[] = {"url", "what", "why", "first", "last", "times"};
    json_t *list = json_array();

    for (size_t i = 0; i < r->elements; i++) {
        HY_CLEANUP(hy_json_freep) json_t *page = NULL;
        struct hy_err err = HY_ERR_INIT;
        if (hy_json_parse(hy_reply_str(r->element[i]), &page, &err) < 0 ||
            !hy_str_eq(hy_json_str(page, "source"), id))
            continue;
        json_t *row = json_object();
        for (size_t k = 0; k < HY_COUNT(shown); k++)
            json_object_set(row, shown[k], json_object_get(page, shown[k]));
        json_array_append_new(list, row);
    }
    return list;
}

static void on_record(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;
    json_t *o = hy_http_state(req);

    if (r == NULL || r->type == REDIS_REPLY_ERROR) {
        hy_board_no_redis(req);
        return;
    }
    add_record(o, r);
    hy_json_set_int(o, "now", hy_wall_now().ms);
    hy_http_json(req, 200, json_incref(o));
}

/* Then the keeper's record of it, which may lie in another Redis. */
static void on_state(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;
    json_t *o = hy_http_state(req), *source = json_object_get(o, "source");

    if (r == NULL || r->type != REDIS_REPLY_ARRAY || r->elements != 5) {
        hy_board_no_redis(req);
        return;
    }
    add_fields(source, r->element[0]);
    json_object_set_new(o, "frontier", frontier_json(r->element[1]));
    hy_json_set_int(o, "waiting", r->element[2]->integer);
    json_object_set_new(o, "quarantine",
                        quarantine_json(r->element[3], hy_reply_str(r->element[4])));
    hy_redis_cmd(hy_board_of(req)->redis, on_record, req, "GET hy:{%s}:incident:S-%s",
                 hy_board_of(req)->office, json_string_value(json_object_get(source, "id")));
}

void hy_board_source(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;
    const struct hy_source *s = source_of(req);

    if (s == NULL) {
        hy_http_problem(req, 404, "not_found", "规则里没有这个来源");
        return;
    }
    json_t *o = json_object();
    json_object_set_new(o, "source", rules_json(s));
    hy_http_set_state(req, o, free_json);
    char most[16];
    snprintf(most, sizeof(most), "%d", FRONTIER_SHOWN);
    const char *argv[] = {"hy:crawl:ids", b->office, s->id, most};
    hy_redis_eval(b->redis, &source_script, on_state, req, 1, HY_COUNT(argv), argv, NULL);
}

/* ---- an address that somebody wants to see tried ---- */

/* The board goes nowhere: a crawler takes the job (crawler/crawl_try.c) and answers under its id. */
static struct hy_script try_script = {
    .text = "if redis.call('LLEN', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end\n"
            "redis.call('LPUSH', KEYS[1], ARGV[1])\n"
            "redis.call('EXPIRE', KEYS[1], ARGV[3])\n"
            "return 1\n"};

static void on_try(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;

    if (r == NULL || r->type != REDIS_REPLY_INTEGER)
        hy_board_no_redis(req);
    else if (r->integer == 0)
        hy_http_problem(req, 429, "busy",
                        "前面还有几个网址在等；一直不动，说明采集程序（crawl）没有在运行");
    else
        hy_http_json(req, 202, json_incref(hy_http_state(req)));
}

void hy_board_try(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;
    HY_CLEANUP(hy_json_freep) json_t *body = hy_board_body(req);
    if (body == NULL)
        return;
    struct hy_str url = hy_str_trim(hy_json_str(body, "url"));
    char id[ID_DIGITS + 1];

    if (url.n > 2000 ||
        !(hy_str_starts(url, HY_STR("http://")) || hy_str_starts(url, HY_STR("https://")))) {
        hy_http_problem(req, 400, "url", "请写完整的网址，以 http:// 或 https:// 开头");
        return;
    }
    hy_random_hex(id, ID_DIGITS / 2);
    HY_CLEANUP(hy_json_freep) json_t *job = json_object();
    hy_json_set_str(job, "id", hy_str(id));
    hy_json_set_str(job, "url", url);
    hy_json_set_int(job, "at", hy_loop_wall(b->loop).ms);
    HY_CLEANUP(hy_freep) char *text = hy_json_text(job);
    HY_CLEANUP(hy_freep) char *most = hy_xasprintf("%d", TRY_QUEUE);
    HY_CLEANUP(hy_freep) char *ttl = hy_xasprintf("%d", TRY_TTL_S);
    const char *argv[] = {"hy:crawl:try", text, most, ttl};
    const size_t lens[] = {strlen(argv[0]), strlen(text), strlen(most), strlen(ttl)};
    hy_http_set_state(req, json_pack("{s:s}", "id", id), free_json);
    hy_log(HY_INFO, "try_asked", HY_KV("by", hy_sender_of(req)->id), HY_KVS("url", url));
    hy_redis_eval(b->redis, &try_script, on_try, req, 1, (int)HY_COUNT(argv), argv, lens);
}

static void on_tried(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;
    struct hy_err err = HY_ERR_INIT;
    json_t *o = NULL;

    if (r == NULL || r->type == REDIS_REPLY_ERROR)
        hy_board_no_redis(req);
    else if (r->type == REDIS_REPLY_STRING && hy_json_parse(hy_reply_str(r), &o, &err) == HY_OK)
        hy_http_json(req, 200, o);
    else
        hy_http_json(req, 200, json_pack("{s:b}", "done", 0));
}

void hy_board_tried(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;
    hy_redis_cmd(b->redis, on_tried, req, "GET hy:crawl:tried:%s", hy_http_param(req, "id"));
}
