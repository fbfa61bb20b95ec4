/* SPDX-License-Identifier: Apache-2.0 */
/* One file of many: .zip (which an office's Windows opens), .tar.gz or .tar.zst, by the name it
 * shall have.  archive/pack.c is the only file that knows libarchive.
 *
 * The file appears under its name when it is complete, and on disk. */
#pragma once
#include "core/buf.h"
#include "core/clock.h"
#include "core/mem.h"

struct hy_pack;

/* `inside`: the folder that everything lies in; `made`: the time of all files in it.  HY_E_USAGE
 * for another ending. */
HY_MUST_CHECK int hy_pack_open(const char *path, const char *inside, hy_wall made,
                               struct hy_pack **ret, struct hy_err *err);
HY_MUST_CHECK int hy_pack_add(struct hy_pack *p, const char *name, struct hy_str bytes,
                              struct hy_err *err);
HY_MUST_CHECK int hy_pack_finish(struct hy_pack *p, struct hy_err *err);
void hy_pack_close(struct hy_pack *p); /* unfinished: nothing is left; NULL is a no-op */
HY_DEFINE_FREEP(struct hy_pack, hy_pack_close)
