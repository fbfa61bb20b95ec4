/* SPDX-License-Identifier: Apache-2.0 */
/* Did we see?  How much of any stretch of time the watched sources were seen in, out of their
 * documents (S-<source>, with a window per state of health and the gaps nobody saw).
 *
 * A source counts from its first visit on.  Healthy and quiet is seen; blind, suspicious (a page
 * came, but not a believable one) and gaps are not.  Pure; a question costs two binary searches per
 * source. */
#pragma once
#include "core/json.h"
#include "core/mem.h"

struct hy_coverage;
struct hy_coverage *hy_coverage_new(hy_wall now);
void hy_coverage_free(struct hy_coverage *c); /* NULL is a no-op */
HY_DEFINE_FREEP(struct hy_coverage, hy_coverage_free)
void hy_coverage_add(struct hy_coverage *c, const json_t *source);

struct hy_seen {
    size_t sources;        /* that were watched in the stretch */
    int64_t watched, seen; /* ms, summed over them */
};
/* [from, to), cut at `now`.  No sources: nothing is known about the stretch. */
struct hy_seen hy_coverage_of(const struct hy_coverage *c, hy_wall from, hy_wall to);
/* "98.6%（14个来源）", "" when nothing is known.  Never 100 % unless all of it was seen. */
void hy_seen_text(struct hy_seen s, struct hy_buf *out);
/* Who was not seen for how long, the longest first: "区闻网3小时05分；论坛12分钟". */
void hy_coverage_unseen(const struct hy_coverage *c, hy_wall from, hy_wall to, struct hy_buf *out);
