/* SPDX-License-Identifier: Apache-2.0 */
/* One file of many: .zip (which an office's Windows opens), .tar.gz or .tar.zst, by the name it
 * shall have.  archive/pack.c is the only file that knows libarchive.
 *
 * The file appears under its name when it is complete, and on disk. */
#pragma once
#include "core/buf.h"
#include "core/clock.h"
#include "core/hash.h"
#include "core/mem.h"

struct hy_pack;

/* `inside`: the folder that everything lies in; `made`: the time of all files in it.  HY_E_USAGE
 * for another ending. */
HY_MUST_CHECK int hy_pack_open(const char *path, const char *inside, hy_wall made,
                               struct hy_pack **ret, struct hy_err *err);
HY_MUST_CHECK int hy_pack_add(struct hy_pack *p, const char *name, struct hy_str bytes,
                              struct hy_err *err);
/* A file of any size, as far as it reaches now; *ret_size and the digest are of what was packed. */
HY_MUST_CHECK int hy_pack_add_file(struct hy_pack *p, const char *name, const char *path,
                                   int64_t *ret_size, char ret_sha256[HY_SHA256_HEX],
                                   struct hy_err *err);
HY_MUST_CHECK int hy_pack_finish(struct hy_pack *p, struct hy_err *err);
void hy_pack_close(struct hy_pack *p); /* unfinished: nothing is left; NULL is a no-op */
HY_DEFINE_FREEP(struct hy_pack, hy_pack_close)

/* Unpack PATH into the existing directory `into`, without the folder it all lies in; `each` (may be
 * NULL) hears of every file.  A name that would lead out of `into`, a link or a device is
 * HY_E_DENIED: such a file was not made by us. */
typedef void (*hy_unpack_fn)(const char *name, int64_t size, void *user);
HY_MUST_CHECK int hy_unpack(const char *path, const char *into, hy_unpack_fn each, void *user,
                            struct hy_err *err);
