/* SPDX-License-Identifier: Apache-2.0 */
/* Who is the master now?  Asked before every connection to a Redis that is kept by Sentinels, and
 * again whenever that connection breaks or says that it is a replica.
 *
 * Blocking, at most SENTINEL_MS per Sentinel.  A role on a loop stands still that long, but only
 * while it has no Redis anyway; an asynchronous walk over the Sentinels would double the states of
 * the connection for that. */
#pragma once
#include "core/redis_url.h"

/* `at` has sentinels.  The one that answered is moved to the front, to be asked first next time. */
HY_MUST_CHECK int hy_sentinel_ask(struct hy_redis_address *at, struct hy_redis_host *ret,
                                  struct hy_err *err);
/* The same, written into `at` as host and port; at once when `at` has no sentinels. */
HY_MUST_CHECK int hy_sentinel_locate(struct hy_redis_address *at, struct hy_err *err);
