/* SPDX-License-Identifier: Apache-2.0 */
/* The guided first set-up: what `huiying run` serves on a folder without office.yaml.
 *
 * There is no office yet, so there are no roles, no Redis and no accounts; one page asks who one is,
 * which office this is, what to watch and who is on duty, and writes the rule files
 * (alerts/board/first.h) and the first account.  Who may is shown by the one-time link that was
 * printed, as for the first account of a board. */
#pragma once
#include "core/err.h"

#include <stdbool.h>

struct hy_first_conf {
    const char *listen, *host, *tls_cert, *tls_key; /* as the board's; host and tls may be NULL */
    const char *config, *data; /* absolute; the data directory is ours already */
};
/* Serves until the folder has an office.yaml, from whatever hand: *ret_ready is true then, and false
 * when a signal ended it. */
HY_MUST_CHECK int hy_first_run(const struct hy_first_conf *conf, bool *ret_ready,
                               struct hy_err *err);
