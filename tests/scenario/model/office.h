/* SPDX-License-Identifier: Apache-2.0 */
/* The office's part: hits and commands, sent again and again until there is an answer; and settling:
 * all is mended and nothing is left to do. */
#pragma once
#include "tests/scenario/model/troubles.h"

static inline void plan_incident(struct world *w, int n)
{
    struct incident *i = &w->all[n];
    enum fate fate = (enum fate)random_below(&w->p, FATES);

    i->level = 1 + (int)random_below(&w->p, 4);
    i->arrives = hy_wall_add_ms(w->p.now, (int64_t)random_below(&w->p, ARRIVE_H * 3600) * 1000);
    i->deed_at = hy_wall_add_ms(
        i->arrives, (int64_t)(2 + random_below(&w->p, fate == DISMISS ? 30 * 60 : 600)) * 60000);
    for (size_t a = 0; a < HY_COUNT(i->acts); a++)
        i->acts[a].verb = deeds[fate][a];
}

static inline void send_hit(struct world *w, int n)
{
    struct incident *i = &w->all[n];
    char time[HY_TIME_SIZE], id[16], title[64];

    if (i->hit == NULL) {
        i->published =
            hy_wall_add_ms(w->p.now, -(int64_t)random_below(&w->p, 600) * 1000);
        snprintf(id, sizeof(id), "item%d", n);
        snprintf(title, sizeof(title), "第%d号事件", n);
        hy_wall_format(i->published, HY_CST, time);
        json_t *hit = json_pack(
            "{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:{s:s,s:i,s:i}}", "id", id, "url",
            "http://a.cn/", "source", "x", "title", title, "text", "文字", "hash", id, "published",
            time, "fetched", time, "published_precision", "second", "score", "alert", "alert",
            "emergency", 90, "level", i->level);
        i->hit = hy_json_text(hit);
        json_decref(hit);
    }
    i->sent_at_ms = real_ms();
    freeReplyObject(ASK(&w->p, "XADD", key(&w->p, "hits"), "*", "hit", i->hit));
}

static inline int64_t newest_settled(const struct world *w)
{
    return w->settled.n ? w->settled.v[w->settled.n - 1].clock : INT64_MIN;
}

static inline char *command_text(const struct world *w, const struct act *a, const char *incident)
{
    char time[HY_TIME_SIZE];

    hy_wall_format(w->p.now, HY_CST, time);
    json_t *args = strcmp(a->verb, "respond") == 0
                       ? json_pack("{s:s,s:s}", "url", "https://a.cn/1", "published", time)
                   : strcmp(a->verb, "note") == 0 ? json_pack("{s:s}", "text", "已联系现场")
                   : strcmp(a->verb, "dismiss") == 0 ? json_pack("{s:s}", "reason", "误报")
                                                     : json_object();
    json_t *cmd = json_pack("{s:s,s:s,s:s,s:{s:s,s:s,s:[s]},s:o}", "id", a->id, "verb", a->verb,
                            "incident", incident, "actor", "id", "lin.yue", "name", "林悦", "roles",
                            "duty", "args", args);
    char *text = hy_json_text(cmd);
    json_decref(cmd);
    return text;
}

static inline void send_act(struct world *w, struct act *a, const char *incident)
{
    if (!a->sent) {
        a->published = w->p.now;
        a->settled_before = newest_settled(w);
        a->text = command_text(w, a, incident);
        a->sent = true;
    }
    a->sent_at_ms = real_ms();
    freeReplyObject(ASK(&w->p, "XADD", key(&w->p, "cmd"), "*", "cmd", a->text));
    if (random_below(&w->p, 5) == 0) /* pressed twice */
        freeReplyObject(ASK(&w->p, "XADD", key(&w->p, "cmd"), "*", "cmd", a->text));
}

/* Is there an answer? */
static inline bool look_for_answer(struct world *w, struct act *a)
{
    char what[64];

    snprintf(what, sizeof(what), "reply:%s", a->id);
    redisReply *r = ASK(&w->p, "GET", key(&w->p, what));
    a->answered = r->type == REDIS_REPLY_STRING;
    a->ok = a->answered && hy_str_has(hy_reply_str(r), HY_STR("\"ok\":true"));
    a->max_at_answer = w->max_clock;
    a->stretch = w->turns.n;
    freeReplyObject(r);
    return a->answered;
}

static inline void look_for_incident(struct world *w, int n)
{
    struct hy_err err = HY_ERR_INIT;
    char what[64];
    HY_CLEANUP(hy_json_freep) json_t *item = NULL;

    snprintf(what, sizeof(what), "item:item%d", n);
    redisReply *r = ASK(&w->p, "GET", key(&w->p, what));
    if (r->type == REDIS_REPLY_STRING && hy_json_parse(hy_reply_str(r), &item, &err) == HY_OK)
        snprintf(w->all[n].id, sizeof(w->all[n].id), "%s",
                 json_string_value(json_object_get(item, "incident")));
    freeReplyObject(r);
}

static inline bool is_old(int64_t sent_at_ms)
{
    return real_ms() - sent_at_ms > RESEND_MS;
}

/* What the office does about one incident now; false while something is unanswered. */
static inline bool attend(struct world *w, int n)
{
    struct incident *i = &w->all[n];
    struct act *a = i->next < HY_COUNT(i->acts) ? &i->acts[i->next] : NULL;

    if (w->p.now.ms < i->arrives.ms && i->hit == NULL)
        return true;
    if (i->hit && i->id[0] == '\0')
        look_for_incident(w, n);
    if (i->id[0] == '\0') {
        if (i->hit == NULL || is_old(i->sent_at_ms))
            send_hit(w, n);
        return false;
    }
    if (a == NULL || a->verb == NULL || (!a->sent && w->p.now.ms < i->deed_at.ms))
        return true;
    if (!a->sent) {
        snprintf(a->id, sizeof(a->id), "command-%d-%zu", n, i->next);
        send_act(w, a, i->id);
    } else if (look_for_answer(w, a)) {
        i->next++;
        i->deed_at = hy_wall_add_ms(w->p.now, (int64_t)random_below(&w->p, 300) * 60000);
        return true;
    } else if (is_old(a->sent_at_ms)) {
        send_act(w, a, i->id);
    }
    return false;
}

static inline int attend_all(struct world *w)
{
    int open = 0;

    for (int n = 0; n < w->n; n++)
        open += !attend(w, n);
    return open;
}

/* A command about nothing: whoever answers it leads, has read his journal and levelled Redis. */
static inline void probe(struct world *w)
{
    struct act a = {.verb = "ack"};

    snprintf(a.id, sizeof(a.id), "probe-%d", w->probes++);
    for (int64_t from = real_ms(); real_ms() - from < patience_ms(w); usleep(5000)) {
        mend_all(w);
        if (!a.sent || is_old(a.sent_at_ms))
            send_act(w, &a, "I-none");
        if (look_for_answer(w, &a)) {
            free(a.text);
            return;
        }
    }
    show_log(w);
    fail_msg("nobody leads %lld s after everything was mended", (long long)patience_ms(w) / 1000);
}

/* A member of one map of XINFO, or NULL. */
static inline const redisReply *info_of(const redisReply *map, const char *name)
{
    for (size_t i = 0; map && i + 1 < map->elements; i += 2)
        if (strcmp(map->element[i]->str, name) == 0)
            return map->element[i + 1];
    return NULL;
}

/* Are there notices that the delivery has not read and acknowledged?  Not by `lag`: Redis 7.0 counts
 * wrong after it has rewritten its log. */
static inline bool has_unplanned(struct world *w)
{
    redisReply *stream = ASK(&w->p, "XINFO", "STREAM", key(&w->p, "notices")),
               *groups = ASK(&w->p, "XINFO", "GROUPS", key(&w->p, "notices"));
    const redisReply *group = groups->type == REDIS_REPLY_ARRAY && groups->elements == 1
                                  ? groups->element[0]
                                  : NULL,
                     *pending = info_of(group, "pending"), *last = info_of(stream, "last-generated-id"),
                     *read = info_of(group, "last-delivered-id");
    bool all = pending && pending->integer == 0 && last && read && strcmp(last->str, read->str) == 0;

    freeReplyObject(stream);
    freeReplyObject(groups);
    return !all;
}

/* Has the delivery anything to do?  Waiting for its next try is not doing: the clock helps it on. */
static inline bool delivers(struct world *w)
{
    if (has_unplanned(w) || ask_number(&w->p, "XLEN", "cmd") > 0)
        return true;
    if (ask_number(&w->p, "ZCARD", "outbox") == 0)
        return false;
    move_clock(w, 20 * HY_SECOND_MS);
    usleep(20000);
    return true;
}

/* The notice as its document has it. */
static inline bool has_seen(struct world *w, const json_t *notice)
{
    struct hy_err err = HY_ERR_INIT;
    HY_CLEANUP(hy_json_freep) json_t *doc = NULL;
    char what[64];

    snprintf(what, sizeof(what), "incident:%s",
             json_string_value(json_object_get(notice, "incident")));
    redisReply *r = ASK(&w->p, "GET", key(&w->p, what));
    bool there = r->type == REDIS_REPLY_STRING && hy_json_parse(hy_reply_str(r), &doc, &err) == HY_OK;
    freeReplyObject(r);
    const json_t *record =
        there ? hy_list_find(json_object_get(doc, "notices"), hy_json_str(notice, "id")) : NULL;
    struct hy_str state = hy_json_str(json_object_get(record, "states"), OFFICER);
    return hy_str_is(state, "shown") || hy_str_is(state, "closed") ||
           hy_str_is(state, "acknowledged");
}

/* Has the officer's screen shown whatever the board says still asks for her? */
static inline bool is_shown(struct world *w)
{
    HY_CLEANUP(hy_json_freep)
    json_t *answer = w->with_desk ? desk_get(&w->desk, "/api/v1/notices?open=1")
                                  : json_object();
    size_t i;
    json_t *n;

    usleep(answer ? 0 : 50000);
    if (answer == NULL)
        return false;
    json_array_foreach (json_object_get(answer, "notices"), i, n)
        if (hy_json_str(n, "quiet").n == 0 && !has_seen(w, n)) {
            snprintf(w->unseen, sizeof(w->unseen), "%s",
                     json_string_value(json_object_get(n, "id")));
            usleep(50000);
            return false;
        }
    return true;
}

static inline void say_what_is_left(struct world *w)
{
    fprintf(stderr, "%d unanswered, timers %s, notices %s, %lld commands, %lld messages in the outbox\n",
            attend_all(w), timers_due(&w->p) ? "due" : "done", has_unplanned(w) ? "unread" : "read",
            (long long)ask_number(&w->p, "XLEN", "cmd"),
            (long long)ask_number(&w->p, "ZCARD", "outbox"));
    if (!is_shown(w))
        fprintf(stderr, "not shown to %s: %s\n", OFFICER, w->unseen);
}

static inline int64_t resident_kb(pid_t pid)
{
    char path[48];
    long long pages = 0;

    snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
    FILE *f = pid ? fopen(path, "r") : NULL;
    if (f && fscanf(f, "%*s %lld", &pages) != 1)
        pages = 0;
    if (f)
        fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static inline void weigh(struct world *w)
{
    for (int i = 0; i < KEEPERS; i++)
        w->keeper_peak_kb = HY_MAX(w->keeper_peak_kb, resident_kb(w->keepers[i].pid));
    w->redis_peak_kb = HY_MAX(w->redis_peak_kb, resident_kb(w->p.redis.pid));
}

static inline void settle(struct world *w)
{
    int64_t from = real_ms();

    mend_all(w);
    probe(w);
    while (attend_all(w) > 0 || timers_due(&w->p) || delivers(w) ||
           !is_shown(w)) {
        if (real_ms() - from > 2 * patience_ms(w)) {
            show_log(w);
            say_what_is_left(w);
            fail_msg("what is due is not done, %lld s after everything was mended",
                     (long long)patience_ms(w) / 500);
        }
        mend_all(w);
        usleep(5000);
    }
    hy_vec_push(&w->settled, ((struct settled){w->p.now.ms, w->max_clock, w->turns.n}));
    weigh(w);
}
