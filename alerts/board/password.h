/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords with libsodium's argon2id (INTERACTIVE: about 45 ms and 64 MiB each), so never on a
 * loop: a role gives the work to helper threads and hears the answer in a later turn.
 *
 * At most two run at once and few wait; more is refused, which bounds memory and keeps a flood of
 * sign-ins from starving the board. */
#pragma once
#include "core/loop.h"
#include "core/str.h"

#define HY_PASSWORD_HASH_SIZE 128                     /* crypto_pwhash_STRBYTES */
enum { HY_PASSWORD_MIN = 10, HY_PASSWORD_MAX = 256 }; /* characters; bytes */

/* A sentence for people when the password cannot be taken, else NULL. */
const char *hy_password_objection(struct hy_str password);

/* Blocking, for the command line. */
HY_MUST_CHECK int hy_password_hash(struct hy_str password, char out[HY_PASSWORD_HASH_SIZE],
                                   struct hy_err *err);
/* hash "" or NULL takes as long as a real one and is false: an unknown name looks like a wrong
 * password from outside. */
bool hy_password_verify(const char *hash, struct hy_str password);

struct hy_password_pool;
struct hy_password_pool *hy_password_pool_new(struct hy_loop *l);
void hy_password_pool_free(
    struct hy_password_pool *p); /* waits for the running ones; no callbacks */

/* `hash` is the new hash (NULL on failure) for make, unset for check. */
typedef void (*hy_password_fn)(bool ok, const char *hash, void *user);
/* False: too much waits already; fn will not be called. */
HY_MUST_CHECK bool hy_password_pool_check(struct hy_password_pool *p, const char *hash,
                                          struct hy_str password, hy_password_fn fn, void *user);
HY_MUST_CHECK bool hy_password_pool_make(struct hy_password_pool *p, struct hy_str password,
                                         hy_password_fn fn, void *user);
