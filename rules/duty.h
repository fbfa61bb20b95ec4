/* SPDX-License-Identifier: Apache-2.0 */
/* Who is to be told, now: people, rota, escalation (duty.yaml).
 *
 *     people:
 *       - id: wangmin
 *         name: 王敏
 *         roles: [duty, analyst]     # names of enum hy_duty_role below
 *         unit: gov_office           # id of a unit
 *         channels: [desktop, board] # desktop board mail webhook
 *         fallback: [mail]           # when those fail or show nothing in time: mail, webhook
 *         mail: wangmin@example.gov.cn   # with the channel mail
 *         webhook: duty-group        # with the channel webhook: id of a row of `webhooks`
 *     rota: ...                      # rules/rota.h
 *     posts:
 *       supervisor: [zhaogang]
 *       leader: [sunli]
 *       operator: [qinmu]          # told of sources that are blind; default: whoever is admin
 *       unit_lead: [zhaogang]        # for units without a row below
 *       units:
 *         - {unit: emergency, lead: [chenbo]}
 *     routes: ...                    # rules/duty_route.h
 *     acknowledge:
 *       expires: 2h                  # acknowledged and no response since: asked again
 *       everyone: [1]                # levels at which each person paged must acknowledge
 *     snooze: {longest: 30m, times: 2}
 *     not_shown: {fallback: 3m, escalate: 5m} # an urgent notice that nobody's screen has shown
 *     look_ahead: 7d                 # gaps in the rota are told this long before
 *     escalation:                    # nobody acknowledged a new alert
 *       - {after: 10m, to: second}
 *       - {after: 20m, to: unit_lead}
 *     mail: ...                      # rules/endpoint.h
 *     webhooks: ...
 *
 * An office without duty.yaml has no people; notices then go to nobody and say so. */
#pragma once
#include "rules/endpoint.h"
#include "rules/rota.h"
#include "rules/windows.h"

enum hy_duty_role {
    HY_ROLE_MONITOR,
    HY_ROLE_DUTY,
    HY_ROLE_ANALYST,
    HY_ROLE_EDITOR,
    HY_ROLE_APPROVER,
    HY_ROLE_SUPERVISOR,
    HY_ROLE_AUDITOR,
    HY_ROLE_ADMIN,
    HY_ROLE_COUNT
};
extern const char *const hy_role_name[HY_ROLE_COUNT + 1]; /* monitor duty ...; NULL-terminated */
extern const char *const hy_role_label[HY_ROLE_COUNT];    /* 监测员 值班员 ... */

enum hy_way {
    HY_WAY_DESKTOP,
    HY_WAY_BOARD,
    HY_WAY_MAIL,
    HY_WAY_WEBHOOK,
    HY_WAY_COUNT
};
extern const char *const hy_way_name[HY_WAY_COUNT + 1];

struct hy_person {
    char *id, *name;
    unsigned roles;           /* bit set of enum hy_duty_role */
    char *unit;               /* may be NULL */
    char *mail, *webhook;     /* set only when the person has that channel, first or fallback */
    unsigned first, fallback; /* bit sets of enum hy_way */
};
struct hy_escalation {
    int64_t after_ms; /* since the alert was raised */
    enum hy_post to;
};
struct hy_duty;

extern const struct hy_section hy_section_duty;

struct hy_duty *hy_duty_new(void);
void hy_duty_free(struct hy_duty *d);
HY_MUST_CHECK int hy_duty_add_text(struct hy_duty *duty, struct hy_str text, const char *name,
                                   struct hy_diag *d, struct hy_err *err);

size_t hy_duty_count(const struct hy_duty *d);
const struct hy_person *hy_duty_at(const struct hy_duty *d, size_t i);
const struct hy_person *hy_duty_person(const struct hy_duty *d, struct hy_str id); /* or NULL */
const struct hy_mailer *hy_duty_mailer(const struct hy_duty *d); /* NULL: no mail */
size_t hy_duty_hooks(const struct hy_duty *d, const struct hy_hook **ret);
const struct hy_hook *hy_duty_hook(const struct hy_duty *d, struct hy_str id); /* or NULL */
size_t hy_duty_escalations(const struct hy_duty *d, const struct hy_escalation **ret);

/* Who holds a post at a moment.  Who is away holds none. */
struct hy_ask {
    enum hy_post post;
    struct hy_str unit; /* matters for HY_POST_UNIT_LEAD only */
    hy_wall now;
    const struct hy_hand *hand; /* what people changed by hand; may be NULL */
};
/* At most `max` people, as many as are written are returned.  A post that nobody holds falls to the
 * next one up (duty -> second -> unit_lead -> supervisor -> leader; operator -> supervisor), so that
 * an alarm reaches somebody while there is anybody; *ret_gap (may be NULL) says that this
 * happened. */
size_t hy_duty_who(const struct hy_duty *d, const struct hy_ask *ask, const struct hy_person **ret,
                   size_t max, bool *ret_gap);
/* The plan at `now`: since when and until when it stays as it is, duty and second (NULL where
 * nobody is named, or who is named is away).  False when the rota has no turn then. */
struct hy_shift {
    hy_wall from, to;
    const struct hy_person *duty, *second;
    const char *why; /* of a change, else NULL */
    const struct hy_absence *duty_away, *second_away;
};
bool hy_duty_turn(const struct hy_duty *d, const struct hy_hand *hand, hy_wall now,
                  struct hy_shift *ret);
const struct hy_rota *hy_duty_rota(const struct hy_duty *d);
int64_t hy_duty_ack_expires_ms(const struct hy_duty *d); /* 0: never */
bool hy_duty_all_acknowledge(const struct hy_duty *d, int level);
int64_t hy_duty_snooze_ms(const struct hy_duty *d, int64_t *ret_times); /* longest, how often */
/* After how long an urgent notice goes by the fallback of people who have not been shown it (0:
 * nobody has one), and after how long without any screen the next step is taken (0: never). */
int64_t hy_duty_fallback_ms(const struct hy_duty *d);
int64_t hy_duty_unseen_ms(const struct hy_duty *d);
int64_t hy_duty_ahead_ms(const struct hy_duty *d); /* how far ahead gaps are looked for */

/* A stretch of time in which somebody is missing. */
struct hy_gap {
    hy_wall from, to;
    enum hy_post post; /* HY_POST_DUTY or HY_POST_SECOND */
    char why[200];     /* 中文 */
};
/* Those that begin before `to`, in order of time; at most `max`, the count is returned. */
size_t hy_duty_gaps(const struct hy_duty *d, const struct hy_hand *hand, hy_wall from, hy_wall to,
                    struct hy_gap *ret, size_t max);

/* The plan as an iCalendar file (RFC 5545) for phones and office calendars. */
struct hy_ical {
    struct hy_str office, name; /* id and name of the office */
    struct hy_str person;       /* only this one's turns; empty: everybody's */
    hy_wall from, to, now;
};
void hy_duty_ical(const struct hy_duty *d, const struct hy_hand *hand, const struct hy_ical *what,
                  struct hy_buf *out);
