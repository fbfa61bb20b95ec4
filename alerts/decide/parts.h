/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the decision share: sealing entries, notices and their steps, the duty list.
 * For alerts/decide alone; who decides from outside needs decide.h. */
#pragma once
#include "alerts/decide/decide.h"

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
/* A new object with those of the members that are there; keys end with NULL. */
json_t *hy_pick(const json_t *from, const char *const *keys);
json_t *hy_now_json(const struct hy_decide *d); /* new reference: `now` as text */
json_t *hy_list_of(json_t *one);                /* new array of it; steals the reference */
/* "put" of an entry: one value into one list; and another one added to it. */
json_t *hy_put_one(const char *list, json_t *value);
void hy_put_more(json_t *put, const char *list, json_t *value);
/* "R3" for a list that holds two rows. */
void hy_row_id(const json_t *doc, const char *list, char prefix, char out[32]);

/* The step after firing at `due`: marked, and set again when it repeats (missed times are left
 * out). */
void hy_step_fire(const struct hy_decide *d, json_t *step, hy_wall due);
/* When the newest alarm of the document went out: the page, or the last one after an acknowledgement
 * ran out. */
hy_wall hy_alarm_at(const json_t *doc);
void hy_source_timer(struct hy_decide *d, const json_t *doc, struct hy_str step, hy_wall due);

/* The duty list: its document (NULL before the first change), what it changes, its timer, and a look
 * at the days ahead for places nobody fills. */
json_t *hy_duty_begin(const struct hy_decide *d); /* members its first entry sets; new reference */
const json_t *hy_duty_doc(const struct hy_decide *d);
/* The newest rows of one of its lists of what happened to the program, with `row` (stolen) at the end,
 * in place of the one of its id. */
json_t *hy_duty_rows(const struct hy_decide *d, const char *list, json_t *row);
/* Such a row is called by the entry that made it ("M17"): the next one's id, never used again; and the
 * entry's seq. */
void hy_duty_row_id(const struct hy_decide *d, char prefix, char out[32]);
int64_t hy_duty_row_seq(const json_t *row);
void hy_duty_hand(const struct hy_decide *d, struct hy_hand *ret); /* release it */
void hy_duty_timer(struct hy_decide *d, struct hy_str step, hy_wall due);
void hy_duty_look_ahead(struct hy_decide *d);
/* Id of the silence that covers a notice about the document, or "". */
struct hy_str hy_duty_silence(const struct hy_decide *d, const json_t *doc);
void hy_add_moment(struct hy_buf *b, hy_wall t); /* "11月23日 09:12" */

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
/* Is there a response that counts: not withdrawn, and not of before the matter was opened again? */
bool hy_is_answered(const json_t *doc);
/* An acknowledgement without a response has run out: asked again. */
void hy_ack_timer(struct hy_decide *d, const json_t *doc, hy_wall due);
/* An urgent notice that no screen shows: into `put` the steps that look after it (unseen_watch.c);
 * one of them at its time (unseen.c). */
#define HY_STEP_FALLBACK "fallback-"
#define HY_STEP_UNSEEN "unseen-"
void hy_unseen_watch(const struct hy_decide *d, const json_t *doc, const char *notice,
                     const struct hy_person *const *people, size_t n, json_t *put);
bool hy_is_unseen_step(struct hy_str name);
void hy_unseen_timer(struct hy_decide *d, const json_t *doc, struct hy_str name, hy_wall due);
/* The reminder has to wait for the end of a snooze; HY_WALL_NONE: it has not. */
hy_wall hy_snoozed_until(const struct hy_decide *d, const json_t *doc, const json_t *step,
                         const json_t *obligation);
#define HY_STEP_ACK "ack-expires"
/* Urgent when a clock of the document ends within some hours: what somebody is asked for then must
 * not wait for the morning. */
enum hy_urgency hy_pressing(const struct hy_decide *d, const json_t *doc);
