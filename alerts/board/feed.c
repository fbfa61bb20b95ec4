/* SPDX-License-Identifier: Apache-2.0 */
/* Documents for events that only name them: one question for all of a batch. */
#include "alerts/board/feed.h"

#include "alerts/decide/incident.h"
#include "core/arena.h"
#include "core/map.h"
#include "core/mem.h"

#include <stdlib.h>

struct batch {
    struct hy_arena *arena;
    struct hy_feed_events events;
    hy_feed_fn fn;
    void *user;
};

static bool is_document(struct hy_str type)
{
    for (size_t i = 0; i < HY_DOC_COUNT; i++)
        if (hy_str_is(type, hy_doc_name[i]))
            return true;
    return false;
}

bool hy_feed_names(const struct hy_feed_event *e)
{
    return e->data.n && e->data.p[0] != '{' && is_document(e->type);
}

void hy_feed_thin(struct hy_feed_events events)
{
    HY_CLEANUP(hy_map_freep) struct hy_map *later = hy_map_new(NULL);

    for (size_t i = events.n; i-- > 0;) {
        struct hy_feed_event *e = &events.v[i];
        if (!hy_feed_names(e))
            continue;
        if (hy_map_get(later, e->data))
            e->data = HY_STR("");
        else
            hy_map_set(later, e->data, e);
    }
}

/* The answer is gone after its callback, and the documents come in another one. */
static struct hy_feed_events copy_events(struct hy_arena *a, const redisReply *entries)
{
    struct hy_feed_events out = {
        .v = hy_arena_alloc(a, HY_MAX(entries->elements, (size_t)1) * sizeof(*out.v)),
        .n = entries->elements};

    for (size_t i = 0; i < out.n; i++) {
        const redisReply *entry = entries->element[i], *fields = entry->element[1];
        out.v[i] = (struct hy_feed_event){
            .id = hy_arena_str(a, hy_reply_str(entry->element[0])),
            .type = hy_arena_str(a, hy_reply_field(fields, "type")),
            .to = hy_arena_str(a, hy_reply_field(fields, "to")),
            .data = hy_arena_str(a, hy_reply_field(fields, "data")),
        };
    }
    return out;
}

static void done(struct batch *b, bool answered)
{
    b->fn(answered ? &b->events : NULL, b->user);
    hy_arena_free(b->arena);
    free(b);
}

static void on_documents(const redisReply *r, void *user)
{
    struct batch *b = user;
    bool answered = r && r->type == REDIS_REPLY_ARRAY;

    for (size_t i = 0, k = 0; answered && i < b->events.n; i++)
        if (hy_feed_names(&b->events.v[i]))
            b->events.v[i].data = k < r->elements ? hy_reply_str(r->element[k++]) : HY_STR("");
    done(b, answered);
}

void hy_feed_fill(struct hy_redis *r, const char *office, const redisReply *entries, hy_feed_fn fn,
                  void *user)
{
    struct batch *b = hy_xcalloc(1, sizeof(*b));
    int argc = 1;

    *b = (struct batch){.arena = hy_arena_new(), .fn = fn, .user = user};
    b->events = copy_events(b->arena, entries);
    hy_feed_thin(b->events);
    const char **argv = hy_arena_alloc(b->arena, (b->events.n + 1) * sizeof(*argv));
    argv[0] = "MGET";
    for (size_t i = 0; i < b->events.n; i++) {
        const struct hy_feed_event *e = &b->events.v[i];
        if (!hy_feed_names(e))
            continue;
        HY_CLEANUP(hy_freep)
        char *key = hy_xasprintf("hy:{%s}:incident:" HY_STR_FMT, office, HY_STR_ARG(e->data));
        argv[argc++] = hy_arena_str(b->arena, hy_str(key)).p;
    }
    if (argc > 1)
        hy_redis_cmdv(r, on_documents, b, argc, argv, NULL);
    else
        done(b, true);
}
