/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/backup/backup.h"

#include "archive/db.h"
#include "archive/pack.h"
#include "core/hash.h"
#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/redis_cluster.h"
#include "core/redis_sentinel.h"
#include "core/progress.h"
#include "rules/offices.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct backup {
    const struct hy_role *role;
    struct hy_pack *pack;
    json_t *files, *journals;
    char *scratch; /* beside the backup: copies made for it */
    struct hy_backup_sum sum;
    struct hy_progress bar;
};

static int add(struct backup *b, const char *name, const char *path, struct hy_err *err)
{
    char sha256[HY_SHA256_HEX];
    int64_t size;

    if (hy_pack_add_file(b->pack, name, path, &size, sha256, err) < 0)
        return err->code;
    json_array_append_new(b->files, json_pack("{s:s,s:I,s:s}", "name", name, "size",
                                              (json_int_t)size, "sha256", sha256));
    b->sum.files++;
    b->sum.bytes += size;
    hy_progress_at(&b->bar, (size_t)b->sum.files);
    return HY_OK;
}

/* Every plain file of a directory whose name `wanted` likes; not what lies in folders inside. */
static int add_dir(struct backup *b, const char *name, const char *dir,
                   bool (*wanted)(const char *name), struct hy_err *err)
{
    struct dirent **list = NULL;
    int n = scandir(dir, &list, NULL, alphasort), rc = HY_OK;

    for (int i = 0; i < n; i++) {
        HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/%s", dir, list[i]->d_name);
        HY_CLEANUP(hy_freep) char *inside = hy_xasprintf("%s/%s", name, list[i]->d_name);
        struct stat st;
        if (rc == HY_OK && list[i]->d_name[0] != '.' && stat(path, &st) == 0 &&
            S_ISREG(st.st_mode) && (wanted == NULL || wanted(list[i]->d_name)))
            rc = add(b, inside, path, err);
        free(list[i]);
    }
    free(list);
    if (n < 0 && errno != ENOENT)
        return hy_fail_errno(err, "cannot read %s", dir);
    return rc;
}

/* ---- Redis ---- */

/* redis-cli speaks the protocol of a replica and so gets the state of one moment from any Redis,
 * ours or another's, without stopping it. */
static int fetch_rdb(struct hy_redis_address at, const char *to, struct hy_err *err)
{
    posix_spawn_file_actions_t fa;
    extern char **environ;
    char port[16];
    pid_t pid;
    int status = 0;

    snprintf(port, sizeof(port), "%d", at.port);
    const char *argv[] = {"redis-cli", "--rdb", to, at.path ? "-s" : "-h", at.path ? at.path : at.host,
                          "-p", port, at.user ? "--user" : NULL, at.user, NULL};
    if (at.password)
        setenv("REDISCLI_AUTH", at.password, 1); /* not in the list of processes */
    posix_spawn_file_actions_init(&fa);
    posix_spawn_file_actions_addopen(&fa, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&fa, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    int failed = posix_spawnp(&pid, argv[0], &fa, NULL, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&fa);
    unsetenv("REDISCLI_AUTH");
    if (failed)
        return hy_fail(err, HY_E_STATE, "redis-cli is not installed (apt install redis-tools)");
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || access(to, F_OK) < 0)
        return hy_fail(err, HY_E_REDIS,
                       "Redis gives no copy of its data: is the service running? (huiying status)");
    return HY_OK;
}

static int add_rdb(struct backup *b, struct hy_redis_address at, const char *name,
                   struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *rdb = hy_xasprintf("%s/%s", b->scratch, name);

    if (fetch_rdb(at, rdb, err) < 0 || add(b, name, rdb, err) < 0)
        return err->code;
    unlink(rdb);
    return HY_OK;
}

/* Every master of a cluster, or the one Redis.  These are for whoever sets the cluster up again; the
 * keepers fill an empty one from their journals. */
static int add_offices(struct backup *b, struct hy_redis_address *at, struct hy_err *err)
{
    HY_CLEANUP(hy_cluster_release) struct hy_cluster c;

    if (hy_sentinel_locate(at, err) < 0)
        return err->code;
    hy_cluster_init(&c, at);
    if (c.at.seeds.n == 0)
        return add_rdb(b, c.at, "offices.rdb", err);
    if (hy_cluster_ask(&c, err) < 0)
        return err->code;
    for (size_t i = 0; i < c.nodes.n; i++) {
        HY_CLEANUP(hy_freep) char *name = hy_xasprintf("offices-%zu.rdb", i + 1);
        if (add_rdb(b, hy_cluster_address(&c, (int)i), name, err) < 0)
            return err->code;
    }
    return HY_OK;
}

static int add_redis(struct backup *b, struct hy_err *err)
{
    HY_CLEANUP(hy_redis_places_release) struct hy_redis_places at = {0};

    if (hy_redis_places_open(b->role->redis, &at, err) < 0 ||
        hy_sentinel_locate(&at.crawl, err) < 0 || add_rdb(b, at.crawl, "redis.rdb", err) < 0)
        return err->code;
    return at.apart ? add_offices(b, &at.offices, err) : HY_OK;
}

/* ---- the journal ---- */

static bool is_mirror(const char *name)
{
    return hy_str_ends(hy_str(name), HY_STR(".jsonl"));
}

/* Whole lines only: what follows the last line end is being written and not acknowledged. */
static int copy_lines(const char *from, const char *to, int64_t *ret_lines, struct hy_err *err)
{
    FILE *in = fopen(from, "re"), *out = fopen(to, "we");
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    bool ok = in && out;

    *ret_lines = 0;
    while (ok && (n = getline(&line, &room, in)) > 0 && line[n - 1] == '\n') {
        ok = fwrite(line, 1, (size_t)n, out) == (size_t)n;
        ++*ret_lines;
    }
    ok = ok && !ferror(in);
    if (in)
        fclose(in);
    if (out && fclose(out) != 0)
        ok = false;
    free(line);
    return ok ? HY_OK : hy_fail_errno(err, "cannot copy %s to %s", from, to);
}

/* `part`: "", or of one office of several "offices/ID/". */
static int add_mirror(struct backup *b, const char *part, const char *dir, const char *name,
                      struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *from = hy_xasprintf("%s/%s", dir, name);
    HY_CLEANUP(hy_freep) char *copy = hy_xasprintf("%s/%s", b->scratch, name);
    HY_CLEANUP(hy_freep) char *inside = hy_xasprintf("%sjournal/%s", part, name);
    int64_t lines;

    if (copy_lines(from, copy, &lines, err) < 0 || add(b, inside, copy, err) < 0)
        return err->code;
    unlink(copy);
    json_array_append_new(b->journals,
                          json_pack("{s:s,s:I}", "file", inside, "lines", (json_int_t)lines));
    b->sum.lines += lines;
    return HY_OK;
}

static int add_journal(struct backup *b, const char *part, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *dir = hy_xasprintf("%s/%sjournal", b->role->data, part);
    struct dirent **list = NULL;
    int n = scandir(dir, &list, NULL, alphasort), rc = HY_OK;

    for (int i = 0; i < n; i++) {
        if (rc == HY_OK && is_mirror(list[i]->d_name))
            rc = add_mirror(b, part, dir, list[i]->d_name, err);
        free(list[i]);
    }
    free(list);
    return rc;
}

/* ---- archive, accounts, rules ---- */

static int add_archive(struct backup *b, const char *part, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/%sarchive/archive.db", b->role->data, part);
    HY_CLEANUP(hy_freep) char *pages = hy_xasprintf("%s/%sarchive/pages", b->role->data, part);
    HY_CLEANUP(hy_freep) char *name = hy_xasprintf("%sarchive/archive.db", part);
    HY_CLEANUP(hy_freep) char *copy = hy_xasprintf("%s/archive.db", b->scratch);
    HY_CLEANUP(hy_db_closep) struct hy_db *db = NULL;

    if (hy_db_open(path, HY_DB_READ, &db, err) < 0)
        return err->code == HY_E_NOTFOUND ? HY_OK : err->code;
    if (hy_db_run(db, err, "VACUUM INTO ?", "t", hy_str(copy)) < 0 ||
        add(b, name, copy, err) < 0)
        return err->code;
    unlink(copy);
    for (int i = 0; i < 256; i++) {
        HY_CLEANUP(hy_freep) char *dir = hy_xasprintf("%s/%02x", pages, i);
        HY_CLEANUP(hy_freep) char *inside = hy_xasprintf("%sarchive/pages/%02x", part, i);
        if (add_dir(b, inside, dir, NULL, err) < 0)
            return err->code;
    }
    return HY_OK;
}

static int add_accounts(struct backup *b, const char *part, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/%susers.yaml", b->role->data, part);
    HY_CLEANUP(hy_freep) char *inside = hy_xasprintf("%susers.yaml", part);

    return access(path, F_OK) == 0 ? add(b, inside, path, err) : HY_OK;
}

static bool is_rule(const char *name)
{
    return hy_str_ends(hy_str(name), HY_STR(".yaml"));
}

/* `below`: "", or of one office of several "/" and the name of its directory. */
static int add_rules_of(struct backup *b, const char *below, struct hy_err *err)
{
    static const char *const folders[] = {"", "/lexicon", "/calendar"};

    for (size_t i = 0; i < HY_COUNT(folders); i++) {
        HY_CLEANUP(hy_freep)
        char *dir = hy_xasprintf("%s%s%s", b->role->config, below, folders[i]);
        HY_CLEANUP(hy_freep) char *inside = hy_xasprintf("rules%s%s", below, folders[i]);
        if (add_dir(b, inside, dir, is_rule, err) < 0)
            return err->code;
    }
    return HY_OK;
}

static int add_rules(struct backup *b, struct hy_err *err)
{
    struct hy_texts names = {0};
    int rc = HY_OK;

    if (b->role->config == NULL)
        return HY_OK;
    if (!hy_offices_several(b->role->config))
        return add_rules_of(b, "", err);
    rc = hy_offices_names(b->role->config, &names, err);
    for (size_t i = 0; i < names.n && rc == HY_OK; i++) {
        HY_CLEANUP(hy_freep) char *below = hy_xasprintf("/%s", names.v[i]);
        rc = add_rules_of(b, below, err);
    }
    hy_offices_names_release(&names);
    return rc;
}

/* ---- all of it ---- */

static int add_part(struct backup *b, const char *part, struct hy_err *err)
{
    if (add_journal(b, part, err) < 0 || add_accounts(b, part, err) < 0)
        return err->code;
    return add_archive(b, part, err);
}

/* What each of several offices has of its own lies in DATA/offices/ID. */
static int add_parts(struct backup *b, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *dir = hy_xasprintf("%s/offices", b->role->data);
    struct dirent **list = NULL;
    int n = scandir(dir, &list, NULL, alphasort), rc = add_part(b, "", err);

    for (int i = 0; i < n; i++) {
        HY_CLEANUP(hy_freep) char *part = hy_xasprintf("offices/%s/", list[i]->d_name);
        if (rc == HY_OK && list[i]->d_name[0] != '.')
            rc = add_part(b, part, err);
        free(list[i]);
    }
    free(list);
    return rc;
}

static int add_manifest(struct backup *b, hy_wall now, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep)
    json_t *o = json_pack("{s:i,s:s,s:O,s:O}", "version", HY_BACKUP_VERSION, "huiying", HY_VERSION,
                          "files", b->files, "journal", b->journals);

    hy_json_set_time(o, "made", now, 480);
    HY_CLEANUP(hy_freep) char *text = hy_json_text(o);
    return hy_pack_add(b->pack, "manifest.json", hy_str(text), err);
}

static int fill(struct backup *b, hy_wall now, struct hy_err *err)
{
    if (add_redis(b, err) < 0 || add_parts(b, err) < 0 || add_rules(b, err) < 0 ||
        add_manifest(b, now, err) < 0)
        return err->code;
    return hy_pack_finish(b->pack, err);
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

int hy_backup(const struct hy_role *role, const char *path, struct hy_backup_sum *ret,
              struct hy_err *err)
{
    struct backup b = {.role = role, .files = json_array(), .journals = json_array()};
    hy_wall now = hy_wall_now();
    char inside[64];
    struct hy_civil c = hy_civil_of(now, 480);
    HY_CLEANUP(hy_freep) char *scratch = hy_xasprintf("%s.tmp-XXXXXX", path);

    snprintf(inside, sizeof(inside), "huiying-%04d%02d%02d-%02d%02d%02d", c.year, c.month, c.day,
             c.hour, c.minute, c.second);
    b.bar = hy_progress_new("备份", 0);
    int rc = hy_pack_open(path, inside, now, &b.pack, err);
    if (rc == HY_OK && (b.scratch = mkdtemp(scratch)) == NULL)
        rc = hy_fail_errno(err, "cannot write beside %s", path);
    if (rc == HY_OK)
        rc = fill(&b, now, err);
    hy_progress_end(&b.bar);
    hy_pack_close(b.pack);
    if (b.scratch)
        nftw(b.scratch, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    json_decref(b.files);
    json_decref(b.journals);
    *ret = b.sum;
    return rc;
}
