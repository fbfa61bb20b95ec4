/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to the archive on a helper thread.
 *
 * The loop owns the library; the thread sees only asks, under one mutex, and the store, which is
 * its own.  An answered ask goes to `done` and an eventfd wakes the loop, which alone touches
 * requests. */
#include "alerts/board/library.h"

#include "archive/search.h"
#include "core/mem.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <unistd.h>

enum { MAX_WAITING = 32 };

/* Parameters of a search that are texts. */
enum text { WORDS, SOURCE, PLACE, TOPIC, STATE, ALERT, AFTER, ID, TEXT_COUNT };
static const char *const text_key[TEXT_COUNT] = {
    [WORDS] = "q",     [SOURCE] = "source", [PLACE] = "place", [TOPIC] = "topic",
    [STATE] = "state", [ALERT] = "alert",   [AFTER] = "after",
};

struct ask {
    TAILQ_ENTRY(ask) entry;
    struct hy_http_req *req; /* the loop's */
    struct hy_search q;      /* its views lie in `text` */
    char *text[TEXT_COUNT];
    bool item;      /* ask for one item instead of searching */
    bool closed;    /* there is no archive to ask */
    json_t *answer; /* NULL: see err */
    struct hy_err err;
};
TAILQ_HEAD(asks, ask);

struct hy_library {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct asks waiting, done;
    size_t n_waiting;
    bool stop;
    pthread_t thread;
    int fd;
    struct hy_watch *watch;
    char *dir;
    struct hy_store *store; /* the thread's; NULL: not open */
};

/* ---- the thread ---- */

static int item_of(struct hy_store *s, struct ask *a)
{
    HY_CLEANUP(hy_json_freep) json_t *item = NULL, *captures = NULL;

    if (hy_store_get_item(s, hy_str(a->text[ID]), &item, &a->err) < 0 ||
        hy_store_captures_of_item(s, hy_str(a->text[ID]), &captures, &a->err) < 0)
        return a->err.code;
    a->answer = json_object();
    json_object_set(a->answer, "item", item);
    json_object_set(a->answer, "captures", captures);
    return HY_OK;
}

/* Faults of the question leave the archive open; anything else may be the archive's. */
static bool is_fault_of_question(enum hy_code code)
{
    return code == HY_E_PARSE || code == HY_E_TOOBIG || code == HY_E_USAGE || code == HY_E_NOTFOUND;
}

static void answer(struct hy_library *lib, struct ask *a)
{
    if (lib->store == NULL && hy_store_open(lib->dir, HY_STORE_READ, &lib->store, &a->err) < 0) {
        a->closed = true;
        return;
    }
    int rc = a->item ? item_of(lib->store, a) : hy_search(lib->store, &a->q, &a->answer, &a->err);
    if (rc < 0 && !is_fault_of_question(a->err.code)) {
        hy_store_close(lib->store);
        lib->store = NULL;
    }
}

static void *run(void *arg)
{
    struct hy_library *lib = arg;
    uint64_t one = 1;

    pthread_mutex_lock(&lib->lock);
    while (!lib->stop) {
        struct ask *a = TAILQ_FIRST(&lib->waiting);
        if (a == NULL) {
            pthread_cond_wait(&lib->wake, &lib->lock);
            continue;
        }
        TAILQ_REMOVE(&lib->waiting, a, entry);
        lib->n_waiting--;
        pthread_mutex_unlock(&lib->lock);
        answer(lib, a);
        pthread_mutex_lock(&lib->lock);
        TAILQ_INSERT_TAIL(&lib->done, a, entry);
        if (write(lib->fd, &one, sizeof(one)) < 0)
            hy_bug("eventfd");
    }
    pthread_mutex_unlock(&lib->lock);
    return NULL;
}

/* ---- the loop ---- */

static void ask_free(struct ask *a)
{
    for (size_t i = 0; i < TEXT_COUNT; i++)
        free(a->text[i]);
    json_decref(a->answer);
    free(a);
}

static void closed(struct hy_http_req *req)
{
    hy_http_problem(req, 503, "archive",
                    "档案现在查不了：可能还没有建立，或者 archive 没有在这台机器上运行");
}

static void reply(struct ask *a)
{
    if (a->answer)
        hy_http_json(a->req, 200, json_incref(a->answer));
    else if (a->closed)
        closed(a->req);
    else if (a->err.code == HY_E_NOTFOUND)
        hy_http_problem(a->req, 404, "not_found", "档案里没有这条信息，可能已过保存期");
    else if (is_fault_of_question(a->err.code))
        hy_http_problem(a->req, 400, "query", a->err.msg);
    else
        closed(a->req);
}

static struct ask *take_done(struct hy_library *lib)
{
    pthread_mutex_lock(&lib->lock);
    struct ask *a = TAILQ_FIRST(&lib->done);
    if (a)
        TAILQ_REMOVE(&lib->done, a, entry);
    pthread_mutex_unlock(&lib->lock);
    return a;
}

static void on_done(void *user)
{
    struct hy_library *lib = user;
    uint64_t count;
    struct ask *a;

    if (read(lib->fd, &count, sizeof(count)) < 0)
        return;
    while ((a = take_done(lib)) != NULL) {
        reply(a);
        ask_free(a);
    }
}

static void submit(struct hy_library *lib, struct ask *a)
{
    pthread_mutex_lock(&lib->lock);
    bool room = lib->n_waiting < MAX_WAITING;
    if (room) {
        TAILQ_INSERT_TAIL(&lib->waiting, a, entry);
        lib->n_waiting++;
        pthread_cond_signal(&lib->wake);
    }
    pthread_mutex_unlock(&lib->lock);
    if (room)
        return;
    hy_http_problem(a->req, 503, "busy", "正在查询的人太多，请稍后再试");
    ask_free(a);
}

static void read_texts(struct hy_http_req *req, struct ask *a)
{
    for (size_t i = 0; i < ID; i++)
        a->text[i] = hy_xstrdup(hy_http_query(req, text_key[i]));
    a->q.words = hy_str(a->text[WORDS]);
    a->q.source = hy_str(a->text[SOURCE]);
    a->q.place = hy_str(a->text[PLACE]);
    a->q.topic = hy_str(a->text[TOPIC]);
    a->q.state = hy_str(a->text[STATE]);
    a->q.alert = hy_str(a->text[ALERT]);
    a->q.cursor = hy_str(a->text[AFTER]);
}

/* "" is 0; false: no number, or beyond `max`. */
static bool number(struct hy_http_req *req, const char *key, int64_t max, int64_t *ret)
{
    struct hy_str v = hy_str(hy_http_query(req, key));

    *ret = 0;
    return v.n == 0 || (hy_str_to_i64(v, ret) && *ret >= 0 && *ret <= max);
}

/* A sentence when the request cannot be understood, else NULL. */
static const char *read_search(struct hy_http_req *req, struct ask *a)
{
    int64_t level, limit;

    read_texts(req, a);
    if (!number(req, "level", 4, &level))
        return "level 应为 1 到 4";
    if (!number(req, "limit", HY_SEARCH_MAX_LIMIT, &limit))
        return "limit 最多 200";
    if (!hy_day_or_time_parse(hy_str(hy_http_query(req, "from")), &a->q.from) ||
        !hy_day_or_time_parse(hy_str(hy_http_query(req, "to")), &a->q.to))
        return "from、to 应为日期（2026-11-01）或时间";
    a->q.level = (int)level;
    a->q.limit = (size_t)limit;
    struct hy_str kind = hy_str(hy_http_query(req, "kind"));
    a->q.what = hy_str_is(kind, "item")       ? HY_SEARCH_ITEMS
                : hy_str_is(kind, "incident") ? HY_SEARCH_INCIDENTS
                                              : HY_SEARCH_ALL;
    bool rank = strcmp(hy_http_query(req, "order"), "rank") == 0;
    a->q.order = rank ? HY_SEARCH_RANK : HY_SEARCH_TIME;
    a->q.facets = a->text[AFTER][0] == '\0';
    return NULL;
}

void hy_library_search(struct hy_library *lib, struct hy_http_req *req)
{
    struct ask *a = hy_xcalloc(1, sizeof(*a));
    const char *wrong;

    *a = (struct ask){.req = req, .err = HY_ERR_INIT};
    wrong = read_search(req, a);
    if (wrong) {
        hy_http_problem(req, 400, "query", wrong);
        ask_free(a);
    } else {
        submit(lib, a);
    }
}

void hy_library_item(struct hy_library *lib, struct hy_http_req *req)
{
    struct ask *a = hy_xcalloc(1, sizeof(*a));

    *a = (struct ask){.req = req, .item = true, .err = HY_ERR_INIT};
    a->text[ID] = hy_xstrdup(hy_http_param(req, "id"));
    submit(lib, a);
}

/* ---- life cycle ---- */

struct hy_library *hy_library_new(struct hy_loop *l, const char *dir)
{
    struct hy_library *lib = hy_xcalloc(1, sizeof(*lib));

    TAILQ_INIT(&lib->waiting);
    TAILQ_INIT(&lib->done);
    pthread_mutex_init(&lib->lock, NULL);
    pthread_cond_init(&lib->wake, NULL);
    lib->dir = hy_xstrdup(dir);
    lib->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (lib->fd < 0)
        hy_bug("no eventfd for the archive's thread");
    lib->watch = hy_watch_new(l, lib->fd, on_done, lib);
    if (pthread_create(&lib->thread, NULL, run, lib) != 0)
        hy_bug("no thread for the archive");
    return lib;
}

void hy_library_free(struct hy_library *lib)
{
    struct ask *a;

    if (lib == NULL)
        return;
    pthread_mutex_lock(&lib->lock);
    lib->stop = true;
    pthread_cond_signal(&lib->wake);
    pthread_mutex_unlock(&lib->lock);
    pthread_join(lib->thread, NULL);
    TAILQ_CONCAT(&lib->waiting, &lib->done, entry);
    while ((a = TAILQ_FIRST(&lib->waiting)) != NULL) {
        TAILQ_REMOVE(&lib->waiting, a, entry);
        closed(a->req);
        ask_free(a);
    }
    hy_store_close(lib->store);
    hy_watch_free(lib->watch);
    close(lib->fd);
    pthread_cond_destroy(&lib->wake);
    pthread_mutex_destroy(&lib->lock);
    free(lib->dir);
    free(lib);
}
