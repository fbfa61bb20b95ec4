/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that judge commands share (command.c is the frame).
 *
 * A verb judges everything - role, stage, arguments - before its first entry, so that a refused
 * command changes nothing.  It refuses with hy_refuse(), whose sentence a person reads, and acts
 * with hy_act(), which marks who did it, moves the stage by the row of the life cycle and seals the
 * entry.  Arguments are read by tables of fields (field.c). */
#pragma once
#include "alerts/decide/parts.h"
#include "alerts/decide/life.h"

struct hy_refusal {
    const char *code, *field; /* static strings */
    char message[400];
};
struct hy_work {
    struct hy_decide *d;
    const json_t *cmd, *args, *actor;
    const json_t *doc;      /* borrowed from the state until the next entry */
    struct hy_str incident; /* the document's id; view into cmd, or into `opened` */
    enum hy_matter kind;
    enum hy_stage stage;
    unsigned roles;             /* of the actor */
    const struct hy_move *move; /* the row that allows it; NULL: a verb without document */
    const char *label;          /* what people call the verb */
    json_t *hints;              /* sentences that go with a reply that is fine */
    char opened[32];            /* id of a document this command opened */
    bool known;                 /* ... or that was there before, under the same number */
    struct hy_refusal no;
};
typedef int (*hy_verb_fn)(struct hy_work *w);

/* Refuse: fills w->no, result HY_E_STATE.  Codes: forbidden conflict state invalid not_found. */
int hy_refuse(struct hy_work *w, const char *code, const char *field, const char *fmt, ...)
    HY_PRINTF(4, 5);
int hy_refuse_role(struct hy_work *w, const char *what, unsigned roles);
void hy_hint(struct hy_work *w, const char *text);

/* ---- acting ---- */

/* {"by","name","at"} of the actor, now. */
json_t *hy_signed(const struct hy_work *w);
/* Members to set, marked as a person's change.  Who acts has seen it: that counts as the ack. */
json_t *hy_touched(const struct hy_work *w);
/* Seal one entry with the command's args.  Steals set and put (may be NULL). */
void hy_act(struct hy_work *w, enum hy_entry type, json_t *set, json_t *put);
/* In `set` and `put`: the stage that the row of the life cycle leads to, with its line of
 * history. */
void hy_move_stage(const struct hy_work *w, json_t *set, json_t *put, int to);
json_t *hy_times_with(const struct hy_work *w, const char *key, hy_wall t);
/* Tell the people of `posts` (and `person`, an id, may be NULL) about what was done; `step` gets
 * the number of the entry. */
void hy_tell(struct hy_work *w, const char *step, unsigned posts, const char *person,
             enum hy_urgency urgency, const char *body);

/* Into `set`: whoever acts has seen it, which is an acknowledgement, and renews it. */
void hy_ack_members(const struct hy_work *w, bool for_all, json_t *set);
/* A note is work too: an acknowledgement that would run out counts from now. */
void hy_ack_renew(const struct hy_work *w, json_t *set);
/* Into `put` (stolen, may be NULL): the actor's notices of this document, acknowledged.  The result
 * is NULL when there are none and put was. */
json_t *hy_acknowledged_notices(const struct hy_work *w, json_t *put);
/* How far the state of a receipt goes (queued .. acknowledged), -1: no such state; a later one of
 * less is overtaken. */
int hy_receipt_rank(struct hy_str state);
/* By which of his screens the person's state became known: "board:lin.yue", "desktop:lin.yue". */
void hy_receipt_way(const struct hy_work *w, json_t *record, const char *person, const char *state);

/* ---- arguments ---- */

enum hy_field_type {
    HY_F_TEXT,  /* one line of at most 200 characters */
    HY_F_LONG,  /* at most 2000 */
    HY_F_BODY,  /* a whole text: at most 20,000 */
    HY_F_TEXTS, /* a list of lines, at most 50 */
    HY_F_URL,   /* http(s) */
    HY_F_HASH,  /* 64 hex digits */
    HY_F_PAST,  /* a time that is not in the future */
    HY_F_TIME,
    HY_F_NAME,  /* one of `names` */
    HY_F_NAMES, /* a list of them */
    HY_F_INT,   /* in [min, max] */
    HY_F_BOOL,
    HY_F_UNIT,   /* id, or {id,name} -> {id,name} */
    HY_F_UNITS,  /* a list of them */
    HY_F_PERSON, /* id of the duty list -> {id,name} */
};
struct hy_field {
    const char *key, *label;
    enum hy_field_type type;
    bool required;
    const char *const *names; /* NULL-terminated */
    int64_t min, max;
};
/* Read the fields (until one of key NULL) into *into, checked and in one form; what is not named
 * there is left alone. */
HY_MUST_CHECK int hy_fields_read(struct hy_work *w, const struct hy_field *fields, json_t *into);

enum { HY_SKEW_MS = 5 * 60 * 1000 }; /* the sender's clock may be ahead by this */
HY_MUST_CHECK int hy_need_text(struct hy_work *w, const char *key, const char *label,
                               struct hy_str *ret);
HY_MUST_CHECK int hy_past_time(struct hy_work *w, const json_t *from, const char *key,
                               const char *label, hy_wall *ret);
HY_MUST_CHECK int hy_need_url(struct hy_work *w, const char *key, struct hy_str url);
/* A unit given by its id or as {id,name}; the name comes from the rules where they know it.  NULL:
 * none was given. */
json_t *hy_unit_json(const struct hy_work *w, const json_t *v);
/* An open obligation of the clock named in args.clock. */
HY_MUST_CHECK int hy_need_clock(struct hy_work *w, const json_t **ret);

/* ---- the verbs, by file ---- */

/* assess.c */
int hy_do_confirm(struct hy_work *w);
int hy_do_dismiss(struct hy_work *w);
int hy_do_level(struct hy_work *w);
int hy_do_assign(struct hy_work *w);
int hy_do_classify(struct hy_work *w);
int hy_do_times(struct hy_work *w);
int hy_do_state(struct hy_work *w);
int hy_do_reopen(struct hy_work *w);
int hy_do_close(struct hy_work *w);
void hy_set_level(struct hy_work *w, int64_t level, const char *proposed_by);
/* join.c */
int hy_do_merge(struct hy_work *w);
int hy_do_split(struct hy_work *w);
/* respond.c */
int hy_do_respond(struct hy_work *w);
int hy_do_reject_found(struct hy_work *w);
int hy_do_refer(struct hy_work *w);
int hy_do_correct(struct hy_work *w);
int hy_do_withdraw(struct hy_work *w);
/* A response of this form is recorded and its clocks end; `found` (stolen) is confirmed by it. */
void hy_record_response(struct hy_work *w, json_t *response, json_t *found);
json_t *hy_new_response(const struct hy_work *w, enum hy_act act, hy_wall published);
/* waive.c, draft.c, approve.c */
int hy_do_waive(struct hy_work *w);
int hy_do_extend(struct hy_work *w);
int hy_do_draft(struct hy_work *w);
int hy_do_submit(struct hy_work *w);
int hy_do_line(struct hy_work *w);
int hy_do_approve(struct hy_work *w);
int hy_do_reject(struct hy_work *w);
/* A level that a monitor may not give alone waits for a second person. */
void hy_propose_level(struct hy_work *w, int64_t level);
/* record.c */
int hy_do_record(struct hy_work *w);
/* ack.c */
int hy_do_ack(struct hy_work *w);
int hy_do_snooze(struct hy_work *w);
/* receipt.c */
int hy_do_receipt(struct hy_work *w);
bool hy_is_delivery(const struct hy_work *w); /* a receipt of the role `deliver` */
/* unseen.c: a channel of a notice failed, or (a person's id) his screen did: his fallback. */
void hy_unseen_failed(struct hy_work *w, struct hy_str notice, struct hy_str channel);
/* roster.c */
int hy_do_override(struct hy_work *w);
int hy_do_away(struct hy_work *w);
int hy_do_duty_cancel(struct hy_work *w);
/* swap.c */
int hy_do_swap(struct hy_work *w);
int hy_do_swap_answer(struct hy_work *w);
/* drill.c */
int hy_do_drill(struct hy_work *w);
/* hit.c: a fresh document as such a page would open it; new reference */
json_t *hy_hit_document(const struct hy_decide *d, const json_t *hit);
/* silence.c */
int hy_do_silence(struct hy_work *w);
int hy_do_silence_end(struct hy_work *w);
int hy_do_alarm_test(struct hy_work *w);
/* The step of a silence that ends: what was held is named. */
void hy_silence_timer(struct hy_decide *d, const json_t *step, hy_wall due);

/* The journal's head, sent to the auditors once a day (head.c); steals put. */
#define HY_STEP_HEAD "head"
json_t *hy_head_step(hy_wall now); /* the step that does it; new reference */
void hy_head_timer(struct hy_decide *d, hy_wall due, json_t *put);
#define HY_STEP_SILENCE "silence-"
/* risk.c */
int hy_do_risk(struct hy_work *w);
int hy_do_risk_amend(struct hy_work *w);
int hy_do_risk_opinion(struct hy_work *w);
int hy_do_risk_approve(struct hy_work *w);
int hy_do_risk_reject(struct hy_work *w);
int hy_do_risk_end(struct hy_work *w);
/* case.c */
int hy_do_register(struct hy_work *w);
int hy_do_amend(struct hy_work *w);
int hy_do_suspend(struct hy_work *w);
int hy_do_resume(struct hy_work *w);
int hy_do_supplement(struct hy_work *w);
int hy_do_link(struct hy_work *w);
void hy_case_settle(struct hy_work *w); /* a case that owes nothing any more is done */
/* The document of a case that is opened now.  Steals times and units. */
json_t *hy_case_document(const struct hy_decide *d, enum hy_matter kind, json_t *times,
                         json_t *units);
