/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of `huiying duty` share (cmd_duty.c is the command, cmd_duty_route.c its word
 * `route`). */
#pragma once
#include "core/redis.h"
#include "core/role.h"
#include "rules/duty.h"
#include "rules/rules.h"

enum { HY_DUTY_PEOPLE_MAX = 64 };
struct hy_duty_opts {
    struct hy_role_opts role;
    const char *as, *id, *at, *from, *to, *duty, *second, *who, *with, *theirs, *why, *person;
    const char *kind, *level, *unit, *place, *topic, *class, *post, *expect, *what, *scope, *channel;
    bool json, refuse, explain;
};
struct hy_duty_job {
    const struct hy_duty_opts *o;
    struct hy_rules *rules;
    struct hy_redis_sync *redis; /* NULL: the rules alone */
    json_t *doc;                 /* what people changed; may be NULL */
    struct hy_hand hand;
    hy_wall now, from, to;
};

int hy_duty_show_route(struct hy_duty_job *j, struct hy_err *err);
