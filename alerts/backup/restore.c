/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/backup/backup.h"

#include "archive/pack.h"
#include "core/hash.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/progress.h"
#include "rules/office.h"
#include "rules/offices.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct restore {
    const char *path;
    const char *office; /* of several the only one that is wanted; NULL: everything */
    char *fresh; /* beside the data directory, which it becomes */
    struct hy_backup_sum sum;
    struct hy_progress bar;
};

static void heard(const char *name, int64_t size, void *user)
{
    struct restore *r = user;

    (void)name;
    r->sum.files++;
    r->sum.bytes += size;
    hy_progress_at(&r->bar, (size_t)r->sum.files);
}

/* ---- held against the manifest ---- */

static int digest(const char *path, int64_t *ret_size, char out[HY_SHA256_HEX], struct hy_err *err)
{
    FILE *f = fopen(path, "re");
    struct hy_sha256 sum;
    char part[1 << 16];
    size_t n;

    *ret_size = 0;
    if (f == NULL)
        return hy_fail_errno(err, "%s", path);
    hy_sha256_init(&sum);
    while ((n = fread(part, 1, sizeof(part), f)) > 0) {
        hy_sha256_add(&sum, hy_str_n(part, n));
        *ret_size += (int64_t)n;
    }
    fclose(f);
    hy_sha256_end(&sum, out);
    return HY_OK;
}

static int check_file(const struct restore *r, const json_t *row, struct hy_err *err)
{
    const char *name = json_string_value(json_object_get(row, "name"));
    char sha256[HY_SHA256_HEX];
    int64_t size;

    if (name == NULL)
        return hy_fail(err, HY_E_PARSE, "%s: manifest.json has a file without a name", r->path);
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/%s", r->fresh, name);
    if (digest(path, &size, sha256, err) < 0)
        return hy_fail(err, HY_E_PARSE, "%s is damaged: %s is missing", r->path, name);
    if (size != hy_json_int(row, "size", -1) || !hy_str_is(hy_json_str(row, "sha256"), sha256))
        return hy_fail(err, HY_E_PARSE, "%s is damaged: %s is not what was backed up", r->path,
                       name);
    return HY_OK;
}

static int read_manifest(const struct restore *r, json_t **ret, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/manifest.json", r->fresh);
    struct hy_buf text = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_err why = HY_ERR_INIT;
    int rc = hy_buf_read_file(&text, path, &why);

    if (rc == HY_OK)
        rc = hy_json_parse(hy_buf_view(&text), ret, &why);
    hy_buf_release(&text);
    if (rc < 0)
        return hy_fail(err, HY_E_PARSE, "%s is no complete backup: manifest.json: %s", r->path,
                       why.msg);
    if (hy_json_int(*ret, "version", 0) > HY_BACKUP_VERSION)
        return hy_fail(err, HY_E_STATE, "%s was made by a newer huiying (%s); install that one",
                       r->path, json_string_value(json_object_get(*ret, "huiying")));
    return HY_OK;
}

static int check_all(struct restore *r, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *manifest = NULL;
    size_t i;
    json_t *row;

    if (read_manifest(r, &manifest, err) < 0)
        return err->code;
    json_array_foreach (json_object_get(manifest, "files"), i, row)
        if (check_file(r, row, err) < 0)
            return err->code;
    json_array_foreach (json_object_get(manifest, "journal"), i, row)
        r->sum.lines += hy_json_int(row, "lines", 0);
    return HY_OK;
}

/* ---- put where it is used ---- */

static int make_dir(const char *path, struct hy_err *err)
{
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return hy_fail_errno(err, "cannot create %s", path);
    return HY_OK;
}

static int write_text(const char *path, const char *text, struct hy_err *err)
{
    FILE *f = fopen(path, "we");
    bool ok = f && fputs(text, f) >= 0;

    if (f && fclose(f) != 0)
        ok = false;
    return ok ? HY_OK : hy_fail_errno(err, "cannot write %s", path);
}

/* Redis 7 with appendonly reads a manifest that names a base file, and the base may be an RDB. */
static int place_redis(const struct restore *r, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *rdb = hy_xasprintf("%s/redis.rdb", r->fresh);
    HY_CLEANUP(hy_freep) char *redis = hy_xasprintf("%s/redis", r->fresh);
    HY_CLEANUP(hy_freep) char *dir = hy_xasprintf("%s/appendonlydir", redis);
    HY_CLEANUP(hy_freep) char *base = hy_xasprintf("%s/appendonly.aof.1.base.rdb", dir);
    HY_CLEANUP(hy_freep) char *list = hy_xasprintf("%s/appendonly.aof.manifest", dir);

    if (access(rdb, F_OK) < 0)
        return HY_OK;
    if (make_dir(redis, err) < 0 || make_dir(dir, err) < 0)
        return err->code;
    if (rename(rdb, base) < 0)
        return hy_fail_errno(err, "cannot move %s", rdb);
    return write_text(list, "file appendonly.aof.1.base.rdb seq 1 type b\n", err);
}

static bool is_rules_of(const char *dir, const char *office)
{
    struct hy_err ignored = HY_ERR_INIT;
    struct hy_diag *d = hy_diag_new();
    struct hy_rules *rules = NULL;
    bool is = hy_rules_load(dir, &rules, d, &ignored) == HY_OK &&
              hy_str_is(hy_str(rules->office->id), office);

    hy_rules_free(rules);
    hy_diag_free(d);
    return is;
}

/* Its directory may be called otherwise than the office.  NULL: its rules are not there, or broken. */
static char *rules_of(const char *all, const char *office)
{
    struct hy_texts names = {0};
    struct hy_err ignored = HY_ERR_INIT;
    char *found = NULL;

    if (hy_offices_names(all, &names, &ignored) == HY_OK)
        for (size_t i = 0; i < names.n && found == NULL; i++) {
            HY_CLEANUP(hy_freep) char *dir = hy_xasprintf("%s/%s", all, names.v[i]);
            if (is_rules_of(dir, office))
                found = HY_TAKE(dir);
        }
    hy_offices_names_release(&names);
    return found;
}

/* The rules of the backup go where they were asked for, or stay behind. */
static int place_rules(const struct restore *r, const char *to, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *all = hy_xasprintf("%s/rules", r->fresh);

    if (to == NULL || access(all, F_OK) < 0)
        return HY_OK;
    HY_CLEANUP(hy_freep) char *from = r->office ? rules_of(all, r->office) : HY_TAKE(all);
    if (from == NULL)
        return hy_fail(err, HY_E_NOTFOUND, "%s holds no rules of %s that load; ask without --rules",
                       r->path, r->office);
    rmdir(to); /* empty, or not there */
    if (rename(from, to) == 0)
        return HY_OK;
    return hy_fail_errno(err, "cannot put the rules to %s (they stay in %s)", to, from);
}

static bool is_empty(const char *dir)
{
    struct dirent **list = NULL;
    int n = scandir(dir, &list, NULL, NULL);

    for (int i = 0; i < n; i++)
        free(list[i]);
    free(list);
    return n < 0 ? errno == ENOENT : n <= 2;
}

/* The service's user owned the empty directory; root restores, and the service must read it. */
static struct stat owner; /* nftw hands nothing on */

static int give_entry(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return lchown(path, owner.st_uid, owner.st_gid);
}

static int give_to_owner(const struct restore *r, const char *data, struct hy_err *err)
{
    if (geteuid() != 0 || stat(data, &owner) < 0)
        return HY_OK;
    return nftw(r->fresh, give_entry, 8, FTW_PHYS) == 0
               ? HY_OK
               : hy_fail_errno(err, "cannot give %s to the owner of %s", r->fresh, data);
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

static int unpack_and_check(struct restore *r, struct hy_err *err)
{
    int rc = hy_unpack(r->path, r->fresh, heard, r, err);

    return rc < 0 ? rc : check_all(r, err);
}

/* Of everything only what is the office's stays in r->fresh, as the data of one office. */
static int keep_office(struct restore *r, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *part = hy_xasprintf("%s/offices/%s", r->fresh, r->office);
    HY_CLEANUP(hy_freep) char *alone = hy_xasprintf("%s.office", r->fresh);

    if (strchr(r->office, '/') || r->office[0] == '.' || access(part, F_OK) < 0)
        return hy_fail(err, HY_E_NOTFOUND, "%s holds no office %s among several", r->path,
                       r->office);
    if (rename(part, alone) < 0 || nftw(r->fresh, remove_entry, 8, FTW_DEPTH | FTW_PHYS) != 0 ||
        rename(alone, r->fresh) < 0)
        return hy_fail_errno(err, "cannot move %s", part);
    return HY_OK;
}

static int put_office_in_place(struct restore *r, const char *data, const char *rules,
                               struct hy_err *err)
{
    /* the rules first: they lie in what keep_office() removes */
    if (place_rules(r, rules, err) < 0 || keep_office(r, err) < 0 ||
        give_to_owner(r, data, err) < 0)
        return err->code;
    rmdir(data); /* empty, or not there */
    return rename(r->fresh, data) == 0 ? HY_OK : hy_fail_errno(err, "cannot put it to %s", data);
}

static int put_in_place(struct restore *r, const char *data, const char *rules, struct hy_err *err)
{
    if (place_redis(r, err) < 0 || give_to_owner(r, data, err) < 0 ||
        place_rules(r, rules, err) < 0)
        return err->code;
    rmdir(data); /* empty, or not there */
    if (rename(r->fresh, data) < 0)
        return hy_fail_errno(err, "cannot put it to %s", data);
    return HY_OK;
}

static int restore(const char *path, const char *office, const char *data, const char *rules,
                   struct hy_backup_sum *ret, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *fresh = hy_xasprintf("%s.restore-XXXXXX", data);
    struct restore r = {.path = path, .office = office, .bar = hy_progress_new("恢复", 0)};
    int rc = HY_OK;

    if (!is_empty(data))
        return hy_fail(err, HY_E_STATE,
                       "%s is not empty: move it away first, nothing is overwritten", data);
    if (rules && !is_empty(rules))
        return hy_fail(err, HY_E_STATE,
                       "%s is not empty: name another directory for the rules, or none", rules);
    if ((r.fresh = mkdtemp(fresh)) == NULL)
        return hy_fail_errno(err, "cannot write beside %s", data);
    rc = unpack_and_check(&r, err);
    if (rc == HY_OK)
        rc = office ? put_office_in_place(&r, data, rules, err)
                    : put_in_place(&r, data, rules, err);
    hy_progress_end(&r.bar);
    if (rc < 0)
        nftw(r.fresh, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    *ret = r.sum;
    return rc;
}

int hy_restore(const char *path, const char *data, const char *rules, struct hy_backup_sum *ret,
               struct hy_err *err)
{
    return restore(path, NULL, data, rules, ret, err);
}

int hy_restore_office(const char *path, const char *office, const char *data, const char *rules,
                      struct hy_backup_sum *ret, struct hy_err *err)
{
    return restore(path, office, data, rules, ret, err);
}
