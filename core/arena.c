/* SPDX-License-Identifier: Apache-2.0 */
#include "core/arena.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 64 * 1024, ALIGN = 16 };

struct block {
    struct block *next; /* older, smaller */
    size_t used, room;
    _Alignas(ALIGN) char data[];
};

struct hy_arena {
    struct block *head; /* the block that is being filled; the largest of the list */
    size_t total;
};

static struct block *block_new(size_t room, struct block *next)
{
    struct block *b = hy_xmalloc(sizeof(*b) + room);

    *b = (struct block){.next = next, .room = room};
    return b;
}

struct hy_arena *hy_arena_new(void)
{
    struct hy_arena *a = hy_xcalloc(1, sizeof(*a));

    a->head = block_new(FIRST_BLOCK, NULL);
    return a;
}

static void free_chain(struct block *b)
{
    while (b) {
        struct block *next = b->next;
        free(b);
        b = next;
    }
}

void hy_arena_free(struct hy_arena *a)
{
    if (a == NULL)
        return;
    free_chain(a->head);
    free(a);
}

void hy_arena_reset(struct hy_arena *a)
{
    free_chain(a->head->next); /* keep the largest: the next document is likely to fit */
    a->head->next = NULL;
    a->head->used = 0;
    a->total = 0;
}

void *hy_arena_alloc(struct hy_arena *a, size_t n)
{
    n = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (n > a->head->room - a->head->used)
        a->head = block_new(HY_MAX(a->head->room * 2, n), a->head);
    void *p = a->head->data + a->head->used;
    a->head->used += n;
    a->total += n;
    return memset(p, 0, n);
}

struct hy_str hy_arena_str(struct hy_arena *a, struct hy_str s)
{
    char *p = hy_arena_alloc(a, s.n + 1);

    if (s.n)
        memcpy(p, s.p, s.n);
    return (struct hy_str){p, s.n};
}

size_t hy_arena_used(const struct hy_arena *a)
{
    return a->total;
}
