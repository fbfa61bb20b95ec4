/* SPDX-License-Identifier: Apache-2.0 */
/* huiying crawl quarantine: the pages that ended their reader (crawl_quarantine.c), for whoever
 * looks after the program. */
#include "core/command.h"
#include "core/hash.h"
#include "core/json.h"
#include "core/zstd.h"
#include "crawler/crawl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY HY_CRAWL_QUARANTINE
enum { MAX_BYTES = 64 << 20 };

struct shown {
    struct hy_redis_sync *r;
    bool json;
};

static void print_time(const char *label, int64_t ms)
{
    char at[HY_TIME_SIZE];

    printf("%s %.16s", label, hy_wall_format((hy_wall){ms - ms % 1000}, HY_CST, at));
}

static void print_row(const json_t *o)
{
    struct hy_str url = hy_json_str(o, "url"), source = hy_json_str(o, "source"),
                  why = hy_json_str(o, "why");

    printf(HY_STR_FMT "\n  来源 " HY_STR_FMT "，%s，%" PRId64 " 字节，" HY_STR_FMT "\n ",
           HY_STR_ARG(url), HY_STR_ARG(source),
           hy_str_is(hy_json_str(o, "what"), "list") ? "栏目页" : "网页", hy_json_int(o, "bytes", 0),
           HY_STR_ARG(why));
    print_time(" 首次", hy_json_int(o, "first", 0));
    print_time("，最近", hy_json_int(o, "last", 0));
    printf("，共 %" PRId64 " 次\n  SHA-256 " HY_STR_FMT "\n", hy_json_int(o, "times", 0),
           HY_STR_ARG(hy_json_str(o, "sha256")));
}

static void print_one(const json_t *o, bool json)
{
    if (json)
        hy_json_print(o);
    else
        print_row(o);
}

/* "No" is the answer of a check: are all pages read? */
static int list(const struct shown *s, struct hy_err *err)
{
    redisReply *reply = NULL;
    int rc = HY_EXIT_OK;

    if (hy_redis_sync_cmd(s->r, &reply, err, "HVALS " KEY) < 0)
        return HY_EXIT_NO;
    for (size_t i = 0; i < reply->elements; i++) {
        HY_CLEANUP(hy_json_freep) json_t *o = NULL;
        struct hy_err bad = HY_ERR_INIT;
        if (hy_json_parse(hy_reply_str(reply->element[i]), &o, &bad) < 0)
            continue;
        print_one(o, s->json);
        rc = HY_EXIT_NO;
    }
    if (rc == HY_EXIT_OK && !s->json)
        puts("没有被隔离的网页");
    freeReplyObject(reply);
    return rc;
}

static int show(const struct shown *s, const char *url, struct hy_err *err)
{
    struct hy_buf page = HY_BUF_INIT(MAX_BYTES);
    char hash[HY_SHA256_HEX];
    redisReply *reply = NULL;

    if (hy_redis_sync_cmd(s->r, &reply, err, "GET " KEY ":%s", hy_sha256_hex(hy_str(url), hash)) < 0)
        return HY_EXIT_NO;
    struct hy_str packed = hy_reply_str(reply);
    if (packed.n == 0)
        hy_fail(err, HY_E_NOTFOUND, "no page of this address is kept: %s", url);
    else if (hy_zstd_unpack(packed, &page, err) == HY_OK)
        fwrite(page.p, 1, page.n, stdout);
    freeReplyObject(reply);
    hy_buf_release(&page);
    return HY_EXIT_OK;
}

/* KEYS index, rechecks; ARGV address hash or "all", again, now.  How many left. */
static struct hy_script leave_script = {
    .text = "local n = 0 "
            "for _, id in ipairs(ARGV[1] == 'all' and redis.call('HKEYS', KEYS[1]) or {ARGV[1]}) do "
            "  local text = redis.call('HGET', KEYS[1], id) "
            "  if text then "
            "    local meta = cjson.decode(text) "
            "    if ARGV[2] == '1' and meta.what == 'page' then "
            "      redis.call('ZADD', KEYS[2], ARGV[3], meta.source .. ' ' .. meta.url) end "
            "    redis.call('HDEL', KEYS[1], id) redis.call('DEL', KEYS[1] .. ':' .. id) "
            "    n = n + 1 "
            "  end "
            "end "
            "return n"};

static int leave(const struct shown *s, const char *url, bool again, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *now = hy_xasprintf("%" PRId64, hy_wall_now().ms);
    char hash[HY_SHA256_HEX];
    const char *which = strcmp(url, "all") == 0 ? "all" : hy_sha256_hex(hy_str(url), hash);
    const struct hy_str argv[] = {HY_STR(KEY), HY_STR("hy:crawl:recheck"), hy_str(which),
                                  again ? HY_STR("1") : HY_STR("0"), hy_str(now)};
    redisReply *reply = NULL;

    if (hy_redis_sync_eval(s->r, &leave_script, &reply, err, 2, HY_COUNT(argv), argv, NULL) < 0)
        return HY_EXIT_NO;
    long long n = reply->integer;
    freeReplyObject(reply);
    if (n == 0 && which == hash)
        hy_fail(err, HY_E_NOTFOUND, "this address is not in quarantine: %s", url);
    else
        printf(again ? "%lld 个网页将重新读取\n" : "%lld 个网页已移出隔离\n", n);
    return HY_EXIT_OK;
}

static int answer(const struct shown *s, int nargs, char **args, struct hy_err *err)
{
    const char *verb = nargs > 0 ? args[0] : "list";

    if (strcmp(verb, "list") == 0 && nargs <= 1)
        return list(s, err);
    if (nargs == 2 && strcmp(verb, "show") == 0)
        return show(s, args[1], err);
    if (nargs == 2 && (strcmp(verb, "again") == 0 || strcmp(verb, "drop") == 0))
        return leave(s, args[1], verb[0] == 'a', err);
    hy_fail(err, HY_E_USAGE, "quarantine takes list, show URL, again URL or drop URL");
    return HY_EXIT_USAGE;
}

int hy_crawl_quarantine_(const char *redis_url, int nargs, char **args, bool json,
          struct hy_err *err)
{
    struct shown s = {.json = json};
    int rc = HY_EXIT_OK;

    if (hy_redis_sync_open(redis_url, &s.r, err) == HY_OK)
        rc = answer(&s, nargs, args, err);
    hy_redis_sync_close(s.r);
    return rc;
}
