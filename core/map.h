/* SPDX-License-Identifier: Apache-2.0 */
/* Hash map from byte strings to pointers.  Keys are copied; values are borrowed unless a
 * destructor is given.  Keyed hashing (SipHash of libsodium), so crawled text cannot choose its
 * bucket. */
#pragma once
#include "core/mem.h"
#include "core/str.h"

struct hy_map;

struct hy_map *hy_map_new(void (*free_value)(void *));             /* NULL: values are not owned */
void hy_map_free(struct hy_map *m);                                /* NULL is a no-op */
void *hy_map_get(const struct hy_map *m, struct hy_str key);       /* NULL if absent */
void hy_map_set(struct hy_map *m, struct hy_str key, void *value); /* replaces and frees the old */
bool hy_map_remove(struct hy_map *m, struct hy_str key);
HY_DEFINE_FREEP(struct hy_map, hy_map_free)
size_t hy_map_count(const struct hy_map *m);

/* Unordered walk; the map must not change meanwhile.
 *     for (size_t at = 0; hy_map_next(m, &at, &key, &value);) */
bool hy_map_next(const struct hy_map *m, size_t *at, struct hy_str *ret_key, void **ret_value);
