/* SPDX-License-Identifier: Apache-2.0 */
/* Growable byte buffer with a cap and a sticky error.
 *
 * Appending past the cap sets `overflow` and drops the bytes; callers append freely and test once
 * at the end (hy_buf_check).  The content is always NUL-terminated behind its length. */
#pragma once
#include "core/err.h"
#include "core/str.h"

#include <string.h>

struct hy_buf {
    char *p; /* owned; NULL until the first byte */
    size_t n, room, cap;
    bool overflow;
};

#define HY_BUF_INIT(cap_bytes) ((struct hy_buf){.cap = (cap_bytes)})
#define HY_BUF_UNBOUNDED ((size_t)1 << 40) /* for output whose size our own input bounds */

void hy_buf_release(struct hy_buf *b);
void hy_buf_clear(struct hy_buf *b); /* keep the memory, forget content and overflow */
void hy_buf_cut(struct hy_buf *b, size_t n); /* forget what stands behind n bytes */
void hy_buf_grow(struct hy_buf *b, const void *p, size_t n); /* hy_buf_add() when room is short */
/* Inline, because writers of JSON and of the wire call it for every few bytes. */
static inline void hy_buf_add(struct hy_buf *b, const void *p, size_t n)
{
    if (b->overflow || n > b->cap - b->n || b->n + n >= b->room) {
        hy_buf_grow(b, p, n);
        return;
    }
    if (n)
        memcpy(b->p + b->n, p, n);
    b->n += n;
    b->p[b->n] = '\0';
}
static inline void hy_buf_str(struct hy_buf *b, struct hy_str s)
{
    hy_buf_add(b, s.p, s.n);
}
static inline void hy_buf_puts(struct hy_buf *b, const char *s)
{
    hy_buf_add(b, s, strlen(s));
}
static inline void hy_buf_char(struct hy_buf *b, char c)
{
    hy_buf_add(b, &c, 1);
}
void hy_buf_int(struct hy_buf *b, int64_t v);
void hy_buf_utf8(struct hy_buf *b, uint32_t code_point);
void hy_buf_printf(struct hy_buf *b, const char *fmt, ...) HY_PRINTF(2, 3);

struct hy_str hy_buf_view(const struct hy_buf *b); /* valid until the next append */
char *hy_buf_take(struct hy_buf *b);               /* the content as an owned C string */
/* HY_E_TOOBIG naming `what` when something was dropped. */
HY_MUST_CHECK int hy_buf_check(const struct hy_buf *b, const char *what, struct hy_err *err);

/* Whole file, "-" is standard input; HY_E_TOOBIG above b->cap. */
HY_MUST_CHECK int hy_buf_read_file(struct hy_buf *b, const char *path, struct hy_err *err);
