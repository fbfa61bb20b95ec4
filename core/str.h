/* SPDX-License-Identifier: Apache-2.0 */
/* Borrowed view of bytes: pointer and length, never owns, need not be NUL-terminated.  Depends on
 * nothing but libc; everything above stands on it. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct hy_str {
    const char *p;
    size_t n;
};

#define HY_STR(lit) ((struct hy_str){(lit), sizeof(lit) - 1})
#define HY_STR_FMT "%.*s"
#define HY_STR_ARG(s) (int)(s).n, (s).p

/* NULL gives the empty view.  Inline: of a literal the length is known when it is compiled. */
static inline struct hy_str hy_str(const char *s)
{
    return (struct hy_str){s ? s : "", s ? strlen(s) : 0};
}
static inline struct hy_str hy_str_n(const char *p, size_t n)
{
    return (struct hy_str){p, n};
}
struct hy_str hy_str_sub(struct hy_str s, size_t from, size_t to); /* clamped to s */
char *hy_str_dup(struct hy_str s);                                 /* malloc'ed, NUL-terminated */

bool hy_str_eq(struct hy_str a, struct hy_str b);
bool hy_str_is(struct hy_str a, const char *b);
bool hy_str_ieq(struct hy_str a, struct hy_str b); /* ASCII case folded */
bool hy_str_starts(struct hy_str s, struct hy_str prefix);
bool hy_str_ends(struct hy_str s, struct hy_str suffix);
int hy_str_cmp(struct hy_str a, struct hy_str b); /* bytewise order, as memcmp */

bool hy_char_in(char c, const char *set); /* unlike strchr() a NUL is in no set */

#define HY_NPOS ((size_t)-1)
size_t hy_str_find(struct hy_str s, struct hy_str needle, size_t from); /* HY_NPOS if absent */
size_t hy_str_find_char(struct hy_str s, char c, size_t from);
bool hy_str_has(struct hy_str s, struct hy_str needle);

struct hy_str hy_str_trim(struct hy_str s); /* ASCII white space at both ends */

/* Cut at the first `sep`: *ret_head gets what stands before it, *s what follows.  False, with an
 * empty head, when s is exhausted (empty input yields one empty head; see hy_lines for lines). */
bool hy_str_cut(struct hy_str *s, char sep, struct hy_str *ret_head);

/* Whole-view decimal number; false on anything else or on overflow. */
bool hy_str_to_i64(struct hy_str s, int64_t *ret);
/* Decimal, as a view of `room`; printf() takes ten times as long. */
enum { HY_I64_SIZE = 24 };
struct hy_str hy_str_of_i64(int64_t v, char room[HY_I64_SIZE]);

/* Lines without their end ("\n" or "\r\n"):
 *     for (struct hy_lines it = hy_lines(text); hy_lines_next(&it);) use(it.line, it.no); */
struct hy_lines {
    struct hy_str rest, line;
    size_t no; /* 1-based */
};
struct hy_lines hy_lines(struct hy_str text);
bool hy_lines_next(struct hy_lines *it);
