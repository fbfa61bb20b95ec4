/* SPDX-License-Identifier: Apache-2.0 */
/* Where a Redis is and who we are there.
 *
 *     unix://[USER:PASSWORD@]/path/redis.sock
 *     redis://[USER:PASSWORD@]HOST:PORT[/DB]         HOST may be [IPv6]; the port 6379 by default
 *     sentinel://[USER:PASSWORD@]HOST:PORT,HOST:PORT,.../NAME[/DB]
 *                                                    the master these Sentinels call NAME; the port
 *                                                    26379 by default; user and password are Redis'
 *
 * %XX is decoded in user and password.  Without a user it is Redis' `default`.  A password may also
 * come from the file named by HUIYING_REDIS_PASSWORD_FILE, so that it stands in no environment and
 * no list of processes. */
#pragma once
#include "core/err.h"
#include "core/vec.h"

#include <stdint.h>

struct hy_redis_host {
    char *host;
    int port;
};

struct hy_redis_address {  /* all owned */
    char *path;            /* of the unix socket, or NULL */
    char *host;            /* else host and port */
    int port;
    char *user, *password; /* NULL: none */
    int64_t db;
    char *master; /* its name among the sentinels; NULL: path or host say where it is */
    HY_VEC(struct hy_redis_host) sentinels;
};

/* No message shows the URL: it may hold a password. */
HY_MUST_CHECK int hy_redis_address_parse(const char *url, struct hy_redis_address *ret,
                                         struct hy_err *err);
/* The same with the password file read. */
HY_MUST_CHECK int hy_redis_address_open(const char *url, struct hy_redis_address *ret,
                                        struct hy_err *err);
void hy_redis_address_release(struct hy_redis_address *t);
/* Is it well formed?  For checking early, before anything is started. */
HY_MUST_CHECK int hy_redis_check_url(const char *url, struct hy_err *err);
