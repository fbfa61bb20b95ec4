/* SPDX-License-Identifier: Apache-2.0 */
/* `huiying acl`: users for a Redis that is not the private one. */
#include "acl.h"

#include "core/buf.h"
#include "core/command.h"
#include "core/datadir.h"
#include "core/mem.h"
#include "core/redis_url.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct opts {
    const char *out, *redis, *offices;
};

extern const struct hy_command hy_cmd_acl;

static void print_rules(void)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_acl_nobody(&b);
    for (size_t i = 0; hy_acl_role(i); i++)
        hy_acl_user(&b, hy_acl_role(i), NULL);
    hy_acl_user(&b, NULL, NULL);
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
static void add_env(struct hy_buf *out, const char *variable, const char *url, const char *role,
                    const char *secret)
{
    const char *rest = strstr(url, "://") + 3;

    hy_buf_printf(out, "%s=%.*shuiying%s%s:%s@%s\n", variable, (int)(rest - url), url,
                  role ? "-" : "", role ? role : "", secret, rest);
}

static int write_user(const struct opts *o, const char *role, struct hy_buf *acl,
                      struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *name = hy_xasprintf("%s.env", role ? role : "huiying");
    struct hy_buf env = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    char secret[HY_ACL_SECRET];

    hy_acl_secret(secret);
    hy_acl_user(acl, role, secret);
    add_env(&env, "HUIYING_REDIS", o->redis, role, secret);
    if (o->offices)
        add_env(&env, "HUIYING_OFFICES", o->offices, role, secret);
    int rc = write_new(o->out, name, hy_buf_view(&env), err);
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

static int write_all(const struct opts *o, struct hy_err *err)
{
    struct hy_buf acl = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    int rc = HY_OK;

    if (check_urls(o, err) < 0)
        return err->code;
    if (mkdir(o->out, 0700) < 0 && errno != EEXIST)
        return hy_fail_errno(err, "cannot create %s", o->out);
    hy_acl_nobody(&acl);
    for (size_t i = 0; rc == HY_OK && hy_acl_role(i); i++)
        rc = write_user(o, hy_acl_role(i), &acl, err);
    if (rc == HY_OK)
        rc = write_user(o, NULL, &acl, err);
    if (rc == HY_OK)
        rc = write_new(o->out, "users.acl", hy_buf_view(&acl), err);
    hy_buf_release(&acl);
    return rc;
}

static int run(const void *options, int nargs, char **args)
{
    const struct opts *o = options;
    struct hy_err err = HY_ERR_INIT;

    if (nargs)
        return hy_fail(&err, HY_E_USAGE, "what is \"%s\"? acl takes options only", args[0]),
               hy_command_fail(&hy_cmd_acl, &err);
    if (!o->out != !o->redis)
        return hy_fail(&err, HY_E_USAGE, "--out and --redis go together"),
               hy_command_fail(&hy_cmd_acl, &err);
    if (!o->out)
        return print_rules(), HY_EXIT_OK;
    if (write_all(o, &err) < 0)
        return hy_command_fail(&hy_cmd_acl, &err);
    printf("%s/users.acl for Redis (aclfile), and one .env per role.  docs/SECURITY.md says where "
           "they go.\n",
           o->out);
    return HY_EXIT_OK;
}

static const struct hy_opt rows[] = {
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
    .usage = "[--out DIR --redis URL [--offices URL]]",
    .summary = "users of Redis, one per role, for a Redis of your own",
    .details = "Without options prints what each role may do, without passwords.  The private Redis "
               "of\n`huiying run` has such users by itself, with new passwords at every start.\n\n"
               "Example:\n  huiying acl --out /root/huiying-redis --redis redis://10.0.0.5:6379",
    .opts = rows,
    .opts_size = sizeof(struct opts),
    .run = run,
};
