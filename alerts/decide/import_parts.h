/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the import share: names of columns and values of cells (import_value.c), and
 * faults of rows (import.c).  alerts/decide/import.h is for everybody else. */
#pragma once
#include "alerts/decide/import.h"

struct hy_column;
/* By its key or one of its Chinese names; NULL: not known. */
const struct hy_column *hy_column_find(struct hy_str name);
const char *hy_column_key(const struct hy_column *c);
const char *hy_column_name(struct hy_str key); /* as people see it */
size_t hy_column_count(void);
/* The cell as `register` takes it, new reference; NULL: *ret_fault says what is wrong. */
json_t *hy_column_value(const struct hy_column *c, struct hy_str cell, const struct hy_rules *rules,
                        const char **ret_fault);
struct hy_str hy_column_kind(struct hy_str word); /* "网民留言" -> "message"; else as it is */

/* `key` NULL: of the row as a whole. */
void hy_import_fault(struct hy_import *in, size_t line, const char *key, const char *message);
