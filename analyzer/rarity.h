/* SPDX-License-Identifier: Apache-2.0 */
/* How telling is a pair of Chinese characters, before a single text has been seen?
 *
 * Bits of information of the pair in running Chinese, from a word list's frequencies
 * (rarity_table.h): about 5 for what stands everywhere (我们, 中国), above 18 for what hardly ever
 * stands together.  A pair that is no part of a common word still meets by chance, the more often
 * the commoner its characters are: 的一 says nothing. */
#pragma once
#include <stdint.h>

enum { HY_RARITY_MAX = 24 };

double hy_rarity_pair(uint32_t a, uint32_t b);
