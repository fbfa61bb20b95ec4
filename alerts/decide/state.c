/* SPDX-License-Identifier: Apache-2.0 */
/* Documents opened, found, changed, hot and cold (alerts/decide/state_parts.h). */
#include "alerts/decide/state_parts.h"

#include "core/mem.h"
#include "core/vec.h"
#include "rules/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NEW_BYTES = 4000, /* a document's weight until it is written again */
    CHANGE_BYTES = 500,
    CHANGES_MAX = 64, /* more: it is written whole */
};

/* One of the two is there at most. */
static void drop_text(struct hy_dossier *d)
{
    if (d->text_owned)
        free((char *)(d->text.p ? d->text.p : d->was.p));
    d->text = d->was = (struct hy_str){0};
    d->text_owned = d->sum_known = false;
    d->changes.n = 0;
}

static void dossier_free(void *p)
{
    struct hy_dossier *d = p;

    drop_text(d);
    json_decref(d->doc);
    for (size_t i = 0; i < d->items.n; i++)
        free(d->items.v[i]);
    hy_vec_release(&d->items);
    hy_vec_release(&d->changes);
    hy_pendings_release(&d->given.timers);
    free(d->id);
    free(d);
}

struct hy_state *hy_state_new(void)
{
    struct hy_state *s = hy_xcalloc(1, sizeof(*s));

    s->dossiers = hy_map_new(dossier_free);
    s->items = hy_map_new(NULL);
    s->head = HY_HEAD_INIT;
    return s;
}

void hy_state_free(struct hy_state *s)
{
    if (s == NULL)
        return;
    hy_map_free(s->items);
    hy_map_free(s->dossiers);
    hy_vec_release(&s->order);
    free(s);
}

static struct hy_dossier *find(const struct hy_state *s, struct hy_str id)
{
    return hy_map_get(s->dossiers, id);
}

/* ---- hot and cold ---- */

static void level(struct hy_dossier *d)
{
    hy_pendings_release(&d->given.timers);
    hy_pendings_of(d->doc, &d->given.timers);
    d->given.open = d->open;
}

/* What a hot document weighs is the text it was parsed from or written to last; parsed it has about
 * eleven times that (measured, docs/SOAK.md). */
static void weigh(struct hy_state *s, struct hy_dossier *d, size_t bytes)
{
    s->hot_bytes += bytes - d->weight;
    d->weight = bytes;
}

static void heat(struct hy_state *s, struct hy_dossier *d)
{
    struct hy_err err = HY_ERR_INIT;

    d->used = true;
    if (d->doc)
        return;
    if (hy_json_parse(d->text, &d->doc, &err) < 0)
        hy_bug("document %s: %s", d->id, err.msg); /* its digest was right */
    level(d);
    weigh(s, d, d->text.n);
    s->hot++;
}

void hy_dossier_write(struct hy_state *s, struct hy_dossier *d)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    if (d->text.p)
        return;
    if (!hy_json_splice(d->was, d->doc, d->changes.v, d->changes.n, &b))
        hy_json_write(d->doc, &b);
    drop_text(d);
    d->text = (struct hy_str){hy_xrealloc(b.p, b.n + 1), b.n};
    d->text_owned = true;
    weigh(s, d, b.n);
}

static void cool(struct hy_state *s, struct hy_dossier *d)
{
    hy_dossier_write(s, d);
    json_decref(HY_TAKE(d->doc));
    hy_pendings_release(&d->given.timers);
    weigh(s, d, 0);
    s->hot--;
}

void hy_state_cool(struct hy_state *s, size_t keep)
{
    /* Two rounds at most: the first takes the marks away. */
    for (size_t left = 2 * s->order.n; s->hot_bytes > keep && left > 0; left--) {
        struct hy_dossier *d = s->order.v[s->hand++ % s->order.n];
        if (d->doc && !d->used)
            cool(s, d);
        d->used = false;
    }
    s->hand %= HY_MAX(s->order.n, (size_t)1);
}

json_t *hy_state_incident(const struct hy_state *s, struct hy_str id)
{
    struct hy_dossier *d = find(s, id);

    if (d == NULL)
        return NULL;
    heat((struct hy_state *)s, d); /* a cache: nothing the caller could tell apart */
    return d->doc;
}

const char *hy_state_item(const struct hy_state *s, struct hy_str item)
{
    const struct hy_dossier *d = hy_map_get(s->items, item);

    return d ? d->id : NULL;
}

static char *ref_name(const char *kind, struct hy_str ref)
{
    return hy_xasprintf("ref/%s/" HY_STR_FMT, kind, HY_STR_ARG(ref));
}

const char *hy_state_ref(const struct hy_state *s, const char *kind, struct hy_str ref)
{
    HY_CLEANUP(hy_freep) char *name = ref_name(kind, ref);

    return ref.n ? hy_state_item(s, hy_str(name)) : NULL;
}

size_t hy_state_count(const struct hy_state *s)
{
    return s->order.n;
}

static bool is_meant(const struct hy_walk *w, const struct hy_dossier *d)
{
    return (!w->kinds || w->kinds & 1u << d->kind) && (!w->open || d->open) &&
           (!w->letters || hy_char_in(d->id[0], w->letters)) && d->changed >= w->since &&
           (!w->until || d->changed <= w->until);
}

/* Only what this walk has parsed, and nobody has changed since. */
static void leave_behind(struct hy_state *s, struct hy_walk *w)
{
    struct hy_dossier *d = w->heated ? s->order.v[w->at - 1] : NULL;

    w->heated = false;
    if (d && d->doc && d->text.p)
        cool(s, d);
}

json_t *hy_state_next(const struct hy_state *s, struct hy_walk *w)
{
    leave_behind((struct hy_state *)s, w);
    while (w->at < s->order.n) {
        struct hy_dossier *d = s->order.v[w->at++];
        if (!is_meant(w, d))
            continue;
        bool cold = d->doc == NULL;
        w->heated = w->passing && cold;
        heat((struct hy_state *)s, d);
        if (cold && s->breathe)
            s->breathe(s->user);
        return d->doc;
    }
    return NULL;
}

struct hy_str hy_state_text(struct hy_state *s, struct hy_str id)
{
    struct hy_dossier *d = find(s, id);

    if (d == NULL)
        return hy_str("");
    hy_dossier_write(s, d);
    return d->text;
}

struct hy_given *hy_state_given(const struct hy_state *s, struct hy_str id)
{
    struct hy_dossier *d = find(s, id);

    if (d == NULL)
        return NULL;
    heat((struct hy_state *)s, d);
    return &d->given;
}

void hy_state_given_level(struct hy_state *s)
{
    for (size_t i = 0; i < s->order.n; i++)
        if (s->order.v[i]->doc)
            level(s->order.v[i]);
}

bool hy_state_is_open(const struct hy_state *s, struct hy_str id)
{
    const struct hy_dossier *d = find(s, id);

    return d && d->open;
}

/* ---- running numbers ---- */

/* "I20261123-0001": remember the newest of each prefix.  Other ids have no number. */
static void note_id(struct hy_state *s, struct hy_str id)
{
    struct hy_str day = hy_str_sub(id, 1, 9);
    int64_t no, ignored;

    if (id.n < 11 || id.p[0] < 'A' || id.p[0] > 'Z' || id.p[9] != '-' ||
        !hy_str_to_i64(day, &ignored) || !hy_str_to_i64(hy_str_sub(id, 10, id.n), &no))
        return;
    struct hy_newest *newest = &s->newest[id.p[0] - 'A'];
    int order = hy_str_cmp(day, hy_str(newest->day));
    if (order < 0 || (order == 0 && no <= newest->no))
        return;
    snprintf(newest->day, sizeof(newest->day), HY_STR_FMT, HY_STR_ARG(day));
    newest->no = no;
}

void hy_state_next_id(const struct hy_state *s, char prefix, hy_wall now, char out[32])
{
    const struct hy_newest *newest = &s->newest[prefix - 'A'];
    struct hy_civil c = hy_civil_of(now, HY_CST);
    char day[16];

    snprintf(day, sizeof(day), "%04d%02d%02d", c.year, c.month, c.day);
    /* A clock that stepped back must not give an id twice: stay on the newest day. */
    if (strcmp(day, newest->day) > 0)
        snprintf(out, 32, "%c%.8s-0001", prefix, day);
    else
        snprintf(out, 32, "%c%s-%04lld", prefix, newest->day, (long long)newest->no + 1);
}

/* ---- writing ---- */

static struct hy_dossier *add(struct hy_state *s, struct hy_str id)
{
    struct hy_dossier *d = hy_xcalloc(1, sizeof(*d));

    d->id = hy_str_dup(id);
    hy_map_set(s->dossiers, id, d);
    hy_vec_push(&s->order, d);
    note_id(s, id);
    return d;
}

json_t *hy_state_open(struct hy_state *s, struct hy_str id)
{
    struct hy_dossier *d = add(s, id);

    d->doc = json_object();
    d->given.open = -1;
    hy_json_set_str(d->doc, "id", id);
    d->used = true;
    weigh(s, d, NEW_BYTES);
    s->hot++;
    return d->doc;
}

/* hy_incident_is_open() for documents that nobody has checked. */
static bool would_be_open(const json_t *doc)
{
    return hy_name_index(hy_stage_name, hy_json_str(doc, "state")) < 0
               ? hy_doc_kind_of(doc) > HY_DOC_CASE
               : hy_incident_is_open(doc);
}

void hy_state_changes(struct hy_state *s, struct hy_str id, const char *key, int64_t at)
{
    struct hy_dossier *d = find(s, id);

    d->sum_known = false;
    if (d->text.p) {
        d->was = d->text;
        d->text = (struct hy_str){0};
    }
    if (d->changes.n == CHANGES_MAX)
        drop_text(d);
    if (d->was.p) /* the key as the document has it lives as long as the member */
        hy_vec_push(&d->changes, ((struct hy_json_change){
                                     json_object_iter_key(json_object_iter_at(d->doc, key)), at}));
}

void hy_state_changed(struct hy_state *s, struct hy_str id, int64_t seq)
{
    struct hy_dossier *d = find(s, id);

    hy_json_set_int(d->doc, "version", seq);
    hy_state_changes(s, id, "version", HY_JSON_WHOLE);
    weigh(s, d, d->weight + CHANGE_BYTES);
    d->kind = (unsigned char)hy_doc_kind_of(d->doc);
    d->open = would_be_open(d->doc);
    d->changed = seq;
}

static void disown(struct hy_dossier *d, struct hy_str item)
{
    for (size_t i = 0; i < d->items.n; i++)
        if (hy_str_is(item, d->items.v[i])) {
            free(d->items.v[i]);
            d->items.n--;
            memmove(&d->items.v[i], &d->items.v[i + 1], (d->items.n - i) * sizeof(*d->items.v));
            return;
        }
}

static void own(struct hy_state *s, struct hy_dossier *d, struct hy_str item, int64_t seq)
{
    struct hy_dossier *was = hy_map_get(s->items, item);

    if (was == d || item.n == 0)
        return;
    if (was) {
        disown(was, item);
        was->sum_known = false;
        was->changed = HY_MAX(was->changed, seq);
    }
    hy_vec_push(&d->items, hy_str_dup(item));
    hy_map_set(s->items, item, d);
    d->sum_known = false;
}

void hy_state_own_item(struct hy_state *s, struct hy_str id, struct hy_str item, int64_t seq)
{
    own(s, find(s, id), item, seq);
}

void hy_state_own_ref(struct hy_state *s, struct hy_str id, struct hy_str kind, struct hy_str ref,
                      int64_t seq)
{
    HY_CLEANUP(hy_freep) char *text = hy_str_dup(kind);
    HY_CLEANUP(hy_freep) char *name = ref_name(text, ref);

    if (ref.n)
        own(s, find(s, id), hy_str(name), seq);
}

void hy_state_move_items(struct hy_state *s, struct hy_str from, struct hy_str into, int64_t seq)
{
    struct hy_dossier *a = find(s, from), *b = find(s, into);

    if (a == NULL || b == NULL || a == b)
        return;
    for (size_t i = 0; i < a->items.n; i++) {
        hy_vec_push(&b->items, a->items.v[i]);
        hy_map_set(s->items, hy_str(a->items.v[i]), b);
    }
    a->items.n = 0;
    a->changed = HY_MAX(a->changed, seq);
    a->sum_known = b->sum_known = false;
}

/* ---- snapshots ---- */

void hy_state_put(struct hy_state *s, const struct hy_cold *c)
{
    struct hy_dossier *d = find(s, c->id);

    if (d == NULL)
        d = add(s, c->id);
    else if (d->doc)
        cool(s, d);
    drop_text(d);
    while (d->items.n > 0) {
        char *item = d->items.v[--d->items.n];
        if (hy_map_get(s->items, hy_str(item)) == d)
            hy_map_remove(s->items, hy_str(item));
        free(item);
    }
    d->text = c->text;
    d->open = c->open;
    d->kind = (unsigned char)c->kind;
    d->changed = c->changed;
    for (size_t i = 0; i < c->n_items; i++)
        own(s, d, c->items[i], 0);
}

void hy_state_get(struct hy_state *s, size_t i, struct hy_cold *c)
{
    struct hy_dossier *d = s->order.v[i];
    struct hy_str *items = hy_xmalloc((d->items.n + 1) * sizeof(*items));

    hy_dossier_write(s, d);
    for (size_t k = 0; k < d->items.n; k++)
        items[k] = hy_str(d->items.v[k]);
    *c = (struct hy_cold){.id = hy_str(d->id),
                          .text = d->text,
                          .open = d->open,
                          .kind = d->kind,
                          .changed = d->changed,
                          .items = items,
                          .n_items = d->items.n};
}
