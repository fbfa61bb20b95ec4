/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/fetch/gunzip.h"

#include "core/mem.h"

#include <isa-l/igzip_lib.h>
#include <stdlib.h>

enum { CHUNK = 64 * 1024, MAX_MEMBERS = 64 };

struct hy_gunzip {
    struct inflate_state state; /* about 100 KB: users keep and reset it */
    bool complete;
    int members;
    uint8_t chunk[CHUNK];
};

void hy_gunzip_reset(struct hy_gunzip *g)
{
    isal_inflate_init(&g->state);
    g->state.crc_flag = ISAL_GZIP;
    g->complete = false;
    g->members = 1;
}

/* A file may consist of several members; anything else behind the end is padding. */
static bool next_member(struct hy_gunzip *g)
{
    uint8_t *in = g->state.next_in;
    uint32_t n = g->state.avail_in;

    if (n < 2 || in[0] != 0x1F || in[1] != 0x8B || g->members == MAX_MEMBERS)
        return false;
    int members = g->members + 1;
    hy_gunzip_reset(g);
    g->members = members;
    g->state.next_in = in;
    g->state.avail_in = n;
    return true;
}

int hy_gunzip_feed(struct hy_gunzip *g, struct hy_str piece, struct hy_buf *out, struct hy_err *err)
{
    struct inflate_state *s = &g->state;

    if (g->complete || piece.n > UINT32_MAX)
        return HY_OK;
    s->next_in = (uint8_t *)piece.p;
    s->avail_in = (uint32_t)piece.n;
    do {
        s->next_out = g->chunk;
        s->avail_out = CHUNK;
        int rc = isal_inflate(s);
        if (rc != ISAL_DECOMP_OK && rc != ISAL_END_INPUT)
            return hy_fail(err, HY_E_PARSE, "bad gzip data");
        hy_buf_add(out, g->chunk, CHUNK - s->avail_out);
        if (out->overflow)
            return hy_fail(err, HY_E_TOOBIG, "more than %zu bytes when decompressed", out->cap);
        if (s->block_state == ISAL_BLOCK_FINISH) {
            g->complete = !next_member(g);
            if (g->complete)
                return HY_OK;
        }
    } while (s->avail_in || s->avail_out == 0);
    return HY_OK;
}

bool hy_gunzip_is_complete(const struct hy_gunzip *g)
{
    return g->complete;
}

struct hy_gunzip *hy_gunzip_new(void)
{
    struct hy_gunzip *g = hy_xcalloc(1, sizeof(*g));

    hy_gunzip_reset(g);
    return g;
}

void hy_gunzip_free(struct hy_gunzip *g)
{
    free(g);
}
