/* SPDX-License-Identifier: Apache-2.0 */
/* Bump allocator for everything that lives as long as one analysed document: allocate freely, give
 * it all back at once with hy_arena_reset().  Memory is kept for the next document. */
#pragma once
#include "core/mem.h"
#include "core/str.h"

struct hy_arena;

struct hy_arena *hy_arena_new(void);
void hy_arena_free(struct hy_arena *a); /* NULL is a no-op */
HY_DEFINE_FREEP(struct hy_arena, hy_arena_free)
void hy_arena_reset(struct hy_arena *a);
void *hy_arena_alloc(struct hy_arena *a, size_t n); /* zeroed, 16-byte aligned, never NULL */
struct hy_str hy_arena_str(struct hy_arena *a, struct hy_str s); /* copy, NUL-terminated */
size_t hy_arena_used(const struct hy_arena *a);
