/* SPDX-License-Identifier: Apache-2.0 */
/* Prometheus' text format.  All series of one name stand together under one HELP and TYPE, as the
 * format demands, though each role tells its own. */
#include "alerts/watch/watch.h"

#include "core/mem.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static void put_number(struct hy_buf *out, double v)
{
    if (v == floor(v) && fabs(v) < 1e15)
        hy_buf_printf(out, "%" PRId64, (int64_t)v);
    else
        hy_buf_printf(out, "%.15g", v);
}

/* Backslash, quote and line end are the three that the format escapes. */
static void put_label(struct hy_buf *out, const char *name, struct hy_str value)
{
    hy_buf_printf(out, "%s=\"", name);
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        if (c == '\\' || c == '"')
            hy_buf_puts(out, c == '"' ? "\\\"" : "\\\\");
        else if (c == '\n')
            hy_buf_puts(out, "\\n");
        else
            hy_buf_printf(out, "%c", c);
    }
    hy_buf_puts(out, "\"");
}

static void put_head(struct hy_buf *out, const char *name, const char *help, const char *kind)
{
    hy_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

/* ---- what the roles counted ---- */

static void put_role_labels(struct hy_buf *out, const json_t *role)
{
    put_label(out, "role", hy_json_str(role, "role"));
    hy_buf_puts(out, ",");
    put_label(out, "host", hy_json_str(role, "host"));
    hy_buf_printf(out, ",pid=\"%" PRId64 "\"", hy_json_int(role, "pid", 0));
}

static void put_series_labels(struct hy_buf *out, const json_t *role, const json_t *metric,
                              const json_t *series)
{
    HY_CLEANUP(hy_freep) char *label = hy_str_dup(hy_json_str(metric, "label"));

    put_role_labels(out, role);
    if (label[0]) {
        hy_buf_puts(out, ",");
        put_label(out, label, hy_json_str(series, "value"));
    }
}

static void put_plain(struct hy_buf *out, const char *name, const json_t *role,
                      const json_t *metric, const json_t *series)
{
    hy_buf_printf(out, "%s{", name);
    put_series_labels(out, role, metric, series);
    hy_buf_puts(out, "} ");
    put_number(out, hy_json_num(series, "n", 0));
    hy_buf_puts(out, "\n");
}

static void put_histogram(struct hy_buf *out, const char *name, const json_t *role,
                          const json_t *metric, const json_t *series)
{
    const json_t *le = json_object_get(series, "le"), *counts = json_object_get(series, "counts");
    double sum = 0;

    for (size_t i = 0; i < json_array_size(counts); i++) {
        sum += json_number_value(json_array_get(counts, i));
        hy_buf_printf(out, "%s_bucket{", name);
        put_series_labels(out, role, metric, series);
        hy_buf_puts(out, ",le=\"");
        if (i < json_array_size(le))
            put_number(out, json_number_value(json_array_get(le, i)));
        else
            hy_buf_puts(out, "+Inf");
        hy_buf_puts(out, "\"} ");
        put_number(out, sum);
        hy_buf_puts(out, "\n");
    }
    static const char *const ends[][2] = {{"_sum", "sum"}, {"_count", "n"}};
    for (size_t i = 0; i < HY_COUNT(ends); i++) {
        hy_buf_printf(out, "%s%s{", name, ends[i][0]);
        put_series_labels(out, role, metric, series);
        hy_buf_puts(out, "} ");
        put_number(out, hy_json_num(series, ends[i][1], 0));
        hy_buf_puts(out, "\n");
    }
}

static void put_metric_of(struct hy_buf *out, const char *name, const json_t *role)
{
    size_t i, j;
    json_t *metric, *series;

    json_array_foreach (json_object_get(role, "metrics"), i, metric) {
        if (!hy_str_is(hy_json_str(metric, "name"), name))
            continue;
        bool histogram = hy_str_is(hy_json_str(metric, "kind"), "histogram");
        json_array_foreach (json_object_get(metric, "series"), j, series)
            (histogram ? put_histogram : put_plain)(out, name, role, metric, series);
    }
}

static void put_roles(const json_t *roles, struct hy_buf *out)
{
    HY_CLEANUP(hy_json_freep) json_t *written = json_object();
    size_t i, j;
    json_t *role, *metric;

    json_array_foreach (roles, i, role) {
        json_array_foreach (json_object_get(role, "metrics"), j, metric) {
            HY_CLEANUP(hy_freep) char *name = hy_str_dup(hy_json_str(metric, "name"));
            if (json_object_get(written, name))
                continue;
            json_object_set_new(written, name, json_true());
            HY_CLEANUP(hy_freep) char *help = hy_str_dup(hy_json_str(metric, "help"));
            HY_CLEANUP(hy_freep) char *kind = hy_str_dup(hy_json_str(metric, "kind"));
            put_head(out, name, help, kind);
            for (size_t k = 0; k < json_array_size(roles); k++)
                put_metric_of(out, name, json_array_get(roles, k));
        }
    }
}

/* ---- what stands in Redis ---- */

static double at(const json_t *seen, const char *path)
{
    const json_t *o = seen;
    struct hy_str rest = hy_str(path), key;

    while (hy_str_cut(&rest, '.', &key)) {
        HY_CLEANUP(hy_freep) char *name = hy_str_dup(key);
        o = json_object_get(o, name);
    }
    return json_is_boolean(o) ? json_is_true(o) : json_number_value(o);
}

/* `scale` makes seconds of milliseconds. */
static const struct {
    const char *name, *kind, *path, *help;
    double scale;
} gauges[] = {
    {"huiying_keeper_leads", "gauge", "leads", "1 when a keeper leads.", 1},
    {"huiying_journal_entries_total", "counter", "journal", "Entries of the journal.", 1},
    {"huiying_incidents", "gauge", "incidents", "Incidents ever opened.", 1},
    {"huiying_incidents_open", "gauge", "open", "Incidents that are not archived.", 1},
    {"huiying_cases", "gauge", "cases", "Documents, messages and requests registered.", 1},
    {"huiying_timers_pending", "gauge", "timers.pending", "Timers that wait.", 1},
    {"huiying_timers_due", "gauge", "timers.due", "Timers past their time, not yet decided.", 1},
    {"huiying_timers_next_timestamp_seconds", "gauge", "timers.next", "When the next timer is due.",
     1e-3},
    {"huiying_outbox_messages", "gauge", "outbox", "Messages waiting for their channel.", 1},
    {"huiying_dead_letters", "gauge", "dead", "Messages that could not be delivered.", 1},
    {"huiying_redis_memory_bytes", "gauge", "memory.used", "Memory Redis uses.", 1},
    {"huiying_redis_offices_memory_bytes", "gauge", "memory_offices.used",
     "Memory of the Redis that has the office: the same one, unless offices live apart.", 1},
    {"huiying_redis_memory_max_bytes", "gauge", "memory.max", "Limit of it; 0: none.", 1},
};

static void put_map(struct hy_buf *out, const char *name, const char *kind, const char *help,
                    const char *label, json_t *map)
{
    const char *key;
    json_t *v;

    put_head(out, name, help, kind);
    json_object_foreach (map, key, v) {
        hy_buf_printf(out, "%s{", name);
        put_label(out, label, hy_str(key));
        hy_buf_puts(out, "} ");
        put_number(out, json_number_value(v));
        hy_buf_puts(out, "\n");
    }
}

static void put_sources(const json_t *seen, struct hy_buf *out)
{
    static const char *const states[] = {"new", "healthy", "quiet", "suspicious", "blind"};
    const json_t *list = json_object_get(seen, "sources");
    int64_t now = hy_json_int(seen, "now", 0);
    size_t i;
    json_t *s;

    put_head(out, "huiying_sources", "Sources by state of health.", "gauge");
    for (size_t k = 0; k < HY_COUNT(states); k++) {
        int n = 0;
        json_array_foreach (list, i, s)
            n += hy_str_is(hy_json_str(s, "state"), states[k]);
        hy_buf_printf(out, "huiying_sources{state=\"%s\"} %d\n", states[k], n);
    }
    put_head(out, "huiying_source_seconds_since_success",
             "Since a source was last read without fault.", "gauge");
    json_array_foreach (list, i, s) {
        int64_t ok = hy_json_int(s, "last_ok", 0);
        if (ok == 0)
            continue;
        hy_buf_puts(out, "huiying_source_seconds_since_success{");
        put_label(out, "source", hy_json_str(s, "id"));
        hy_buf_puts(out, "} ");
        put_number(out, (double)HY_MAX(now - ok, INT64_C(0)) / 1000);
        hy_buf_puts(out, "\n");
    }
}

void hy_watch_metrics(const json_t *seen, struct hy_buf *out)
{
    for (size_t i = 0; i < HY_COUNT(gauges); i++) {
        put_head(out, gauges[i].name, gauges[i].help, gauges[i].kind);
        hy_buf_printf(out, "%s ", gauges[i].name);
        put_number(out, at(seen, gauges[i].path) * gauges[i].scale);
        hy_buf_puts(out, "\n");
    }
    put_map(out, "huiying_queue_entries", "gauge", "Entries waiting in the streams between roles.",
            "queue", json_object_get(seen, "queues"));
    put_map(out, "huiying_archive_dropped_total", "counter",
            "Entries the archive did not get because the stream was full.", "stream",
            json_object_get(seen, "lost"));
    put_sources(seen, out);
    put_roles(json_object_get(seen, "roles"), out);
}
