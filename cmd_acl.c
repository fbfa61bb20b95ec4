/* SPDX-License-Identifier: Apache-2.0 */
/* `huiying acl`: users for a Redis that is not the private one. */
#include "acl.h"

#include "core/buf.h"
#include "core/command.h"
#include "core/datadir.h"
#include "core/mem.h"
#include "core/redis_url.h"
#include "rules/offices.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct opts {
    const char *config, *out, *redis, *offices;
};

extern const struct hy_command hy_cmd_acl;

/* Everybody who needs a user: a role once for all offices, or once for each of several. */
struct users {
    struct hy_offices *offices; /* NULL: whatever the offices are, one user does for all */
    HY_VEC(struct hy_acl_who) v;
};

static void users_release(struct users *u)
{
    hy_vec_release(&u->v);
    hy_offices_free(u->offices);
}

static int list_users(const char *config, struct users *u, struct hy_err *err)
{
    if (config && hy_offices_load(config, NULL, &u->offices, err) < 0)
        return err->code;
    bool several = u->offices && u->offices->several;
    for (size_t i = 0; hy_acl_role(i); i++) {
        const char *role = hy_acl_role(i);
        bool each = u->offices && !hy_acl_for_all(role);
        for (size_t k = 0; each && k < u->offices->n; k++)
            hy_vec_push(&u->v,
                        ((struct hy_acl_who){role, u->offices->at[k]->office, several}));
        if (!each || (several && strcmp(role, "archive") == 0)) /* one more takes the captures */
            hy_vec_push(&u->v, ((struct hy_acl_who){.role = role}));
    }
    hy_vec_push(&u->v, (struct hy_acl_who){0});
    return HY_OK;
}

static void print_rules(const struct users *u)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_acl_nobody(&b);
    for (size_t i = 0; i < u->v.n; i++)
        hy_acl_user(&b, &u->v.v[i], NULL);
    fwrite(b.p, 1, b.n, stdout);
    hy_buf_release(&b);
}

/* Passwords that are in use must not be replaced by a command run twice. */
static int write_new(const char *dir, const char *name, struct hy_str text, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/%s", dir, name);

    if (access(path, F_OK) == 0)
        return hy_fail(err, HY_E_STATE,
                       "%s is there already; move it away first (new passwords count only after "
                       "Redis and every role were started again with them)",
                       path);
    return hy_datadir_replace(path, text, err);
}

/* VARIABLE=URL with the user in it, which stands behind the scheme in every form. */
static void add_env(struct hy_buf *out, const char *variable, const char *url, const char *name,
                    const char *secret)
{
    const char *rest = strstr(url, "://") + 3;

    hy_buf_printf(out, "%s=%.*s%s:%s@%s\n", variable, (int)(rest - url), url, name, secret, rest);
}

/* "board.env", "board-qingxi.env", "huiying.env". */
static int write_user(const struct opts *o, const struct hy_acl_who *who, struct hy_buf *acl,
                      struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *name = hy_acl_name(who);
    const char *dash = strchr(name, '-');
    HY_CLEANUP(hy_freep) char *file = hy_xasprintf("%s.env", dash ? dash + 1 : name);
    struct hy_buf env = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    char secret[HY_ACL_SECRET];

    hy_acl_secret(secret);
    hy_acl_user(acl, who, secret);
    add_env(&env, "HUIYING_REDIS", o->redis, name, secret);
    if (o->offices)
        add_env(&env, "HUIYING_OFFICES", o->offices, name, secret);
    int rc = write_new(o->out, file, hy_buf_view(&env), err);
    hy_buf_release(&env);
    return rc;
}

static int check_urls(const struct opts *o, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *both =
        hy_xasprintf("%s%s%s", o->redis, o->offices ? " " : "", o->offices ? o->offices : "");
    HY_CLEANUP(hy_redis_places_release) struct hy_redis_places at = {0};

    if (hy_redis_places_open(both, &at, err) < 0)
        return err->code;
    if (at.crawl.user || at.offices.user)
        return hy_fail(err, HY_E_USAGE, "the address without user and password: these are made");
    return HY_OK;
}

static int write_all(const struct opts *o, const struct users *u, struct hy_err *err)
{
    struct hy_buf acl = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    int rc = HY_OK;

    if (check_urls(o, err) < 0)
        return err->code;
    if (mkdir(o->out, 0700) < 0 && errno != EEXIST)
        return hy_fail_errno(err, "cannot create %s", o->out);
    hy_acl_nobody(&acl);
    for (size_t i = 0; rc == HY_OK && i < u->v.n; i++)
        rc = write_user(o, &u->v.v[i], &acl, err);
    if (rc == HY_OK)
        rc = write_new(o->out, "users.acl", hy_buf_view(&acl), err);
    hy_buf_release(&acl);
    return rc;
}

static int acl(const struct opts *o, int nargs, char **args, struct hy_err *err)
{
    HY_CLEANUP(users_release) struct users u = {0};

    if (nargs)
        return hy_fail(err, HY_E_USAGE, "what is \"%s\"? acl takes options only", args[0]);
    if (!o->out != !o->redis)
        return hy_fail(err, HY_E_USAGE, "--out and --redis go together");
    if (list_users(o->config, &u, err) < 0)
        return err->code;
    if (!o->out)
        return print_rules(&u), HY_OK;
    if (write_all(o, &u, err) < 0)
        return err->code;
    printf("%s/users.acl for Redis (aclfile), and one .env per role.  docs/SECURITY.md says where "
           "they go.\n",
           o->out);
    return HY_OK;
}

static int run(const void *options, int nargs, char **args)
{
    struct hy_err err = HY_ERR_INIT;

    return acl(options, nargs, args, &err) < 0 ? hy_command_fail(&hy_cmd_acl, &err) : HY_EXIT_OK;
}

static const struct hy_opt rows[] = {
    {"config", 'c', HY_OPT_TEXT, offsetof(struct opts, config), "DIR",
     "a user per office for roles that work for one (default: one per role, for any office)"},
    {"out", 'o', HY_OPT_TEXT, offsetof(struct opts, out), "DIR",
     "write users.acl and ROLE.env with new passwords there (mode 0600)"},
    {"redis", 0, HY_OPT_TEXT, offsetof(struct opts, redis), "URL",
     "the Redis these users are for, without user and password"},
    {"offices", 0, HY_OPT_TEXT, offsetof(struct opts, offices), "URL",
     "the other one, where offices live apart: it takes the same users.acl"},
    {NULL},
};

const struct hy_command hy_cmd_acl = {
    .name = "acl",
    .usage = "[-c DIR] [--out DIR --redis URL [--offices URL]]",
    .summary = "users of Redis, one per role, for a Redis of your own",
    .details = "Without options prints what each role may do, without passwords.  The private Redis "
               "of\n`huiying run` has such users by itself, with new passwords at every start.\n\n"
               "Example:\n  huiying acl --out /root/huiying-redis --redis redis://10.0.0.5:6379",
    .opts = rows,
    .opts_size = sizeof(struct opts),
    .run = run,
};
