/* SPDX-License-Identifier: Apache-2.0 */
/* The readers on any bytes: spans lie within the text, are in order, and one kind never overlaps
 * itself; facts and addresses do not leave their field.
 * Covers: analyzer/read analyzer/facts analyzer/address */
#include "analyzer/address.h"
#include "analyzer/facts.h"
#include "analyzer/read.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_order(const struct hy_readings *all, size_t n)
{
    size_t behind[HY_READ_KIND_COUNT] = {0};

    for (size_t i = 0; i < all->n; i++) {
        const struct hy_reading *r = &all->v[i];
        if (r->start >= r->end || r->end > n || r->start < behind[r->kind])
            hy_bug("span %zu..%zu of kind %d", r->start, r->end, (int)r->kind);
        behind[r->kind] = r->end;
    }
}

static void check_facts(struct hy_arena *arena, struct hy_str text)
{
    struct hy_doc doc = hy_doc_of(arena, hy_str_sub(text, 0, text.n / 3), text);
    struct hy_facts f = hy_facts_find(arena, &doc);

    for (size_t i = 0; i < f.n_mentions; i++) {
        const struct hy_mention *m = &f.mentions[i];
        if (m->span.start > m->span.end || m->span.end > doc.field[m->span.field].n ||
            m->min > m->max || m->min < 0)
            hy_bug("mention %zu", i);
    }
}

static void check_addresses(const struct hy_chars *t)
{
    size_t from = 0, start, end;

    while (hy_address_next(t, from, t->n, &start, &end)) {
        if (start < from || end <= start || end > t->n)
            hy_bug("address %zu..%zu", start, end);
        from = end;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();
    struct hy_str text = hy_str_n((const char *)data, size);
    hy_wall at = {INT64_C(1795396320000)};

    if (!hy_utf8_valid(text))
        text = hy_str_sub(text, 0, hy_utf8_valid_prefix(text, false));
    struct hy_chars t = hy_chars_of(arena, text);
    struct hy_readings all = hy_read(arena, &t, at, HY_CST);
    check_order(&all, t.n);
    for (size_t i = 0; i < all.n; i++)
        json_decref(hy_reading_json(&all.v[i], &t));
    check_facts(arena, text);
    check_addresses(&t);
    return 0;
}
