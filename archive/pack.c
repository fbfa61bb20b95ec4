/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct hy_pack {
    struct archive *a;
    char *path, *part, *inside;
    hy_wall made;
    int fd;
};

static int failed(struct hy_pack *p, struct hy_err *err)
{
    const char *why = archive_error_string(p->a);

    return hy_fail(err, HY_E_IO, "cannot write %s: %s", p->part, why ? why : "?");
}

static const struct format {
    const char *suffix;
    int (*format)(struct archive *);
    int (*filter)(struct archive *); /* may be NULL */
} formats[] = {
    {".zip", archive_write_set_format_zip, NULL},
    {".tar.gz", archive_write_set_format_pax_restricted, archive_write_add_filter_gzip},
    {".tar.zst", archive_write_set_format_pax_restricted, archive_write_add_filter_zstd},
};

static const struct format *format_of(const char *path)
{
    for (size_t i = 0; i < HY_COUNT(formats); i++)
        if (hy_str_ends(hy_str(path), hy_str(formats[i].suffix)))
            return &formats[i];
    return NULL;
}

static int open_archive(struct hy_pack *p, const struct format *f, struct hy_err *err)
{
    p->a = archive_write_new();
    if (p->a == NULL)
        hy_bug("archive_write_new");
    if (f->format(p->a) != ARCHIVE_OK || (f->filter && f->filter(p->a) != ARCHIVE_OK))
        return failed(p, err);
    if (f->filter == archive_write_add_filter_gzip) /* no time in the head: the same bytes again */
        archive_write_set_filter_option(p->a, "gzip", "timestamp", NULL);
    p->fd = open(p->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (p->fd < 0)
        return hy_fail_errno(err, "cannot write %s", p->part);
    return archive_write_open_fd(p->a, p->fd) == ARCHIVE_OK ? HY_OK : failed(p, err);
}

int hy_pack_open(const char *path, const char *inside, hy_wall made, struct hy_pack **ret,
                 struct hy_err *err)
{
    HY_CLEANUP(hy_pack_closep) struct hy_pack *p = hy_xcalloc(1, sizeof(*p));
    const struct format *f = format_of(path);

    p->fd = -1;
    p->path = hy_xstrdup(path);
    p->part = hy_xasprintf("%s.part", path);
    p->inside = hy_xstrdup(inside);
    p->made = made;
    if (f == NULL)
        return hy_fail(err, HY_E_USAGE, "“%s”的结尾应为 .zip、.tar.gz 或 .tar.zst", path);
    if (open_archive(p, f, err) < 0)
        return err->code;
    *ret = HY_TAKE(p);
    return HY_OK;
}

static int begin_file(struct hy_pack *p, const char *name, int64_t size, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/%s", p->inside, name);
    struct archive_entry *e = archive_entry_new();

    archive_entry_set_pathname(e, path);
    archive_entry_set_size(e, size);
    archive_entry_set_filetype(e, AE_IFREG);
    archive_entry_set_perm(e, 0644);
    archive_entry_set_mtime(e, p->made.ms / 1000, 0);
    int rc = archive_write_header(p->a, e) == ARCHIVE_OK ? HY_OK : failed(p, err);
    archive_entry_free(e);
    return rc;
}

static int put(struct hy_pack *p, struct hy_str bytes, struct hy_err *err)
{
    if (bytes.n && archive_write_data(p->a, bytes.p, bytes.n) != (la_ssize_t)bytes.n)
        return failed(p, err);
    return HY_OK;
}

static int end_file(struct hy_pack *p, struct hy_err *err)
{
    return archive_write_finish_entry(p->a) == ARCHIVE_OK ? HY_OK : failed(p, err);
}

int hy_pack_add(struct hy_pack *p, const char *name, struct hy_str bytes, struct hy_err *err)
{
    if (begin_file(p, name, (int64_t)bytes.n, err) < 0 || put(p, bytes, err) < 0)
        return err->code;
    return end_file(p, err);
}

static int put_from(struct hy_pack *p, FILE *f, const char *path, int64_t size,
                    struct hy_sha256 *sum, struct hy_err *err)
{
    char part[1 << 16];

    while (size > 0) {
        size_t n = fread(part, 1, (size_t)HY_MIN(size, (int64_t)sizeof(part)), f);
        if (n == 0)
            return hy_fail(err, HY_E_IO, "%s became shorter while it was read", path);
        hy_sha256_add(sum, hy_str_n(part, n));
        if (put(p, hy_str_n(part, n), err) < 0)
            return err->code;
        size -= (int64_t)n;
    }
    return HY_OK;
}

int hy_pack_add_file(struct hy_pack *p, const char *name, const char *path, int64_t *ret_size,
                     char ret_sha256[HY_SHA256_HEX], struct hy_err *err)
{
    FILE *f = fopen(path, "re");
    struct hy_sha256 sum;
    struct stat st;
    int rc = HY_OK;

    if (f == NULL || fstat(fileno(f), &st) < 0)
        rc = hy_fail_errno(err, "cannot read %s", path);
    hy_sha256_init(&sum);
    if (rc == HY_OK)
        rc = begin_file(p, name, st.st_size, err);
    if (rc == HY_OK)
        rc = put_from(p, f, path, st.st_size, &sum, err);
    if (f)
        fclose(f);
    if (rc < 0)
        return rc;
    *ret_size = st.st_size;
    hy_sha256_end(&sum, ret_sha256);
    return end_file(p, err);
}

int hy_pack_finish(struct hy_pack *p, struct hy_err *err)
{
    if (archive_write_close(p->a) != ARCHIVE_OK)
        return failed(p, err);
    if (fsync(p->fd) < 0 || rename(p->part, p->path) < 0)
        return hy_fail_errno(err, "cannot write %s", p->path);
    free(HY_TAKE(p->part));
    return HY_OK;
}

void hy_pack_close(struct hy_pack *p)
{
    if (p == NULL)
        return;
    archive_write_free(p->a); /* NULL is fine */
    if (p->fd >= 0)
        close(p->fd);
    if (p->fd >= 0 && p->part)
        unlink(p->part);
    free(p->path);
    free(p->part);
    free(p->inside);
    free(p);
}
