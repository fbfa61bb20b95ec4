/* SPDX-License-Identifier: Apache-2.0 */
/* The data directory: exists once it is open, is ours alone (mode 0700, lock file), holds
 *     lock        flock()ed; the pid of who holds it
 *     redis/      append-only file of the private Redis, redis.log
 *     redis.sock  its socket (elsewhere when the path is too long, see hy_datadir_socket)
 *     redis.url   what later commands connect to (mode 0600)
 * and what the roles put beside (users.yaml, journal/, ...).
 *
 * The lock belongs to the open descriptor: a child that inherited it - the private Redis - holds
 * it too, so nobody starts a second Redis on the same append-only file while the first one dies. */
#pragma once
#include "core/err.h"
#include "core/str.h"

#include <stddef.h>

struct hy_datadir {
    char *path; /* owned, absolute */
    int lock;   /* descriptor; closed on exec unless inherited on purpose */
};

/* Creates what is missing.  When who took the lock is dead, waits up to `patience_ms` for the
 * child that still holds it.
 * HY_E_STATE: in use, with the pid; HY_E_IO: cannot be created or written. */
HY_MUST_CHECK int hy_datadir_open(const char *path, long patience_ms, struct hy_datadir *ret,
                                  struct hy_err *err);
void hy_datadir_close(struct hy_datadir *d);

/* Path for a unix socket of this directory: PATH/redis.sock, or where the 107 bytes of a socket
 * address do not hold that, /run/user/UID or /tmp /huiying-<hash of PATH>/redis.sock; creates that
 * directory (mode 0700) and refuses one that belongs to somebody else. */
HY_MUST_CHECK int hy_datadir_socket(const struct hy_datadir *d, char *ret, size_t size,
                                    struct hy_err *err);
/* Replace a file by `text` in one step, on disk when it returns; mode 0600.  Written as root, it is
 * given to the owner of its directory. */
HY_MUST_CHECK int hy_datadir_replace(const char *path, struct hy_str text, struct hy_err *err);
/* The same for PATH/name and a line of text. */
HY_MUST_CHECK int hy_datadir_write(const struct hy_datadir *d, const char *name, const char *text,
                                   struct hy_err *err);
