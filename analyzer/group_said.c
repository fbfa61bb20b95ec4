/* SPDX-License-Identifier: Apache-2.0 */
/* What people said about grouping, kept as constraints: these two are one, that item belongs there,
 * this notice is not the answer to that incident. */
#include "analyzer/group_parts.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_NOTICES = 16 };

static void forget_apart(struct incident *x, const char *other)
{
    for (size_t i = 0; i < x->apart.n; i++)
        if (strcmp(x->apart.v[i], other) == 0) {
            free(x->apart.v[i]);
            x->apart.v[i--] = x->apart.v[--x->apart.n];
        }
}

static void set_apart(struct incident *a, struct incident *b)
{
    forget_apart(a, b->id);
    forget_apart(b, a->id);
    hy_vec_push(&a->apart, hy_xstrdup(b->id));
    hy_vec_push(&b->apart, hy_xstrdup(a->id));
}

void hy_group_merge(struct hy_group *g, const char *from, const char *into)
{
    struct incident *a = hy_map_get(g->incidents, hy_str(from)), *b;

    if (a == NULL || strcmp(from, into) == 0)
        return;
    b = group_incident(g, into);
    for (size_t i = 0; i < a->members.n; i++) {
        g->members.v[a->members.v[i]]->of = b;
        group_keep_member(g, b, a->members.v[i]);
    }
    for (size_t i = 0; i < a->notices.n; i++)
        hy_vec_push(&b->notices, a->notices.v[i]);
    b->items += a->items;
    b->real = b->real || a->real;
    b->unreal = b->unreal || a->unreal;
    group_note_times(b, a->first);
    group_note_times(b, a->last);
    forget_apart(b, from);
    a->members.n = a->notices.n = 0;
    hy_map_remove(g->incidents, hy_str(from));
}

static void refresh_kinds(const struct hy_group *g, struct incident *x)
{
    x->real = x->unreal = false;
    for (size_t i = 0; i < x->members.n; i++) {
        const struct hy_trace *t = g->members.v[x->members.v[i]]->t;
        x->real = x->real || hy_is_emergency(t);
        x->unreal = x->unreal || hy_is_unreal_event(t);
    }
}

/* Take the members of `x` out that repeat the text. */
static void take_out(struct hy_group *g, struct incident *x, const char *item_id,
                     const struct hy_trace *t)
{
    size_t kept = 0;

    for (size_t i = 0; i < x->members.n; i++) {
        const struct member *m = g->members.v[x->members.v[i]];
        if (strcmp(m->item, item_id) == 0 || hy_trace_resemblance(m->t, t) >= HY_REPRINT_AT)
            group_unlink(g, x->members.v[i]);
        else
            x->members.v[kept++] = x->members.v[i];
    }
    x->members.n = kept;
    refresh_kinds(g, x);
}

void hy_group_move(struct hy_group *g, const char *from, const char *into, const char *item_id,
                   const json_t *trace)
{
    struct incident *a = group_incident(g, from), *b = group_incident(g, into);
    struct hy_trace_room room;
    struct hy_trace t;

    if (a == b)
        return;
    hy_trace_parse(trace, &room, &t);
    take_out(g, a, item_id, &t);
    set_apart(a, b);
    a->items -= a->items > 0;
    b->items++;
    group_note_times(b, t.at);
    group_add_member(g, b, item_id, &t, true);
}

static struct notice *notice_of(struct incident *x, const char *item_id)
{
    for (size_t i = 0; i < x->notices.n; i++)
        if (strcmp(x->notices.v[i].item, item_id) == 0)
            return &x->notices.v[i];
    return NULL;
}

void hy_group_noticed(struct hy_group *g, const char *incident, const char *item_id,
                      const json_t *trace)
{
    struct incident *x = group_incident(g, incident);
    struct notice *n = notice_of(x, item_id);
    struct hy_trace_room room;
    struct hy_trace t;

    hy_trace_parse(trace, &room, &t);
    if (n == NULL && x->notices.n < MAX_NOTICES) {
        hy_vec_push(&x->notices, (struct notice){.item = hy_xstrdup(item_id)});
        n = &x->notices.v[x->notices.n - 1];
    }
    if (n) {
        free(n->t);
        n->t = hy_trace_keep(&t);
    }
}

void hy_group_refuse(struct hy_group *g, const char *incident, const char *item_id)
{
    struct incident *x = hy_map_get(g->incidents, hy_str(incident));
    struct notice *n = x ? notice_of(x, item_id) : NULL;

    if (n)
        n->refused = true;
}
