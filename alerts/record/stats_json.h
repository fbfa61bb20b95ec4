/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers of stats.h as programs read them, each with the address of the rows behind it, and
 * those rows.  Pure. */
#pragma once
#include "alerts/record/stats.h"

/* Which rows: every member that is "" or NULL fits all. */
struct hy_stats_pick {
    const char *set;     /* of documents: incidents confirmed dismissed closed reopened answered
                          * followed */
    const char *clock;   /* of obligations, when `set` is empty */
    const char *result;  /* code name; "late" holds overdue ones too */
    const char *unit;    /* name of the lead unit; "-" for nobody's */
    const char *hour;    /* of the day at which the document was opened, "0" to "23" */
    const char *latency; /* with set "incidents": those that have it, each with its "ms" */
    const char *bucket;  /* of the latency: "0" to "8" (hy_bucket_bound) */
    const char *matter;  /* kind of the document: "message", "document", ... */
    const char *class;   /* with set "closed" or "followed": of this class of disposition */
};

/* New reference.  `rows` is the address the pick is appended to as a query ("/api/v1/stats/rows?
 * from=..&to=..&kind=incident"); a rate below HY_STATS_LEAST cases has percent null. */
json_t *hy_stats_json(struct hy_stats *s, const char *rows);
/* What one source was seen of the period, {"source","name","watched_ms","seen_ms"}, into `list`. */
void hy_stats_source_row(const struct hy_stats *s, const json_t *doc, json_t *list);
/* Append the rows of the document that `s` counts and `p` wants:
 * {"incident","title","unit","state","opened"} or, of obligations, with
 * {"obligation","clock","label","start","due","ended","result"}. */
void hy_stats_rows(const struct hy_stats *s, const struct hy_stats_pick *p, const json_t *doc,
                   json_t *list);
