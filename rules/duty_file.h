/* SPDX-License-Identifier: Apache-2.0 */
/* duty.yaml as it stands in memory.  Shared by who reads it (rules/duty_read.c) and who answers from
 * it (rules/duty.c); nobody else includes this. */
#pragma once
#include "rules/duty.h"

struct raw_person {
    char *id, *name, *unit, *mail, *webhook;
    struct hy_texts roles, channels, fallback;
    struct hy_pos pos;
};
struct raw_unit {
    struct hy_pos pos;
    char *unit;
    struct hy_texts lead;
};
struct raw_posts {
    struct hy_texts supervisor, leader, unit_lead, operator;
    struct hy_rows units;
};
struct raw_escalation {
    int64_t after;
    int to;
};
struct raw_acknowledge {
    int64_t expires;
    struct hy_texts everyone;
};
struct raw_not_shown {
    int64_t fallback, escalate;
    struct hy_pos pos;
};
struct raw_snooze {
    int64_t longest, times;
    struct hy_pos pos;
};
/* One file as it stands; it is kept as it is, so that names and positions stay together. */
struct hy_duty {
    struct hy_rows people;
    struct hy_rota rota;
    struct raw_posts posts;
    struct hy_rows escalation;
    struct hy_mailer mailer;
    struct hy_rows hooks; /* of struct hy_hook */
    int64_t look_ahead;
    struct hy_rows branches;
    struct raw_acknowledge acknowledge;
    struct raw_snooze snooze;
    struct raw_not_shown not_shown;
    /* derived */
    HY_VEC(struct hy_person) list; /* borrows the texts of `people` */
    HY_VEC(struct hy_escalation) steps;
    unsigned everyone; /* bit set of levels */
    bool fallback;     /* somebody has one */
};
