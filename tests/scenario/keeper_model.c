/* SPDX-License-Identifier: Apache-2.0 */
/* The proof that no clock is lost: a made-up fortnight of an office is played to real keepers on a
 * real Redis by an accelerated clock, while everything that can break breaks at random, and what
 * came out is held against a model that knows the rules of the game and nothing of the keeper.
 *
 * The model is the table of reminders below.  A command has no single moment, so the model counts
 * with three answers: a notice must be there (its time had come, and everything was settled, before
 * the command that ends it was sent), must not be there (its time came after the answer to that
 * command was seen), or may.
 *
 * Held against it:
 * - every notice that must be there is, none that must not, none twice;
 * - none before its time; none later than the first moment everything was well again; what is late
 *   says by how much;
 * - every command that was answered stands in the journal exactly once, every hit opened exactly one
 *   incident, though both are sent again and again until there is an answer;
 * - the journal's chain is whole, and Redis and the mirror hold the same bytes;
 * - at the end Redis is emptied, and all of it holds once more.
 *
 * HY_CHAOS_SEED replays a run, HY_CHAOS_INCIDENTS sets its size, HY_CHAOS_LOG=1 tells what breaks. */
#include "tests/scenario/play.h"
#include "core/vec.h"
#include "tests/scenario/proxy.h"

#include <dirent.h>

enum {
    INCIDENTS = 80,
    ARRIVE_H = 40, /* they arrive in the first hours */
    SPAN_H = 60,
    TICK_MIN = 20,
    KEEPERS = 2,
    RESEND_MS = 1500,
    HEALTHY_S = 60,
    LATE_FROM_MS = 1000,
};

/* ---- the model: what is to be heard of an incident ---- */

enum ends { BY_ANY = 1, BY_ANSWER = 2, BY_DISMISSAL = 4 };
enum base { FROM_OPEN, FROM_PUBLIC, FROM_ANSWER };
static const struct rule {
    const char *step;
    int levels; /* bit set */
    enum base base;
    int64_t after_min, every_min;
    unsigned ends;
    bool even_if_past; /* told also when its time is past already when the clock opens */
} model[] = {
    {"-/open", 30, FROM_OPEN, 0, 0, 0, true},
    {"-/unacked-1", 30, FROM_OPEN, 10, 0, BY_ANY, false},
    {"-/unacked-2", 30, FROM_OPEN, 20, 0, BY_ANY, false},
    {"-/unacked-3", 30, FROM_OPEN, 40, 0, BY_ANY, false},
    {"H5/supervisor-2h", 6, FROM_PUBLIC, 120, 0, BY_ANSWER | BY_DISMISSAL, false},
    {"H5/left-2h", 6, FROM_PUBLIC, 180, 0, BY_ANSWER | BY_DISMISSAL, false},
    {"H5/left-1h", 6, FROM_PUBLIC, 240, 0, BY_ANSWER | BY_DISMISSAL, false},
    {"H5/left-15m", 6, FROM_PUBLIC, 285, 0, BY_ANSWER | BY_DISMISSAL, false},
    {"H5/late", 6, FROM_PUBLIC, 300, 120, BY_ANSWER | BY_DISMISSAL, true},
    {"H24/plan-8h", 6, FROM_PUBLIC, 8 * 60, 0, BY_DISMISSAL, false},
    {"H24/confirm-16h", 6, FROM_PUBLIC, 16 * 60, 0, BY_DISMISSAL, false},
    {"H24/left-2h", 6, FROM_PUBLIC, 22 * 60, 0, BY_DISMISSAL, false},
    {"H24/late", 6, FROM_PUBLIC, 24 * 60, 720, BY_DISMISSAL, true},
    {"H48/half", 24, FROM_PUBLIC, 24 * 60, 0, BY_ANSWER | BY_DISMISSAL, false},
    {"H48/three-quarters", 24, FROM_PUBLIC, 36 * 60, 0, BY_ANSWER | BY_DISMISSAL, false},
    {"H48/nine-tenths", 24, FROM_PUBLIC, 2592, 0, BY_ANSWER | BY_DISMISSAL, false},
    {"H48/late", 24, FROM_PUBLIC, 48 * 60, 1440, BY_ANSWER | BY_DISMISSAL, true},
    {"CONT/left-2h", 30, FROM_ANSWER, 22 * 60, 0, BY_DISMISSAL, false},
    {"CONT/late", 30, FROM_ANSWER, 24 * 60, 1440, BY_DISMISSAL, true},
};

/* A command: what the model needs to know of when it took effect. */
struct act {
    const char *verb; /* NULL: none */
    char id[40];
    char *text;
    int64_t sent_at_ms;       /* real time, of the newest sending */
    hy_wall published;        /* what it says */
    int64_t settled_before;   /* newest clock at which all was settled when it was sent first */
    int64_t max_at_answer;    /* highest clock there had been when its answer was seen */
    bool sent, answered, ok;
};
enum fate { NOTHING, ACK, NOTES, ANSWER, ACK_ANSWER, DISMISS, FATES };
static const char *const deeds[FATES][3] = {
    [ACK] = {"ack"},         [NOTES] = {"note", "note", "note"}, [ANSWER] = {"respond"},
    [ACK_ANSWER] = {"ack", "respond"}, [DISMISS] = {"dismiss"},
};
struct incident {
    char id[32], *hit;
    int level;
    hy_wall arrives, published, deed_at;
    int64_t sent_at_ms;
    struct act acts[3];
    size_t next; /* of acts */
};

/* A moment at which everything was well and nothing was left to do. */
struct settled {
    int64_t clock, max;
};

struct world {
    struct play p;
    struct proxy proxy;
    struct keeper keepers[KEEPERS];
    bool frozen[KEEPERS];
    struct incident *all;
    int n, probes;
    int64_t max_clock;
    HY_VEC(struct settled) settled;
    size_t redis_full_deaths;
    bool verbose;
};
static struct world world; /* p.mend() has to find it */

static int64_t real_ms(void)
{
    return hy_mono_now().us / 1000;
}

static void move_clock(struct world *w, int64_t ms)
{
    set_clock(&w->p, hy_wall_add_ms(w->p.now, ms));
    w->max_clock = HY_MAX(w->max_clock, w->p.now.ms);
}

/* ---- breaking things ---- */

static const char *mirror_of(const struct world *w, int keeper)
{
    static char path[256];

    snprintf(path, sizeof(path), "%s/journal/%s.jsonl", w->keepers[keeper].data, w->p.office);
    return path;
}

static off_t size_of(const char *path)
{
    struct stat st;

    return stat(path, &st) < 0 ? 0 : st.st_size;
}

/* As a disk that is full from the next bytes on: writes are cut short, then fail. */
static void limit_files(pid_t pid, off_t size)
{
    struct rlimit l = {.rlim_cur = size < 0 ? RLIM_INFINITY : (rlim_t)size,
                       .rlim_max = RLIM_INFINITY};

    if (pid)
        prlimit(pid, RLIMIT_FSIZE, &l, NULL);
}

static void break_keeper(struct world *w)
{
    int i = (int)random_below(&w->p, KEEPERS);

    keeper_kill(&w->keepers[i], SIGKILL);
    w->frozen[i] = false;
    w->p.keeper_kills++;
}

static void break_both_keepers(struct world *w)
{
    for (int i = 0; i < KEEPERS; i++) {
        keeper_kill(&w->keepers[i], SIGKILL);
        w->frozen[i] = false;
        w->p.keeper_kills++;
    }
}

static void break_redis(struct world *w)
{
    redis_server_kill(&w->p.redis);
    w->p.redis_kills++;
}

static void break_reply(struct world *w)
{
    w->proxy.faults->cut_after = (long)random_below(&w->p, 4000);
}

static void break_speed(struct world *w)
{
    w->proxy.faults->delay_ms = 20 + (int)random_below(&w->p, 400);
}

static void freeze_keeper(struct world *w)
{
    int i = (int)random_below(&w->p, KEEPERS);

    if (w->keepers[i].pid == 0)
        return;
    kill(w->keepers[i].pid, SIGSTOP);
    w->frozen[i] = true;
}

static char *newest_log(const struct world *w)
{
    HY_CLEANUP(hy_freep) char *dir = hy_xasprintf("%s/appendonlydir", w->p.redis.dir);
    char *found = NULL;
    DIR *d = opendir(dir);

    for (struct dirent *e; d && (e = readdir(d));)
        if (strstr(e->d_name, ".incr.aof")) {
            free(found);
            found = hy_xasprintf("%s/%s", dir, e->d_name);
        }
    if (d)
        closedir(d);
    return found;
}

static void fill_disk_of_redis(struct world *w)
{
    HY_CLEANUP(hy_freep) char *path = newest_log(w);

    if (path && w->p.redis.pid)
        limit_files(w->p.redis.pid, size_of(path) + (off_t)random_below(&w->p, 20000));
}

static void fill_disk_of_keeper(struct world *w)
{
    int i = (int)random_below(&w->p, KEEPERS);

    limit_files(w->keepers[i].pid, size_of(mirror_of(w, i)) + (off_t)random_below(&w->p, 20000));
}

static void wipe_redis(struct world *w)
{
    HY_CLEANUP(hy_freep) char *dir = hy_xasprintf("%s/appendonlydir", w->p.redis.dir);

    redis_server_kill(&w->p.redis);
    nftw(dir, redis_server_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

static void jump_ahead(struct world *w)
{
    move_clock(w, (int64_t)(1 + random_below(&w->p, 5)) * HY_HOUR_MS);
}

static void settle(struct world *w);

static void jump_back(struct world *w)
{
    settle(w); /* what is under way carries times of before */
    move_clock(w, -(int64_t)(1 + random_below(&w->p, 90)) * HY_MINUTE_MS);
}

static struct trouble {
    const char *name;
    void (*cause)(struct world *w);
    uint32_t weight;
    int times;
} troubles[] = {
    {"keeper killed", break_keeper, 8, 0},
    {"both keepers killed", break_both_keepers, 3, 0},
    {"Redis killed", break_redis, 5, 0},
    {"reply cut off", break_reply, 8, 0},
    {"Redis slow", break_speed, 3, 0},
    {"keeper frozen", freeze_keeper, 3, 0},
    {"disk of Redis full", fill_disk_of_redis, 2, 0},
    {"disk of a keeper full", fill_disk_of_keeper, 3, 0},
    {"Redis' data wiped", wipe_redis, 2, 0},
    {"clock ahead by hours", jump_ahead, 2, 0},
    {"clock back by minutes", jump_back, 2, 0},
};

static void cause_trouble(struct world *w)
{
    uint32_t sum = 0, at;

    for (size_t i = 0; i < HY_COUNT(troubles); i++)
        sum += troubles[i].weight;
    at = random_below(&w->p, sum);
    for (size_t i = 0; i < HY_COUNT(troubles); i++) {
        if (at >= troubles[i].weight) {
            at -= troubles[i].weight;
            continue;
        }
        troubles[i].times++;
        if (w->verbose)
            print_message("%lld min: %s\n", (long long)(w->p.now.ms / 60000), troubles[i].name);
        troubles[i].cause(w);
        return;
    }
}

/* ---- the supervisor's part: who is dead is started again ---- */

static void show_log(const struct world *w)
{
    HY_CLEANUP(hy_freep) char *command =
        hy_xasprintf("tail -n 40 %s/keep.log >&2", w->p.redis.dir);
    pid_t pid = fork();

    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
}

static void mend_redis(struct world *w)
{
    int status;

    if (w->p.redis.pid && waitpid(w->p.redis.pid, &status, WNOHANG) == w->p.redis.pid) {
        w->redis_full_deaths++; /* it ends itself when it cannot write its log */
        w->p.redis.pid = 0;
    }
    if (w->p.redis.pid == 0)
        redis_server_again(&w->p.redis);
}

static void mend_keepers(struct world *w)
{
    int status;

    for (int i = 0; i < KEEPERS; i++) {
        struct keeper *k = &w->keepers[i];
        if (k->pid && waitpid(k->pid, &status, WNOHANG) == k->pid) {
            show_log(w);
            fail_msg("a keeper ended by itself, status %d", status);
        }
        if (k->pid == 0)
            keeper_start(&w->p, k);
    }
}

static void mend_some(struct play *p)
{
    (void)p;
    mend_redis(&world);
}

/* Everything is well again. */
static void mend_all(struct world *w)
{
    w->proxy.faults->delay_ms = 0;
    w->proxy.faults->cut_after = -1;
    for (int i = 0; i < KEEPERS; i++) {
        if (w->frozen[i] && w->keepers[i].pid)
            kill(w->keepers[i].pid, SIGCONT);
        w->frozen[i] = false;
        limit_files(w->keepers[i].pid, -1);
    }
    limit_files(w->p.redis.pid, -1);
    mend_redis(w);
    mend_keepers(w);
}

/* ---- the office: hits and commands, sent until there is an answer ---- */

static void plan_incident(struct world *w, int n)
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

static void send_hit(struct world *w, int n)
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

static int64_t newest_settled(const struct world *w)
{
    return w->settled.n ? w->settled.v[w->settled.n - 1].clock : INT64_MIN;
}

static char *command_text(const struct world *w, const struct act *a, const char *incident)
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

static void send_act(struct world *w, struct act *a, const char *incident)
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
static bool look_for_answer(struct world *w, struct act *a)
{
    char what[64];

    snprintf(what, sizeof(what), "reply:%s", a->id);
    redisReply *r = ASK(&w->p, "GET", key(&w->p, what));
    a->answered = r->type == REDIS_REPLY_STRING;
    a->ok = a->answered && hy_str_has(hy_reply_str(r), HY_STR("\"ok\":true"));
    a->max_at_answer = w->max_clock;
    freeReplyObject(r);
    return a->answered;
}

static void look_for_incident(struct world *w, int n)
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

static bool is_old(int64_t sent_at_ms)
{
    return real_ms() - sent_at_ms > RESEND_MS;
}

/* What the office does about one incident now; false while something is unanswered. */
static bool attend(struct world *w, int n)
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

static int attend_all(struct world *w)
{
    int open = 0;

    for (int n = 0; n < w->n; n++)
        open += !attend(w, n);
    return open;
}

/* A command about nothing: whoever answers it leads, has read his journal and levelled Redis. */
static void probe(struct world *w)
{
    struct act a = {.verb = "ack"};

    snprintf(a.id, sizeof(a.id), "probe-%d", w->probes++);
    for (int64_t from = real_ms(); real_ms() - from < HEALTHY_S * 1000; usleep(5000)) {
        mend_all(w);
        if (!a.sent || is_old(a.sent_at_ms))
            send_act(w, &a, "I-none");
        if (look_for_answer(w, &a)) {
            free(a.text);
            return;
        }
    }
    show_log(w);
    fail_msg("nobody leads %d s after everything was mended", HEALTHY_S);
}

static void settle(struct world *w)
{
    int64_t from = real_ms();

    mend_all(w);
    probe(w);
    while (attend_all(w) > 0 || timers_due(&w->p)) {
        if (real_ms() - from > HEALTHY_S * 2000) {
            show_log(w);
            fail_msg("what is due is not done, %d s after everything was mended", HEALTHY_S * 2);
        }
        mend_all(w);
        usleep(5000);
    }
    hy_vec_push(&w->settled, ((struct settled){w->p.now.ms, w->max_clock}));
}

/* ---- what came out, against the model ---- */

static void notice_free(void *n)
{
    json_decref(n);
}

/* All notices by id; none twice. */
static struct hy_map *read_notices(struct world *w)
{
    redisReply *r = ASK(&w->p, "XRANGE", key(&w->p, "notices"), "-", "+");
    struct hy_map *all = hy_map_new(notice_free);

    for (size_t i = 0; i < r->elements; i++) {
        json_t *n = NULL;
        struct hy_err err = HY_ERR_INIT;
        assert_int_equal(
            hy_json_parse(hy_reply_field(r->element[i]->element[1], "notice"), &n, &err), HY_OK);
        struct hy_str id = hy_json_str(n, "id");
        if (hy_map_get(all, id))
            fail_msg("twice: %.*s", HY_STR_ARG(id));
        hy_map_set(all, id, n);
    }
    freeReplyObject(r);
    return all;
}

/* Without a verb: the first by which somebody showed that he had seen the alarm; a note does not. */
static const struct act *act_of(const struct incident *i, const char *verb)
{
    for (size_t a = 0; a < HY_COUNT(i->acts); a++)
        if (i->acts[a].ok && (verb ? strcmp(i->acts[a].verb, verb) == 0
                                   : strcmp(i->acts[a].verb, "note") != 0))
            return &i->acts[a];
    return NULL;
}

/* The command that ends this reminder, if one was given. */
static const struct act *end_of(const struct incident *i, const struct rule *r)
{
    const struct act *any = act_of(i, NULL), *answer = act_of(i, "respond"),
                     *dismissal = act_of(i, "dismiss");

    if ((r->ends & BY_ANY) && any)
        return any;
    if ((r->ends & BY_ANSWER) && answer)
        return answer;
    return (r->ends & BY_DISMISSAL) ? dismissal : NULL;
}

struct span {     /* of one reminder of one incident */
    int64_t open; /* when its clock began to run */
    int64_t due;
    int64_t must_until, may_until; /* clocks */
};

/* "Late" begins a second after the limit, whose own second still counts. */
static bool span_of(const struct world *w, const struct incident *i, const struct rule *r,
                    int64_t open, struct span *ret)
{
    const struct act *end = end_of(i, r), *answer = act_of(i, "respond");
    int64_t base = r->base == FROM_OPEN ? open : i->published.ms;

    if (!(r->levels & 1 << i->level) || (r->base == FROM_ANSWER && answer == NULL))
        return false;
    if (r->base == FROM_ANSWER)
        base = answer->published.ms;
    *ret = (struct span){
        .open = r->base == FROM_ANSWER ? answer->max_at_answer : open,
        .due = base + r->after_min * 60000 + (r->every_min ? 1000 : 0),
        .must_until = end ? end->settled_before : newest_settled(w),
        .may_until = end ? end->max_at_answer : w->max_clock,
    };
    return true;
}

/* Not before its time, not later than the first moment at which all was well again. */
static void check_lateness(const struct world *w, const json_t *n, const struct span *s)
{
    int64_t at = hy_json_time(n, "at").ms, due = hy_json_time(n, "due").ms,
            late = hy_json_int(n, "late_by_ms", -1), from = HY_MAX(due, s->open);
    const char *id = json_string_value(json_object_get(n, "id"));

    if (at < due)
        fail_msg("%s: %lld s before its time", id, (long long)(due - at) / 1000);
    if (late != (at - due >= LATE_FROM_MS ? at - due : 0))
        fail_msg("%s: says it is late by %lld ms, is by %lld", id, (long long)late,
                 (long long)(at - due));
    for (size_t i = 0; i < w->settled.n; i++)
        if (w->settled.v[i].clock >= from) {
            if (at > w->settled.v[i].max)
                fail_msg("%s: due %lld, told %lld, but all was well at %lld", id, (long long)due,
                         (long long)at, (long long)w->settled.v[i].max);
            return;
        }
}

static const json_t *notice_of(const struct hy_map *all, const struct incident *i, const char *step,
                               int n)
{
    char id[128];

    snprintf(id, sizeof(id), n > 1 ? "%s/%s.%d" : "%s/%s", i->id, step, n);
    return hy_map_get(all, hy_str(id));
}

/* One reminder with all its repetitions; how many notices it accounts for. */
static size_t check_reminder(const struct world *w, const struct hy_map *all,
                             const struct incident *i, const struct rule *r, struct span s)
{
    size_t found = 0;

    for (int n = 1;; n++) {
        const json_t *notice = notice_of(all, i, r->step, n);
        bool skipped = n == 1 && !r->even_if_past && s.due <= s.open && r->base != FROM_OPEN;
        if (notice == NULL && s.due <= s.must_until && !skipped)
            fail_msg("missing: %s/%s, number %d, due %lld, settled at %lld", i->id, r->step, n,
                     (long long)s.due, (long long)s.must_until);
        if (notice == NULL)
            return found;
        if (skipped || s.due > s.may_until)
            fail_msg("not expected: %s/%s, number %d, due %lld", i->id, r->step, n,
                     (long long)s.due);
        if (hy_json_time(notice, "due").ms != s.due)
            fail_msg("%s/%s, number %d: due %lld instead of %lld", i->id, r->step, n,
                     (long long)hy_json_time(notice, "due").ms, (long long)s.due);
        if (json_array_size(json_object_get(notice, "to")) == 0)
            fail_msg("%s/%s goes to nobody", i->id, r->step);
        check_lateness(w, notice, &s);
        found++;
        if (r->every_min == 0)
            return found;
        int64_t every = r->every_min * 60000, at = hy_json_time(notice, "at").ms;
        s.due += ((at - s.due) / every + 1) * every; /* what an outage swallowed is told once */
    }
}

/* What did not ring by itself belongs to a round of catching up, whose end told each person once.
 * How many notices there are that tell of rounds. */
static size_t check_rounds(const struct hy_map *all)
{
    struct hy_map *told = hy_map_new(NULL); /* "round person" -> the notice that tells */
    size_t rounds = 0, at = 0;
    struct hy_str id;
    void *v;

    while (hy_map_next(all, &at, &id, &v)) {
        struct hy_str step = hy_json_str(v, "step"), round = {0};
        if (!hy_str_starts(step, HY_STR("missed-")))
            continue;
        rounds++;
        step = hy_str_sub(step, 7, step.n);
        hy_str_cut(&step, '-', &round);
        HY_CLEANUP(hy_freep)
        char *who = hy_xasprintf(
            HY_STR_FMT " %s", HY_STR_ARG(round),
            json_string_value(json_array_get(json_object_get(v, "to"), 0)));
        if (hy_map_get(told, hy_str(who)))
            fail_msg("told twice of one round: %s", who);
        hy_map_set(told, hy_str(who), v);
    }
    for (at = 0; hy_map_next(all, &at, &id, &v);) {
        size_t i;
        json_t *person;
        json_array_foreach (json_object_get(v, "to"), i, person) {
            HY_CLEANUP(hy_freep)
            char *who = hy_xasprintf(HY_STR_FMT " %s", HY_STR_ARG(hy_json_str(v, "quiet")),
                                     json_string_value(person));
            if (hy_json_str(v, "quiet").n && hy_map_get(told, hy_str(who)) == NULL)
                fail_msg("%s rang nowhere, and %s was not told", json_string_value(json_object_get(v, "id")), who);
        }
    }
    hy_map_free(told);
    return rounds;
}

static void check_notices(struct world *w)
{
    struct hy_map *all = read_notices(w);
    size_t explained = check_rounds(all);

    for (int n = 0; n < w->n; n++) {
        const struct incident *i = &w->all[n];
        const json_t *first = notice_of(all, i, "-/open", 1);
        struct span s;
        if (first == NULL)
            fail_msg("missing: %s/-/open", i->id);
        int64_t open = hy_json_time(first, "at").ms;
        for (size_t r = 0; r < HY_COUNT(model); r++)
            if (span_of(w, i, &model[r], open, &s))
                explained += check_reminder(w, all, i, &model[r], s);
    }
    if (explained != hy_map_count(all)) {
        struct hy_str id;
        void *v;
        for (size_t at = 0; hy_map_next(all, &at, &id, &v);)
            fprintf(stderr, "%.*s\n", HY_STR_ARG(id));
        fail_msg("%zu notices, %zu of them explained", hy_map_count(all), explained);
    }
    hy_map_free(all);
}

/* ---- the journal ---- */

struct tally {
    int entries, runs; /* lines of a command; groups of lines that follow each other */
    int64_t last;
};

static void tally_free(void *t)
{
    free(t);
}

static void count_line(struct hy_map *commands, const json_t *entry, int *opened)
{
    struct hy_str cmd = hy_json_str(entry, "cmd");
    int64_t seq = hy_json_int(entry, "seq", 0);

    *opened += hy_str_is(hy_json_str(entry, "type"), "open");
    if (cmd.n == 0)
        return;
    struct tally *t = hy_map_get(commands, cmd);
    if (t == NULL) {
        t = hy_xcalloc(1, sizeof(*t));
        hy_map_set(commands, cmd, t);
    }
    t->entries++;
    t->runs += t->last + 1 != seq || t->entries == 1;
    t->last = seq;
}

static struct hy_map *count_journal(const char *path, int *ret_opened)
{
    struct hy_map *commands = hy_map_new(tally_free);
    FILE *f = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;

    *ret_opened = 0;
    for (ssize_t n; f && (n = getline(&line, &room, f)) > 0;) {
        struct hy_err err = HY_ERR_INIT;
        HY_CLEANUP(hy_json_freep) json_t *entry = NULL;
        assert_int_equal(hy_json_parse(hy_str_n(line, (size_t)n - 1), &entry, &err), HY_OK);
        count_line(commands, entry, ret_opened);
    }
    if (f)
        fclose(f);
    free(line);
    return commands;
}

/* Which keeper leads: its mirror is the one with Redis' head. */
static int leader(struct world *w)
{
    for (int tries = 0; tries < 500; tries++) {
        for (int i = 0; i < KEEPERS; i++) {
            struct hy_err err = HY_ERR_INIT;
            struct hy_head head;
            size_t count;
            if (hy_journal_verify(mirror_of(w, i), NULL, NULL, &count, &head, &err) == HY_OK &&
                (int64_t)count == ask_number(&w->p, "XLEN", "journal"))
                return i;
        }
        usleep(10000);
    }
    fail_msg("no mirror is as long as Redis' journal");
    return 0;
}

static void check_commands(struct world *w, int keeper)
{
    int opened;
    struct hy_map *commands = count_journal(mirror_of(w, keeper), &opened);

    assert_int_equal(opened, w->n);
    for (int n = 0; n < w->n; n++)
        for (size_t a = 0; a < HY_COUNT(w->all[n].acts); a++) {
            const struct act *act = &w->all[n].acts[a];
            const struct tally *t = act->verb ? hy_map_get(commands, hy_str(act->id)) : NULL;
            if (act->ok && t == NULL)
                fail_msg("lost: %s %s, which was answered", act->verb, act->id);
            if (act->ok && t->runs != 1)
                fail_msg("done %d times: %s", t->runs, act->id);
            if (act->answered && !act->ok && t)
                fail_msg("refused and done: %s", act->id);
        }
    hy_map_free(commands);
}

static void check_all(struct world *w)
{
    int keeper = leader(w);

    check_journal(&w->p, &w->keepers[keeper]);
    check_commands(w, keeper);
    check_notices(w);
}

/* ---- a run ---- */

static void world_begin(struct world *w)
{
    const char *size = getenv("HY_CHAOS_INCIDENTS");
    int64_t n = INCIDENTS;

    signal(SIGXFSZ, SIG_IGN); /* inherited: a full disk is an error, not a signal */
    *w = (struct world){.verbose = getenv("HY_CHAOS_LOG") != NULL};
    play_prepare(&w->p);
    w->p.mend = mend_some;
    proxy_start(&w->proxy, w->p.redis.dir, "redis.sock");
    snprintf(w->p.via, sizeof(w->p.via), "unix://%s", w->proxy.path);
    if (size)
        hy_str_to_i64(hy_str(size), &n);
    w->n = (int)n;
    w->all = hy_xcalloc((size_t)w->n, sizeof(*w->all));
    w->max_clock = w->p.now.ms;
    for (int i = 0; i < w->n; i++)
        plan_incident(w, i);
    for (int i = 0; i < KEEPERS; i++) {
        HY_CLEANUP(hy_freep) char *data = hy_xasprintf("%s/data%d", w->p.redis.dir, i);
        snprintf(w->keepers[i].data, sizeof(w->keepers[i].data), "%s", data);
        keeper_start(&w->p, &w->keepers[i]);
    }
}

static void world_end(struct world *w)
{
    for (int i = 0; i < KEEPERS; i++)
        keeper_kill(&w->keepers[i], SIGKILL);
    proxy_end(&w->proxy);
    redis_server_end(&w->p.redis);
    for (int i = 0; i < w->n; i++) {
        free(w->all[i].hit);
        for (size_t a = 0; a < HY_COUNT(w->all[i].acts); a++)
            free(w->all[i].acts[a].text);
    }
    free(w->all);
    hy_vec_release(&w->settled);
}

static void live(struct world *w)
{
    hy_wall end = hy_wall_add_ms(w->p.now, SPAN_H * HY_HOUR_MS);

    settle(w);
    while (w->p.now.ms < end.ms) {
        move_clock(w, (int64_t)(1 + random_below(&w->p, 2 * TICK_MIN)) * HY_MINUTE_MS);
        attend_all(w);
        if (random_below(&w->p, 3) == 0)
            cause_trouble(w);
        usleep(1000 * random_below(&w->p, 60));
        mend_redis(w);
        if (random_below(&w->p, 3) == 0)
            settle(w);
    }
    settle(w);
}

TEST(everything_breaks_and_nothing_is_lost)
{
    struct world *w = &world;

    world_begin(w);
    live(w);
    check_all(w);
    for (size_t i = 0; i < HY_COUNT(troubles); i++)
        print_message("%4d x %s\n", troubles[i].times, troubles[i].name);
    wipe_redis(w);
    settle(w);
    check_all(w);
    print_message("%d incidents, %lld journal entries, Redis ended itself %zu times\n", w->n,
                  (long long)ask_number(&w->p, "XLEN", "journal"), w->redis_full_deaths);
    world_end(w);
}
