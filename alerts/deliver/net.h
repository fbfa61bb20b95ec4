/* SPDX-License-Identifier: Apache-2.0 */
/* Sends one outgoing request or mail over libcurl (core/curl.h) and tells what became of it.
 *
 * Redirects are not followed: an address that moved is mended in duty.yaml, not guessed.  At most
 * 5 s to connect and 15 s in all; of an answer the first 64 KB count. */
#pragma once
#include "alerts/deliver/deliver.h"
#include "core/loop.h"

enum { HY_DELIVER_TIMEOUT_MS = 15000 };

struct hy_outbox_net;
typedef void (*hy_sent_fn)(const struct hy_answer *answer, void *user);

struct hy_outbox_net *hy_outbox_net_new(struct hy_loop *l);
/* What is on its way is dropped without an answer. */
void hy_outbox_net_free(struct hy_outbox_net *n);
/* Takes *o over (leaves it empty).  fn is called once, in a later turn. */
void hy_outbox_net_send(struct hy_outbox_net *n, struct hy_outgoing *o, int64_t timeout_ms,
                        hy_sent_fn fn, void *user);
