/* SPDX-License-Identifier: Apache-2.0 */
/* huiying crawl sources: what the crawlers know of each source, as it stands in Redis. */
#include "core/command.h"
#include "core/json.h"
#include "core/vec.h"
#include "crawler/crawl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "hy:crawl:source:"

static const struct {
    const char *code, *zh;
} states[] = {{"new", "还没看过"}, {"healthy", "正常"},   {"quiet", "安静"},
              {"suspicious", "可疑"}, {"blind", "看不见"}};

static const char *zh(struct hy_str state)
{
    for (size_t i = 0; i < HY_COUNT(states); i++)
        if (hy_str_is(state, states[i].code))
            return states[i].zh;
    return "未知";
}

static int64_t number(const redisReply *r, const char *field)
{
    int64_t n = 0;

    return hy_str_to_i64(hy_reply_field(r, field), &n) ? n : 0;
}

static void print_at(const char *label, int64_t ms)
{
    char at[HY_TIME_SIZE];

    if (ms)
        printf("，%s %.16s", label, hy_wall_format((hy_wall){ms - ms % 1000}, HY_CST, at));
    else
        printf("，%s —", label);
}

static void print_extra(const json_t *o)
{
    bool used = hy_json_bool(o, "used");

    printf("    %s %s " HY_STR_FMT "：看过 %d 次，先于列表发现 %d 条%s\n", used ? "+" : "-",
           hy_str_is(hy_json_str(o, "kind"), "sitemap") ? "站点地图" : "订阅",
           HY_STR_ARG(hy_json_str(o, "url")), (int)hy_json_int(o, "polls", 0),
           (int)hy_json_int(o, "found", 0),
           !used                             ? "（discover: false，不看）"
           : hy_json_int(o, "failures", 0) ? "（最近读不到）"
                                           : "");
}

static void print_source(const char *id, const redisReply *r, json_t *extras)
{
    size_t i;
    json_t *o;

    printf("%s  %s：" HY_STR_FMT "\n    每天约 " HY_STR_FMT " 条，已取 %d 条", id,
           zh(hy_reply_field(r, "state")), HY_STR_ARG(hy_reply_field(r, "why")),
           HY_STR_ARG(hy_reply_field(r, "per_day")), (int)number(r, "items"));
    print_at("上次", number(r, "last_try"));
    print_at("下次", number(r, "next"));
    putchar('\n');
    json_array_foreach (extras, i, o)
        print_extra(o);
}

static void print_json(const char *id, const redisReply *r, json_t *extras)
{
    static const char *const texts[] = {"state", "why", "url", "per_day", "suggested"};
    static const char *const numbers[] = {"since", "last_try", "last_ok", "last_new", "next",
                                          "visits", "items", "failures", "gaps"};
    HY_CLEANUP(hy_json_freep) json_t *o = json_object();

    hy_json_set_str(o, "source", hy_str(id));
    for (size_t i = 0; i < HY_COUNT(texts); i++)
        hy_json_set_str(o, texts[i], hy_reply_field(r, texts[i]));
    for (size_t i = 0; i < HY_COUNT(numbers); i++)
        hy_json_set_int(o, numbers[i], number(r, numbers[i]));
    json_object_set(o, "extras", extras);
    hy_json_print(o);
}

static void show(struct hy_redis_sync *r, const char *key, bool json)
{
    struct hy_err err = HY_ERR_INIT, bad = HY_ERR_INIT;
    HY_CLEANUP(hy_json_freep) json_t *extras = NULL;
    redisReply *reply = NULL;

    if (hy_redis_sync_cmd(r, &reply, &err, "HGETALL %s", key) < 0)
        return;
    if (hy_json_parse(hy_reply_field(reply, "extras"), &extras, &bad) < 0)
        extras = json_array();
    (json ? print_json : print_source)(
        key + strlen(PREFIX), reply, extras);
    freeReplyObject(reply);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list(struct hy_redis_sync *r, bool json, struct hy_err *err)
{
    HY_VEC(char *) keys = {0};
    HY_CLEANUP(hy_freep) char *cursor = hy_xstrdup("0");

    do {
        redisReply *reply = NULL;
        if (hy_redis_sync_cmd(r, &reply, err, "SCAN %s MATCH " PREFIX "* COUNT 1000", cursor) < 0)
            break;
        free(cursor);
        cursor = hy_str_dup(hy_reply_str(reply->element[0]));
        for (size_t i = 0; i < reply->element[1]->elements; i++)
            hy_vec_push(&keys, hy_str_dup(hy_reply_str(reply->element[1]->element[i])));
        freeReplyObject(reply);
    } while (strcmp(cursor, "0") != 0);
    if (keys.n)
        qsort(keys.v, keys.n, sizeof(*keys.v), by_name);
    for (size_t i = 0; i < keys.n; i++) {
        if (i == 0 || strcmp(keys.v[i], keys.v[i - 1]) != 0) /* SCAN may name one twice */
            show(r, keys.v[i], json);
    }
    if (keys.n == 0 && err->code == HY_OK && !json)
        puts("还没有看过任何来源");
    for (size_t i = 0; i < keys.n; i++)
        free(keys.v[i]);
    hy_vec_release(&keys);
    return HY_EXIT_OK;
}

int hy_crawl_sources_(const char *redis_url, bool json, struct hy_err *err)
{
    struct hy_redis_sync *r = NULL;
    int rc = HY_EXIT_OK;

    if (hy_redis_sync_open(redis_url, &r, err) == HY_OK)
        rc = list(r, json, err);
    hy_redis_sync_close(r);
    return rc;
}
