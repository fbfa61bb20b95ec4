/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/keep/journal.h"

#include "core/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- reading files of lines ---- */

struct reader {
    FILE *f;
    char *line; /* getline's */
    size_t room, no;
    off_t end; /* behind the last complete line */
    bool torn; /* the file ends inside a line */
};

/* 1: a complete line in *ret (without '\n'), 0: end, <0: error. */
static int next_line(struct reader *r, const char *path, struct hy_str *ret, struct hy_err *err)
{
    ssize_t n = getline(&r->line, &r->room, r->f);

    if (n < 0)
        return ferror(r->f) ? hy_fail_errno(err, "%s", path) : 0;
    if (r->line[n - 1] != '\n') {
        r->torn = true;
        return 0;
    }
    r->no++;
    r->end += n;
    *ret = hy_str_n(r->line, (size_t)n - 1);
    return 1;
}

static int read_lines(struct reader *r, const char *path, struct hy_head *head, hy_mirror_fn each,
                      void *user, struct hy_err *err)
{
    struct hy_str line;
    int rc;

    while ((rc = next_line(r, path, &line, err)) > 0) {
        HY_CLEANUP(hy_json_freep) json_t *entry = NULL;
        if (hy_journal_check(line, head, &entry, err) < 0 ||
            (each && each(line, entry, user, err) < 0))
            return hy_wrap(err, "%s 第 %zu 行", path, r->no);
    }
    return rc;
}

int hy_journal_verify(const char *path, size_t *ret_count, struct hy_head *head, struct hy_err *err)
{
    bool from_stdin = strcmp(path, "-") == 0;
    struct reader r = {.f = from_stdin ? stdin : fopen(path, "re")};
    int rc;

    if (r.f == NULL)
        return hy_fail_errno(err, "%s", path);
    *head = HY_HEAD_INIT;
    rc = read_lines(&r, path, head, NULL, NULL, err);
    *ret_count = (size_t)head->seq;
    if (rc == 0 && r.torn)
        rc = hy_fail(err, HY_E_PARSE, "%s 第 %zu 行：最后一行不完整", path, r.no + 1);
    free(r.line);
    if (!from_stdin)
        fclose(r.f);
    return rc;
}

/* ---- the mirror ---- */

struct hy_mirror {
    int fd;
    char *path;
    off_t end, before; /* of the file, and before the last append */
    struct hy_head head, head_before;
};

struct hy_head hy_mirror_head(const struct hy_mirror *m)
{
    return m->head;
}

const char *hy_mirror_path(const struct hy_mirror *m)
{
    return m->path;
}

static int cut(struct hy_mirror *m, off_t end, struct hy_err *err)
{
    if (ftruncate(m->fd, end) < 0 || fdatasync(m->fd) < 0)
        return hy_fail_errno(err, "%s", m->path);
    m->end = end;
    return HY_OK;
}

static int write_all(int fd, const char *p, size_t n, off_t at)
{
    while (n > 0) {
        ssize_t done = pwrite(fd, p, n, at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -1;
        p += done;
        n -= (size_t)done;
        at += done;
    }
    return 0;
}

int hy_mirror_append(struct hy_mirror *m, struct hy_str lines, struct hy_head head,
                     struct hy_err *err)
{
    struct hy_err ignored = HY_ERR_INIT;

    if (write_all(m->fd, lines.p, lines.n, m->end) < 0 || fdatasync(m->fd) < 0) {
        int rc = hy_fail_errno(err, "%s", m->path);
        if (cut(m, m->end, &ignored) < 0)
            return hy_wrap(err, "cannot cut back");
        return rc;
    }
    m->before = m->end;
    m->head_before = m->head;
    m->end += (off_t)lines.n;
    m->head = head;
    return HY_OK;
}

int hy_mirror_undo(struct hy_mirror *m, struct hy_err *err)
{
    if (cut(m, m->before, err) < 0)
        return err->code;
    m->head = m->head_before;
    return HY_OK;
}

void hy_mirror_close(struct hy_mirror *m)
{
    if (m == NULL)
        return;
    if (m->fd >= 0)
        close(m->fd);
    free(m->path);
    free(m);
}
HY_DEFINE_FREEP(struct hy_mirror, hy_mirror_close)

/* A new file is only there for good when its directory is on disk too. */
static void sync_directory(const char *path)
{
    HY_CLEANUP(hy_freep) char *copy = hy_xstrdup(path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

static int load(struct hy_mirror *m, hy_mirror_fn each, void *user, struct hy_err *err)
{
    int fd = dup(m->fd);
    struct reader r = {.f = fd < 0 ? NULL : fdopen(fd, "r")};
    int rc;

    if (r.f == NULL)
        return hy_fail_errno(err, "%s", m->path);
    rc = read_lines(&r, m->path, &m->head, each, user, err);
    free(r.line);
    fclose(r.f);
    m->end = m->before = r.end;
    m->head_before = m->head;
    if (rc == 0 && r.torn)
        rc = cut(m, r.end, err);
    return rc;
}

int hy_mirror_open(const char *path, hy_mirror_fn each, void *user, struct hy_mirror **ret,
                   struct hy_err *err)
{
    HY_CLEANUP(hy_mirror_closep) struct hy_mirror *m = hy_xcalloc(1, sizeof(*m));

    m->path = hy_xstrdup(path);
    m->head = HY_HEAD_INIT;
    m->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (m->fd < 0)
        return hy_fail_errno(err, "%s", path);
    *ret = NULL;
    if (flock(m->fd, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? HY_OK : hy_fail_errno(err, "%s", path);
    sync_directory(path);
    if (load(m, each, user, err) < 0)
        return err->code;
    *ret = HY_TAKE(m);
    return HY_OK;
}
