/* SPDX-License-Identifier: Apache-2.0 */
/* One object as it stands in a line, for those who read some members and pass the rest on.
 *
 * Nearly every line is plain: texts, integers and literals, nothing below.  Such a line is walked
 * once and no value is built.  Whatever else a line holds - a value inside a value, a decimal, an
 * escape that is no character, a mistake - the walk gives up on, and jansson reads the line: its
 * word is final, and the two never disagree (tests/fuzz/fuzz_json_line.c). */
#pragma once
#include "core/arena.h"
#include "core/json.h"

enum { HY_JSON_LINE_MEMBERS = 24 };

struct hy_json_line {
    struct hy_json_member v[HY_JSON_LINE_MEMBERS]; /* in the order of the line; none of a tree */
    size_t n;
    json_t *tree; /* owned; NULL: the line is plain */
};

/* Views into `text` and the arena.  HY_E_PARSE for what is no JSON and for what is no object. */
HY_MUST_CHECK int hy_json_line_read(struct hy_str text, struct hy_arena *arena,
                                    struct hy_json_line *ret, struct hy_err *err);
void hy_json_line_release(struct hy_json_line *l);
/* The value of a member as JSON, "null" without one. */
void hy_json_line_put(const struct hy_json_line *l, const char *key, struct hy_buf *out);
/* The line in canonical form with `n` members more (hy_json_write_with), sorted by key. */
void hy_json_line_write(const struct hy_json_line *l, const struct hy_json_member *more, size_t n,
                        struct hy_buf *out);
