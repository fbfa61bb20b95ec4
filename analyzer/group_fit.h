/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of grouping: a notice of the office beside one text of an incident. */
#pragma once
#include "analyzer/group_parts.h"

struct hy_fit {
    const struct hy_trace *with; /* borrowed */
    double points, cosine;
    enum hy_place_fit place;
    enum hy_topic_fit topics;
    int matter;                     /* hy_trace_matters() */
    bool type, related, other_type; /* kinds of event: one, near each other, told apart */
    bool other_matters;             /* both name matters, and none in common unless `matter` */
    bool time, deaths, injured;     /* agree */
    bool spots;                     /* each names spots of the county, but others */
    bool blurred;                   /* only one of them says where exactly */
    bool official;                  /* `with` is an earlier notice */
};

/* False: they contradict each other.  `official`: t is an earlier notice of the same incident,
 * whose words are an office's too. */
bool hy_group_fit(const struct hy_group *g, const struct hy_trace *n, const struct hy_trace *t,
                  bool official, struct hy_fit *ret);
