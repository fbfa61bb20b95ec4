/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of grouping: may two texts be about one event, and how likely are they?  Pure; what the
 * words have in common (`cosine`) is the caller's to say, because it knows which words are common
 * in its stream. */
#pragma once
#include "analyzer/trace.h"

#define HY_REPRINT_AT 0.62 /* resemblance from which a text repeats another */
#define HY_SAME_AT 0.5     /* likelihood from which two are one event */

bool hy_is_emergency(const struct hy_trace *t);
/* Tells of an event that does not happen now: a drill, a memory, a rule, a story. */
bool hy_is_unreal_event(const struct hy_trace *t);
/* A drill of an explosion, a memory of one, a plan for one or a story about one has the words of
 * the explosion.  It is nobody's emergency, and what tells of one kind is none of the others. */
bool hy_may_meet(const struct hy_trace *a, const struct hy_trace *b);
/* Kinds of events that people and offices name differently: fire and explosion, a leak and bad air.
 */
bool hy_related_types(const char *a, const char *b);
/* Between the times of the events where both say them, else between publications; 0: not known. */
double hy_days_between(const struct hy_trace *a, const struct hy_trace *b);
/* 0..1.  `seen`: how many items the words were weighed against. */
double hy_same_event(const struct hy_trace *a, const struct hy_trace *b, double cosine,
                     size_t seen);
