/* SPDX-License-Identifier: Apache-2.0 */
/* huiying crawl log HOST: what was asked of a site, and whether we kept what we promise its owner:
 * one request at a time, a pause between two, robots.txt first, patience when the site is busy.
 * Reads hy:crawl:log:<origin> (crawl_lease.c); changes nothing. */
#include "core/command.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/redis.h"
#include "core/url.h"
#include "crawler/crawl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tally {
    size_t n, robots, busy, at_once, early;
    int64_t first, last_end, next, shortest; /* milliseconds; shortest pause, -1: none yet */
    int64_t bytes;
};

/* Redis and the machines of several crawlers agree on the time only so well. */
enum { CLOCKS_AGREE_MS = 50 };

static void count(struct tally *t, const json_t *o)
{
    int64_t start = hy_json_int(o, "start", 0), status = hy_json_int(o, "status", 0);
    int64_t pause = start - t->last_end;

    if (t->n++ == 0) {
        t->first = start;
        t->shortest = -1;
    } else {
        t->at_once += pause < -CLOCKS_AGREE_MS;
        t->early += start < t->next - CLOCKS_AGREE_MS;
        if (t->shortest < 0 || pause < t->shortest)
            t->shortest = HY_MAX(pause, INT64_C(0));
    }
    t->robots += hy_str_ends(hy_json_str(o, "url"), HY_STR("/robots.txt"));
    t->busy += status == 429 || status == 503;
    t->bytes += hy_json_int(o, "bytes", 0);
    t->last_end = HY_MAX(t->last_end, hy_json_int(o, "end", 0));
    t->next = hy_json_int(o, "next", 0);
}

static void print_row(const json_t *o)
{
    char at[HY_TIME_SIZE];
    int64_t start = hy_json_int(o, "start", 0), end = hy_json_int(o, "end", 0);

    hy_wall_format((hy_wall){start - start % 1000}, HY_CST, at);
    printf("%s  %3d %-12s %8" PRId64 " B %6" PRId64 " ms  then %6.1f s (" HY_STR_FMT
           ")  " HY_STR_FMT "\n",
           at, (int)hy_json_int(o, "status", 0), json_string_value(json_object_get(o, "outcome")),
           hy_json_int(o, "bytes", 0), end - start,
           (double)(hy_json_int(o, "next", end) - end) / 1000, HY_STR_ARG(hy_json_str(o, "why")),
           HY_STR_ARG(hy_json_str(o, "url")));
}

static void print_tally(const struct tally *t, const char *origin)
{
    char from[HY_TIME_SIZE], to[HY_TIME_SIZE];

    hy_wall_format((hy_wall){t->first - t->first % 1000}, HY_CST, from);
    hy_wall_format((hy_wall){t->last_end - t->last_end % 1000}, HY_CST, to);
    printf("%s: %zu requests, %" PRId64 " bytes, from %s to %s\n"
           "robots.txt read %zu times; the site was busy (429, 503) %zu times\n",
           origin, t->n, t->bytes, from, to, t->robots, t->busy);
    if (t->shortest >= 0)
        printf("shortest pause between two requests: %.1f s\n", (double)t->shortest / 1000);
    printf("two requests at once: %zu; earlier than promised: %zu\n", t->at_once, t->early);
}

static json_t *tally_json(const struct tally *t, const char *origin)
{
    json_t *o = json_object();

    hy_json_set_str(o, "host", hy_str(origin));
    hy_json_set_int(o, "requests", (int64_t)t->n);
    hy_json_set_int(o, "robots", (int64_t)t->robots);
    hy_json_set_int(o, "busy", (int64_t)t->busy);
    hy_json_set_int(o, "bytes", t->bytes);
    hy_json_set_int(o, "shortest_pause_ms", t->shortest);
    hy_json_set_int(o, "at_once", (int64_t)t->at_once);
    hy_json_set_int(o, "early", (int64_t)t->early);
    return o;
}

/* Ours to say no to: a log that shows a broken promise. */
static int print_log(const redisReply *entries, const char *origin, bool json)
{
    struct tally t = {0};

    for (size_t i = 0; i < entries->elements; i++) {
        struct hy_str text = hy_reply_field(entries->element[i]->element[1], "request");
        HY_CLEANUP(hy_json_freep) json_t *o = NULL;
        struct hy_err err = HY_ERR_INIT;
        if (hy_json_parse(text, &o, &err) < 0)
            continue;
        count(&t, o);
        if (json)
            hy_json_print(o);
        else
            print_row(o);
    }
    if (json) {
        HY_CLEANUP(hy_json_freep) json_t *sum = tally_json(&t, origin);
        hy_json_print(sum);
    } else {
        print_tally(&t, origin);
    }
    return t.at_once || t.early ? HY_EXIT_NO : HY_EXIT_OK;
}

/* "www.example.cn", with port or scheme, or any address of the site -> origins to look for. */
static size_t origins_of(const char *host, char *ret[2])
{
    static const char *const schemes[] = {"https://", "http://"};
    bool whole = strstr(host, "://") != NULL;
    size_t n = 0;

    for (size_t i = 0; i < (whole ? 1 : HY_COUNT(schemes)); i++) {
        HY_CLEANUP(hy_freep) char *text = hy_xasprintf("%s%s", whole ? "" : schemes[i], host);
        struct hy_url u = {0};
        struct hy_err err = HY_ERR_INIT;
        if (hy_url_parse(hy_str(text), NULL, &u, &err) == HY_OK && hy_url_is_http(&u))
            ret[n++] = hy_url_origin(&u);
        hy_url_release(&u);
    }
    return n;
}

static int look_up(struct hy_redis_sync *r, const char *host, bool json, struct hy_err *err)
{
    char *origins[2] = {NULL, NULL};
    size_t n = origins_of(host, origins), shown = 0;
    int rc = HY_EXIT_OK;

    for (size_t i = 0; i < n; i++) {
        redisReply *reply = NULL;
        if (hy_redis_sync_cmd(r, &reply, err, "XRANGE hy:crawl:log:%s - +", origins[i]) == HY_OK &&
            reply->elements) {
            rc |= print_log(reply, origins[i], json);
            shown++;
        }
        freeReplyObject(reply);
        free(origins[i]);
    }
    if (shown == 0 && err->code == HY_OK)
        hy_fail(err, HY_E_NOTFOUND, "nothing was asked of \"%s\" in the last 30 days", host);
    return rc;
}

int hy_crawl_log_(const char *redis_url, const char *host, bool json,
          struct hy_err *err)
{
    struct hy_redis_sync *r = NULL;
    int rc = HY_EXIT_OK;

    if (hy_redis_sync_open(redis_url, &r, err) == HY_OK)
        rc = look_up(r, host, json, err);
    hy_redis_sync_close(r);
    return rc;
}
