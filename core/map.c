/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing with linear probing, at most 3/4 full.  Removal shifts the cluster back, so
 * there are no tombstones for anybody to remember. */
#include "core/map.h"

#include "core/mem.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct slot {
    char *key; /* NULL: empty */
    size_t key_n;
    uint64_t hash;
    void *value;
};

struct hy_map {
    struct slot *slots;
    size_t room, n; /* room is a power of two */
    void (*free_value)(void *);
};

static uint64_t hash_of(struct hy_str key)
{
    static unsigned char seed[crypto_shorthash_KEYBYTES];
    static bool seeded;
    uint64_t h;

    if (!seeded) {
        randombytes_buf(seed, sizeof(seed));
        seeded = true;
    }
    crypto_shorthash((unsigned char *)&h, (const unsigned char *)key.p, key.n, seed);
    return h;
}

static size_t find_slot(const struct hy_map *m, struct hy_str key, uint64_t h)
{
    size_t i = h & (m->room - 1);

    while (m->slots[i].key &&
           !(m->slots[i].hash == h && hy_str_eq(hy_str_n(m->slots[i].key, m->slots[i].key_n), key)))
        i = (i + 1) & (m->room - 1);
    return i;
}

struct hy_map *hy_map_new(void (*free_value)(void *))
{
    struct hy_map *m = hy_xcalloc(1, sizeof(*m));

    m->room = 16;
    m->slots = hy_xcalloc(m->room, sizeof(*m->slots));
    m->free_value = free_value;
    return m;
}

static void release_value(const struct hy_map *m, void *value)
{
    if (m->free_value && value)
        m->free_value(value);
}

void hy_map_free(struct hy_map *m)
{
    if (m == NULL)
        return;
    for (size_t i = 0; i < m->room; i++) {
        if (m->slots[i].key)
            release_value(m, m->slots[i].value);
        free(m->slots[i].key);
    }
    free(m->slots);
    free(m);
}

void *hy_map_get(const struct hy_map *m, struct hy_str key)
{
    size_t i = find_slot(m, key, hash_of(key));

    return m->slots[i].key ? m->slots[i].value : NULL;
}

static void grow(struct hy_map *m)
{
    struct slot *old = m->slots;
    size_t old_room = m->room;

    m->room *= 2;
    m->slots = hy_xcalloc(m->room, sizeof(*m->slots));
    for (size_t i = 0; i < old_room; i++) {
        if (old[i].key == NULL)
            continue;
        size_t at = find_slot(m, hy_str_n(old[i].key, old[i].key_n), old[i].hash);
        m->slots[at] = old[i];
    }
    free(old);
}

void hy_map_set(struct hy_map *m, struct hy_str key, void *value)
{
    uint64_t h = hash_of(key);
    size_t i = find_slot(m, key, h);

    if (m->slots[i].key) {
        if (m->slots[i].value != value)
            release_value(m, m->slots[i].value);
        m->slots[i].value = value;
        return;
    }
    if ((m->n + 1) * 4 > m->room * 3) {
        grow(m);
        i = find_slot(m, key, h);
    }
    m->slots[i] = (struct slot){hy_str_dup(key), key.n, h, value};
    m->n++;
}

bool hy_map_remove(struct hy_map *m, struct hy_str key)
{
    size_t mask = m->room - 1, i = find_slot(m, key, hash_of(key));

    if (m->slots[i].key == NULL)
        return false;
    release_value(m, m->slots[i].value);
    free(m->slots[i].key);
    m->n--;
    for (size_t j = (i + 1) & mask; m->slots[j].key; j = (j + 1) & mask) {
        size_t home = m->slots[j].hash & mask;
        if (((j - home) & mask) >= ((j - i) & mask)) { /* the probe path of j passes over i */
            m->slots[i] = m->slots[j];
            i = j;
        }
    }
    m->slots[i] = (struct slot){0};
    return true;
}

size_t hy_map_count(const struct hy_map *m)
{
    return m->n;
}

bool hy_map_next(const struct hy_map *m, size_t *at, struct hy_str *ret_key, void **ret_value)
{
    for (; *at < m->room; ++*at) {
        const struct slot *s = &m->slots[*at];
        if (s->key == NULL)
            continue;
        *ret_key = hy_str_n(s->key, s->key_n);
        *ret_value = s->value;
        ++*at;
        return true;
    }
    return false;
}
