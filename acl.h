/* SPDX-License-Identifier: Apache-2.0 */
/* Users of Redis: one per role, with the keys that role owns or reads (docs/ARCHITECTURE.md has the
 * list) and the commands it sends, and one named `huiying` for the commands of people.
 *
 * Of several offices each has users of its own for the roles that work for it alone, so that one
 * office's board cannot read another's matters even when it is taken over.
 *
 * What it is for: the crawler reads pages of strangers and the board answers strangers.  Should one
 * of them be taken over, its connection cannot write the journal, stop a clock, or read a session.
 * Roles on one machine under one account can still read each other's environment; separate accounts
 * or machines (huiying-role@.service) close that too. */
#pragma once
#include "core/buf.h"

#include <stddef.h>

struct hy_office;

enum { HY_ACL_SECRET = 65 }; /* 32 random bytes in hex, and a NUL */

/* "crawl", "analyze", ... and NULL after the last. */
const char *hy_acl_role(size_t i);
const char *hy_acl_secret(char ret[HY_ACL_SECRET]);

struct hy_acl_who {
    const char *role; /* NULL: the user `huiying`, who may touch all offices */
    const struct hy_office *office; /* whose keys; NULL: of every office.  No matter for a role that
                                     * works for all */
    bool several; /* the office is one of several: its id stands in the name */
};
/* Does one user of the role do for all offices (crawl, analyze, people's commands)? */
bool hy_acl_for_all(const char *role);
char *hy_acl_name(const struct hy_acl_who *who); /* "huiying-board-qingxi"; malloc'ed */
/* One line of a Redis ACL file, "user NAME ...", with the SHA-256 of `secret` and never the secret
 * itself.  secret NULL: the line without a password, for reading. */
void hy_acl_user(struct hy_buf *out, const struct hy_acl_who *who, const char *secret);
/* The line by which nobody comes in without a name. */
void hy_acl_nobody(struct hy_buf *out);
