/* SPDX-License-Identifier: Apache-2.0 */
/* Everything the service knows, in one file, and back.
 *
 * A backup (.tar.zst, .tar.gz or .zip) holds, in this order, which makes it one state though
 * everything goes on meanwhile:
 *
 *     redis.rdb             Redis as of one moment (crawler, outbox, sessions, and a copy of the rest)
 *     journal/...           the mirror, read later: it may have lines more than Redis, never fewer,
 *                           and a keeper that starts levels the two (JOURNAL.md)
 *     users.yaml            accounts; password and token hashes
 *     archive/archive.db    a copy made by SQLite itself
 *     archive/pages/..      what it refers to, read later: may be more, never fewer except expired
 *     rules/...             the office's rules
 *     manifest.json         {"version":1,"office","made","files":[{"name","size","sha256"}],
 *                            "journal":[{"file","lines","hash"}]}
 *
 * Whoever holds a backup holds hashes of passwords and texts of incidents: it is written with mode
 * 0600. */
#pragma once
#include "core/role.h"

#include <stdint.h>

enum { HY_BACKUP_VERSION = 1 };

struct hy_backup_sum {
    int64_t files, bytes;
    int64_t lines; /* of the journal */
};

/* `role`: resolved; its Redis must answer. */
HY_MUST_CHECK int hy_backup(const struct hy_role *role, const char *path,
                            struct hy_backup_sum *ret, struct hy_err *err);

/* Into `data`, which must not exist or be empty; rules into `rules` under the same condition, or
 * not at all (NULL).  Every file is held against the manifest before anything appears in `data`.
 * The private Redis of the next `huiying run` starts from redis.rdb. */
HY_MUST_CHECK int hy_restore(const char *path, const char *data, const char *rules,
                             struct hy_backup_sum *ret, struct hy_err *err);

/* What one office of several has of its own (journal, accounts, archive) into `data`, its rules into
 * `rules` (or NULL), under the same conditions.  Nothing of Redis: a backup of it is one piece for all,
 * and the office's part is made of the journal when its keeper starts.  HY_E_NOTFOUND: the backup has
 * no such office. */
HY_MUST_CHECK int hy_restore_office(const char *path, const char *office, const char *data,
                                    const char *rules, struct hy_backup_sum *ret,
                                    struct hy_err *err);
