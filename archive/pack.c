/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

int hy_pack_add(struct hy_pack *p, const char *name, struct hy_str bytes, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/%s", p->inside, name);
    struct archive_entry *e = archive_entry_new();

    archive_entry_set_pathname(e, path);
    archive_entry_set_size(e, (int64_t)bytes.n);
    archive_entry_set_filetype(e, AE_IFREG);
    archive_entry_set_perm(e, 0644);
    archive_entry_set_mtime(e, p->made.ms / 1000, 0);
    bool ok = archive_write_header(p->a, e) == ARCHIVE_OK &&
              (bytes.n == 0 || archive_write_data(p->a, bytes.p, bytes.n) == (la_ssize_t)bytes.n) &&
              archive_write_finish_entry(p->a) == ARCHIVE_OK;
    archive_entry_free(e);
    return ok ? HY_OK : failed(p, err);
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
