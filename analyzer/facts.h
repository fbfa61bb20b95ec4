/* SPDX-License-Identifier: Apache-2.0 */
/* What an item says about people harmed and money lost: ranges, with where each stands.
 *
 * A fact is one kind and one range.  "3人死亡" is 3..3, "3至5人" 3..5, "数十人" 20..open, "至少3人"
 * 3..open, "无人员伤亡" 0..0.  The best value of a kind is the largest statement of the body
 * (counts rise while a report goes on); the title's only where the body gives none.  Where both
 * disagree the body is taken and `differs` set: a headline and copies of it are what loses
 * characters. Whether a statement is history, law text or a drill is for the score to judge: every
 * mention is kept with its span. */
#pragma once
#include "analyzer/chars.h"
#include "core/json.h"

enum hy_fact_kind {
    HY_DEATHS,
    HY_INJURED,
    HY_MISSING,
    HY_TRAPPED,
    HY_EVACUATED,
    HY_LOSS_YUAN,
    HY_FACT_COUNT
};
extern const char *const hy_fact_name[HY_FACT_COUNT]; /* "deaths", ..., "loss_yuan" */

#define HY_FACT_OPEN INT64_MAX /* max of a lower bound */

/* Heavily and slightly hurt are parts of the hurt. */
enum hy_part { HY_PART_NONE, HY_PART_HEAVY, HY_PART_LIGHT };

struct hy_mention {
    enum hy_fact_kind kind;
    int64_t min, max;
    enum hy_part part;
    bool provisional; /* 初步统计, 截至..., 暂无...报告: expected to change */
    bool serious;     /* injured: 重伤, 危重, 中毒 counted as such */
    bool late;        /* 遗体, 就医: names what came of the event, not the event */
    bool cumulative;  /* 累计, 共有, 近年来, 去年全年: maybe a statistic, not an event */
    struct hy_span span; /* number and what it counts */
};

struct hy_fact {
    bool known;
    int64_t min, max;
    bool provisional, differs;
    size_t from;     /* index of the mention it was taken from */
    size_t in_title; /* the title's, where it differs */
};

struct hy_facts {
    struct hy_fact best[HY_FACT_COUNT];
    const struct hy_mention *mentions; /* in text order, title first; in the arena */
    size_t n_mentions;
};

struct hy_facts hy_facts_find(struct hy_arena *arena, const struct hy_doc *doc);
/* How many people gather, as the largest statement says (千人聚集, 数百人围堵); -1: it does not. */
int64_t hy_facts_gathered(const struct hy_doc *doc);
/* {"deaths":{"min","max"},...}: known kinds only; max null where it is open.  New reference. */
void hy_facts_write(const struct hy_facts *f, struct hy_buf *out); /* JSON */
/* Choose the best values among the mentions for which keep[i] is true (the score drops history
 * and statistics this way). */
void hy_facts_choose(struct hy_facts *f, const bool *keep);
