/* SPDX-License-Identifier: Apache-2.0 */
/* What the keeper does about a hit, a command, a timer or a source's health.  Pure: no Redis, no
 * file, no clock.
 *
 *     struct hy_decide d = {.state = s, .rules = rules, .now = now};
 *     hy_decide_hit(&d, hit, &verdict);
 *     ... d.entries and d.lines are what happened; d.replies what to answer
 *     hy_decide_clear(&d);
 *
 * A decision yields sealed journal entries and folds each into the state at once, so that the
 * next one sees it.  A command is judged completely before its first entry: a refused one changes
 * nothing.  Who cannot commit the entries throws the state away and loads it again. */
#pragma once
#include "alerts/decide/entry.h"
#include "alerts/decide/state.h"
#include "analyzer/heat.h"
#include "rules/duty.h"
#include "rules/rules.h"
#include "rules/windows.h"

struct hy_decide {
    struct hy_state *state;
    const struct hy_rules *rules;
    hy_wall now;
    json_t *entries;      /* array: the entries as sealed, parsed form */
    struct hy_buf lines;  /* the same as lines, each with '\n' */
    json_t *replies;      /* array, one per command, in order */
    const json_t *traces; /* item id -> its trace, of the items a split names; may be NULL */
    const struct hy_heat_base *sources; /* what sources usually publish; may be NULL */
    struct hy_str actor, cmd;           /* of the input at work; empty: the program itself */
};
void hy_decide_init(struct hy_decide *d, struct hy_state *s, const struct hy_rules *rules,
                    hy_wall now);
void hy_decide_clear(struct hy_decide *d); /* forget entries, lines and replies */
void hy_decide_release(struct hy_decide *d);

struct hy_place_verdict {   /* analyzer/group.h's answer, so that this file needs no grouping */
    const char *incident;   /* NULL: none */
    const char *reprint_of; /* item id or NULL */
    const char *why;
    double same;
};

/* A hit: joins an incident, opens one (alert "alert" or "list"), or passes.  A hit that is there
 * already (same item, same text) changes nothing. */
void hy_decide_hit(struct hy_decide *d, const json_t *hit, const struct hy_place_verdict *verdict);
/* A command or receipt; always appends exactly one reply. */
void hy_decide_command(struct hy_decide *d, const json_t *cmd);
/* What the crawler says of a source: {"id","source","name","from","to","at","since","why",
 * "gap":{"from","to"}?,"page":{"url","why"}?}.  One that came before changes nothing.  False: not usable. */
bool hy_decide_source(struct hy_decide *d, const json_t *event);
/* A due timer.  A member that no longer waits, or waits for another time, passes. */
void hy_decide_timer(struct hy_decide *d, struct hy_str member, hy_wall due);
/* The keeper itself: began to lead, loaded rules. */
void hy_decide_keeper(struct hy_decide *d, const char *event, json_t *args); /* steals args */

/* Does the page belong to the office's own channels?  Then its verdict is hy_group_answer()'s. */
bool hy_is_official(const struct hy_rules *rules, const json_t *hit);

/* The document of what people changed about the duty list; there is at most one. */
#define HY_DUTY_DOC "W-duty"

/* ---- how a document is told, wherever it is shown ---- */

/* "【重大·拟】..." of any document; owned.  The open obligation that ends first, or NULL. */
char *hy_document_title(const json_t *doc);
const json_t *hy_nearest_clock(const json_t *doc);
char hy_case_prefix(enum hy_matter kind); /* first letter of the ids; NUL: no case */
void hy_add_left(struct hy_buf *b, int64_t ms); /* "3 小时 20 分" */
/* "5小时内发布权威信息，11月23日 14:12 到期" */
void hy_add_clock(hy_wall now, struct hy_buf *b, const json_t *obligation);
/* "green", "yellow", "red" or "late": how much of the time is left. */
const char *hy_lamp(hy_wall now, hy_wall start, hy_wall due);
