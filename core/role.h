/* SPDX-License-Identifier: Apache-2.0 */
/* What every role of the service has in common: which office, which Redis, which data directory.
 *
 * A role embeds `struct hy_role_opts role` in its options and puts the shared rows first:
 *
 *     struct opts {
 *         struct hy_role_opts role;
 *         const char *listen;
 *     };
 *     static const struct hy_opt rows[] = {
 *         HY_ROLE_OPT_ROWS(struct opts),
 *         {"listen", 'l', HY_OPT_TEXT, offsetof(struct opts, listen), "ADDR:PORT", "..."},
 *         {NULL},
 *     };
 *     static int run(const void *options, int nargs, char **args)
 *     {
 *         const struct opts *o = options;
 *         HY_CLEANUP(hy_role_release) struct hy_role role = {0};
 *         struct hy_err err = HY_ERR_INIT;
 *         if (hy_role_resolve(&o->role, &role, &err) < 0)
 *             return hy_command_fail(&hy_cmd_analyze, &err);
 *         hy_log_setup("analyze", HY_INFO);
 *         ... rules from role.config, loop, hy_redis_new(loop, role.redis, ...), hy_manager_ready()
 *     }
 */
#pragma once
#include "core/command.h"
#include "core/err.h"

#include <stddef.h>

struct hy_role_opts { /* as given; NULL: not given */
    const char *config, *redis, *offices, *data;
};

#define HY_ROLE_OPT_ROWS(type)                                                                     \
    {"config",    'c',                                                                             \
     HY_OPT_TEXT, offsetof(type, role.config),                                                     \
     "DIR",       "the office's rules (or $HUIYING_CONFIG; else /etc/huiying/office)"},                                      \
        {"redis",                                                                                  \
         0,                                                                                        \
         HY_OPT_TEXT,                                                                              \
         offsetof(type, role.redis),                                                               \
         "URL",                                                                                    \
         "unix:///PATH or redis://HOST:PORT (or $HUIYING_REDIS; else the one of `huiying run`)"},  \
        {"offices",                                                                                \
         0,                                                                                        \
         HY_OPT_TEXT,                                                                              \
         offsetof(type, role.offices),                                                             \
         "URL",                                                                                    \
         "where offices live apart from the crawl: cluster://HOST:PORT,... (or $HUIYING_OFFICES)"}, \
    {                                                                                              \
        "data", 0, HY_OPT_TEXT, offsetof(type, role.data), "DIR",                                  \
            "data directory (or $HUIYING_DATA; else ./data, else /var/lib/huiying)"                                       \
    }

struct hy_role {  /* resolved; all owned */
    char *config; /* absolute; NULL when neither option nor variable named one */
    char *redis;  /* URL, or two of them (core/redis_url.h) */
    char *offices; /* the second one as it was given; NULL: none */
    char *data;   /* absolute; need not exist */
};

/* Rules and data: the options, the variables, ./data, and then what the package installed.
 * Redis: --redis, $HUIYING_REDIS, what `huiying run` wrote to DATA/redis.url, DATA/redis.sock; the
 * offices apart from it: --offices, $HUIYING_OFFICES, or the second address of any of these.
 * HY_E_USAGE for a malformed URL, HY_E_IO for a --config that is no directory. */
HY_MUST_CHECK int hy_role_resolve(const struct hy_role_opts *given, struct hy_role *ret,
                                  struct hy_err *err);
/* The same, and HY_E_USAGE when no rules directory is named. */
HY_MUST_CHECK int hy_role_resolve_office(const struct hy_role_opts *given, struct hy_role *ret,
                                         struct hy_err *err);
void hy_role_release(struct hy_role *r);
