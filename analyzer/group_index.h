/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of grouping: which members have this key (a shingle or a term)?
 *
 * A key remembers its newest members only, so that one that everybody has costs no more than
 * `cap` and takes no longer.  Members that are gone stay in the lists until the owner builds the
 * index anew: a stale entry can only name a wrong candidate, and candidates are compared exactly.
 * `df` counts items, those without a member of their own too: how common the key is. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct hy_posting {
    uint32_t key; /* hash + 1; 0: free */
    uint32_t df;
    uint32_t n, room, next; /* next: where the ring goes on once it is full */
    uint32_t *v;            /* member slots */
};
struct hy_index {
    struct hy_posting *p;
    size_t mask, used;
    size_t entries; /* over all lists */
    uint32_t cap;
};

void hy_index_init(struct hy_index *x, uint32_t cap);
void hy_index_release(struct hy_index *x);
/* NULL if the key was never seen. */
const struct hy_posting *hy_index_find(const struct hy_index *x, uint32_t hash);
void hy_index_count(struct hy_index *x, uint32_t hash); /* df + 1 */
void hy_index_add(struct hy_index *x, uint32_t hash, uint32_t slot);
/* Empty all lists; keys keep half their df, those left with none go. */
void hy_index_restart(struct hy_index *x);
size_t hy_index_bytes(const struct hy_index *x);
