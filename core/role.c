/* SPDX-License-Identifier: Apache-2.0 */
#include "core/role.h"

#include "core/buf.h"
#include "core/manager.h"
#include "core/mem.h"
#include "core/redis.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { URL_CAP = 4096 };

/* Where the package puts them: an administrator on an installed system need not name them. */
#define INSTALLED_OFFICE "/etc/huiying/office"
#define INSTALLED_DATA "/var/lib/huiying"

static const char *first_of(const char *given, const char *variable)
{
    const char *env = getenv(variable);

    if (given)
        return given;
    return env && *env ? env : NULL;
}

static const char *if_there(const char *path)
{
    return access(path, F_OK) == 0 ? path : NULL;
}

static const char *config_of(const struct hy_role_opts *given)
{
    const char *named = first_of(given->config, "HUIYING_CONFIG");

    return named ? named : if_there(INSTALLED_OFFICE);
}

/* ./data of whoever tries it in a checkout comes before the installed one. */
static const char *data_of(const struct hy_role_opts *given)
{
    const char *named = first_of(given->data, "HUIYING_DATA");

    if (named == NULL && if_there("data") == NULL)
        named = if_there(INSTALLED_DATA);
    return named ? named : "data";
}

/* Absolute without asking the file system: the directory may not exist yet. */
static char *absolute(const char *path)
{
    char cwd[PATH_MAX];

    if (path[0] == '/' || getcwd(cwd, sizeof(cwd)) == NULL)
        return hy_xstrdup(path);
    while (strncmp(path, "./", 2) == 0)
        path += 2;
    return hy_xasprintf("%s/%s", cwd, path);
}

/* What `run` left for the commands that come after it. */
static char *url_of_data(const char *data)
{
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/redis.url", data);
    struct hy_buf b = HY_BUF_INIT(URL_CAP);
    struct hy_err ignored = HY_ERR_INIT;
    char *url = NULL;

    if (hy_buf_read_file(&b, path, &ignored) == HY_OK && hy_str_trim(hy_buf_view(&b)).n)
        url = hy_str_dup(hy_str_trim(hy_buf_view(&b)));
    hy_buf_release(&b);
    return url ? url : hy_xasprintf("unix://%s/redis.sock", data);
}

static int directory(const char *path, struct hy_err *err)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return hy_fail_errno(err, "rules directory %s", path);
    if (!S_ISDIR(st.st_mode))
        return hy_fail(err, HY_E_IO, "rules directory %s: not a directory", path);
    return HY_OK;
}

/* What `run` hands to its roles may have both already. */
static int join_offices(struct hy_role *r, const char *offices, struct hy_err *err)
{
    struct hy_redis_places p;

    if (hy_redis_check_url(r->redis, err) < 0)
        return err->code;
    if (offices == NULL)
        return HY_OK;
    r->offices = hy_xstrdup(offices);
    if (hy_redis_places_open(r->redis, &p, err) < 0)
        return err->code;
    bool apart = p.apart;
    hy_redis_places_release(&p);
    if (apart)
        return HY_OK;
    HY_CLEANUP(hy_freep) char *crawl = HY_TAKE(r->redis);
    r->redis = hy_xasprintf("%s %s", crawl, offices);
    return hy_redis_check_url(r->redis, err);
}

int hy_role_resolve(const struct hy_role_opts *given, struct hy_role *ret, struct hy_err *err)
{
    const char *config = config_of(given);
    const char *redis = first_of(given->redis, "HUIYING_REDIS");
    const char *data = data_of(given);
    HY_CLEANUP(hy_role_release) struct hy_role r = {0};

    r.data = absolute(data);
    r.redis = redis ? hy_xstrdup(redis) : url_of_data(r.data);
    if (join_offices(&r, first_of(given->offices, "HUIYING_OFFICES"), err) < 0)
        return err->code;
    if (config) {
        if (directory(config, err) < 0)
            return err->code;
        r.config = absolute(config);
    }
    *ret = r;
    r = (struct hy_role){0};
    return HY_OK;
}

int hy_role_resolve_office(const struct hy_role_opts *given, struct hy_role *ret,
                           struct hy_err *err)
{
    if (config_of(given) == NULL)
        return hy_fail(err, HY_E_USAGE, "whose rules? Name the office's directory: -c DIR");
    return hy_role_resolve(given, ret, err);
}

void hy_role_release(struct hy_role *r)
{
    free(r->config);
    free(r->redis);
    free(r->offices);
    free(r->data);
    *r = (struct hy_role){0};
}
