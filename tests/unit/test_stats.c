/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/record/stats.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/harness.h"

static hy_wall at(const char *text)
{
    hy_wall t;

    assert_true(hy_wall_parse(hy_str(text), &t));
    return t;
}

TEST(a_rate_needs_five_cases)
{
    static const struct {
        struct hy_rate rate;
        const char *want;
    } cases[] = {
        {{0, 0}, "0/0"},         {{4, 4}, "4/4（不足5件）"},           {{5, 5}, "100.0%（5/5）"},
        {{0, 5}, "0.0%（0/5）"}, {{3055, 3059}, "99.9%（3055/3059）"},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_buf b = HY_BUF_INIT(100);
        hy_rate_text(cases[i].rate, &b);
        assert_string_equal(b.p, cases[i].want);
        hy_buf_release(&b);
    }
}

TEST(median_and_nearest_rank)
{
    static const struct {
        int64_t v[12];
        size_t n;
        int64_t median, p90;
    } cases[] = {
        {{7}, 1, 7, 7},
        {{9, 1}, 2, 5, 9},
        {{5, 3, 1}, 3, 3, 5},
        {{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, 10, 5, 9},
        {{11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, 11, 6, 10},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_samples s = {0};
        for (size_t k = 0; k < cases[i].n; k++)
            hy_vec_push(&s, cases[i].v[k]);
        assert_int_equal(hy_samples_median(&s), cases[i].median);
        assert_int_equal(hy_samples_p90(&s), cases[i].p90);
        hy_vec_release(&s);
    }
}

TEST(spans_in_words)
{
    static const struct {
        int64_t ms;
        const char *want;
    } cases[] = {{0, "0秒"},
                 {59 * HY_SECOND_MS, "59秒"},
                 {60 * HY_SECOND_MS, "1分钟"},
                 {HY_HOUR_MS - 1, "59分钟"},
                 {3 * HY_HOUR_MS + 5 * HY_MINUTE_MS, "3小时05分"},
                 {52 * HY_HOUR_MS, "2天4小时"}};

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_buf b = HY_BUF_INIT(100);
        hy_span_text(cases[i].ms, &b);
        assert_string_equal(b.p, cases[i].want);
        hy_buf_release(&b);
    }
}

/* An incident of unit `unit` opened at `opened`, with one H5 obligation in `state`. */
static void add(struct hy_stats *s, const char *stage, const char *unit, const char *opened,
                const char *state, bool drill)
{
    struct hy_err err = HY_ERR_INIT;
    HY_CLEANUP(hy_json_freep) json_t *doc = NULL;
    HY_CLEANUP(hy_freep)
    char *text = hy_xasprintf(
        "{\"id\":\"I\",\"state\":\"%s\",\"drill\":%s,\"opened\":\"%s\",\"level\":3,"
        "\"units\":{\"lead\":{\"id\":\"x\",\"name\":\"%s\"}},\"topics\":[{\"id\":\"t\"}],"
        "\"times\":{\"first_public\":\"2026-10-01T08:00:00+08:00\",\"detected\":\"%s\","
        "\"confirmed\":\"%s\"},\"ack\":{\"at\":\"%s\"},"
        "\"responses\":[{\"published\":\"2026-10-01T12:00:00+08:00\"},{\"published\":"
        "\"2026-10-01T10:00:00+08:00\"}],"
        "\"obligations\":[{\"clock\":\"H5\",\"state\":\"%s\",\"start\":\"%s\",\"due\":"
        "\"2026-10-02T08:00:00+08:00\"}]}",
        stage, drill ? "true" : "false", opened, unit, opened, opened, opened, state, opened);

    assert_int_equal(hy_json_parse(hy_str(text), &doc, &err), HY_OK);
    hy_stats_add(s, doc);
}

TEST(a_period_counts_what_belongs_to_it)
{
    HY_CLEANUP(hy_stats_freep)
    struct hy_stats *s =
        hy_stats_new(at("2026-10-01T00:00:00+08:00"), at("2026-11-01T00:00:00+08:00"),
                     at("2026-10-02T08:00:01+08:00"));

    add(s, "responded", "乙", "2026-10-01T09:00:00+08:00", "met", false);
    add(s, "settled", "甲", "2026-10-01T09:00:00+08:00", "late", false);
    add(s, "responded", "甲", "2026-10-01T09:00:00+08:00", "open", false); /* over */
    add(s, "archived", "", "2026-10-01T23:00:00+08:00", "waived", false);
    add(s, "dismissed", "甲", "2026-10-01T09:00:00+08:00", "superseded", false);
    add(s, "merged", "丙", "2026-10-01T09:00:00+08:00", "met", false);
    add(s, "responded", "丁", "2026-10-01T09:00:00+08:00", "met", true);
    add(s, "responded", "丁", "2026-11-01T00:00:00+08:00", "met", false); /* to is not in it */
    add(s, "responded", "丁", "2026-09-30T23:59:59+08:00", "met", false);
    hy_stats_finish(s);

    assert_int_equal(s->incidents, 5);
    assert_int_equal(s->confirmed, 4);
    assert_int_equal(s->dismissed, 1);
    assert_int_equal(s->merged, 1);
    assert_int_equal(s->closed, 2);
    assert_int_equal(s->levels[3], 5);
    assert_int_equal(s->hours[9], 4);
    assert_int_equal(s->hours[23], 1);
    assert_int_equal(s->days.n, 1);
    assert_string_equal(s->days.v[0].name, "2026-10-01");
    assert_int_equal(hy_tally_on_time(&s->all).part, 1);
    assert_int_equal(hy_tally_on_time(&s->all).whole, 3);
    assert_int_equal(hy_tally_waived(&s->all).part, 1);
    assert_int_equal(hy_tally_waived(&s->all).whole, 4);
    assert_int_equal(s->all.n[HY_RESULT_OVERDUE], 1);
    assert_int_equal(s->units.n, 3);
    assert_string_equal(s->units.v[0].name, "乙"); /* bytes decide */
    assert_string_equal(s->units.v[2].name, "");
    assert_int_equal(hy_samples_median(&s->latency[HY_LATENCY_RESPONSE]), 2 * HY_HOUR_MS);
    assert_int_equal(hy_samples_median(&s->latency[HY_LATENCY_DETECTION]), HY_HOUR_MS);
    assert_int_equal(hy_stats_precision(s).whole, 5);
}

TEST(an_obligation_is_late_one_second_behind_its_due_time)
{
    HY_CLEANUP(hy_json_freep)
    json_t *o = json_pack("{s:s,s:s}", "state", "open", "due", "2026-10-02T08:00:00+08:00");

    assert_int_equal(hy_result_of(o, at("2026-10-02T08:00:00+08:00")), HY_RESULT_RUNNING);
    assert_int_equal(hy_result_of(o, at("2026-10-02T08:00:01+08:00")), HY_RESULT_OVERDUE);
}
