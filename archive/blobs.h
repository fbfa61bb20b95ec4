/* SPDX-License-Identifier: Apache-2.0 */
/* Pages and texts as files, each once, named by the SHA-256 of what it holds:
 *
 *     DIR/ab/abcdef....zst     one zstd frame; `zstd -dc FILE | sha256sum` gives the name back
 *     DIR/new/                 being written
 *
 * A file never changes.  It is written beside, flushed, renamed, and its directory flushed at the
 * next hy_blobs_sync(): what was put before a sync that succeeded is there after any crash.  A
 * crash can leave files that nobody refers to; hy_blobs_walk() finds them.
 *
 * Files, not rows of the database: a backup copies only what is new, damage hits one page, and the
 * evidence can be checked with two standard tools. */
#pragma once
#include "core/buf.h"
#include "core/hash.h"
#include "core/mem.h"

struct hy_blobs;

/* Creates what is missing when `write`. */
HY_MUST_CHECK int hy_blobs_open(const char *dir, bool write, struct hy_blobs **ret,
                                struct hy_err *err);
void hy_blobs_close(struct hy_blobs *b); /* NULL is a no-op */
HY_DEFINE_FREEP(struct hy_blobs, hy_blobs_close)

/* 64 lower-case hex digits, and so a file name of ours. */
bool hy_blob_is_name(struct hy_str hash);
/* `packed`: a zstd frame of what hashes to `hash`; the caller has checked that.  Known already:
 * nothing happens. */
HY_MUST_CHECK int hy_blobs_put(struct hy_blobs *b, struct hy_str hash, struct hy_str packed,
                               struct hy_err *err);
HY_MUST_CHECK int hy_blobs_sync(struct hy_blobs *b, struct hy_err *err);
bool hy_blobs_has(const struct hy_blobs *b, struct hy_str hash);
/* The bytes, checked against the name.  HY_E_NOTFOUND: never here, or expired; HY_E_PARSE: damaged;
 * HY_E_TOOBIG: more than out->cap. */
HY_MUST_CHECK int hy_blobs_get(const struct hy_blobs *b, struct hy_str hash, struct hy_buf *out,
                               struct hy_err *err);
HY_MUST_CHECK int hy_blobs_remove(struct hy_blobs *b, struct hy_str hash, struct hy_err *err);

/* Every file, in no order; what is left in DIR/new is removed on the way when `write`.  `size` on
 * disk, `age_s` since it was written.  A result other than 0 ends the walk, which returns it. */
typedef int (*hy_blob_fn)(struct hy_str hash, int64_t size, int64_t age_s, void *user,
                          struct hy_err *err);
HY_MUST_CHECK int hy_blobs_walk(struct hy_blobs *b, hy_blob_fn fn, void *user, struct hy_err *err);
