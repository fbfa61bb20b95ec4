/* SPDX-License-Identifier: Apache-2.0 */
#include "core/buf.h"

#include "core/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void hy_buf_release(struct hy_buf *b)
{
    free(b->p);
    *b = HY_BUF_INIT(b->cap);
}

void hy_buf_clear(struct hy_buf *b)
{
    b->n = 0;
    b->overflow = false;
    if (b->p)
        b->p[0] = '\0';
}

void hy_buf_cut(struct hy_buf *b, size_t n)
{
    if (n >= b->n)
        return;
    b->n = n;
    b->p[n] = '\0';
}

/* Room for n more bytes and the NUL; false (sticky) when the cap forbids it. */
static bool reserve(struct hy_buf *b, size_t n)
{
    if (b->overflow || n > b->cap - b->n) {
        b->overflow = true;
        return false;
    }
    size_t want = b->n + n + 1;
    if (want > b->room) {
        size_t room = HY_MAX(b->room * 2, (size_t)64);
        b->room = HY_MAX(room, want);
        b->p = hy_xrealloc(b->p, b->room);
    }
    return true;
}

void hy_buf_grow(struct hy_buf *b, const void *p, size_t n)
{
    if (!reserve(b, n))
        return;
    if (n)
        memcpy(b->p + b->n, p, n);
    b->n += n;
    b->p[b->n] = '\0';
}

void hy_buf_int(struct hy_buf *b, int64_t v)
{
    char room[HY_I64_SIZE];

    hy_buf_str(b, hy_str_of_i64(v, room));
}

void hy_buf_utf8(struct hy_buf *b, uint32_t c)
{
    char out[4];
    size_t n = 0;

    if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        c = 0xFFFD;
    if (c < 0x80) {
        out[n++] = (char)c;
    } else if (c < 0x800) {
        out[n++] = (char)(0xC0 | c >> 6);
        out[n++] = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        out[n++] = (char)(0xE0 | c >> 12);
        out[n++] = (char)(0x80 | (c >> 6 & 0x3F));
        out[n++] = (char)(0x80 | (c & 0x3F));
    } else {
        out[n++] = (char)(0xF0 | c >> 18);
        out[n++] = (char)(0x80 | (c >> 12 & 0x3F));
        out[n++] = (char)(0x80 | (c >> 6 & 0x3F));
        out[n++] = (char)(0x80 | (c & 0x3F));
    }
    hy_buf_add(b, out, n);
}

void hy_buf_printf(struct hy_buf *b, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0 || !reserve(b, (size_t)n))
        return;
    va_start(ap, fmt);
    vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->n += (size_t)n;
}

struct hy_str hy_buf_view(const struct hy_buf *b)
{
    return (struct hy_str){b->p ? b->p : "", b->n};
}

char *hy_buf_take(struct hy_buf *b)
{
    char *p = b->p ? b->p : hy_xstrdup("");

    *b = HY_BUF_INIT(b->cap);
    return p;
}

int hy_buf_check(const struct hy_buf *b, const char *what, struct hy_err *err)
{
    if (b->overflow)
        return hy_fail(err, HY_E_TOOBIG, "%s is larger than %zu bytes", what, b->cap);
    return HY_OK;
}

static int read_all(struct hy_buf *b, int fd, const char *path, struct hy_err *err)
{
    char chunk[65536];

    for (;;) {
        ssize_t got = read(fd, chunk, sizeof(chunk));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return hy_fail_errno(err, "cannot read %s", path);
        if (got == 0)
            return hy_buf_check(b, path, err);
        hy_buf_add(b, chunk, (size_t)got);
        if (b->overflow)
            return hy_buf_check(b, path, err);
    }
}

int hy_buf_read_file(struct hy_buf *b, const char *path, struct hy_err *err)
{
    bool std = strcmp(path, "-") == 0;
    int fd = std ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return hy_fail_errno(err, "cannot open %s", path);
    int rc = read_all(b, fd, path, err);
    if (!std)
        close(fd);
    return rc;
}
