/* SPDX-License-Identifier: Apache-2.0 */
/* Made Chinese text for benchmarks: pairs of characters drawn by their real frequency. */
#pragma once
#include "analyzer/rarity_table.h"
#include "core/buf.h"
#include "core/mem.h"

static uint64_t state = 88172645463325252u;
static uint32_t roll(uint32_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 33) % n;
}

/* A pair of a class drawn by 2^power: the classes at the front are few and frequent. */
static const char16_t *draw_pair(void)
{
    static size_t lengths[HY_COUNT(hy_rarity_pairs)];
    size_t n = HY_COUNT(hy_rarity_pairs), k = 0;

    while (k + 1 < n && roll(3) == 0)
        k++;
    k = roll((uint32_t)n) < n / 2 ? k : n - 1 - k;
    const char16_t *text = hy_rarity_pairs[k].text;
    while (text[lengths[k]])
        lengths[k]++;
    return text + 2 * roll((uint32_t)(lengths[k] / 2));
}

static void add_char(struct hy_buf *b, uint32_t c)
{
    hy_buf_char(b, (char)(0xE0 | c >> 12));
    hy_buf_char(b, (char)(0x80 | (c >> 6 & 63)));
    hy_buf_char(b, (char)(0x80 | (c & 63)));
}

static void add_pairs(struct hy_buf *b, int pairs)
{
    for (int i = 0; i < pairs; i++) {
        const char16_t *p = draw_pair();
        add_char(b, p[0]);
        add_char(b, p[1]);
    }
}
