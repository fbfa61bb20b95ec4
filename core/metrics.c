/* SPDX-License-Identifier: Apache-2.0 */
#include "core/metrics.h"

#include "core/mem.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct hy_metric_series {
    char value[48];
    double n, sum; /* of a histogram n is how many were observed */
    uint64_t counts[HY_METRIC_BUCKETS + 1];
};

const double hy_bounds_fast[] = {.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 0};
const double hy_bounds_slow[] = {1,    2,    5,    10,    30,    60,    120, 300,
                                 600, 1800, 3600, 10800, 21600, 43200, 86400, 0};

static struct hy_metric *known; /* newest first */

static void make_known(struct hy_metric *m)
{
    m->series = hy_xcalloc(HY_METRIC_SERIES, sizeof(*m->series));
    m->next = known;
    known = m;
}

static struct hy_metric_series *find(struct hy_metric *m, const char *value)
{
    for (size_t i = 0; i < m->n; i++)
        if (strncmp(m->series[i].value, value, sizeof(m->series[i].value) - 1) == 0)
            return &m->series[i];
    return NULL;
}

static struct hy_metric_series *series(struct hy_metric *m, const char *value)
{
    if (m->series == NULL)
        make_known(m);
    struct hy_metric_series *s = find(m, value ? value : "");
    if (s == NULL && m->n == HY_METRIC_SERIES) /* the last place is kept for all that are too many */
        return &m->series[HY_METRIC_SERIES - 1];
    if (s)
        return s;
    if (value == NULL || m->n == HY_METRIC_SERIES - 1)
        value = value ? "other" : "";
    snprintf(m->series[m->n].value, sizeof(m->series[m->n].value), "%s", value);
    return &m->series[m->n++];
}

void hy_metric_add(struct hy_metric *m, const char *value, double by)
{
    series(m, value)->n += by;
}

void hy_metric_set(struct hy_metric *m, const char *value, double to)
{
    series(m, value)->n = to;
}

void hy_metric_observe(struct hy_metric *m, const char *value, double seconds)
{
    struct hy_metric_series *s = series(m, value);
    size_t i = 0;

    while (i < HY_METRIC_BUCKETS && m->bounds[i] > 0 && seconds > m->bounds[i])
        i++;
    s->counts[i]++;
    s->n++;
    s->sum += seconds;
}

/* ---- as JSON ---- */

static const char *const kind_name[] = {[HY_METRIC_COUNTER] = "counter",
                                        [HY_METRIC_GAUGE] = "gauge",
                                        [HY_METRIC_HISTOGRAM] = "histogram"};

static json_t *series_json(const struct hy_metric *m, const struct hy_metric_series *s)
{
    json_t *o = json_object();

    if (m->label)
        json_object_set_new(o, "value", json_string(s->value));
    json_object_set_new(o, "n", json_real(s->n));
    if (m->kind != HY_METRIC_HISTOGRAM)
        return o;
    json_t *le = json_array(), *counts = json_array();
    size_t i = 0;
    for (; i < HY_METRIC_BUCKETS && m->bounds[i] > 0; i++) {
        json_array_append_new(le, json_real(m->bounds[i]));
        json_array_append_new(counts, json_integer((json_int_t)s->counts[i]));
    }
    json_array_append_new(counts, json_integer((json_int_t)s->counts[i]));
    json_object_set_new(o, "le", le);
    json_object_set_new(o, "counts", counts);
    json_object_set_new(o, "sum", json_real(s->sum));
    return o;
}

static json_t *metric_json(const struct hy_metric *m)
{
    json_t *o = json_pack("{s:s,s:s,s:s,s:[]}", "name", m->name, "help", m->help, "kind",
                          kind_name[m->kind], "series");

    if (m->label)
        json_object_set_new(o, "label", json_string(m->label));
    for (size_t i = 0; i < m->n; i++)
        json_array_append_new(json_object_get(o, "series"), series_json(m, &m->series[i]));
    return o;
}

/* ---- the process ---- */

static double resident_bytes(void)
{
    long pages = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "re");

    if (f == NULL)
        return 0;
    if (fscanf(f, "%ld %ld", &pages, &resident) != 2)
        resident = 0;
    fclose(f);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static double open_descriptors(void)
{
    DIR *d = opendir("/proc/self/fd");
    double n = 0;

    if (d == NULL)
        return 0;
    for (const struct dirent *e; (e = readdir(d));)
        n += e->d_name[0] != '.';
    closedir(d);
    return n - 1; /* not the one that lists them */
}

/* Names as every Prometheus client library has them. */
static void look_at_process(void)
{
    static struct hy_metric memory =
        HY_GAUGE("process_resident_memory_bytes", "Resident memory size in bytes.", NULL);
    static struct hy_metric cpu =
        HY_COUNTER("process_cpu_seconds_total", "Total user and system CPU time spent.", NULL);
    static struct hy_metric fds =
        HY_GAUGE("process_open_fds", "Number of open file descriptors.", NULL);
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    hy_metric_set(&memory, NULL, resident_bytes());
    hy_metric_set(&cpu, NULL,
                  (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
                      (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6);
    hy_metric_set(&fds, NULL, open_descriptors());
}

json_t *hy_metrics_json(void)
{
    json_t *list = json_array();

    look_at_process();
    for (const struct hy_metric *m = known; m; m = m->next)
        json_array_append_new(list, metric_json(m));
    return list;
}

void hy_metrics_reset(void)
{
    while (known) {
        struct hy_metric *m = known;
        known = m->next;
        free(HY_TAKE(m->series));
        m->n = 0;
        m->next = NULL;
    }
}
