/* SPDX-License-Identifier: Apache-2.0 */
/* All keywords in one pass: every occurrence of every word, with byte offsets.
 *
 * Words and text are valid UTF-8, compared byte for byte; normalise both first
 * (analyzer/normal.h).  A built matcher never changes and may be shared.  Text needs no padding. */
#pragma once
#include "core/str.h"
#include "core/vec.h"

struct hy_match;

struct hy_match_hit {
    uint32_t word;       /* index in the array given to hy_match_new() */
    uint32_t start, end; /* bytes; end exclusive */
};
struct hy_match_hits {
    struct hy_match_hit *v;
    size_t n, room;
};

/* words[i] must not be empty; equal words are each reported.  Words need not stay valid. */
struct hy_match *hy_match_new(const struct hy_str *words, size_t n);
/* The same with tables that all processes share through a file in the directory `dir`
 * (analyzer/match_share.c); private ones when that cannot be, or `dir` is NULL. */
struct hy_match *hy_match_new_in(const char *dir, const struct hy_str *words, size_t n);
bool hy_match_is_shared(const struct hy_match *m);
void hy_match_free(struct hy_match *m); /* NULL is a no-op */
HY_DEFINE_FREEP(struct hy_match, hy_match_free)
size_t hy_match_bytes(const struct hy_match *m); /* memory of the tables */

/* Append every occurrence to *out, by start, then the longer first, then by word.  The text is at
 * most 4 GB.  Release out with hy_vec_release(). */
void hy_match_scan(const struct hy_match *m, struct hy_str text, struct hy_match_hits *out);
