/* SPDX-License-Identifier: Apache-2.0 */
/* A store with real files in a directory of its own, and the few items, captures and incidents the
 * tests of the archive put into it. */
#pragma once
#include "archive/expire.h"
#include "archive/facets.h"
#include "archive/index.h"
#include "archive/search.h"
#include "archive/store.h"
#include "archive/watch.h"

#include "core/hash.h"
#include "core/item.h"
#include "core/zstd.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/harness.h"

#define NOON ((hy_wall){INT64_C(1764043200000)}) /* 2025-11-25T12:00:00+08:00 */

struct world {
    char dir[64];
    struct hy_store *s;
};

static inline void open_store(struct world *w, enum hy_store_mode mode)
{
    struct hy_err err = HY_ERR_INIT;

    if (hy_store_open(w->dir, mode, &w->s, &err) < 0)
        fail_msg("%s", err.msg);
}

static inline void begin(struct world *w)
{
    snprintf(w->dir, sizeof(w->dir), "/tmp/hy-archive-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    open_store(w, HY_STORE_WRITE);
}

static inline int remove_one(const char *path, const struct stat *st, int what, struct FTW *ftw)
{
    (void)st, (void)what, (void)ftw;
    return remove(path);
}

static inline void end(struct world *w)
{
    hy_store_close(w->s);
    nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct hy_err err; /* of the last call */

#define OK(call)                                                                                   \
    do {                                                                                           \
        err = HY_ERR_INIT;                                                                         \
        if ((call) < 0)                                                                            \
            fail_msg(#call ": %s", err.msg);                                                       \
    } while (0)

/* -- things to store --------------------------------------------------------------------------- */

struct spec {
    const char *id, *title, *text, *source;
    int64_t minute; /* after NOON: published and fetched */
    const char *place, *topic, *alert;
    int level;
};

static inline json_t *named(const char *key, const char *value, const char *name)
{
    json_t *list = json_array();

    if (value)
        json_array_append_new(list, json_pack("{s:s,s:s}", key, value, "name", name));
    return list;
}

static inline json_t *item_of(const struct spec *sp)
{
    hy_wall at = hy_wall_add_ms(NOON, sp->minute * HY_MINUTE_MS);
    struct hy_item it = {.id = (char *)sp->id,
                         .source = (char *)sp->source,
                         .title = (char *)sp->title,
                         .text = (char *)sp->text,
                         .url = "http://news.example/1",
                         .published = at,
                         .fetched = at,
                         .precision = HY_PREC_MINUTE,
                         .published_offset_min = HY_CST};

    hy_item_hash(&it);
    json_t *o = hy_item_to_json(&it);
    json_object_set_new(o, "rules_version", json_string("r1"));
    json_object_set_new(o, "score",
                        json_pack("{s:i,s:i,s:s,s:o,s:o,s:o}", "relevance", 80, "emergency", 60,
                                  "alert", sp->alert ? sp->alert : "none", "level",
                                  sp->level ? json_integer(sp->level) : json_null(), "places",
                                  named("code", sp->place, "某地"), "topics",
                                  named("id", sp->topic, "某事")));
    return o;
}

static inline void store_item(struct world *w, const struct spec *sp)
{
    HY_CLEANUP(hy_json_freep) json_t *o = item_of(sp);

    OK(hy_store_begin(w->s, &err));
    OK(hy_store_item(w->s, o, NOON, &err));
    OK(hy_store_commit(w->s, &err));
}

static inline void store_capture(struct world *w, const struct spec *sp, const char *change,
                                 const char *page, int64_t minute)
{
    HY_CLEANUP(hy_json_freep) json_t *o = item_of(sp);
    HY_CLEANUP(hy_json_freep) json_t *meta = json_object();
    struct hy_buf body = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    char sha256[HY_SHA256_HEX];

    hy_json_set_str(meta, "item", hy_str(sp->id));
    hy_json_set_str(meta, "change", hy_str(change));
    hy_json_set_time(meta, "fetched", hy_wall_add_ms(NOON, minute * HY_MINUTE_MS), HY_CST);
    json_object_set(meta, "hash", json_object_get(o, "hash"));
    json_object_set(meta, "title", json_object_get(o, "title"));
    json_object_set(meta, "text", json_object_get(o, "text"));
    hy_json_set_str(meta, "source", hy_str(sp->source));
    hy_json_set_str(meta, "requested", hy_str("http://news.example/1"));
    hy_json_set_int(meta, "status", page ? 200 : 404);
    if (page) {
        hy_json_set_str(meta, "sha256", hy_str(hy_sha256_hex(hy_str(page), sha256)));
        hy_zstd_pack(hy_str(page), &body);
    }
    OK(hy_store_begin(w->s, &err));
    OK(hy_store_capture(w->s, meta, hy_buf_view(&body), NOON, &err));
    OK(hy_store_commit(w->s, &err));
    hy_buf_release(&body);
}

static inline void store_incident(struct world *w, const char *id, const char *state,
                                  const char *items, hy_wall now)
{
    struct hy_err parsing = HY_ERR_INIT;
    HY_CLEANUP(hy_freep)
    char *text =
        hy_xasprintf("{\"id\":\"%s\",\"state\":\"%s\",\"level\":2,\"title\":\"清溪县爆炸\","
                     "\"alert\":\"alert\",\"items\":%s,\"found\":[],\"responses\":[],"
                     "\"places\":[{\"code\":\"990102\",\"name\":\"清溪县\"}],"
                     "\"opened\":\"2025-11-25T12:00:00+08:00\"}",
                     id, state, items);
    HY_CLEANUP(hy_json_freep) json_t *doc = NULL;

    assert_int_equal(hy_json_parse(hy_str(text), &doc, &parsing), HY_OK);
    OK(hy_store_begin(w->s, &err));
    OK(hy_store_incident(w->s, doc, now, &err));
    OK(hy_store_commit(w->s, &err));
}

static inline json_t *found(struct world *w, const struct hy_search *q)
{
    json_t *o = NULL;

    OK(hy_search(w->s, q, &o, &err));
    return o;
}

/* Ids of the hits, joined by blanks. */
static inline void expect(struct world *w, struct hy_search q, const char *ids)
{
    HY_CLEANUP(hy_json_freep) json_t *o = NULL;
    struct hy_buf b = HY_BUF_INIT(4096);
    size_t i;
    json_t *hit;

    if (q.from.ms == 0)
        q.from = HY_WALL_NONE;
    if (q.to.ms == 0)
        q.to = HY_WALL_NONE;
    o = found(w, &q);
    json_array_foreach (json_object_get(o, "hits"), i, hit)
        hy_buf_printf(&b, "%s%s", i ? " " : "", json_string_value(json_object_get(hit, "id")));
    assert_string_equal(b.p ? b.p : "", ids);
    if (q.facets)
        assert_int_equal(hy_json_int(o, "total", -1), json_array_size(json_object_get(o, "hits")));
    hy_buf_release(&b);
}

static inline void check_index(struct world *w)
{
    OK(hy_index_check(hy_store_db(w->s), &err));
    OK(hy_db_check(hy_store_db(w->s), &err));
}

#define EXPECT(words_, ids)                                                                        \
    expect(&w, (struct hy_search){.words = hy_str(words_), .facets = true}, ids)

static const struct spec blast = {"u1",
                                  "清溪县化工厂爆炸",
                                  "一化工厂发生爆炸，现场浓烟。",
                                  "forum",
                                  0,
                                  "990102",
                                  "safety",
                                  "alert",
                                  2};
static const struct spec water = {"u2",
                                  "滨河小区停水",
                                  "小区停水四天，居民不满。工厂照常。",
                                  "news",
                                  10,
                                  "990103",
                                  "water",
                                  "list",
                                  0};
static const struct spec trees = {
    "u3", "春季植树", "市里组织植树，化工企业参加。", "news", 20, "990100", NULL, NULL, 0};

static inline void store_three(struct world *w)
{
    store_item(w, &blast);
    store_item(w, &water);
    store_item(w, &trees);
}
