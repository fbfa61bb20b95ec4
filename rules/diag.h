/* SPDX-License-Identifier: Apache-2.0 */
/* Mistakes in rule files, told to the person who wrote them: where, the line itself, a caret below
 * it, and what was probably meant.  Messages are Chinese.  One hy_diag collects everything that one
 * load of the rules has to say, and knows the bytes of all files that were read for it. */
#pragma once
#include "core/buf.h"
#include "core/err.h"
#include "core/vec.h"

/* Where something stands; valid as long as the hy_diag that collected its file. */
struct hy_pos {
    const char *file; /* borrowed from the hy_diag; NULL: nowhere */
    int line, column; /* 1-based; column in characters; line 0: the file as a whole */
    int width;        /* characters to underline */
};

/* All mistakes of one load, and the files that were read for it. */
struct hy_diag;
struct hy_diag *hy_diag_new(void);
void hy_diag_free(struct hy_diag *d);
HY_DEFINE_FREEP(struct hy_diag, hy_diag_free)
void hy_diag_at(struct hy_diag *d, struct hy_pos pos, const char *fmt, ...) HY_PRINTF(3, 4);
void hy_diag_warn(struct hy_diag *d, struct hy_pos pos, const char *fmt, ...) HY_PRINTF(3, 4);
size_t hy_diag_errors(const struct hy_diag *d);
size_t hy_diag_warnings(const struct hy_diag *d);
/* "file:line:col: 错误: ...", the line, a caret line that respects double-width characters. */
void hy_diag_print(const struct hy_diag *d, struct hy_buf *out);
void hy_diag_print_json(const struct hy_diag *d, struct hy_buf *out); /* JSON Lines */
/* "file:line:col: 错误: ..." of the first error: for a log line or the board; "" without one. */
void hy_diag_first(const struct hy_diag *d, struct hy_buf *out);


/* Every file that is read goes through here: it gets its name, its lines for the messages and its
 * share of the version hash.  hy_yaml_load does it by itself; who reads another kind of file (the
 * division table) calls it.  `keep` false: the bytes are hashed and not kept. */
struct hy_pos hy_diag_file(struct hy_diag *d, const char *path, struct hy_str bytes, bool keep);
size_t hy_diag_files(const struct hy_diag *d);
/* The version goes on from that of `before`, as if its files had been read here first. */
void hy_diag_follow(struct hy_diag *d, const struct hy_diag *before);
/* 16 hex digits over the bytes of all files in the order they were read. */
void hy_diag_version(const struct hy_diag *d, char out[17]);

/* The name among `names` nearest to s by edit distance, or NULL when none is near. */
const char *hy_near_name(struct hy_str s, const char *const *names, size_t n);
/* Text from a file, fit to stand in a message: clipped, control characters replaced. */
const char *hy_diag_shown(struct hy_str s, char *buf, size_t size);
#define HY_SHOWN(s) hy_diag_shown((s), (char[160]){0}, 160)
