/* SPDX-License-Identifier: Apache-2.0 */
/* Every number that has an address has just as many rows there. */
#include "alerts/record/stats_json.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/harness.h"

static hy_wall now;

static hy_wall hours(int n)
{
    return hy_wall_add_ms(now, n * HY_HOUR_MS);
}

/* 60 incidents of every stage, unit, hour and result; some are drills or merged. */
static json_t *incident(int n)
{
    static const char *const stages[] = {"triaged", "dismissed", "settled", "following", "merged"};
    static const char *const states[] = {"met", "late", "open", "waived", "superseded"};
    static const char *const names[] = {"应急管理局", "教育局", ""};
    char id[32];

    snprintf(id, sizeof(id), "I20261001-%04d", n);
    json_t *doc =
        json_pack("{s:s,s:s,s:s,s:s,s:{s:{s:s}},s:{},s:b,s:[],s:[]}", "id", id, "title", "标题",
                  "kind", "opinion", "state", stages[n % 5], "units", "lead", "name", names[n % 3],
                  "times", "drill", n % 13 == 0, "obligations", "responses");
    hy_json_set_time(doc, "opened", hours(-n), HY_CST);
    if (n % 2)
        hy_json_set_time(json_object_get(doc, "times"), "confirmed", hours(-n), HY_CST);
    if (n % 4 == 0)
        hy_json_set_time(json_object_get(doc, "times"), "reopened", hours(-n), HY_CST);
    for (int k = 0; k < 3; k++) {
        json_t *o = json_pack("{s:s,s:s,s:s,s:s}", "id", id, "clock", k ? "H24" : "H5", "label",
                              "时限", "state", states[(n + k) % 5]);
        hy_json_set_time(o, "start", hours(k - n), HY_CST);
        hy_json_set_time(o, "due", hours(k - n + 24), HY_CST);
        json_array_append_new(json_object_get(doc, "obligations"), o);
    }
    hy_json_set_time(json_object_get(doc, "times"), "first_public", hours(-n - n % 7), HY_CST);
    hy_json_set_time(json_object_get(doc, "times"), "detected", hours(-n), HY_CST);
    json_object_set_new(doc, "disposition", json_pack("[s]", n % 2 ? "hardship" : "suggestion"));
    if (n % 2)
        json_object_set_new(doc, "satisfaction", json_pack("{s:b}", "satisfied", n % 3 == 0));
    if (n % 3 == 0) {
        json_t *r = json_pack("{s:s}", "form", n % 2 ? "solution" : "release");
        hy_json_set_time(r, "published", hours(1 - n), HY_CST);
        json_array_append_new(json_object_get(doc, "responses"), r);
    }
    return doc;
}

/* The pick that an address asks for. */
static void read_address(const char *address, struct hy_stats_pick *p, char store[9][80])
{
    static const char *const keys[] = {"&set=",     "&clock=",  "&result=", "&unit=",  "&hour=",
                                       "&latency=", "&bucket=", "&class=",  "&matter="};
    const char **fields[] = {&p->set,     &p->clock,  &p->result, &p->unit,  &p->hour,
                             &p->latency, &p->bucket, &p->class,  &p->matter};

    for (size_t i = 0; i < HY_COUNT(keys); i++) {
        const char *at = strstr(address, keys[i]);
        char *out = store[i];
        for (at = at ? at + strlen(keys[i]) : ""; *at && *at != '&'; at++) {
            unsigned c = (unsigned char)*at;
            if (*at == '%') {
                assert_int_equal(sscanf(at + 1, "%2x", &c), 1);
                at += 2;
            }
            *out++ = (char)c;
        }
        *out = '\0';
        *fields[i] = store[i];
    }
}

struct check {
    json_t *docs;
    const struct hy_stats *stats;
    int numbers;
};

static void check_number(struct check *c, const json_t *o)
{
    struct hy_stats_pick p;
    char store[9][80];
    HY_CLEANUP(hy_json_freep) json_t *rows = json_array();
    const char *address = hy_json_str(o, "rows").p;
    size_t i;
    json_t *doc;

    read_address(address, &p, store);
    json_array_foreach (c->docs, i, doc)
        hy_stats_rows(c->stats, &p, doc, rows);
    if ((int64_t)json_array_size(rows) != hy_json_int(o, "n", -1))
        fail_msg("%s: %zu rows, the number says %lld", address, json_array_size(rows),
                 (long long)hy_json_int(o, "n", -1));
    c->numbers++;
}

static void check_all(struct check *c, const json_t *v)
{
    const char *key;
    size_t i;
    json_t *sub;

    if (json_object_get(v, "n") || json_object_get(v, "rows")) {
        assert_true(json_is_string(json_object_get(v, "rows")));
        check_number(c, v);
    }
    json_object_foreach ((json_t *)v, key, sub)
        check_all(c, sub);
    json_array_foreach (v, i, sub)
        check_all(c, sub);
}

TEST(every_number_has_its_rows)
{
    HY_CLEANUP(hy_json_freep) json_t *docs = json_array();
    size_t i;
    json_t *doc;

    assert_true(hy_wall_parse(HY_STR("2026-10-08T12:00:00+08:00"), &now));
    for (int n = 0; n < 60; n++)
        json_array_append_new(docs, incident(n));
    HY_CLEANUP(hy_stats_freep) struct hy_stats *s = hy_stats_new(hours(-50), hours(-3), now);
    json_array_foreach (docs, i, doc)
        hy_stats_add(s, doc);
    HY_CLEANUP(hy_json_freep) json_t *o = hy_stats_json(s, "/rows?kind=incident");
    struct check c = {docs, s, 0};
    check_all(&c, o);
    assert_true(c.numbers > 60);
    assert_true(hy_json_int(json_object_get(o, "incidents"), "n", 0) > 20);
    assert_int_equal(s->matters[HY_MATTER_OPINION].n, s->incidents);
    assert_true(s->matters[HY_MATTER_OPINION].answered > 0);
    assert_true(s->matters[HY_MATTER_OPINION].satisfied.part > 0);
    assert_true(s->matters[HY_MATTER_OPINION].satisfied.whole >
                s->matters[HY_MATTER_OPINION].satisfied.part);
    assert_true(s->classes[HY_DISPOSITION_HARDSHIP].part > 0);
    assert_int_equal(s->classes[HY_DISPOSITION_SUGGESTION].part, 0);
    assert_true(s->classes[HY_DISPOSITION_SUGGESTION].whole > 0);
}

TEST(no_rate_below_five)
{
    HY_CLEANUP(hy_stats_freep) struct hy_stats *s = hy_stats_new(HY_WALL_NONE, HY_WALL_NONE, now);
    HY_CLEANUP(hy_json_freep) json_t *o = hy_stats_json(s, "/rows?");

    assert_true(json_is_null(json_object_get(json_object_get(o, "precision"), "percent")));
    assert_true(json_is_null(
        json_object_get(json_array_get(json_object_get(o, "latencies"), 0), "median_ms")));
}
