/* SPDX-License-Identifier: Apache-2.0 */
/* What reading (account.c) and changing (account_change.c) the accounts share. */
#pragma once
#include "alerts/board/account.h"
#include "rules/yaml.h"

#include <sys/types.h>
#include <time.h>

enum { HY_ACCOUNTS_MAX = 4 << 20 }; /* bytes of users.yaml */

struct hy_account_file {
    struct hy_rows users;
};

struct hy_accounts {
    char *path, *lock_path;
    struct hy_account_file file;
    struct timespec mtime; /* of the bytes in force */
    ino_t inode;
};

struct hy_account *hy_account_in(const struct hy_account_file *f, size_t i);
