/* SPDX-License-Identifier: Apache-2.0 */
/* Tables as offices keep them: text files saved by Excel, WPS or a message system, row by row.
 *
 * hy_text_utf8() makes UTF-8 of what Windows writes: UTF-8 or UTF-16 with a mark in front, else
 * UTF-8 without, else GB18030 (which GBK and GB2312 are part of).
 *
 * Cells are those of RFC 4180: a quoted cell may hold separators, line ends and doubled quotes.
 * Every row knows the line it begins on, because people look for it there; that, and a sentence
 * that says what is wrong, is why this is no library's reader. */
#pragma once
#include "core/buf.h"
#include "core/vec.h"

/* HY_E_PARSE with the line when the bytes are in none of these encodings. */
HY_MUST_CHECK int hy_text_utf8(struct hy_str bytes, struct hy_buf *out, struct hy_err *err);

struct hy_table {
    struct hy_str text; /* UTF-8, borrowed */
    size_t line;        /* of the row that was read last, 1-based */
    HY_VEC(struct hy_str) cells; /* of that row, trimmed; views until the next row */
    /* private */
    size_t at, next_line;
    char separator;
    struct hy_buf bytes;
    HY_VEC(size_t) ends;
};
/* The separator is the one the first line has most of: comma, tab or semicolon. */
void hy_table_begin(struct hy_table *t, struct hy_str text);
/* 1: a row with at least one cell that is not empty; 0: the end; < 0: HY_E_PARSE. */
HY_MUST_CHECK int hy_table_next(struct hy_table *t, struct hy_err *err);
void hy_table_release(struct hy_table *t);
