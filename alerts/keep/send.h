/* SPDX-License-Identifier: Apache-2.0 */
/* How a command of the terminal gets to the keeper and its reply back. */
#pragma once
#include "core/json.h"
#include "core/redis.h"
#include "rules/rules.h"

struct hy_sender_cli {
    struct hy_redis_sync *redis;
    const char *office;
};
/* {"id","name","roles"} of a person of duty.yaml. */
HY_MUST_CHECK int hy_cli_actor(const struct hy_rules *rules, const char *as, json_t **ret,
                               struct hy_err *err);
/* A command; `id` NULL: a new one.  Steals actor and args. */
json_t *hy_cli_command(const char *id, const char *verb, const char *incident, json_t *actor,
                       json_t *args);
/* Write it down and wait for the reply; HY_E_TIMEOUT when the keeper does not answer: the command
 * stands all the same. */
HY_MUST_CHECK int hy_cli_send(const struct hy_sender_cli *j, json_t *cmd, json_t **ret,
                              struct hy_err *err);

/* The reply as JSON, or as `fine` or the refusal; the result is the exit code. */
int hy_cli_print_reply(const json_t *reply, bool json, const char *fine);

/* Many commands at once: all of them are written down or none.  *ret gets the reply of each, in
 * order, null where the keeper has not answered although nothing came for ten seconds. */
extern struct hy_script hy_send_all_script; /* key: the stream; arguments: the commands */
HY_MUST_CHECK int hy_cli_send_all(const struct hy_sender_cli *j, const json_t *cmds, json_t **ret,
                                  struct hy_err *err);
