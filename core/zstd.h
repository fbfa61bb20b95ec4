/* SPDX-License-Identifier: Apache-2.0 */
/* Zstandard (RFC 8878): one frame per text, with its size and a checksum in it, so that a damaged
 * one is an error and never wrong bytes.  core/zstd.c is the only file that knows libzstd. */
#pragma once
#include "core/buf.h"

/* Append `plain` as one frame. */
void hy_zstd_pack(struct hy_str plain, struct hy_buf *out);
/* Append what the one frame in `packed` holds.  HY_E_TOOBIG: more than out->cap leaves room for,
 * said before a byte is written; HY_E_PARSE: no frame, a damaged one, or one that does not say its
 * size.
 */
HY_MUST_CHECK int hy_zstd_unpack(struct hy_str packed, struct hy_buf *out, struct hy_err *err);
