/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/keep/mirror.h"

#include "core/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { BACK_FIRST = 8192 }; /* looked at before a line's end for its start */

struct hy_mirror {
    int fd;
    char *path;
    off_t end, before; /* of what has been read or written, and before the last append */
    struct hy_head head, head_before;
};

struct hy_head hy_mirror_head(const struct hy_mirror *m)
{
    return m->head;
}

off_t hy_mirror_end(const struct hy_mirror *m)
{
    return m->end;
}

const char *hy_mirror_path(const struct hy_mirror *m)
{
    return m->path;
}

/* ---- writing ---- */

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

/* ---- reading ---- */

struct lines {
    FILE *f;
    char *line; /* getline's */
    size_t room;
    off_t end; /* behind the last complete line */
    bool torn; /* the file ends inside a line */
};

static int lines_open(const struct hy_mirror *m, off_t from, struct lines *ret, struct hy_err *err)
{
    int fd = open(m->path, O_RDONLY | O_CLOEXEC);

    *ret = (struct lines){.f = fd < 0 ? NULL : fdopen(fd, "r"), .end = from};
    if (ret->f == NULL || fseeko(ret->f, from, SEEK_SET) < 0)
        return hy_fail_errno(err, "%s", m->path);
    return HY_OK;
}

static void lines_close(struct lines *l)
{
    free(l->line);
    if (l->f)
        fclose(l->f);
}

/* 1: a complete line in *ret (without '\n'), 0: end, <0: error. */
static int lines_next(struct lines *l, const char *path, struct hy_str *ret, struct hy_err *err)
{
    ssize_t n = getline(&l->line, &l->room, l->f);

    if (n < 0)
        return ferror(l->f) ? hy_fail_errno(err, "%s", path) : 0;
    if (l->line[n - 1] != '\n') {
        l->torn = true;
        return 0;
    }
    l->end += n;
    *ret = hy_str_n(l->line, (size_t)n - 1);
    return 1;
}

static int read_lines(struct lines *l, struct hy_mirror *m, hy_mirror_fn each, void *user,
                      struct hy_err *err)
{
    struct hy_str line;
    int rc;

    while ((rc = lines_next(l, m->path, &line, err)) > 0) {
        HY_CLEANUP(hy_json_freep) json_t *entry = NULL;
        if (hy_journal_check(line, &m->head, &entry, err) < 0 || each(line, entry, user, err) < 0)
            return hy_wrap(err, "%s 第 %lld 行", m->path, (long long)m->head.seq + 1);
    }
    return rc;
}

int hy_mirror_read(struct hy_mirror *m, hy_mirror_fn each, void *user, struct hy_err *err)
{
    HY_CLEANUP(lines_close) struct lines l;

    if (lines_open(m, m->end, &l, err) < 0 || read_lines(&l, m, each, user, err) < 0)
        return err->code;
    m->end = m->before = l.end;
    m->head_before = m->head;
    return l.torn ? cut(m, l.end, err) : HY_OK;
}

int hy_mirror_find(const struct hy_mirror *m, int64_t seq, off_t *ret, struct hy_err *err)
{
    HY_CLEANUP(lines_close) struct lines l;
    struct hy_str line;
    int rc = 0;
    bool found = seq == 0;

    if (lines_open(m, 0, &l, err) < 0)
        return err->code;
    while (!found && (rc = lines_next(&l, m->path, &line, err)) > 0)
        found = hy_journal_seq(line) == seq;
    if (!found)
        return rc < 0 ? rc
                      : hy_fail(err, HY_E_NOTFOUND, "%s has no line %lld", m->path, (long long)seq);
    *ret = l.end;
    return HY_OK;
}

int hy_mirror_line(const struct hy_mirror *m, off_t end, struct hy_buf *ret, off_t *ret_begin,
                   struct hy_err *err)
{
    for (size_t n = BACK_FIRST;; n *= 4) {
        off_t from = end > (off_t)n ? end - (off_t)n : 0;
        size_t want = (size_t)(end - from);
        HY_CLEANUP(hy_freep) char *text = hy_xmalloc(want + 1);
        if (pread(m->fd, text, want, from) != (ssize_t)want || text[want - 1] != '\n')
            return hy_fail(err, HY_E_STATE, "%s has no line that ends at %lld", m->path,
                           (long long)end);
        size_t start = want - 1;
        while (start > 0 && text[start - 1] != '\n')
            start--;
        if (start > 0 || from == 0) {
            hy_buf_add(ret, text + start, want - 1 - start);
            *ret_begin = from + (off_t)start;
            return HY_OK;
        }
        if (n > HY_JOURNAL_LINE_MAX)
            return hy_fail(err, HY_E_STATE, "%s: a line without end", m->path);
    }
}

int hy_mirror_seek(struct hy_mirror *m, off_t end, const struct hy_head *head, json_t **ret_entry,
                   struct hy_err *err)
{
    HY_CLEANUP(hy_buf_release) struct hy_buf line = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    HY_CLEANUP(hy_json_freep) json_t *entry = NULL;
    struct hy_head there = HY_HEAD_INIT;
    off_t ignored;

    if (end > 0 && (hy_mirror_line(m, end, &line, &ignored, err) < 0 ||
                    hy_journal_alone(hy_buf_view(&line), &there, &entry, err) < 0))
        return hy_wrap(err, "%s before byte %lld", m->path, (long long)end);
    if (there.seq != head->seq || strcmp(there.hash, head->hash) != 0)
        return hy_fail(err, HY_E_STATE, "%s: line %lld is another one than expected", m->path,
                       (long long)head->seq);
    m->end = m->before = end;
    m->head = m->head_before = there;
    if (ret_entry)
        *ret_entry = HY_TAKE(entry);
    return HY_OK;
}

/* ---- splitting ---- */

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

static int copy_rest(int from, off_t at, int to)
{
    char piece[65536];
    ssize_t n;

    for (off_t done = 0; (n = pread(from, piece, sizeof(piece), at + done)) > 0; done += n)
        if (write_all(to, piece, (size_t)n, done) < 0)
            return -1;
    return n < 0 ? -1 : fdatasync(to);
}

int hy_mirror_split(struct hy_mirror *m, off_t at, const char *to, struct hy_err *err)
{
    int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0)
        return hy_fail_errno(err, "%s", to);
    if (copy_rest(m->fd, at, fd) < 0) {
        hy_fail_errno(err, "%s", to);
        close(fd);
        unlink(to);
        return err->code;
    }
    close(fd);
    sync_directory(to);
    return cut(m, at, err);
}

/* ---- life cycle ---- */

void hy_mirror_close(struct hy_mirror *m)
{
    if (m == NULL)
        return;
    if (m->fd >= 0)
        close(m->fd);
    free(m->path);
    free(m);
}

int hy_mirror_open(const char *path, struct hy_mirror **ret, struct hy_err *err)
{
    HY_CLEANUP(hy_mirror_closep) struct hy_mirror *m = hy_xcalloc(1, sizeof(*m));

    m->path = hy_xstrdup(path);
    m->head = m->head_before = HY_HEAD_INIT;
    m->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (m->fd < 0)
        return hy_fail_errno(err, "%s", path);
    *ret = NULL;
    if (flock(m->fd, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? HY_OK : hy_fail_errno(err, "%s", path);
    sync_directory(path);
    *ret = HY_TAKE(m);
    return HY_OK;
}
