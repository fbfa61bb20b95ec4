/* SPDX-License-Identifier: Apache-2.0 */
/* `huiying deliver --test CHANNEL` and `--dead`: what a person does with the delivery. */
#pragma once
#include "alerts/deliver/deliver.h"
#include "core/role.h"
#include "rules/rules.h"

/* Secret or password of an endpoint from its file (relative to the office's directory), trimmed;
 * empty when none is named.  Refuses a file that others may read.  *ret is owned. */
HY_MUST_CHECK int hy_deliver_secret(const struct hy_rules *rules, const struct hy_endpoint *e,
                                    char **ret, struct hy_err *err);
/* Request or mail for the endpoint; ca_file is made absolute. */
HY_MUST_CHECK int hy_deliver_outgoing(const struct hy_rules *rules, const struct hy_endpoint *e,
                                      const json_t *notice, hy_wall now, bool again,
                                      struct hy_outgoing *ret, struct hy_err *err);
/* Send one marked test message, print the result, give the exit code. */
int hy_deliver_test(const struct hy_rules *rules, const char *channel, struct hy_err *err);
/* Print what could not be delivered, newest first. */
int hy_deliver_dead(const struct hy_role *role, const struct hy_rules *rules, bool json,
                    struct hy_err *err);
/* Send once more what could not be delivered: one letter by its id, or "all". */
int hy_deliver_retry(const struct hy_role *role, const struct hy_rules *rules, const char *which,
                     struct hy_err *err);
