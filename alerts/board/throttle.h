/* SPDX-License-Identifier: Apache-2.0 */
/* How often may somebody try to sign in?
 *
 * Failures are counted under a key; behind `grace` failures each further one makes the key wait
 * twice as long, from half a minute to a quarter of an hour.  Keys carry the sender's address, so
 * nobody can lock another person out by failing in their name.  Pure but for its own table. */
#pragma once
#include "core/clock.h"

struct hy_throttle;

struct hy_throttle *hy_throttle_new(int grace);
void hy_throttle_free(struct hy_throttle *t);
/* Seconds this key still has to wait; 0: may try. */
int64_t hy_throttle_wait_s(const struct hy_throttle *t, struct hy_str key, hy_mono now);
void hy_throttle_failed(struct hy_throttle *t, struct hy_str key, hy_mono now);
void hy_throttle_passed(struct hy_throttle *t, struct hy_str key);
