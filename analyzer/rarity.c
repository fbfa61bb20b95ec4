/* SPDX-License-Identifier: Apache-2.0 */
/* The table of pairs is a hash of 16 bytes an eighth full, filled once from the literals: a text of
 * a thousand characters asks a thousand times. */
#include "analyzer/rarity.h"

#include "analyzer/rarity_table.h"
#include "core/mem.h"

#include <math.h>
#include <pthread.h>

enum {
    SLOTS = 32768,
    RARE_PAIR = 6, /* power taken for a pair that is not in the table: an eighth of its rarest */
    RARE_CHAR = 1,
    ALWAYS_LOST = 3, /* bits that every pair has, so that common ones weigh next to nothing */
};
_Static_assert(SLOTS > 2 * HY_RARITY_PAIRS, "the table stays half empty");

static uint8_t char_power[65536];
static struct {
    uint32_t pair; /* 0: free */
    uint8_t power;
} slots[SLOTS];
static pthread_once_t filled = PTHREAD_ONCE_INIT;

static size_t slot_of(uint32_t pair)
{
    size_t i = (pair * UINT32_C(0x9E3779B1)) >> 17;

    while (slots[i].pair && slots[i].pair != pair)
        i = (i + 1) % SLOTS;
    return i;
}

static void fill(void)
{
    for (size_t k = 0; k < HY_COUNT(hy_rarity_chars); k++)
        for (const char16_t *c = hy_rarity_chars[k].text; *c; c++)
            char_power[*c] = (uint8_t)hy_rarity_chars[k].power;
    for (size_t k = 0; k < HY_COUNT(hy_rarity_pairs); k++)
        for (const char16_t *c = hy_rarity_pairs[k].text; *c; c += 2) {
            uint32_t pair = (uint32_t)c[0] << 16 | c[1];
            size_t i = slot_of(pair);
            slots[i].pair = pair;
            slots[i].power = (uint8_t)hy_rarity_pairs[k].power;
        }
}

static int power_of(uint32_t c)
{
    return c < HY_COUNT(char_power) && char_power[c] ? char_power[c] : RARE_CHAR;
}

double hy_rarity_pair(uint32_t a, uint32_t b)
{
    pthread_once(&filled, fill);
    size_t i = slot_of(a << 16 | (b & 0xFFFF));
    double words =
        ldexp(1, a < 0x10000 && b < 0x10000 && slots[i].pair ? slots[i].power : RARE_PAIR);
    double chance = ldexp(1, power_of(a) + power_of(b) - HY_RARITY_TOTAL - 1);

    return HY_MIN(HY_MAX(HY_RARITY_TOTAL - log2(words + chance) - ALWAYS_LOST, 0.1),
                  (double)HY_RARITY_MAX);
}
