/* SPDX-License-Identifier: Apache-2.0 */
/* A state of its own that holds copies of the few documents; the decision runs on it and is thrown
 * away with it. */
#include "alerts/decide/rehearse.h"

#include "alerts/decide/decide.h"
#include "core/mem.h"
#include "core/vec.h"

#include <stdlib.h>

enum { MAX_DOCS = 8 };

struct stage {
    struct hy_state *state;
    const json_t *docs;    /* as they were */
    char *texts[MAX_DOCS]; /* what the state borrows */
};

/* ---- the state ---- */

static void put_doc(struct stage *s, size_t at, const json_t *doc)
{
    HY_VEC(struct hy_str) items = {0};
    const json_t *item;
    size_t i;

    json_array_foreach (json_object_get(doc, "items"), i, item)
        hy_vec_push(&items, hy_json_str(item, "id"));
    s->texts[at] = hy_json_text(doc);
    hy_state_put(s->state, &(struct hy_cold){.id = hy_json_str(doc, "id"),
                                             .text = hy_str(s->texts[at]),
                                             .open = hy_incident_is_open(doc),
                                             .kind = hy_doc_kind_of(doc),
                                             .changed = hy_json_int(doc, "version", 0),
                                             .items = items.v,
                                             .n_items = items.n});
    if (s->state->head.seq < hy_json_int(doc, "version", 0))
        s->state->head.seq = hy_json_int(doc, "version", 0);
    hy_vec_release(&items);
}

static void stage_begin(struct stage *s, const json_t *docs)
{
    const json_t *doc;
    size_t i;

    *s = (struct stage){.state = hy_state_new(), .docs = docs};
    s->state->head = HY_HEAD_INIT;
    json_array_foreach (docs, i, doc)
        if (i < MAX_DOCS && hy_json_str(doc, "id").n)
            put_doc(s, i, doc);
}

static void stage_end(struct stage *s)
{
    hy_state_free(s->state);
    for (size_t i = 0; i < MAX_DOCS; i++)
        free(s->texts[i]);
}

/* ---- what came of it ---- */

static const json_t *before(const struct stage *s, struct hy_str id)
{
    return hy_list_find(s->docs, id);
}

static bool ran(const json_t *old, const json_t *o)
{
    const json_t *was;
    size_t i;

    json_array_foreach (json_object_get(old, "obligations"), i, was)
        if (hy_str_eq(hy_json_str(was, "clock"), hy_json_str(o, "clock")) &&
            hy_str_is(hy_json_str(was, "state"), "open") &&
            hy_json_time(was, "due").ms == hy_json_time(o, "due").ms)
            return true;
    return false;
}

static json_t *clocks_after(const json_t *doc, const json_t *old)
{
    static const char *const keys[] = {"clock", "label", "state",      "anchor", "start",
                                       "due",   "basis", "provisional"};
    json_t *list = json_array(), *o;
    size_t i;

    json_array_foreach (json_object_get(doc, "obligations"), i, o) {
        if (hy_str_is(hy_json_str(o, "state"), "superseded"))
            continue;
        json_t *row = json_object();
        for (size_t k = 0; k < HY_COUNT(keys); k++)
            if (json_object_get(o, keys[k]))
                json_object_set(row, keys[k], json_object_get(o, keys[k]));
        json_object_set_new(row, "known", json_boolean(ran(old, o)));
        json_array_append_new(list, row);
    }
    return list;
}

static json_t *doc_after(const struct stage *s, const json_t *doc)
{
    static const char *const keys[] = {"title", "state", "level", "reprints", "times"};
    const json_t *old = before(s, hy_json_str(doc, "id"));
    json_t *row = json_object();

    json_object_set_new(row, "id", old ? json_incref(json_object_get(doc, "id")) : json_null());
    for (size_t k = 0; k < HY_COUNT(keys); k++)
        if (json_object_get(doc, keys[k]))
            json_object_set(row, keys[k], json_object_get(doc, keys[k]));
    hy_json_set_int(row, "items", (int64_t)json_array_size(json_object_get(doc, "items")));
    json_object_set_new(row, "obligations", clocks_after(doc, old));
    return row;
}

/* Documents whose entries the decision wrote, each once, in that order. */
static json_t *docs_after(const struct stage *s, const struct hy_decide *d)
{
    HY_CLEANUP(hy_json_freep) json_t *seen = json_object();
    json_t *list = json_array(), *e;
    size_t i;

    json_array_foreach (d->entries, i, e) {
        const char *id = json_string_value(json_object_get(e, "incident"));
        const json_t *doc = id ? hy_state_incident(s->state, hy_str(id)) : NULL;
        if (doc == NULL || json_object_get(seen, id))
            continue;
        json_object_set_new(seen, id, json_true());
        json_array_append_new(list, doc_after(s, doc));
    }
    return list;
}

static json_t *names_of(const struct hy_rules *rules, const json_t *ids)
{
    json_t *names = json_array(), *id;
    size_t i;

    json_array_foreach (ids, i, id) {
        struct hy_str text = json_is_object(id) ? hy_json_str(id, "id")
                                                : hy_str(json_string_value(id));
        const struct hy_person *p = rules->duty ? hy_duty_person(rules->duty, text) : NULL;
        json_array_append_new(names, p ? json_string(p->name) : hy_json_of_str(text));
    }
    return names;
}

static json_t *told(const struct hy_rules *rules, const struct hy_decide *d)
{
    json_t *list = json_array(), *e;
    size_t i;

    json_array_foreach (d->entries, i, e) {
        const json_t *n = json_object_get(json_object_get(e, "data"), "notice");
        if (n)
            json_array_append_new(list, json_pack("{s:O?,s:o}", "title",
                                                  json_object_get(n, "title"), "to",
                                                  names_of(rules, json_object_get(n, "to"))));
    }
    return list;
}

json_t *hy_rehearse(const struct hy_rules *rules, const json_t *docs, const json_t *cmd,
                    hy_wall now)
{
    static const char *const own[] = {"id", "seq", "opened", "incident"};
    struct hy_decide d;
    struct stage s;

    stage_begin(&s, docs);
    hy_decide_init(&d, s.state, rules, now);
    hy_decide_command(&d, cmd);
    json_t *answer = json_deep_copy(json_array_get(d.replies, 0));

    for (size_t i = 0; i < HY_COUNT(own); i++)
        json_object_del(answer, own[i]);
    json_object_set_new(answer, "incidents", docs_after(&s, &d));
    json_object_set_new(answer, "told", told(rules, &d));
    hy_decide_release(&d);
    stage_end(&s);
    return answer;
}
