/* SPDX-License-Identifier: Apache-2.0 */
/* An object written anew by copying what has not changed from the text it had.
 *
 * A document of some kilobytes is some hundred pieces scattered over the memory, and walking through
 * them takes longer than copying the text they were written to last.  Pure. */
#pragma once
#include "core/json.h"

enum { HY_JSON_WHOLE = -1 };

struct hy_json_change {
    const char *key; /* a member that was set ... */
    int64_t at;      /* HY_JSON_WHOLE, or only the element of this index, replaced or appended */
};

/* `now` in canonical form, if `was` is the canonical form of what it was before the changes; they are
 * sorted.  False: this cannot be told from the text, write all of it; `out` is as before. */
bool hy_json_splice(struct hy_str was, const json_t *now, struct hy_json_change *changes, size_t n,
                    struct hy_buf *out);
