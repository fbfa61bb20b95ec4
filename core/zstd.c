/* SPDX-License-Identifier: Apache-2.0 */
#include "core/zstd.h"

#include "core/mem.h"

#include <stdlib.h>
#include <zstd.h>

enum { LEVEL = 3 }; /* 0.15 ms for a page of 60 KB; higher levels save little on so short texts */

void hy_zstd_pack(struct hy_str plain, struct hy_buf *out)
{
    size_t room = ZSTD_compressBound(plain.n);
    HY_CLEANUP(hy_freep) char *packed = hy_xmalloc(room);
    ZSTD_CCtx *c = ZSTD_createCCtx();

    if (c == NULL || ZSTD_isError(ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, LEVEL)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1)))
        hy_bug("libzstd refuses its own parameters");
    size_t n = ZSTD_compress2(c, packed, room, plain.p, plain.n);
    if (ZSTD_isError(n)) /* the room is what it asked for, so only memory can be missing */
        hy_bug("zstd: %s", ZSTD_getErrorName(n));
    ZSTD_freeCCtx(c);
    hy_buf_add(out, packed, n);
}

int hy_zstd_unpack(struct hy_str packed, struct hy_buf *out, struct hy_err *err)
{
    unsigned long long said = ZSTD_getFrameContentSize(packed.p, packed.n);

    if (said == ZSTD_CONTENTSIZE_ERROR || said == ZSTD_CONTENTSIZE_UNKNOWN)
        return hy_fail(err, HY_E_PARSE, "no zstd frame that says its size");
    if (said > out->cap - out->n)
        return hy_fail(err, HY_E_TOOBIG, "a zstd frame of %llu bytes", said);
    HY_CLEANUP(hy_freep) char *plain = hy_xmalloc((size_t)said + 1);
    size_t n = ZSTD_decompress(plain, (size_t)said, packed.p, packed.n);
    if (ZSTD_isError(n))
        return hy_fail(err, HY_E_PARSE, "zstd: %s", ZSTD_getErrorName(n));
    hy_buf_add(out, plain, n);
    return HY_OK;
}
