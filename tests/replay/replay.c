/* SPDX-License-Identifier: Apache-2.0 */
/* replay RULES [UNTIL] <events >journal: years of an office through the keeper's own decisions, on
 * a virtual clock.  One JSON object a line, in order of time:
 *     {"at","register":{args}}           a case is registered; args.ref names it from now on
 *     {"at","respond":"ref","args":{}}   it is answered
 *     {"at","hit":{item}}                a page was found: scored, grouped, decided
 *     {"at","source":{event}}            a source changed its health
 * Timers fire at their times in between.  What an incident's office does is made up and regular
 * (plan[] below), so that every result can be reckoned by hand.  After UNTIL nothing happens.  The
 * last line on stderr counts what was done. */
#include "alerts/decide/decide.h"
#include "analyzer/group.h"
#include "analyzer/score.h"
#include "core/arena.h"
#include "core/item.h"
#include "core/mem.h"
#include "rules/office.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEEP_HOT = 16 << 20 };

/* What the office does about the n-th incident, hours after it was opened: `base + n * step %
 * turn`. */
static const struct deed {
    const char *verb, *args;
    int base, step, turn;
} plan[] = {
    {"confirm", "{}", 0, 0, 1},
    {"respond", "{\"form\":\"release\",\"url\":\"http://127.0.0.1:18102/a\",\"final\":true}", 1, 7,
     60},
    {"respond", "{\"form\":\"conference\",\"url\":\"http://127.0.0.1:18102/b\",\"final\":true}", 2,
     11, 40},
    {"close", "{\"disposition\":[\"unaware\"],\"follow_up\":\"http://127.0.0.1:18102/c\"}", 70, 0,
     1},
};

struct waiting { /* next timer of a document */
    char *id;
    int64_t due;
};
struct todo { /* a planned deed */
    char *id;
    const struct deed *deed;
    int64_t at;
};
struct replay {
    struct hy_rules *rules;
    struct hy_state *state;
    struct hy_decide d;
    struct hy_scorer *scorer;
    struct hy_group *group;
    struct hy_arena *arena;
    struct hy_map *refs, *slots; /* ref -> id, owned; id -> index in waiting + 1 */
    HY_VEC(struct waiting) waiting;
    HY_VEC(struct todo) todo;
    size_t done; /* of todo, which is not sorted: at INT64_MAX when done */
    int64_t incidents, events, fires, refused;
    char *last_message;
};

static void note(struct replay *r, struct hy_str id)
{
    uintptr_t slot = (uintptr_t)hy_map_get(r->slots, id);
    struct hy_pendings p;
    int64_t next = INT64_MAX;

    if (id.n == 0)
        return;
    if (slot == 0) {
        hy_vec_push(&r->waiting, (struct waiting){hy_str_dup(id), 0});
        slot = r->waiting.n;
        hy_map_set(r->slots, id, (void *)slot);
    }
    hy_pendings_of(hy_state_incident(r->state, id), &p);
    for (size_t i = 0; i < p.n; i++)
        next = HY_MIN(next, p.v[i].due.ms);
    hy_pendings_release(&p);
    r->waiting.v[slot - 1].due = next;
}

static void plan_for(struct replay *r, struct hy_str id)
{
    for (size_t i = 0; i < HY_COUNT(plan); i++)
        hy_vec_push(&r->todo,
                    (struct todo){hy_str_dup(id), &plan[i],
                                  r->d.now.ms + 60000 +
                                      (plan[i].base + r->incidents * plan[i].step % plan[i].turn) *
                                          HY_HOUR_MS});
    r->incidents++;
}

/* Write what was decided, and look after the timers of what changed. */
static void commit(struct replay *r)
{
    size_t i;
    json_t *e;

    fwrite(r->d.lines.p, 1, r->d.lines.n, stdout);
    json_array_foreach (r->d.entries, i, e) {
        note(r, hy_json_str(e, "incident"));
        if (hy_str_is(hy_json_str(e, "type"), "open") &&
            hy_str_starts(hy_json_str(e, "incident"), HY_STR("I")))
            plan_for(r, hy_json_str(e, "incident"));
    }
    json_array_foreach (r->d.replies, i, e)
        if (!json_is_true(json_object_get(e, "ok"))) {
            r->refused++;
            free(r->last_message);
            r->last_message = hy_str_dup(hy_json_str(e, "message"));
        }
    hy_decide_clear(&r->d);
    hy_state_cool(r->state, KEEP_HOT);
}

static void command(struct replay *r, const char *verb, struct hy_str on, json_t *args)
{
    static long long n;
    char id[40];

    snprintf(id, sizeof(id), "%032llx", ++n);
    json_t *cmd = json_pack("{s:s,s:s,s:{s:s,s:s,s:[s,s,s,s]},s:o}", "id", id, "verb", verb,
                            "actor", "id", "linyue", "name", "林悦", "roles", "editor", "duty",
                            "analyst", "supervisor", "args", args);
    hy_json_set_str(cmd, "incident", on);
    hy_decide_command(&r->d, cmd);
    json_decref(cmd);
}

static void do_deed(struct replay *r, struct todo *t)
{
    struct hy_err err = HY_ERR_INIT;
    json_t *args = NULL;

    if (hy_json_parse(hy_str(t->deed->args), &args, &err) < 0)
        hy_bug("%s", err.msg);
    if (strcmp(t->deed->verb, "respond") == 0)
        hy_json_set_time(args, "published", r->d.now, HY_CST);
    t->at = INT64_MAX;
    command(r, t->deed->verb, hy_str(t->id), args);
}

/* Everything that falls due until `at`, in order of time; a timer goes before a deed of the same
 * moment, as in a keeper that woke for it. */
static void live_until(struct replay *r, int64_t at)
{
    for (;;) {
        struct waiting *w = NULL;
        struct todo *t = NULL;
        for (size_t i = 0; i < r->waiting.n; i++)
            if (w == NULL || r->waiting.v[i].due < w->due)
                w = &r->waiting.v[i];
        while (r->done < r->todo.n && r->todo.v[r->done].at == INT64_MAX)
            r->done++;
        for (size_t i = r->done; i < r->todo.n; i++)
            if (t == NULL || r->todo.v[i].at < t->at)
                t = &r->todo.v[i];
        int64_t timer = w ? w->due : INT64_MAX, deed = t ? t->at : INT64_MAX;
        if (HY_MIN(timer, deed) > at || HY_MIN(timer, deed) == INT64_MAX)
            break;
        r->d.now.ms = HY_MAX(r->d.now.ms, HY_MIN(timer, deed));
        if (timer <= deed) {
            struct hy_pendings p;
            char *id = hy_xstrdup(w->id);
            hy_pendings_of(hy_state_incident(r->state, hy_str(id)), &p);
            for (size_t i = 0; i < p.n; i++)
                if (p.v[i].due.ms <= timer) {
                    hy_decide_timer(&r->d, hy_str(p.v[i].member), p.v[i].due);
                    r->fires++;
                    break;
                }
            hy_pendings_release(&p);
            note(r, hy_str(id));
            free(id);
        } else {
            do_deed(r, t);
        }
        commit(r);
    }
}

static void hit(struct replay *r, json_t *o)
{
    struct hy_err err = HY_ERR_INIT;
    struct hy_item item;

    if (hy_item_from_json(o, &item, &err) < 0)
        hy_bug("item: %s", err.msg);
    hy_arena_reset(r->arena);
    struct hy_score *score = hy_score_item(r->scorer, &item, r->arena);
    json_object_set_new(o, "score", hy_score_to_json(score, true));
    hy_item_release(&item);
    struct hy_str alert = hy_json_str(json_object_get(o, "score"), "alert");
    if (!hy_str_is(alert, "alert") && !hy_str_is(alert, "list"))
        return;
    json_t *trace = hy_trace_of(o);
    struct hy_group_verdict v = hy_group_place(r->group, trace, r->d.now);
    struct hy_place_verdict verdict = {hy_xstrdup(v.incident), hy_xstrdup(v.reprint_of), v.why,
                                       v.same};
    json_object_set_new(o, "trace", trace);
    hy_decide_hit(&r->d, o, &verdict);
    const char *incident = hy_state_item(r->state, hy_json_str(o, "id"));
    HY_CLEANUP(hy_freep) char *id = hy_str_dup(hy_json_str(o, "id"));
    if (incident)
        hy_group_join(r->group, incident, id, trace);
    free((char *)verdict.incident);
    free((char *)verdict.reprint_of);
}

static void event(struct replay *r, json_t *o)
{
    json_t *args = json_object_get(o, "args"), *reg = json_object_get(o, "register");
    json_t *found = json_object_get(o, "hit"), *source = json_object_get(o, "source");
    struct hy_str ref = hy_json_str(o, "respond");

    r->events++;
    if (reg) {
        command(r, "register", hy_str(""), json_incref(reg));
        struct hy_str opened = hy_json_str(json_array_get(r->d.replies, 0), "opened");
        if (opened.n)
            hy_map_set(r->refs, hy_json_str(reg, "ref"), hy_str_dup(opened));
    } else if (ref.n) {
        command(r, "respond", hy_str(hy_map_get(r->refs, ref)), json_incref(args));
    } else if (found) {
        hit(r, found);
    } else if (source && !hy_decide_source(&r->d, source)) {
        hy_bug("source event is not usable");
    }
    commit(r);
}

int main(int argc, char **argv)
{
    struct replay r = {0};
    struct hy_err err = HY_ERR_INIT;
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    hy_wall until = HY_WALL_NONE;

    if (argc < 2 || (argc > 2 && !hy_wall_parse(hy_str(argv[2]), &until)))
        return 2;
    if (hy_rules_open(argv[1], &r.rules, &err) < 0) {
        fprintf(stderr, "replay: %s\n", err.msg);
        return 1;
    }
    r.state = hy_state_new();
    r.scorer = hy_scorer_new(r.rules);
    r.group = hy_group_new(r.rules);
    r.arena = hy_arena_new();
    r.refs = hy_map_new(free);
    r.slots = hy_map_new(NULL);
    hy_decide_init(&r.d, r.state, r.rules, (hy_wall){0});
    while ((n = getline(&line, &room, stdin)) > 0) {
        json_t *o = NULL;
        if (hy_json_parse(hy_str_n(line, (size_t)n), &o, &err) < 0)
            hy_bug("%s", err.msg);
        hy_wall at = hy_json_time(o, "at");
        if (!hy_wall_known(until) || at.ms <= until.ms) {
            live_until(&r, at.ms);
            r.d.now.ms = HY_MAX(r.d.now.ms, at.ms);
            event(&r, o);
        }
        json_decref(o);
    }
    live_until(&r, hy_wall_known(until) ? until.ms : r.d.now.ms + 400 * HY_DAY_MS);
    fprintf(stderr,
            "{\"events\":%lld,\"incidents\":%lld,\"fires\":%lld,\"refused\":%lld,\"why\":\"%s\"}\n",
            (long long)r.events, (long long)r.incidents, (long long)r.fires, (long long)r.refused,
            r.last_message ? r.last_message : "");
    for (size_t i = 0; i < r.waiting.n; i++)
        free(r.waiting.v[i].id);
    for (size_t i = 0; i < r.todo.n; i++)
        free(r.todo.v[i].id);
    hy_vec_release(&r.waiting);
    hy_vec_release(&r.todo);
    free(line);
    free(r.last_message);
    hy_decide_release(&r.d);
    hy_group_free(r.group);
    hy_scorer_free(r.scorer);
    hy_arena_free(r.arena);
    hy_map_free(r.refs);
    hy_map_free(r.slots);
    hy_state_free(r.state);
    hy_rules_free(r.rules);
    return 0;
}
