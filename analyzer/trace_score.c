/* SPDX-License-Identifier: Apache-2.0 */
/* What a trace keeps of a score: class, people hurt, places by code and by name, matters, topics,
 * and whether the text tells of what does not happen now. */
#include "analyzer/trace_parts.h"

#include "analyzer/normal.h"
#include "analyzer/trace.h"
#include "core/mem.h"
#include "core/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { EMERGENCY_AT = 50 };

static bool has_text(const json_t *list, struct hy_str s)
{
    const json_t *it;
    size_t i;

    json_array_foreach (list, i, it)
        if (json_is_string(it) && hy_str_is(s, json_string_value(it)))
            return true;
    return false;
}

static void put_places(json_t *o, const json_t *score)
{
    json_t *codes = json_array();
    const json_t *p;
    size_t i;

    json_array_foreach (json_object_get(score, "places"), i, p) {
        struct hy_str code = hy_json_str(p, "code");
        if (code.n && json_array_size(codes) < HY_TRACE_PLACES && !has_text(codes, code))
            json_array_append_new(codes, hy_json_of_str(code));
    }
    if (json_array_size(codes))
        json_object_set_new(o, "p", codes);
    else
        json_decref(codes);
}

/* 滨河路88号 and 滨河路90号 are near enough; of 江口区滨河路 the end says most. */
static struct hy_str exact_name(struct hy_str name)
{
    size_t n = 0;

    while (n < name.n && (name.p[n] < '0' || name.p[n] > '9'))
        n++;
    name.n = n;
    for (size_t chars = hy_utf8_count(name); chars > HY_TRACE_NAME_CHARS; chars--) {
        size_t head = hy_utf8_head(name, 1).n;
        name = hy_str_n(name.p + head, name.n - head);
    }
    return name;
}

/* 新小区, 那条路: a kind of place, and no name. */
static bool says_which(struct hy_str name)
{
    static const char *const vague[] = {"新小区", "一小区", "某小区", "边小区", "老小区", "该小区",
                                        "个小区", "处小区", "条路",   "处路",   "段路",   "里路",
                                        "米路",   "半幅路", "道路",   "山路",   "的路",   "绕路",
                                        "部分路", "部分村", "影响村", "个村",   "各村"};

    for (size_t i = 0; i < HY_COUNT(vague); i++) {
        struct hy_str v = hy_str(vague[i]);
        if (name.n >= v.n && memcmp(name.p + name.n - v.n, v.p, v.n) == 0)
            return false;
    }
    return true;
}

/* Names of places finer than a county, those of the title first, and how many the title has. */
static void put_names(json_t *o, const json_t *score)
{
    json_t *names = json_array();
    size_t titled = 0, i;
    const json_t *p;

    json_array_foreach (json_object_get(score, "places"), i, p) {
        HY_CLEANUP(hy_freep) char *text = hy_normal_word(hy_json_str(p, "name"));
        struct hy_str name = exact_name(hy_str(text)); /* 江口區老街 is 江口区老街 */
        if (!hy_json_bool(p, "exact") || hy_utf8_count(name) < 2 || has_text(names, name) ||
            !says_which(name) || json_array_size(names) == HY_TRACE_NAMES)
            continue;
        json_array_append_new(names, hy_json_of_str(name));
        titled += hy_str_is(hy_json_str(p, "field"), "title");
    }
    if (json_array_size(names) == 0) {
        json_decref(names);
        return;
    }
    json_object_set_new(o, "n", names);
    hy_json_set_int(o, "nt", (int64_t)titled);
}

/* In the order in which they are asked for: a drill in a story is a story. */
static const char *const unreal_traps[HY_UNREAL_COUNT] = {
    [HY_UNREAL_FICTION] = "fiction",
    [HY_UNREAL_DRILL] = "drill",
    [HY_UNREAL_NORMATIVE] = "normative",
    [HY_UNREAL_HISTORIC] = "historic",
};

/* Told as a drill, a story, a memory or a rule: not what happens now, whatever its words are.  What
 * the score takes for an emergency in spite of such words (a plant that burns had a drill last
 * month) is one. */
static enum hy_unreal unreal_of(const json_t *score)
{
    const json_t *trap;
    size_t at;

    if (hy_json_num(score, "emergency", 0) >= EMERGENCY_AT)
        return HY_REAL;
    for (int i = HY_REAL + 1; i < HY_UNREAL_COUNT; i++)
        json_array_foreach (json_object_get(score, "traps"), at, trap)
            if (json_is_string(trap) && strcmp(json_string_value(trap), unreal_traps[i]) == 0)
                return (enum hy_unreal)i;
    return HY_REAL;
}

static void put_matters(json_t *o, const json_t *score)
{
    const json_t *matters = json_object_get(score, "matters");

    if (json_array_size(matters))
        json_object_set(o, "q", (json_t *)matters);
}

/* transport and transport.road are one field; a hash of it is enough to compare. */
static void put_topics(json_t *o, const json_t *score)
{
    json_t *topics = json_array();
    uint16_t have[HY_TRACE_TOPICS];
    size_t n = 0, i;
    const json_t *t;

    json_array_foreach (json_object_get(score, "topics"), i, t) {
        struct hy_str id = hy_json_str(t, "id");
        uint64_t key = 17;
        size_t k = 0;
        for (size_t c = 0; c < id.n && id.p[c] != '.'; c++)
            key = key * 131 + (unsigned char)id.p[c];
        uint16_t h = (uint16_t)trace_mix(key);
        while (k < n && have[k] != h)
            k++;
        if (k == n && n < HY_TRACE_TOPICS)
            json_array_append_new(topics, json_integer(have[n++] = h));
    }
    if (n)
        json_object_set_new(o, "h", topics);
    else
        json_decref(topics);
}

void trace_put_score(json_t *o, const json_t *score)
{
    struct hy_str cls = hy_json_str(score, "event_class"), type = hy_json_str(score, "event_type");
    const json_t *facts = json_object_get(score, "facts");
    const json_t *deaths = json_object_get(facts, "deaths");
    const json_t *injured = json_object_get(facts, "injured");

    if (cls.n)
        hy_json_set_str(o, "c", cls);
    if (type.n)
        hy_json_set_str(o, "e", type);
    if (deaths)
        hy_json_set_int(o, "d", hy_json_int(deaths, "min", 0));
    if (injured)
        hy_json_set_int(o, "i", hy_json_int(injured, "min", 0));
    hy_json_set_int(o, "m", (int64_t)hy_json_num(score, "emergency", 0));
    if (hy_str_is(hy_json_str(score, "alert"), "alert"))
        json_object_set_new(o, "a", json_true());
    enum hy_unreal unreal = unreal_of(score);
    if (unreal != HY_REAL)
        hy_json_set_int(o, "x", unreal);
    put_places(o, score);
    put_names(o, score);
    put_matters(o, score);
    put_topics(o, score);
}
