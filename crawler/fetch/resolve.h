/* SPDX-License-Identifier: Apache-2.0 */
/* Names to addresses without blocking the loop: getaddrinfo in a few threads.
 *
 * libcurl starts one thread per lookup without limit and waits for it in its own time-out; so it is
 * given addresses instead (see crawler/fetch/http.c).  Answers are kept for a minute, failures for
 * ten seconds. */
#pragma once
#include "core/err.h"
#include "core/loop.h"
#include "core/str.h"

struct hy_resolve;
struct hy_lookup;

/* `addresses`: texts as inet_pton reads them, separated by commas; empty with the reason in `err`.
 * Borrowed. */
typedef void (*hy_resolve_fn)(struct hy_str addresses, const struct hy_err *err, void *user);

struct hy_resolve *hy_resolve_new(struct hy_loop *l, int threads);
void hy_resolve_free(struct hy_resolve *r); /* open lookups are dropped without a callback */
/* What a lookup not long ago said, in the form of `addresses`; NULL: it has to be looked up.
 * Borrowed, until the loop turns. */
const char *hy_resolve_known(const struct hy_resolve *r, struct hy_str host);
/* fn runs once, in a later turn, unless cancelled before. */
struct hy_lookup *hy_resolve_start(struct hy_resolve *r, const char *host, hy_resolve_fn fn,
                                   void *user);
void hy_lookup_cancel(struct hy_lookup *l); /* never after fn has run */
