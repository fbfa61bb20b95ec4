/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of cases: documents, requests, messages, tickets, reprints.
 *
 * An office has tens of thousands of them in a year, so no list reads them all: the open ones lie in
 * hy:{O}:cases:due in the order of their deadlines, all of them in hy:{O}:cases in the order of
 * their registration, and only the documents of one page are fetched.  What kind a case is of stands
 * in the first letter of its id.
 *
 * A search (q) reads documents in the same order, a slice at a time so that others are served between
 * two, and at most SCAN_MAX for one request; `next` then says how far it came, whether it found
 * anything or not. */
#include "alerts/board/fetch.h"
#include "alerts/board/view.h"
#include "alerts/decide/decide.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 100, PAGE_MAX = 500, CHUNK = 2000, CHUNKS = 20, SCAN_MAX = 2000, SLICE = 200 };

struct listing {
    bool all;
    char prefix;   /* of the one kind that is asked for; 0: every kind */
    int64_t limit;
    char *q;        /* what is searched for; NULL: nothing */
    json_t *found;  /* rows of the search */
    size_t scanned; /* how many of `ids` it has read */
    char after[HY_ROUTE_PARAM_SIZE];
    const char *next; /* borrowed from ids; NULL: nothing follows */
    json_t *ids, *counts;
    long long rank; /* all: where the next chunk begins */
    int chunks;
};

static void free_listing(void *p)
{
    struct listing *l = p;
    json_decref(l->ids);
    json_decref(l->counts);
    json_decref(l->found);
    free(l->q);
    free(l);
}

static bool is_wanted(const struct listing *l, struct hy_str id)
{
    return id.n && (l->prefix == 0 || id.p[0] == l->prefix);
}

/* The page is full: one more means that something follows. */
static bool take(struct listing *l, struct hy_str id)
{
    size_t n = json_array_size(l->ids), room = l->q ? SCAN_MAX : (size_t)l->limit;

    if (!is_wanted(l, id))
        return true;
    if (n == room) {
        l->next = json_string_value(json_array_get(l->ids, n - 1));
        return false;
    }
    json_array_append_new(l->ids, hy_json_of_str(id));
    return true;
}

/* Steals rows. */
static void answer(struct hy_http_req *req, json_t *rows)
{
    const struct listing *l = hy_http_state(req);
    json_t *o = hy_fetch_answer("cases", rows);

    if (l->next)
        json_object_set_new(o, "next", json_string(l->next));
    if (l->counts)
        json_object_set(o, "counts", l->counts);
    hy_http_json(req, 200, o);
}

static void on_documents(const redisReply *r, void *user)
{
    if (hy_fetch_failed(r, user))
        return;
    HY_CLEANUP(hy_json_freep) json_t *docs = hy_fetch_documents(r);
    answer(user, hy_view_rows(docs));
}

/* ---- searching ---- */

static bool names(const json_t *o, const char *key, const char *q)
{
    const char *v = json_string_value(json_object_get(o, key));

    return v && strcasestr(v, q) != NULL;
}

/* What stands in the row of the list, and nothing else. */
static bool matches(const json_t *doc, const char *q)
{
    static const char *const keys[] = {"id", "ref", "title", "channel", "source"};

    for (size_t i = 0; i < HY_COUNT(keys); i++)
        if (names(doc, keys[i], q))
            return true;
    return names(json_object_get(json_object_get(doc, "units"), "lead"), "name", q);
}

static void next_slice(struct hy_http_req *req);

static void on_slice(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;
    struct listing *l = hy_http_state(req);
    size_t n = json_array_size(l->ids), i = 0;

    if (hy_fetch_failed(r, req))
        return;
    for (; i < r->elements && json_array_size(l->found) < (size_t)l->limit; i++) {
        HY_CLEANUP(hy_json_freep) json_t *doc = NULL;
        struct hy_err ignored = HY_ERR_INIT;
        if (r->element[i]->type == REDIS_REPLY_STRING &&
            hy_json_parse(hy_reply_str(r->element[i]), &doc, &ignored) == HY_OK &&
            matches(doc, l->q))
            json_array_append(l->found, doc);
    }
    l->scanned += i;
    if (l->scanned < n && json_array_size(l->found) == (size_t)l->limit)
        l->next = json_string_value(json_array_get(l->ids, l->scanned - 1));
    if (l->scanned == n || json_array_size(l->found) == (size_t)l->limit)
        answer(req, hy_view_rows(l->found));
    else
        next_slice(req);
}

static void next_slice(struct hy_http_req *req)
{
    const struct listing *l = hy_http_state(req);
    HY_CLEANUP(hy_json_freep) json_t *slice = json_array();

    for (size_t i = l->scanned; i < json_array_size(l->ids) && i < l->scanned + SLICE; i++)
        json_array_append(slice, json_array_get(l->ids, i));
    hy_fetch_mget(req, "incident", slice, on_slice);
}

static void fetch_page(struct hy_http_req *req)
{
    const struct listing *l = hy_http_state(req);

    if (json_array_size(l->ids) == 0)
        answer(req, json_array());
    else if (l->q)
        next_slice(req);
    else
        hy_fetch_mget(req, "incident", l->ids, on_documents);
}

/* ---- open: by their deadlines ---- */

static void count(json_t *counts, struct hy_str id)
{
    for (int k = 0; id.n && k < HY_MATTER_COUNT; k++)
        if (hy_case_prefix((enum hy_matter)k) == id.p[0])
            hy_json_set_int(counts, hy_matter_name[k],
                            hy_json_int(counts, hy_matter_name[k], 0) + 1);
}

static void on_open(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;
    struct listing *l = hy_http_state(req);
    bool found = l->after[0] == '\0', full = false;

    if (hy_fetch_failed(r, req))
        return;
    l->counts = json_object();
    for (size_t i = 0; i < r->elements; i++) {
        struct hy_str id = hy_reply_str(r->element[i]);
        count(l->counts, id);
        if (found && !full)
            full = !take(l, id);
        found |= hy_str_is(id, l->after);
    }
    if (found)
        fetch_page(req);
    else
        hy_http_problem(req, 409, "after", "名单变了，这一页接不上，请从头再读");
}

/* ---- all: newest first, in chunks, because a kind may be rare ---- */

static void ask_chunk(struct hy_http_req *req);

static void on_chunk(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;
    struct listing *l = hy_http_state(req);
    bool room = true;

    if (hy_fetch_failed(r, req))
        return;
    for (size_t i = 0; i < r->elements && room; i++)
        room = take(l, hy_reply_str(r->element[i]));
    l->rank += CHUNK;
    if (room && r->elements == CHUNK && ++l->chunks < CHUNKS)
        ask_chunk(req);
    else
        fetch_page(req);
}

static void ask_chunk(struct hy_http_req *req)
{
    const struct listing *l = hy_http_state(req);

    hy_redis_cmd(hy_board_of(req)->redis, on_chunk, req, "ZREVRANGE hy:{%s}:cases %lld %lld",
                 hy_board_of(req)->office, l->rank, l->rank + CHUNK - 1);
}

static void on_rank(const redisReply *r, void *user)
{
    struct listing *l = hy_http_state(user);

    if (hy_fetch_failed(r, user))
        return;
    if (r->type == REDIS_REPLY_INTEGER) {
        l->rank = r->integer + 1;
        ask_chunk(user);
    } else {
        hy_http_problem(user, 400, "after", "after 应为上一页 next 给的编号");
    }
}

/* ---- the request ---- */

static const char *objection(struct hy_http_req *req, struct listing *l)
{
    const char *state = hy_http_query(req, "state");

    l->all = strcmp(state, "all") == 0;
    if (!l->all && state[0] && strcmp(state, "open") != 0)
        return "state 应为 open 或 all";
    const char *limit = hy_http_query(req, "limit");
    if (limit[0] &&
        (!hy_str_to_i64(hy_str(limit), &l->limit) || l->limit < 1 || l->limit > PAGE_MAX))
        return "limit 应在 1 到 500 之间";
    const char *kind = hy_http_query(req, "kind");
    int k = kind[0] ? hy_name_index(hy_matter_name, hy_str(kind)) : -1;
    if (kind[0] && (k < 0 || hy_case_prefix((enum hy_matter)k) == '\0'))
        return "kind 应为 document、message 等事项的种类";
    l->prefix = k < 0 ? '\0' : hy_case_prefix((enum hy_matter)k);
    snprintf(l->after, sizeof(l->after), "%s", hy_http_query(req, "after"));
    struct hy_str q = hy_str_trim(hy_str(hy_http_query(req, "q")));
    l->q = q.n ? hy_str_dup(q) : NULL;
    return NULL;
}

void hy_board_cases(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;
    struct listing *l = hy_xcalloc(1, sizeof(*l));

    *l = (struct listing){.limit = PAGE, .ids = json_array(), .found = json_array()};
    hy_http_set_state(req, l, free_listing);
    const char *why = objection(req, l);
    if (why)
        hy_http_problem(req, 400, "query", why);
    else if (!l->all)
        hy_redis_cmd(b->redis, on_open, req, "ZRANGE hy:{%s}:cases:due 0 -1", b->office);
    else if (l->after[0])
        hy_redis_cmd(b->redis, on_rank, req, "ZREVRANK hy:{%s}:cases %s", b->office, l->after);
    else
        ask_chunk(req);
}
