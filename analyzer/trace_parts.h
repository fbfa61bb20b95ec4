/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that make a trace (trace_make.c) hand each other.  Nobody else includes this. */
#pragma once
#include "analyzer/chars.h"
#include "core/json.h"

enum { TRACE_HASH_BITS = 30 };

static inline uint32_t trace_mix(uint64_t x)
{
    x ^= x >> 33;
    x *= UINT64_C(0xFF51AFD7ED558CCD);
    x ^= x >> 33;
    x *= UINT64_C(0xC4CEB9FE1A85EC53);
    x ^= x >> 33;
    return (uint32_t)(x >> 8) & ((1u << TRACE_HASH_BITS) - 1);
}

/* trace_words.c: the members `s` and `w`, what the words of the text are. */
void trace_put_words(json_t *o, struct hy_arena *arena, const struct hy_doc *doc);
/* trace_mark.c: the number that an event of this type bears, or 0. */
uint32_t trace_mark(const struct hy_doc *doc, struct hy_str type);
/* trace_score.c: what the score says of the text, as far as grouping asks. */
void trace_put_score(json_t *o, const json_t *score);
