/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of cases (documents, messages, hotline tickets, requests, reprints) from a file or a
 * program: CSV, a JSON array or JSON Lines, with column names in Chinese or the keys of `register`.
 *
 *     read    bytes -> rows of arguments, each with its line
 *     judge   every row by the keeper's own judgement, on a state of its own
 *     send    one command per row
 *
 * All or nothing: nothing is sent while one row is wrong.  Repeating is harmless: a row is known by
 * its number, and one without a number gets one made of its content.  Columns that are not known
 * (names, telephones) are left out and named; nothing personal comes in.  Pure. */
#pragma once
#include "core/json.h"
#include "rules/rules.h"

enum { HY_IMPORT_BYTES = 8 * 1024 * 1024, HY_IMPORT_ROWS = 20000, HY_IMPORT_FAULTS = 1000 };

struct hy_import {
    json_t *rows;    /* [{"line":2,"args":{...}}] */
    json_t *faults;  /* [{"line":3,"field":"received","column":"收到时间","message":"..."}] */
    json_t *ignored; /* names of columns that are not known */
    const char *unit; /* what a place in the file is called: 行 or 条 */
};
void hy_import_release(struct hy_import *in);

/* `kind` for rows that do not say their own; "" when every row must.  An error is about the file as
 * a whole; what is wrong with a row is one of the faults. */
HY_MUST_CHECK int hy_import_read(struct hy_str bytes, struct hy_str kind,
                                 const struct hy_rules *rules, struct hy_import *ret,
                                 struct hy_err *err);
/* What the keeper would refuse becomes a fault.  `actor` as in a command, borrowed. */
void hy_import_judge(struct hy_import *in, const json_t *actor, const struct hy_rules *rules,
                     hy_wall now);
/* "第 3 行 收到时间：..." */
void hy_import_fault_text(const struct hy_import *in, const json_t *fault, struct hy_buf *out);
/* One `register` per row, in order.  New reference; actor borrowed. */
json_t *hy_import_commands(const struct hy_import *in, const json_t *actor, const char *via,
                           hy_wall now);
