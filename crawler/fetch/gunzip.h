/* SPDX-License-Identifier: Apache-2.0 */
/* gzip as a stream, bounded by the cap of the buffer it writes to.  The only file that knows isa-l
 * (2.4 times faster than zlib here, and zlib was the crawler's bottleneck).
 *
 * The end counts: a stream that stops early is an error, because half a page with a good status
 * would be believed. */
#pragma once
#include "core/buf.h"

struct hy_gunzip;

struct hy_gunzip *hy_gunzip_new(void);
void hy_gunzip_free(struct hy_gunzip *g);  /* NULL is a no-op */
void hy_gunzip_reset(struct hy_gunzip *g); /* ready for another stream */

/* Decode the next piece onto `out`.  HY_E_PARSE for bad data, HY_E_TOOBIG at the cap of `out`. */
HY_MUST_CHECK int hy_gunzip_feed(struct hy_gunzip *g, struct hy_str piece, struct hy_buf *out,
                                 struct hy_err *err);
/* Has the stream ended properly (checksum and length right)? */
bool hy_gunzip_is_complete(const struct hy_gunzip *g);
