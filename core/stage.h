/* SPDX-License-Identifier: Apache-2.0 */
/* The common frame of the stage commands: JSON Lines in, JSON Lines out.
 *
 * One object a line; unknown keys pass through; `id` is kept.  A bad line yields
 * {"id":..,"error":".."} in its place and exit code 1 at the end, and never stops the rest. */
#pragma once
#include "core/json_line.h"

#include <stdio.h>

/* Change `line` (an object) in place into the answer, or fail. */
typedef int (*hy_stage_fn)(json_t *line, void *user, struct hy_err *err);

/* `path` is a file or "-" (also NULL) for standard input; answers go to standard output.  Shows
 * progress on stderr when that is a terminal and the input a file.  The result is the exit code. */
int hy_stage_run(const char *path, hy_stage_fn fn, void *user);

/* The same where the answer is the line and one member more, `key`: fn writes its value as JSON. */
typedef int (*hy_member_fn)(const struct hy_json_line *line, void *user, struct hy_buf *value,
                            struct hy_err *err);
int hy_stage_add(const char *path, const char *key, hy_member_fn fn, void *user);

/* Borrowed line; an error says what is wrong with it. */
typedef int (*hy_line_fn)(const json_t *line, void *user, struct hy_err *err);
/* The same input read as a whole, nothing written to standard output: each object is handed to
 * `fn`, with a progress bar named `what`.  A bad line is told on standard error with file and line,
 * gives HY_EXIT_NO at the end, and does not stop the rest. */
int hy_stage_read(const char *path, const char *what, hy_line_fn fn, void *user);
