/* SPDX-License-Identifier: Apache-2.0 */
/* Who is to be told, now: people, rota, escalation (duty.yaml).
 *
 *     people:
 *       - id: wangmin
 *         name: 王敏
 *         roles: [duty, analyst]     # names of enum hy_duty_role below
 *         unit: gov_office           # id of a unit
 *         channels: [desktop, board] # desktop board mail webhook
 *         mail: wangmin@example.gov.cn   # with the channel mail
 *         webhook: duty-group        # with the channel webhook: id of a row of `webhooks`
 *     rota:
 *       handover: "08:30"            # a turn begins at this time of its day
 *       start: 2026-11-23            # first day of the first turn
 *       days: 1                      # length of a turn; the turns repeat for ever
 *       turns:
 *         - {duty: wangmin, second: lilei}
 *         - {duty: lilei, second: hanmei}
 *       overrides:                   # a swap or a holiday plan; the last one that fits wins
 *         - {from: "2026-12-31T08:30:00+08:00", to: "2027-01-01T08:30:00+08:00",
 *            duty: hanmei, second: wangmin, why: 换班}
 *     posts:
 *       supervisor: [zhaogang]
 *       leader: [sunli]
 *       operator: [qinmu]          # told of sources that are blind; default: whoever is admin
 *       unit_lead: [zhaogang]        # for units without a row below
 *       units:
 *         - {unit: emergency, lead: [chenbo]}
 *     escalation:                    # nobody acknowledged a new alert
 *       - {after: 10m, to: second}
 *       - {after: 20m, to: unit_lead}
 *     mail: ...                      # rules/endpoint.h
 *     webhooks: ...
 *
 * An office without duty.yaml has no people; notices then go to nobody and say so. */
#pragma once
#include "rules/endpoint.h"
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

struct hy_person {
    char *id, *name;
    unsigned roles;       /* bit set of enum hy_duty_role */
    char *unit;           /* may be NULL */
    char *mail, *webhook; /* set only when the person has that channel */
    struct hy_texts channels;
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

/* Who holds a post at `now`; `unit` matters for HY_POST_UNIT_LEAD only.  At most `max` people, as
 * many as are written are returned.  A post that nobody holds falls to the next one up (duty ->
 * second -> unit_lead -> supervisor -> leader; operator -> supervisor), so that an alarm reaches
 * somebody while there is anybody; *ret_gap (may be NULL) says that this happened. */
size_t hy_duty_who(const struct hy_duty *d, enum hy_post post, struct hy_str unit, hy_wall now,
                   const struct hy_person **ret, size_t max, bool *ret_gap);
/* The turn at `now`: from, to, duty and second (NULL where nobody is named).  False when the rota
 * has no turn then. */
struct hy_turn {
    hy_wall from, to;
    const struct hy_person *duty, *second;
    const char *why; /* of an override, else NULL */
};
bool hy_duty_turn(const struct hy_duty *d, hy_wall now, struct hy_turn *ret);
