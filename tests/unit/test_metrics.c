/* SPDX-License-Identifier: Apache-2.0 */
/* What is counted, and how it is told to Prometheus and on the screen. */
#include "alerts/watch/watch.h"
#include "core/mem.h"
#include "core/metrics.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/harness.h"

static struct hy_metric fetches = HY_COUNTER("t_fetches_total", "Visits.", "result");
static struct hy_metric late = HY_HISTOGRAM("t_late_seconds", "Lateness.", NULL, hy_bounds_fast);

/* The metric `name` in what the process tells; borrowed from `all`. */
static const json_t *find(const json_t *all, const char *name)
{
    size_t i;
    json_t *m;

    json_array_foreach (all, i, m)
        if (hy_str_is(hy_json_str(m, "name"), name))
            return m;
    return NULL;
}

static double value(const json_t *metric, const char *label)
{
    size_t i;
    json_t *s;

    json_array_foreach (json_object_get(metric, "series"), i, s)
        if (hy_str_is(hy_json_str(s, "value"), label))
            return hy_json_num(s, "n", -1);
    return -1;
}

TEST(counters_by_label)
{
    hy_metrics_reset();
    hy_metric_add(&fetches, "ok", 2);
    hy_metric_add(&fetches, "gone", 1);
    hy_metric_add(&fetches, "ok", 1);
    HY_CLEANUP(hy_json_freep) json_t *all = hy_metrics_json();
    assert_true(value(find(all, "t_fetches_total"), "ok") == 3);
    assert_true(value(find(all, "t_fetches_total"), "gone") == 1);
    assert_null(find(all, "t_late_seconds")); /* not used yet */
    assert_non_null(find(all, "process_resident_memory_bytes"));
}

TEST(too_many_labels_become_other_and_known_ones_stay)
{
    char label[16];

    hy_metrics_reset();
    for (int i = 0; i < 100; i++) {
        snprintf(label, sizeof(label), "l%d", i);
        hy_metric_add(&fetches, label, 1);
    }
    hy_metric_add(&fetches, "l3", 1);
    HY_CLEANUP(hy_json_freep) json_t *all = hy_metrics_json();
    const json_t *m = find(all, "t_fetches_total");
    assert_int_equal(json_array_size(json_object_get(m, "series")), HY_METRIC_SERIES);
    assert_true(value(m, "l3") == 2);
    assert_true(value(m, "other") == 100 - (HY_METRIC_SERIES - 1));
}

TEST(histograms_have_every_value_in_one_bucket)
{
    hy_metrics_reset();
    static const double values[] = {0, .001, .0011, 9.9, 10, 10.1, 1e9};
    for (size_t i = 0; i < HY_COUNT(values); i++)
        hy_metric_observe(&late, NULL, values[i]);
    HY_CLEANUP(hy_json_freep) json_t *all = hy_metrics_json();
    const json_t *s = json_array_get(json_object_get(find(all, "t_late_seconds"), "series"), 0);
    const json_t *counts = json_object_get(s, "counts");
    assert_int_equal(json_array_size(counts), json_array_size(json_object_get(s, "le")) + 1);
    assert_int_equal(json_integer_value(json_array_get(counts, 0)), 2); /* bounds are included */
    assert_int_equal(json_integer_value(json_array_get(counts, 1)), 1);
    assert_int_equal(json_integer_value(json_array_get(counts, 12)), 2);
    assert_int_equal(json_integer_value(json_array_get(counts, 13)), 2);
    assert_true(hy_json_num(s, "n", 0) == 7);
}

static json_t *seen_of(const char *text)
{
    struct hy_err err = HY_ERR_INIT;
    json_t *o = NULL;

    if (hy_json_parse(hy_str(text), &o, &err) < 0)
        fail_msg("%s", err.msg);
    return o;
}

static const char TWO_ROLES[] =
    "{\"now\":1795690545000,\"leads\":true,\"journal\":10,\"incidents\":2,\"open\":1,\"cases\":0,"
    "\"timers\":{\"pending\":3,\"due\":0,\"next\":1795690545123},\"dead\":0,\"outbox\":0,"
    "\"memory\":{\"used\":1,\"peak\":1,\"max\":0},\"queues\":{\"items\":4},\"lost\":{},"
    "\"sources\":[{\"id\":\"a\\\"b\",\"state\":\"blind\",\"last_ok\":1795690541000,\"why\":\"HTTP 500\"}],"
    "\"roles\":["
    "{\"role\":\"keep\",\"host\":\"h\",\"pid\":1,\"started\":1795690505000,\"metrics\":["
    "{\"name\":\"x_total\",\"help\":\"X.\",\"kind\":\"counter\",\"label\":\"r\",\"series\":[{\"value\":"
    "\"ok\",\"n\":2.0}]}]},"
    "{\"role\":\"crawl\",\"host\":\"h\",\"pid\":2,\"started\":1795690505000,\"metrics\":["
    "{\"name\":\"l_seconds\",\"help\":\"L.\",\"kind\":\"histogram\",\"series\":[{\"n\":3.0,\"sum\":1.5,"
    "\"le\":[0.1,1.0],\"counts\":[1,1,1]}]},"
    "{\"name\":\"x_total\",\"help\":\"X.\",\"kind\":\"counter\",\"label\":\"r\",\"series\":[{\"value\":"
    "\"ok\",\"n\":5.0}]}]}]}";

TEST(series_of_one_name_stand_together_under_one_head)
{
    HY_CLEANUP(hy_json_freep) json_t *seen = seen_of(TWO_ROLES);
    HY_CLEANUP(hy_buf_release) struct hy_buf out = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_watch_metrics(seen, &out);
    hy_buf_puts(&out, ""); /* ends with NUL */
    const char *text = out.p;
    assert_non_null(strstr(text, "# TYPE x_total counter\n"
                                 "x_total{role=\"keep\",host=\"h\",pid=\"1\",r=\"ok\"} 2\n"
                                 "x_total{role=\"crawl\",host=\"h\",pid=\"2\",r=\"ok\"} 5\n"));
    assert_non_null(strstr(text, "l_seconds_bucket{role=\"crawl\",host=\"h\",pid=\"2\",le=\"0.1\"} 1\n"
                                 "l_seconds_bucket{role=\"crawl\",host=\"h\",pid=\"2\",le=\"1\"} 2\n"
                                 "l_seconds_bucket{role=\"crawl\",host=\"h\",pid=\"2\",le=\"+Inf\"} 3\n"
                                 "l_seconds_sum{role=\"crawl\",host=\"h\",pid=\"2\"} 1.5\n"
                                 "l_seconds_count{role=\"crawl\",host=\"h\",pid=\"2\"} 3\n"));
    assert_non_null(strstr(text, "huiying_timers_next_timestamp_seconds 1795690545.123\n"));
    assert_non_null(strstr(text, "huiying_source_seconds_since_success{source=\"a\\\"b\"} 4\n"));
    assert_non_null(strstr(text, "huiying_sources{state=\"blind\"} 1\n"));
}

TEST(a_role_that_is_not_there_is_named)
{
    HY_CLEANUP(hy_json_freep) json_t *seen = seen_of(TWO_ROLES);
    HY_CLEANUP(hy_json_freep) json_t *missing = hy_watch_missing(seen);
    HY_CLEANUP(hy_freep) char *text = hy_json_text(missing);

    assert_int_equal(json_array_size(missing), 3);
    assert_non_null(strstr(text, "analyze"));
    json_object_set_new(seen, "leads", json_false());
    HY_CLEANUP(hy_json_freep) json_t *more = hy_watch_missing(seen);
    assert_int_equal(json_array_size(more), 4);
}

TEST(the_screen_marks_what_needs_attention)
{
    HY_CLEANUP(hy_json_freep) json_t *seen = seen_of(TWO_ROLES);
    HY_CLEANUP(hy_buf_release) struct hy_buf out = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_err err = HY_ERR_INIT;
    HY_CLEANUP(hy_rules_freep) struct hy_rules *rules = NULL;

    assert_int_equal(hy_rules_open("rules/sample", &rules, &err), HY_OK);
    hy_watch_screen(seen, rules, &out);
    hy_buf_puts(&out, "");
    assert_non_null(strstr(out.p, "! 研判 analyze  没有运行\n"));
    assert_non_null(strstr(out.p, "  值守 keep     h                运行 40 秒"));
    assert_non_null(strstr(out.p, "! 看不见 a\"b：HTTP 500，上次正常在 4 秒以前\n"));
    assert_null(strstr(out.p, "已到时间"));
    json_object_set_new(json_object_get(seen, "timers"), "due", json_integer(2));
    json_object_set_new(json_object_get(seen, "timers"), "next", json_integer(1795690245000));
    hy_watch_screen(seen, rules, &out);
    hy_buf_puts(&out, "");
    assert_non_null(strstr(out.p, "! 已到时间还没有发出的提醒 2 个，最早的晚了 5 分钟\n"));
}
