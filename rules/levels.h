/* SPDX-License-Identifier: Apache-2.0 */
/* levels.yaml: from which numbers on an event has which level (1 特别重大 .. 4 一般).
 *
 * One reached number is enough and the highest level reached counts (生产安全事故报告和调查处理条例
 * art. 3: "以上" includes the number).  Rows for an event type go before rows for its class.  What
 * comes out is a proposal, people confirm it. */
#pragma once
#include "rules/lexicon.h"

struct hy_level_row {
    struct hy_texts applies_to; /* event types or classes */
    int64_t level;              /* 1..4 */
    int64_t deaths, injured, missing, trapped, evacuated, sick, gathered; /* 0: not a criterion */
    int64_t loss_yuan;
    double magnitude; /* of an earthquake */
    char *basis;      /* 文件和条款 */
    struct hy_pos pos;
};

struct hy_levels {
    struct hy_rows rows; /* struct hy_level_row */
};

/* What is known about an event; negative: unknown. */
struct hy_level_facts {
    double deaths, injured, missing, trapped, evacuated, sick, gathered, loss_yuan, magnitude;
};
#define HY_LEVEL_FACTS_NONE ((struct hy_level_facts){-1, -1, -1, -1, -1, -1, -1, -1, -1})

extern const struct hy_section hy_section_levels;

/* The deciding row (its `level` and `basis`), or NULL when no number reaches any. */
const struct hy_level_row *hy_levels_find(const struct hy_levels *l, const char *event_type,
                                          enum hy_event_class event_class,
                                          const struct hy_level_facts *f);
