/* SPDX-License-Identifier: Apache-2.0 */
/* What the sources saw in a stretch of time, against a count minute by minute. */
#include "alerts/record/coverage.h"

#include <stdio.h>

#include "tests/unit/harness.h"

static hy_wall minute(int64_t n)
{
    hy_wall t;

    assert_true(hy_wall_parse(HY_STR("2026-10-08T00:00:00+08:00"), &t));
    return hy_wall_add_ms(t, n * HY_MINUTE_MS);
}

static void set(json_t *o, const char *key, int64_t n)
{
    if (n >= 0)
        hy_json_set_time(o, key, minute(n), HY_CST);
    else
        json_object_set_new(o, key, json_null());
}

struct window {
    const char *state;
    int64_t from, to; /* to -1: running */
};

static json_t *source_of(const char *name, const struct window *w, size_t n,
                         const struct window *gaps, size_t n_gaps)
{
    json_t *doc = json_object(), *windows = json_array(), *list = json_array();

    hy_json_set_str(doc, "name", hy_str(name));
    for (size_t i = 0; i < n + n_gaps; i++) {
        const struct window *one = i < n ? &w[i] : &gaps[i - n];
        json_t *o = json_object();
        if (one->state)
            hy_json_set_str(o, "state", hy_str(one->state));
        set(o, "from", one->from);
        set(o, "to", one->to);
        json_array_append_new(i < n ? windows : list, o);
    }
    json_object_set_new(doc, "windows", windows);
    json_object_set_new(doc, "gaps", list);
    return doc;
}

static const struct window first[] = {{"new", 0, 10},           {"healthy", 10, 60},
                                      {"blind", 60, 90},        {"quiet", 90, 120},
                                      {"suspicious", 120, 130}, {"healthy", 130, -1}};
static const struct window gaps[] = {{NULL, 40, 50}, {NULL, 20, 30}, {NULL, 45, 65}};
static const struct window second[] = {{"healthy", 100, -1}};

static struct hy_coverage *both(void)
{
    struct hy_coverage *c = hy_coverage_new(minute(200));
    json_t *a = source_of("区闻网", first, HY_COUNT(first), gaps, HY_COUNT(gaps));
    json_t *b = source_of("论坛", second, HY_COUNT(second), NULL, 0);

    hy_coverage_add(c, a);
    hy_coverage_add(c, b);
    json_decref(a);
    json_decref(b);
    return c;
}

/* The same by the words of the header: was the first source watched, was it seen, at minute t? */
static bool in(const struct window *w, size_t n, int64_t t, const char *states)
{
    for (size_t i = 0; i < n; i++)
        if (t >= w[i].from && (w[i].to < 0 || t < w[i].to))
            return strstr(states, w[i].state ? w[i].state : "gap") != NULL;
    return false;
}

static bool in_gap(int64_t t)
{
    for (size_t i = 0; i < HY_COUNT(gaps); i++)
        if (t >= gaps[i].from && t < gaps[i].to)
            return true;
    return false;
}

TEST(every_stretch_is_counted_as_minute_by_minute)
{
    HY_CLEANUP(hy_coverage_freep) struct hy_coverage *c = both();

    for (int64_t from = 0; from < 210; from += 7)
        for (int64_t to = from; to < 220; to += 9) {
            struct hy_seen s = hy_coverage_of(c, minute(from), minute(to));
            int64_t watched = 0, seen = 0;
            for (int64_t t = from; t < HY_MIN(to, 200); t++) {
                watched += in(first, HY_COUNT(first), t, "healthy blind quiet suspicious");
                seen += in(first, HY_COUNT(first), t, "healthy quiet") && !in_gap(t);
                watched += t >= 100;
                seen += t >= 100;
            }
            assert_int_equal(s.watched, watched * HY_MINUTE_MS);
            assert_int_equal(s.seen, seen * HY_MINUTE_MS);
        }
}

TEST(texts)
{
    static const struct {
        int64_t from, to;
        const char *text, *unseen;
    } cases[] = {
        {0, 10, "", ""},                                 /* nobody watched yet */
        {10, 20, "100.0%（1个来源）", ""},               /* all of it */
        {10, 90, "25.0%（1个来源）", "区闻网1小时00分"}, /* gaps, one of them into blindness */
        {110, 130, "75.0%（2个来源）", "区闻网10分钟"},  /* suspicious is not seen */
        {150, 900, "100.0%（2个来源）", ""},             /* no further than now */
        {300, 900, "", ""},
    };
    HY_CLEANUP(hy_coverage_freep) struct hy_coverage *c = both();

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_buf a = HY_BUF_INIT(1000), b = HY_BUF_INIT(1000);
        hy_seen_text(hy_coverage_of(c, minute(cases[i].from), minute(cases[i].to)), &a);
        hy_coverage_unseen(c, minute(cases[i].from), minute(cases[i].to), &b);
        assert_string_equal(a.p ? a.p : "", cases[i].text);
        assert_string_equal(b.p ? b.p : "", cases[i].unseen);
        hy_buf_release(&a);
        hy_buf_release(&b);
    }
}

/* A moment unseen in a year is not 100 %. */
TEST(all_but_a_moment_is_not_all)
{
    struct hy_buf b = HY_BUF_INIT(100);

    hy_seen_text((struct hy_seen){1, 1000000000, 999999999}, &b);
    assert_string_equal(b.p, "99.9%（1个来源）");
    hy_buf_release(&b);
}
