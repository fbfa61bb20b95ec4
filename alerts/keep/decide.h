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
#include "alerts/keep/entry.h"
#include "alerts/keep/state.h"
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

/* ---- for the parts of the decision (decide_*.c) ---- */

/* The incident's heat with this item.  New reference. */
json_t *hy_heat_after(const struct hy_decide *d, const json_t *doc, const json_t *hit,
                      const struct hy_place_verdict *v);
/* Tell who is on duty when the proposed opinion level has risen above `before`. */
void hy_tell_heat(struct hy_decide *d, struct hy_str incident, int64_t before);
/* A page of our own channels: proposed as an answer, or a correction of one. */
void hy_decide_official(struct hy_decide *d, const json_t *hit, const struct hy_place_verdict *v);

/* A page of our own channels that a registered case waits for (reprint, publication,
 * interpretation): proposed.  False: no case does. */
bool hy_decide_own_page(struct hy_decide *d, const json_t *hit);

/* Seal and apply one entry.  Steals data. */
void hy_emit(struct hy_decide *d, enum hy_entry type, struct hy_str incident, json_t *data);
/* data of an entry: {"args":..,"set":..,"put":..}; steals all, each may be NULL. */
json_t *hy_entry_data(json_t *args, json_t *set, json_t *put);
json_t *hy_now_json(const struct hy_decide *d); /* new reference: `now` as text */
json_t *hy_list_of(json_t *one);                /* new array of it; steals the reference */

/* The step after firing at `due`: marked, and set again when it repeats (missed times are left
 * out). */
void hy_step_fire(const struct hy_decide *d, json_t *step, hy_wall due);
void hy_source_timer(struct hy_decide *d, const json_t *doc, struct hy_str step, hy_wall due);

/* The duty list: its document (NULL before the first change), what it changes, its timer, and a look
 * at the days ahead for places nobody fills. */
json_t *hy_duty_begin(const struct hy_decide *d); /* members its first entry sets; new reference */
const json_t *hy_duty_doc(const struct hy_decide *d);
void hy_duty_hand(const struct hy_decide *d, struct hy_hand *ret); /* release it */
void hy_duty_timer(struct hy_decide *d, struct hy_str step, hy_wall due);
void hy_duty_look_ahead(struct hy_decide *d);
/* Id of the silence that covers a notice about the document, or "". */
struct hy_str hy_duty_silence(const struct hy_decide *d, const json_t *doc);
void hy_add_moment(struct hy_buf *b, hy_wall t); /* "11月23日 09:12" */

/* Bring the obligations in line with what is known now (level, times, responses): opens, ends,
 * supersedes.  `why` is kept with what is superseded.  Emits at most one `clocks` entry. */
void hy_clocks_refresh(struct hy_decide *d, struct hy_str incident, const char *why);
/* The same, and whoever is at work is told of the clocks that began: for changes that no page tells
 * of (opened again, put together, classes). */
void hy_clocks_renew(struct hy_decide *d, struct hy_str incident, const char *why);
/* The same because the level changed: what opens is marked (升级, 降级), and told unless a page
 * follows. */
void hy_clocks_regrade(struct hy_decide *d, struct hy_str incident, const char *why, bool tell);
/* {pack: version} of the packs in use: a document keeps it and goes on with those versions. */
json_t *hy_clocks_packs(const struct hy_rules *rules);
/* An open incident has a clock in working days that cannot be counted, because a year's calendar is
 * missing; *why names clock and year. */
bool hy_clocks_uncounted(const json_t *doc, const struct hy_rules *rules, struct hy_err *why);
/* An open document whose clock in working days could not be counted when it should have begun, and
 * can be now.  Refresh it. */
bool hy_clocks_awaited(const json_t *doc, const struct hy_rules *rules);
/* Would anything be owed for these classes of disposition if they were set now? */
bool hy_clocks_owed(struct hy_decide *d, const json_t *doc, unsigned dispositions);
/* Which clocks a document with these members has by the rules, for people who think of changing
 * one: [{"clock","label","anchor","start","due","basis"}].  New reference. */
json_t *hy_clocks_preview(const json_t *doc, const struct hy_rules *rules);
/* The incident ends: what is still open is superseded. */
void hy_clocks_stop(struct hy_decide *d, struct hy_str incident, const char *why);

struct hy_notice_spec {
    struct hy_str clock; /* obligation suffix or "-" */
    const char *step;
    unsigned posts;     /* bit set of enum hy_post */
    bool holders_only;  /* who holds a post, not who stands in; then maybe nobody is told */
    const char *person; /* id of one more who is told; may be NULL */
    const json_t *people; /* ids of more; borrowed, may be NULL */
    enum hy_urgency urgency;
    const char *title;   /* NULL: of the document */
    bool personal;       /* not to the groups' channels */
    const char *channel; /* only to this one, beside the people; NULL: as duty.yaml says */
    const json_t *channels; /* only to these; borrowed, may be NULL */
    const struct hy_person *instead; /* whom these channels are the fallback of; may be NULL */
    const char *body;
    hy_wall due;       /* when it should have been sent */
    json_t *set, *put; /* changes of the same entry (the fired step); stolen, may be NULL */
};
/* Emit a notice unless one of this id exists; then only the changes are applied. */
void hy_notice(struct hy_decide *d, struct hy_str incident, const struct hy_notice_spec *spec);
/* Page the duty officer about an incident, once, and set the escalation up. */
void hy_page(struct hy_decide *d, struct hy_str incident);
/* The ladder of duty.yaml from now on, behind what the document has of it. */
json_t *hy_escalation_rows(const struct hy_decide *d, const json_t *doc);
/* An acknowledgement without a response has run out: asked again. */
void hy_ack_timer(struct hy_decide *d, const json_t *doc, hy_wall due);
/* An urgent notice that no screen shows (decide_unseen.c): into `put` the steps that look after it;
 * one of them at its time. */
void hy_unseen_watch(const struct hy_decide *d, const json_t *doc, const char *notice,
                     const struct hy_person *const *people, size_t n, json_t *put);
bool hy_is_unseen_step(struct hy_str name);
void hy_unseen_timer(struct hy_decide *d, const json_t *doc, struct hy_str name, hy_wall due);
/* The reminder has to wait for the end of a snooze; HY_WALL_NONE: it has not. */
hy_wall hy_snoozed_until(const struct hy_decide *d, const json_t *doc, const json_t *step,
                         const json_t *obligation);
#define HY_STEP_ACK "ack-expires"
/* "【重大·拟】..." of any document; owned.  The open obligation that ends first, or NULL. */
char *hy_document_title(const json_t *doc);
const json_t *hy_nearest_clock(const json_t *doc);
char hy_case_prefix(enum hy_matter kind); /* first letter of the ids; NUL: no case */
void hy_add_left(struct hy_buf *b, int64_t ms); /* "3 小时 20 分" */
/* "5小时内发布权威信息，11月23日 14:12 到期" */
void hy_add_clock(hy_wall now, struct hy_buf *b, const json_t *obligation);
/* Urgent when a clock of the document ends within some hours: what somebody is asked for then must
 * not wait for the morning. */
enum hy_urgency hy_pressing(const struct hy_decide *d, const json_t *doc);
/* "green", "yellow", "red" or "late": how much of the time is left. */
const char *hy_lamp(hy_wall now, hy_wall start, hy_wall due);
