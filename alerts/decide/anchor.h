/* SPDX-License-Identifier: Apache-2.0 */
/* Heads of the journal that were put into somebody else's hands: what shows that nothing was cut
 * off at the end and that the file was not made anew.  A file of heads has one JSON object a line:
 * {"at","hash","journal","seq"}. */
#pragma once
#include "core/chain.h"
#include "core/vec.h"

struct hy_anchor_row {
    int64_t seq;
    char hash[65];
    hy_wall at; /* when it was noted, by the clock of whoever noted it */
    enum { HY_ANCHOR_BEYOND, HY_ANCHOR_FITS, HY_ANCHOR_OTHER } is; /* after all lines were held */
};
struct hy_anchors {
    struct hy_anchor_row *v;
    size_t n, room;
};
/* HY_E_PARSE naming the line. */
HY_MUST_CHECK int hy_anchors_read(const char *path, struct hy_anchors *ret, struct hy_err *err);
/* Hold the line against the heads that were noted for its number. */
void hy_anchors_check(struct hy_anchors *a, struct hy_str line);
/* After the last line: HY_E_STATE for a head that names another line, or lies behind the end. */
HY_MUST_CHECK int hy_anchors_end(const struct hy_anchors *a, int64_t count, struct hy_err *err);
/* The highest one before the first that does not fit: as far as anything is proven by them. */
const struct hy_anchor_row *hy_anchors_fit(const struct hy_anchors *a);
/* The one noted for the highest number; NULL when there is none. */
const struct hy_anchor_row *hy_anchors_last(const struct hy_anchors *a);

void hy_anchor_write(const struct hy_head *head, hy_wall now, const char *journal,
                     struct hy_buf *out);
/* RFC 3161 request (DER) for a time stamp on the head's hash itself. */
void hy_anchor_tsq(const struct hy_head *head, struct hy_buf *out);
