/* SPDX-License-Identifier: Apache-2.0 */
#include "analyzer/group_index.h"

#include "core/mem.h"

#include <stdlib.h>

enum { FIRST_SLOTS = 4096, FIRST_ROOM = 2 };

void hy_index_init(struct hy_index *x, uint32_t cap)
{
    *x = (struct hy_index){.cap = cap, .mask = FIRST_SLOTS - 1};
    x->p = hy_xcalloc(FIRST_SLOTS, sizeof(*x->p));
}

void hy_index_release(struct hy_index *x)
{
    for (size_t i = 0; x->p && i <= x->mask; i++)
        free(x->p[i].v);
    free(x->p);
    *x = (struct hy_index){0};
}

static struct hy_posting *slot_of(const struct hy_index *x, uint32_t key)
{
    size_t i = (size_t)(key * UINT32_C(0x9E3779B1)) & x->mask;

    while (x->p[i].key && x->p[i].key != key)
        i = (i + 1) & x->mask;
    return &x->p[i];
}

/* Move what is worth keeping into a table of `slots`. */
static void rehash(struct hy_index *x, size_t slots)
{
    struct hy_posting *old = x->p;
    size_t n = x->mask + 1;

    x->p = hy_xcalloc(slots, sizeof(*x->p));
    x->mask = slots - 1;
    x->used = 0;
    for (size_t i = 0; i < n; i++)
        if (old[i].key && (old[i].df > 0 || old[i].n > 0)) {
            *slot_of(x, old[i].key) = old[i];
            x->used++;
        } else {
            free(old[i].v);
        }
    free(old);
}

static struct hy_posting *claim(struct hy_index *x, uint32_t hash)
{
    if (x->used * 4 > x->mask * 3)
        rehash(x, (x->mask + 1) * 2);
    struct hy_posting *p = slot_of(x, hash + 1);
    x->used += p->key == 0;
    p->key = hash + 1;
    return p;
}

const struct hy_posting *hy_index_find(const struct hy_index *x, uint32_t hash)
{
    const struct hy_posting *p = slot_of(x, hash + 1);

    return p->key ? p : NULL;
}

void hy_index_count(struct hy_index *x, uint32_t hash)
{
    claim(x, hash)->df++;
}

void hy_index_add(struct hy_index *x, uint32_t hash, uint32_t slot)
{
    struct hy_posting *p = claim(x, hash);

    if (p->n == x->cap) {
        p->v[p->next] = slot;
        p->next = (p->next + 1) % x->cap;
        return;
    }
    if (p->n == p->room) {
        p->room = HY_MIN(p->room ? p->room * 2 : FIRST_ROOM, x->cap);
        p->v = hy_xrealloc(p->v, p->room * sizeof(*p->v));
    }
    p->v[p->n++] = slot;
    x->entries++;
}

void hy_index_restart(struct hy_index *x)
{
    size_t slots = FIRST_SLOTS, keep = 0;

    for (size_t i = 0; i <= x->mask; i++) {
        struct hy_posting *p = &x->p[i];
        free(p->v);
        *p = (struct hy_posting){.key = p->key, .df = p->df / 2};
        keep += p->df > 0;
    }
    while (slots < keep * 2)
        slots *= 2;
    x->entries = 0;
    rehash(x, slots);
}

size_t hy_index_bytes(const struct hy_index *x)
{
    return (x->mask + 1) * sizeof(*x->p) + x->entries * sizeof(uint32_t) * 3 / 2;
}
