/* SPDX-License-Identifier: Apache-2.0 */
#include "analyzer/heat.h"
#include "core/mem.h"

#include <string.h>

#include "tests/unit/harness.h"

static hy_wall at(const char *hm)
{
    char text[40];
    hy_wall t = HY_WALL_NONE;

    snprintf(text, sizeof(text), "2026-11-%s:00+08:00", hm);
    assert_true(hy_wall_parse(hy_str(text), &t));
    return t;
}

/* Folds one item in; the old state is given back. */
static json_t *step(json_t *heat, const struct hy_heat_base *base, hy_wall when, const char *source,
                    const char *text, bool reprint)
{
    struct hy_heat_item item = {
        .at = when, .source = hy_str(source), .text = hy_str(text), .reprint = reprint};
    json_t *next = hy_heat_step(heat, &item, base);

    json_decref(heat);
    return next;
}

static double value(const json_t *heat)
{
    return hy_json_num(heat, "value", -1);
}

/* The example of the header. */
TEST(five_papers_are_heat_and_one_account_is_a_flood)
{
    static const char *const papers[] = {"p1", "p2", "p3", "p4"};
    json_t *heat = step(NULL, NULL, at("23T09:00"), "forum", "a", false);

    assert_true(value(heat) > 12 && value(heat) < 16);
    for (size_t i = 0; i < HY_COUNT(papers); i++)
        heat = step(heat, NULL, at("23T09:50"), papers[i], "a", true);
    assert_true(value(heat) > 55 && value(heat) < 65);
    assert_int_equal(hy_json_int(heat, "opinion_level", 0), 3);
    assert_int_equal(json_array_size(json_object_get(heat, "floods")), 0);
    double before = hy_json_num(heat, "h", 0);
    for (int i = 0; i < 30; i++)
        heat = step(heat, NULL, at("23T09:55"), "forum", "a", true);
    assert_true(hy_json_num(heat, "h", 0) - before < 1.5);
    const json_t *floods = json_object_get(heat, "floods");
    assert_string_equal(hy_json_str(json_array_get(floods, 0), "kind").p, "source");
    assert_non_null(strstr(hy_json_str(json_array_get(floods, 0), "why").p, "35 条信息中有 31 条"));
    assert_string_equal(hy_json_str(json_array_get(floods, 1), "kind").p, "copies");
    assert_int_equal(hy_json_int(heat, "items", 0), 35); /* nothing is dropped */
    assert_int_equal(hy_json_int(heat, "reprints", 0), 34);
    assert_int_equal(hy_json_int(heat, "sources", 0), 5);
    json_decref(heat);
}

TEST(silence_cools)
{
    json_t *heat = step(NULL, NULL, at("23T09:00"), "a", "1", false);
    double now = value(heat), later;

    heat = step(heat, NULL, at("23T09:10"), "b", "2", false);
    now = value(heat);
    assert_true(hy_heat_value(heat, at("23T09:10")) == now);
    later = hy_heat_value(heat, at("23T21:10"));
    assert_true(later < now * 0.6 && later > now * 0.2);
    assert_true(hy_heat_value(heat, at("28T09:10")) < 0.2);
    assert_true(hy_json_num(heat, "peak", 0) == now);
    json_decref(heat);
}

/* What is a storm for village sites is an ordinary hour for busy forums. */
TEST(velocity_is_measured_against_the_sources_own_rate)
{
    struct hy_heat_base *base = hy_heat_base_new();
    json_t *busy = NULL, *quiet = NULL;
    char name[32];

    for (int h = 0; h < 24 * 14; h++)
        for (int s = 0; s < 4; s++)
            for (int k = 0; k < 5; k++) {
                snprintf(name, sizeof(name), "busy%d", s);
                hy_heat_base_add(base, hy_str(name),
                                 hy_wall_add_ms(at("01T00:00"), h * HY_HOUR_MS));
            }
    assert_true(hy_heat_base_rate(base, HY_STR("busy0"), at("15T00:00")) > 3);
    assert_true(hy_heat_base_rate(base, HY_STR("nobody"), at("15T00:00")) < 0.02);
    for (int s = 0; s < 4; s++) {
        snprintf(name, sizeof(name), "busy%d", s);
        busy = step(busy, base, at("15T00:30"), name, name, false);
        snprintf(name, sizeof(name), "village%d", s);
        quiet = step(quiet, base, at("15T00:30"), name, name, false);
    }
    assert_true(hy_json_num(busy, "surprise", 9) < 0.1);
    assert_true(hy_json_num(quiet, "surprise", 0) > 5);
    assert_true(value(quiet) > value(busy) + 10);
    assert_true(hy_heat_base_rate(base, HY_STR("busy0"), at("29T00:00")) <
                2.5); /* it went silent */
    json_decref(busy);
    json_decref(quiet);
    hy_heat_base_free(base);
}

TEST(the_series_keeps_its_length_by_doubling_its_step)
{
    json_t *heat = NULL;
    int64_t sum = 0;

    for (int h = 0; h < 200; h++)
        heat = step(heat, NULL, hy_wall_add_ms(at("01T00:00"), h * HY_HOUR_MS), "s", "t", h % 2);
    const json_t *series = json_object_get(heat, "series");
    const json_t *items = json_object_get(series, "items");
    assert_true(json_array_size(items) <= 48);
    assert_int_equal(hy_json_int(series, "step_ms", 0), 8 * HY_HOUR_MS);
    for (size_t i = 0; i < json_array_size(items); i++)
        sum += (int64_t)json_integer_value(json_array_get(items, i));
    assert_int_equal(sum, 200);
    json_decref(heat);
}

TEST(the_state_stays_small_whatever_comes)
{
    json_t *heat = NULL;
    char name[32];

    for (int i = 0; i < 3000; i++) {
        snprintf(name, sizeof(name), "source-%d", i);
        heat =
            step(heat, NULL, hy_wall_add_ms(at("01T00:00"), i * HY_MINUTE_MS), name, name, false);
    }
    HY_CLEANUP(hy_freep) char *text = hy_json_text(heat);
    assert_true(strlen(text) < 8000);
    assert_true(value(heat) <= 100);
    assert_int_equal(hy_json_int(heat, "opinion_level", 0), 1);
    json_decref(heat);
}

TEST(late_items_and_replies_count_when_they_come)
{
    json_t *heat = step(NULL, NULL, at("23T12:00"), "a", "1", false);
    struct hy_heat_item late = {
        .at = at("23T08:00"), .source = HY_STR("b"), .text = HY_STR("2"), .new_replies = 63};
    double h = hy_json_num(heat, "h", 0);
    json_t *next = hy_heat_step(heat, &late, NULL);

    assert_true(hy_json_time(next, "at").ms == at("23T12:00").ms);
    assert_true(hy_json_num(next, "h", 0) - h > 4.2); /* 1 + 1.5 + 0.3 * 6 */
    assert_int_equal(hy_json_int(next, "replies", 0), 63);
    json_decref(heat);
    json_decref(next);
}

TEST(opinion_levels_follow_heat_or_the_number_of_sources)
{
    assert_int_equal(hy_heat_opinion_level(10, 1), 4);
    assert_int_equal(hy_heat_opinion_level(40, 1), 3);
    assert_int_equal(hy_heat_opinion_level(10, 10), 2);
    assert_int_equal(hy_heat_opinion_level(85, 2), 1);
}
