/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/record/record_open.h"

#include "core/mem.h"
#include "rules/duty.h"
#include "rules/office.h"

#include <stdio.h>
#include <stdlib.h>

static int read_time(const char *text, const char *name, hy_wall *ret, struct hy_err *err)
{
    if (hy_day_or_time_parse(hy_str(text), ret))
        return HY_OK;
    return hy_fail(err, HY_E_USAGE, "--%s: \"%s\" is neither 2026-11-01 nor a time", name, text);
}

int hy_record_period(const struct hy_record_opts *o, hy_wall *ret_from, hy_wall *ret_to,
                     struct hy_err *err)
{
    if (read_time(o->from, "from", ret_from, err) < 0)
        return err->code;
    return read_time(o->to, "to", ret_to, err);
}

static int each_in_redis(const struct hy_role_opts *given, unsigned kinds, const char *what,
                         hy_record_fn each, void *user, struct hy_err *err)
{
    HY_CLEANUP(hy_role_release) struct hy_role role = {0};
    HY_CLEANUP(hy_rules_freep) struct hy_rules *rules = NULL;
    struct hy_redis_sync *redis = NULL;
    int rc = hy_role_resolve_office(given, &role, err);

    if (rc == HY_OK)
        rc = hy_rules_open(role.config, &rules, err);
    if (rc == HY_OK)
        rc = hy_redis_sync_open(role.redis, &redis, err);
    if (rc == HY_OK)
        rc = hy_record_redis(redis, rules->office->id, kinds, what, each, user, err);
    hy_redis_sync_close(redis);
    return rc;
}

int hy_record_each(const struct hy_role_opts *role, const struct hy_record_opts *o, unsigned kinds,
                   const char *what, hy_record_fn each, void *user, struct hy_err *err)
{
    if (o->journal)
        return hy_record_file(o->journal, kinds, what, each, user, err);
    return each_in_redis(role, kinds, what, each, user, err);
}

static char *duty_of(const struct hy_rules *rules, hy_wall now)
{
    struct hy_shift turn;

    if (!hy_duty_turn(rules->duty, NULL, now, &turn) || turn.duty == NULL)
        return NULL;
    return hy_xasprintf("%s%s%s", turn.duty->name, turn.second ? "，备班" : "",
                        turn.second ? turn.second->name : "");
}

int hy_record_office(const struct hy_role_opts *given, hy_wall now, char **ret, char **ret_duty,
                     struct hy_err *err)
{
    HY_CLEANUP(hy_role_release) struct hy_role role = {0};
    HY_CLEANUP(hy_rules_freep) struct hy_rules *rules = NULL;
    int rc = hy_role_resolve(given, &role, err);

    if (rc == HY_OK && role.config)
        rc = hy_rules_open(role.config, &rules, err);
    if (rc < 0)
        return rc;
    *ret = hy_xstrdup(rules ? rules->office->name : "");
    *ret_duty = rules ? duty_of(rules, now) : NULL;
    return HY_OK;
}
