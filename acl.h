/* SPDX-License-Identifier: Apache-2.0 */
/* Users of Redis: one per role, with the keys that role owns or reads (docs/ARCHITECTURE.md has the
 * list) and the commands it sends, and one named `huiying` for the commands of people.
 *
 * What it is for: the crawler reads pages of strangers and the board answers strangers.  Should one
 * of them be taken over, its connection cannot write the journal, stop a clock, or read a session.
 * Roles on one machine under one account can still read each other's environment; separate accounts
 * or machines (huiying-role@.service) close that too. */
#pragma once
#include "core/buf.h"

#include <stddef.h>

enum { HY_ACL_SECRET = 65 }; /* 32 random bytes in hex, and a NUL */

/* "crawl", "analyze", ... and NULL after the last; the name in Redis is "huiying-crawl". */
const char *hy_acl_role(size_t i);
const char *hy_acl_secret(char ret[HY_ACL_SECRET]);

/* One line of a Redis ACL file, "user huiying-ROLE ...", with the SHA-256 of `secret` and never the
 * secret itself.  role NULL: the user `huiying`.  secret NULL: the line without a password, for
 * reading. */
void hy_acl_user(struct hy_buf *out, const char *role, const char *secret);
/* The line by which nobody comes in without a name. */
void hy_acl_nobody(struct hy_buf *out);
