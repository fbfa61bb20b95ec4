/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/blobs.h"

#include "core/zstd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FANOUT = 256, NAME_MAX_BYTES = 96, PACKED_MAX = 64 << 20 };
#define SUFFIX ".zst"

struct hy_blobs {
    char *dir;
    int fd; /* of the directory */
    bool write;
    bool dirty[FANOUT]; /* directories with new names since the last sync */
    bool dirty_top;
};

/* -- names ------------------------------------------------------------------------------------- */

bool hy_blob_is_name(struct hy_str hash)
{
    if (hash.n != HY_SHA256_HEX - 1)
        return false;
    for (size_t i = 0; i < hash.n; i++)
        if (!hy_char_in(hash.p[i], "0123456789abcdef"))
            return false;
    return true;
}

static const char *name_of(struct hy_str hash, char out[NAME_MAX_BYTES])
{
    snprintf(out, NAME_MAX_BYTES, "%.2s/" HY_STR_FMT SUFFIX, hash.p, HY_STR_ARG(hash));
    return out;
}

static int digit(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

static int slot_of(struct hy_str hash)
{
    return digit(hash.p[0]) * 16 + digit(hash.p[1]);
}

static int no_name(struct hy_str hash, struct hy_err *err)
{
    return hy_fail(err, HY_E_USAGE, "“" HY_STR_FMT "”不是 SHA-256（64 位十六进制数）",
                   HY_STR_ARG(hy_str_sub(hash, 0, 80)));
}

/* -- opening ----------------------------------------------------------------------------------- */

int hy_blobs_open(const char *dir, bool write, struct hy_blobs **ret, struct hy_err *err)
{
    HY_CLEANUP(hy_blobs_closep) struct hy_blobs *b = hy_xcalloc(1, sizeof(*b));

    b->fd = -1;
    b->dir = hy_xstrdup(dir);
    b->write = write;
    if (write && mkdir(dir, 0700) < 0 && errno != EEXIST)
        return hy_fail_errno(err, "cannot create %s", dir);
    b->fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (b->fd < 0)
        return hy_fail_errno(err, "%s", dir);
    if (write && mkdirat(b->fd, "new", 0700) < 0 && errno != EEXIST)
        return hy_fail_errno(err, "cannot create %s/new", dir);
    *ret = HY_TAKE(b);
    return HY_OK;
}

void hy_blobs_close(struct hy_blobs *b)
{
    if (b == NULL)
        return;
    if (b->fd >= 0)
        close(b->fd);
    free(b->dir);
    free(b);
}

/* -- writing ----------------------------------------------------------------------------------- */

static int write_all(int fd, struct hy_str s)
{
    while (s.n) {
        ssize_t n = write(fd, s.p, s.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        s = hy_str_sub(s, (size_t)n, s.n);
    }
    return 0;
}

static int write_beside(const struct hy_blobs *b, const char *name, struct hy_str packed,
                        struct hy_err *err)
{
    int fd = openat(b->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return hy_fail_errno(err, "cannot write %s/%s", b->dir, name);
    bool ok = write_all(fd, packed) == 0 && fsync(fd) == 0;
    if (!ok)
        hy_fail_errno(err, "cannot write %s/%s", b->dir, name);
    if (close(fd) < 0 && ok)
        return hy_fail_errno(err, "cannot write %s/%s", b->dir, name);
    return ok ? HY_OK : err->code;
}

/* The directory of the first two digits. */
static int make_slot(struct hy_blobs *b, struct hy_str hash, struct hy_err *err)
{
    char slot[3] = {hash.p[0], hash.p[1], '\0'};

    if (mkdirat(b->fd, slot, 0700) == 0)
        b->dirty_top = true;
    else if (errno != EEXIST)
        return hy_fail_errno(err, "cannot create %s/%s", b->dir, slot);
    b->dirty[slot_of(hash)] = true;
    return HY_OK;
}

int hy_blobs_put(struct hy_blobs *b, struct hy_str hash, struct hy_str packed, struct hy_err *err)
{
    char name[NAME_MAX_BYTES], beside[NAME_MAX_BYTES];

    if (!hy_blob_is_name(hash))
        return no_name(hash, err);
    if (hy_blobs_has(b, hash)) {
        b->dirty[slot_of(hash)] = true; /* its name may not have reached the disk before a crash */
        return HY_OK;
    }
    snprintf(beside, sizeof(beside), "new/" HY_STR_FMT, HY_STR_ARG(hash));
    if (make_slot(b, hash, err) < 0 || write_beside(b, beside, packed, err) < 0)
        return err->code;
    if (renameat(b->fd, beside, b->fd, name_of(hash, name)) < 0)
        return hy_fail_errno(err, "cannot write %s/%s", b->dir, name);
    return HY_OK;
}

static int sync_dir(const struct hy_blobs *b, const char *name, struct hy_err *err)
{
    int fd = openat(b->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return hy_fail_errno(err, "%s/%s", b->dir, name);
    int rc = fsync(fd) < 0 ? hy_fail_errno(err, "%s/%s", b->dir, name) : HY_OK;
    close(fd);
    return rc;
}

int hy_blobs_sync(struct hy_blobs *b, struct hy_err *err)
{
    char slot[8];

    if (b->dirty_top && sync_dir(b, ".", err) < 0)
        return err->code;
    b->dirty_top = false;
    for (int i = 0; i < FANOUT; i++) {
        if (!b->dirty[i])
            continue;
        snprintf(slot, sizeof(slot), "%02x", i);
        if (sync_dir(b, slot, err) < 0)
            return err->code;
        b->dirty[i] = false;
    }
    return HY_OK;
}

int hy_blobs_remove(struct hy_blobs *b, struct hy_str hash, struct hy_err *err)
{
    char name[NAME_MAX_BYTES];

    if (!hy_blob_is_name(hash))
        return no_name(hash, err);
    if (unlinkat(b->fd, name_of(hash, name), 0) < 0 && errno != ENOENT)
        return hy_fail_errno(err, "cannot remove %s/%s", b->dir, name);
    return HY_OK;
}

/* -- reading ----------------------------------------------------------------------------------- */

bool hy_blobs_has(const struct hy_blobs *b, struct hy_str hash)
{
    char name[NAME_MAX_BYTES];

    return hy_blob_is_name(hash) && faccessat(b->fd, name_of(hash, name), F_OK, 0) == 0;
}

static int check_hash(const struct hy_blobs *b, const char *name, struct hy_str hash,
                      struct hy_str bytes, struct hy_err *err)
{
    char is[HY_SHA256_HEX];

    if (!hy_str_is(hash, hy_sha256_hex(bytes, is)))
        return hy_fail(err, HY_E_PARSE, "%s/%s: damaged, its hash is %s", b->dir, name, is);
    return HY_OK;
}

int hy_blobs_get(const struct hy_blobs *b, struct hy_str hash, struct hy_buf *out,
                 struct hy_err *err)
{
    struct hy_buf packed = HY_BUF_INIT(PACKED_MAX);
    char name[NAME_MAX_BYTES];
    size_t before = out->n;

    if (!hy_blob_is_name(hash))
        return no_name(hash, err);
    if (!hy_blobs_has(b, hash))
        return hy_fail(err, HY_E_NOTFOUND, "没有 " HY_STR_FMT "：从未存过，或已按保存期限删除",
                       HY_STR_ARG(hash));
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/%s", b->dir, name_of(hash, name));
    int rc = hy_buf_read_file(&packed, path, err);
    if (rc == HY_OK && (rc = hy_zstd_unpack(hy_buf_view(&packed), out, err)) < 0)
        hy_wrap(err, "%s", path);
    hy_buf_release(&packed);
    if (rc < 0)
        return rc;
    return check_hash(b, name, hash, hy_str_sub(hy_buf_view(out), before, out->n), err);
}

/* -- walking ----------------------------------------------------------------------------------- */

static void clear_new(const struct hy_blobs *b)
{
    int fd = openat(b->fd, "new", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);

    for (struct dirent *e; d && (e = readdir(d));)
        if (e->d_name[0] != '.')
            unlinkat(fd, e->d_name, 0);
    if (d)
        closedir(d);
}

static int walk_slot(const struct hy_blobs *b, const char *slot, hy_blob_fn fn, void *user,
                     struct hy_err *err)
{
    int fd = openat(b->fd, slot, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = HY_OK;
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    time_t now = time(NULL);

    for (struct dirent *e; rc == HY_OK && d && (e = readdir(d));) {
        struct hy_str name = hy_str(e->d_name);
        struct stat st;
        if (!hy_str_ends(name, HY_STR(SUFFIX)) || fstatat(fd, e->d_name, &st, 0) < 0)
            continue;
        name.n -= sizeof(SUFFIX) - 1;
        if (hy_blob_is_name(name))
            rc = fn(name, st.st_size, now - st.st_mtime, user, err);
    }
    if (d)
        closedir(d);
    return rc;
}

int hy_blobs_walk(struct hy_blobs *b, hy_blob_fn fn, void *user, struct hy_err *err)
{
    char slot[8];
    int rc = HY_OK;

    if (b->write)
        clear_new(b);
    for (int i = 0; i < FANOUT && rc == HY_OK; i++) {
        snprintf(slot, sizeof(slot), "%02x", i);
        rc = walk_slot(b, slot, fn, user, err);
    }
    return rc;
}
