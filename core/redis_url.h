/* SPDX-License-Identifier: Apache-2.0 */
/* Where a Redis is and who we are there.
 *
 *     unix://[USER:PASSWORD@]/path/redis.sock
 *     redis://[USER:PASSWORD@]HOST:PORT[/DB]         HOST may be [IPv6]; the port 6379 by default
 *     sentinel://[USER:PASSWORD@]HOST:PORT,HOST:PORT,.../NAME[/DB]
 *                                                    the master these Sentinels call NAME; the port
 *                                                    26379 by default; user and password are Redis'
 *     cluster://[USER:PASSWORD@]HOST:PORT,HOST:PORT,...
 *                                                    the Redis Cluster that any of these belong to
 *
 * Where the offices' keys (hy:{O}:...) live apart from the crawl's, both stand in one text with a
 * space between: "URL URL", first the crawl's.  A cluster holds offices only: the crawl's scripts
 * take keys of many slots together.
 *
 * %XX is decoded in user and password.  Without a user it is Redis' `default`.  A password may also
 * come from the file named by HUIYING_REDIS_PASSWORD_FILE, so that it stands in no environment and
 * no list of processes. */
#pragma once
#include "core/err.h"
#include "core/vec.h"

#include <stdbool.h>
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
    HY_VEC(struct hy_redis_host) seeds; /* of a cluster */
};

struct hy_redis_places {
    struct hy_redis_address crawl, offices;
    bool apart; /* else everything is in `crawl`, and `offices` is empty */
};

/* No message shows the URL: it may hold a password. */
HY_MUST_CHECK int hy_redis_address_parse(const char *url, struct hy_redis_address *ret,
                                         struct hy_err *err);
/* The same with the password file read. */
HY_MUST_CHECK int hy_redis_address_open(const char *url, struct hy_redis_address *ret,
                                        struct hy_err *err);
void hy_redis_address_release(struct hy_redis_address *t);
/* One address or two; the password file is the one of both. */
HY_MUST_CHECK int hy_redis_places_open(const char *url, struct hy_redis_places *ret,
                                       struct hy_err *err);
void hy_redis_places_release(struct hy_redis_places *p);
/* Is it well formed, one address or two?  For checking early, before anything is started. */
HY_MUST_CHECK int hy_redis_check_url(const char *url, struct hy_err *err);
