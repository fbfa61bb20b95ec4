/* SPDX-License-Identifier: Apache-2.0 */
/* What became of the notices outside: each ends as sent or as failed (and then stands among the dead
 * letters), what is said to be sent has arrived, and nothing arrives twice under one id but where a
 * process or a connection died between the sending and the writing down of it. */
#pragma once
#include "tests/scenario/model/office.h"

enum { AT_ONCE = 16 }; /* messages that one worker has on its way */

/* id -> how often the gateway got it. */
static inline struct hy_map *read_gateway(const struct world *w, size_t *ret_repeats,
                                          size_t *ret_unmarked)
{
    struct hy_map *got = hy_map_new(NULL);
    FILE *f = fopen(w->outside.log, "r");
    char *line = NULL;
    size_t room = 0;

    *ret_repeats = *ret_unmarked = 0;
    for (ssize_t n; f && (n = getline(&line, &room, f)) > 0;) {
        struct hy_err err = HY_ERR_INIT;
        HY_CLEANUP(hy_json_freep) json_t *m = NULL;
        assert_int_equal(hy_json_parse(hy_str_n(line, (size_t)n - 1), &m, &err), HY_OK);
        uintptr_t times = (uintptr_t)hy_map_get(got, hy_json_str(m, "id"));
        *ret_repeats += times > 0;
        *ret_unmarked += times > 0 && !json_is_true(json_object_get(m, "repeat"));
        hy_map_set(got, hy_json_str(m, "id"), (void *)(times + 1));
    }
    if (f)
        fclose(f);
    free(line);
    return got;
}

/* The document as Redis has it now. */
static inline json_t *document_of(struct world *w, const char *id)
{
    struct hy_err err = HY_ERR_INIT;
    char what[64];
    json_t *doc = NULL;

    snprintf(what, sizeof(what), "incident:%s", id);
    redisReply *r = ASK(&w->p, "GET", key(&w->p, what));
    if (r->type == REDIS_REPLY_STRING)
        assert_int_equal(hy_json_parse(hy_reply_str(r), &doc, &err), HY_OK);
    freeReplyObject(r);
    return doc;
}

/* The second and further notices of a round go to their people alone. */
static inline bool is_personal(struct hy_str id)
{
    return hy_str_starts(id, HY_STR("W-duty/-/missed-")) && !hy_str_ends(id, HY_STR("-1"));
}

static inline size_t check_told(const struct hy_map *got, const json_t *doc,
                                size_t *ret_failed)
{
    size_t i, sent = 0;
    json_t *n;

    json_array_foreach (json_object_get(doc, "notices"), i, n) {
        struct hy_str id = hy_json_str(n, "id"),
                      state = hy_json_str(json_object_get(n, "channels"), "gate");
        bool head = hy_str_starts(hy_json_str(n, "step"), HY_STR("head-")); /* to channels of its own */
        bool rings = hy_json_str(n, "quiet").n == 0 && !head &&
                     !hy_str_is(hy_json_str(n, "class"), "digest"); /* what the gateway takes */
        if (hy_json_str(n, "quiet").n && (state.n || hy_map_get(got, id)))
            fail_msg("told, though it was to be quiet: %.*s", HY_STR_ARG(id));
        if (hy_str_is(state, "sent") && hy_map_get(got, id) == NULL)
            fail_msg("said to be sent, never arrived: %.*s", HY_STR_ARG(id));
        if (rings && state.n == 0 && !is_personal(id))
            fail_msg("neither sent nor failed: %.*s", HY_STR_ARG(id));
        sent += hy_str_is(state, "sent");
        *ret_failed += hy_str_is(state, "failed");
    }
    return sent;
}

static inline void check_outside(struct world *w)
{
    size_t repeats, unmarked, failed = 0, sent = 0;
    struct hy_map *got = read_gateway(w, &repeats, &unmarked);
    size_t deaths = (size_t)(w->outside.deliver_kills + w->wipes + w->p.redis_kills) +
                    w->redis_full_deaths;

    for (int i = -1; i < w->n; i++) {
        HY_CLEANUP(hy_json_freep) json_t *doc = document_of(w, i < 0 ? "W-duty" : w->all[i].id);
        sent += check_told(got, doc, &failed);
    }
    print_message("%zu notices sent, %zu failed, %zu sent again; %zu receipts went with Redis' data\n",
                  sent, failed, repeats, w->lost_receipts);
    if (repeats > AT_ONCE * deaths + w->lost_receipts + (size_t)w->outside.faults->cuts +
                      (size_t)w->proxy.faults->cuts)
        fail_msg("%zu messages came twice, after %zu deaths and %d cuts", repeats, deaths,
                 w->outside.faults->cuts);
    if (unmarked > 0 && w->wipes == 0)
        fail_msg("%zu messages came twice and do not say so", unmarked);
    if (failed > (size_t)ask_number(&w->p, "XLEN", "dead") && w->wipes == 0)
        fail_msg("%zu failed, and not all of them stand among the dead letters", failed);
    assert_true(sent > 0);
    hy_map_free(got);
}
