/* SPDX-License-Identifier: Apache-2.0 */
/* The way from the files to a state: the newest snapshot that counts, then the rest of the mirror. */
#include "alerts/keep/keep.h"

#include "core/log.h"
#include "core/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MIRRORS = 9 };

/* ---- the mirror ---- */

static char *mirror_path(const struct hy_keep *k, int slot)
{
    return slot == 1 ? hy_xasprintf("%s/journal/%s.jsonl", k->role->data, k->office)
                     : hy_xasprintf("%s/journal/%s.%d.jsonl", k->role->data, k->office, slot);
}

static off_t size_of(const char *path)
{
    struct stat st;

    return stat(path, &st) < 0 ? 0 : st.st_size;
}

static int make_directory(const struct hy_keep *k, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *dir = hy_xasprintf("%s/journal", k->role->data);

    if (mkdir(k->role->data, 0700) < 0 && errno != EEXIST)
        return hy_fail_errno(err, "%s", k->role->data);
    if (mkdir(dir, 0700) < 0 && errno != EEXIST)
        return hy_fail_errno(err, "%s", dir);
    return HY_OK;
}

/* Who holds a mirror is the one keeper with the token beside it.  So a keeper that was killed and
 * started again holds its old lease at once: the lock says that the process before is dead, and the
 * new fence keeps out what it may have left on the wire. */
static void adopt_token(struct hy_keep *k)
{
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s.token", hy_mirror_path(k->mirror));
    char token[sizeof(k->token)] = "";
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    size_t n = sizeof(token) - 1;

    if (fd < 0)
        return; /* only costs the rest of the lease */
    bool there = pread(fd, token, n, 0) == (ssize_t)n && strspn(token, "0123456789abcdef") == n;
    if (there && k->fence == 0) /* while we lead the lease has our name already */
        memcpy(k->token, token, sizeof(token));
    else if (pwrite(fd, k->token, n, 0) != (ssize_t)n)
        hy_log(HY_WARN, "token_not_kept", HY_KV("path", path));
    close(fd);
}

/* The first mirror that no other process holds.  Two keepers on one data directory (one of them
 * perhaps frozen) never write the same file. */
static int open_mirror(struct hy_keep *k, int64_t redis_seq, struct hy_err *err)
{
    off_t held = 0;

    if (make_directory(k, err) < 0)
        return err->code;
    for (int slot = 1; slot <= MIRRORS; slot++) {
        HY_CLEANUP(hy_freep) char *path = mirror_path(k, slot);
        if (redis_seq == 0 && held > 0)
            return hy_fail(err, HY_E_IO, "Redis is empty and another process holds the journal");
        if (hy_mirror_open(path, &k->mirror, err) < 0)
            return err->code;
        if (k->mirror) {
            adopt_token(k);
            return HY_OK;
        }
        held = HY_MAX(held, size_of(path));
    }
    return hy_fail(err, HY_E_IO, "all %d journal files are held by other processes", MIRRORS);
}

int hy_keep_set_aside(const char *path, const char *why, struct hy_err *err)
{
    HY_CLEANUP(hy_freep)
    char *to = hy_xasprintf("%s.%s-%lld", path, why, (long long)hy_wall_now().ms);

    if (rename(path, to) < 0)
        return hy_fail_errno(err, "%s", path);
    hy_log(HY_ERROR, "mirror_set_aside", HY_KV("why", why), HY_KV("kept_as", to));
    return HY_OK;
}

/* ---- folding ---- */

/* A walk over all documents may take longer than a lease.  If it is lost all the same the next script
 * is refused. */
static void keep_lease(void *user)
{
    struct hy_err err = HY_ERR_INIT;
    struct hy_keep *k = user;

    if (!k->posted && hy_keep_hold_on(k, &err) < 0)
        hy_log(HY_WARN, "lease_not_renewed", HY_KV("err", err.msg));
}

static void begin_state(struct hy_keep *k)
{
    hy_state_free(k->state);
    hy_regroup_free(k->regroup);
    hy_snapshot_files_free(HY_TAKE(k->files));
    k->state = hy_state_new();
    k->state->breathe = keep_lease;
    k->state->user = k;
    k->regroup = hy_regroup_new(k->rules);
    k->snapshot_seq = 0;
}

static int try_snapshot(struct hy_keep *k, int64_t seq, struct hy_err *err)
{
    const char *path = hy_mirror_path(k->mirror);
    HY_CLEANUP(hy_json_freep) json_t *entry = NULL;
    struct hy_snapshot_at at;
    char digest[HY_DIGEST_HEX];

    if (hy_snapshot_load(path, k->office, seq, k->state, k->regroup, &at, &k->files, err) < 0 ||
        hy_mirror_seek(k->mirror, at.end, &at.head, &entry, err) < 0)
        return err->code;
    if (!hy_snapshot_is_stated(entry, hy_state_digest(k->state, digest)))
        return hy_fail(err, HY_E_STATE, "line %lld of the journal does not vouch for it",
                       (long long)seq);
    k->snapshot_seq = seq;
    return HY_OK;
}

/* The newest snapshot that counts; without one the mirror is read from its start. */
static int begin_from_snapshot(struct hy_keep *k, struct hy_err *err)
{
    struct hy_snapshot_list list;
    struct hy_head start = HY_HEAD_INIT;
    bool found = false;

    hy_snapshot_list(hy_mirror_path(k->mirror), &list);
    for (size_t i = 0; i < list.n && !found; i++) {
        struct hy_err why = HY_ERR_INIT;
        begin_state(k);
        found = try_snapshot(k, list.v[i], &why) == HY_OK;
        if (!found)
            hy_log(HY_ERROR, "snapshot_refused", HY_KVN("seq", list.v[i]), HY_KV("err", why.msg));
    }
    hy_vec_release(&list);
    if (found)
        return HY_OK;
    begin_state(k);
    return hy_mirror_seek(k->mirror, 0, &start, NULL, err);
}

static int take_line(struct hy_str line, const json_t *entry, void *user, struct hy_err *err)
{
    struct hy_keep *k = user;

    (void)line;
    if (hy_apply(k->state, entry, err) < 0)
        return err->code;
    hy_regroup_note(k->regroup, entry);
    hy_state_cool(k->state, HY_HOT_BYTES);
    return hy_keep_hold_on(k, err);
}

static int fold_mirror(struct hy_keep *k, struct hy_err *err)
{
    if (begin_from_snapshot(k, err) < 0 || hy_mirror_read(k->mirror, take_line, k, err) < 0)
        return err->code;
    k->known = k->state->head = hy_mirror_head(k->mirror);
    return HY_OK;
}

static bool is_damage(int rc)
{
    return rc == HY_E_PARSE || rc == HY_E_STATE;
}

int hy_keep_fold(struct hy_keep *k, int64_t redis_seq, struct hy_err *err)
{
    if (open_mirror(k, redis_seq, err) < 0)
        return err->code;
    int rc = fold_mirror(k, err);
    if (!is_damage(rc) || redis_seq == 0)
        return rc;
    hy_log(HY_ERROR, "mirror_damaged", HY_KV("err", err->msg));
    HY_CLEANUP(hy_freep) char *path = hy_xstrdup(hy_mirror_path(k->mirror));
    hy_mirror_close(HY_TAKE(k->mirror));
    if (hy_keep_set_aside(path, "damaged", err) < 0 || open_mirror(k, redis_seq, err) < 0)
        return err->code;
    return fold_mirror(k, err);
}

void hy_keep_unload(struct hy_keep *k)
{
    k->posted = false;
    if (k->mirror)
        k->known = hy_mirror_head(k->mirror);
    hy_hold_close(HY_TAKE(k->hold)); /* before the mirror, whose lock guards it */
    hy_mirror_close(HY_TAKE(k->mirror));
    hy_state_free(HY_TAKE(k->state));
    hy_regroup_free(HY_TAKE(k->regroup));
    hy_snapshot_files_free(HY_TAKE(k->files));
    freeReplyObject(HY_TAKE(k->timers));
    hy_backlog_free(HY_TAKE(k->backlog));
}
