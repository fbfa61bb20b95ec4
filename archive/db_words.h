/* SPDX-License-Identifier: Apache-2.0 */
/* The tokenizer "hy" of SQLite's FTS5: archive/words.h behind its C interface.  Private to db.c. */
#pragma once
#include "core/err.h"

struct sqlite3;
HY_MUST_CHECK int hy_db_words_register(struct sqlite3 *h, struct hy_err *err);
