/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about rules, answered by our own commands as children. */
#include "alerts/board/bench.h"

#include "alerts/board/child.h"
#include "alerts/board/trial.h"
#include "core/log.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

enum { AT_ONCE = 2, DAYS_MAX = 92, OUTPUT_CHARS = 6000, MOST_ROWS = 200 };
#define SHORT_MS (30 * HY_SECOND_MS)
#define LONG_MS (30 * HY_MINUTE_MS)

enum kind { SCORE, CHECK };

/* A request that waits for its child. */
struct asking {
    TAILQ_ENTRY(asking) entry;
    struct hy_bench *bench;
    struct hy_http_req *req;
    struct hy_child *child;
    enum kind kind;
    char *dir; /* the copy of the rules, removed afterwards; NULL: none */
};
TAILQ_HEAD(askings, asking);

enum phase { IDLE, READING, JUDGING, DONE, FAILED, PHASE_COUNT };
static const char *const phase_name[] = {"idle", "reading", "judging", "done", "failed"};
_Static_assert(HY_COUNT(phase_name) == PHASE_COUNT, "name every phase");

struct hy_bench {
    struct hy_loop *loop;
    char *data;
    const char *(*rules)(void *user);
    void *user;
    struct askings askings;
    int running;

    /* the backtest, at most one */
    enum phase phase;
    struct hy_child *test;
    char *test_dir;
    int64_t days;
    hy_wall started, ended;
    json_t *report;
    char *why;
};

/* ---- short questions ---- */

static void asking_end(struct asking *a)
{
    TAILQ_REMOVE(&a->bench->askings, a, entry);
    a->bench->running--;
    hy_trial_remove(a->dir);
    free(a->dir);
    free(a);
}

/* The folder of the copy means nothing to people. */
static char *without(struct hy_str text, const char *dir)
{
    struct hy_buf out = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    size_t n = dir ? strlen(dir) : 0;

    for (size_t i = 0; i < text.n && i < OUTPUT_CHARS; i++) {
        if (n && text.n - i > n && memcmp(text.p + i, dir, n) == 0 && text.p[i + n] == '/')
            i += n;
        else
            hy_buf_char(&out, text.p[i]);
    }
    return hy_buf_take(&out);
}

static void answer_score(struct hy_http_req *req, int status, struct hy_str out, struct hy_str errors,
                         const char *dir)
{
    struct hy_err err = HY_ERR_INIT;
    json_t *line = NULL;

    if (status == 0 && hy_json_parse(hy_str_trim(out), &line, &err) == HY_OK) {
        hy_http_json(req, 200, line);
        return;
    }
    HY_CLEANUP(hy_freep) char *said = without(errors.n ? errors : out, dir);
    hy_http_problem(req, 422, "rules", said[0] ? said : "没有算出结果，请再试一次");
}

static void answer_check(struct hy_http_req *req, int status, struct hy_str out, struct hy_str errors,
                         const char *dir)
{
    HY_CLEANUP(hy_freep) char *a = without(out, dir);
    HY_CLEANUP(hy_freep) char *b = without(errors, dir);
    json_t *o = json_object();

    json_object_set_new(o, "ok", json_boolean(status == 0));
    hy_json_set_str(o, "output", hy_str(status == 0 && a[0] ? a : b[0] ? b : a));
    hy_http_json(req, 200, o);
}

static void on_answer(int status, struct hy_str out, struct hy_str errors, void *user)
{
    struct asking *a = user;

    if (a->kind == SCORE)
        answer_score(a->req, status, out, errors, a->dir);
    else
        answer_check(a->req, status, out, errors, a->dir);
    asking_end(a);
}

/* Starts the child over the copy in `dir` (taken; NULL: the rules in force). */
static void ask(struct hy_bench *b, struct hy_http_req *req, enum kind kind, char *dir,
                struct hy_str input)
{
    struct asking *a = hy_xcalloc(1, sizeof(*a));
    const char *rules = dir ? dir : b->rules(b->user);
    const char *score[] = {"score", "--explain", "-c", rules, NULL};
    const char *check[] = {"check", "-c", rules, NULL};
    struct hy_child_job job = {.args = kind == SCORE ? score : check, .input = input,
                               .input_fd = -1, .timeout_ms = SHORT_MS, .done = on_answer, .user = a};
    struct hy_err err = HY_ERR_INIT;

    *a = (struct asking){.bench = b, .req = req, .kind = kind, .dir = dir};
    TAILQ_INSERT_TAIL(&b->askings, a, entry);
    b->running++;
    if (hy_child_start(b->loop, &job, &a->child, &err) == HY_OK)
        return;
    hy_log(HY_ERROR, "child", HY_KV("err", err.msg));
    asking_end(a);
    hy_http_problem(req, 503, "busy", "现在试不了，请稍后再试");
}

static bool is_busy(struct hy_bench *b, struct hy_http_req *req)
{
    if (b->running < AT_ONCE)
        return false;
    hy_http_problem(req, 429, "busy", "别人正在试，请过几秒再按一次");
    return true;
}

/* The edit of a body: {"file","text" or "edit","append"}; false when the request was ended. */
static bool edit_of(struct hy_http_req *req, const json_t *body, const char *text_key,
                    struct hy_trial_edit *ret)
{
    *ret = (struct hy_trial_edit){.file = hy_json_str(body, "file"),
                                  .text = hy_json_str(body, text_key),
                                  .append = hy_json_bool(body, "append")};
    const char *objection = ret->text.n || ret->file.n ? hy_trial_objection(ret) : NULL;
    if (objection == NULL)
        return true;
    hy_http_problem(req, 400, "file", objection);
    return false;
}

/* NULL and the request ended when there can be no copy. */
static char *copy(struct hy_bench *b, struct hy_http_req *req, const struct hy_trial_edit *edit)
{
    struct hy_err err = HY_ERR_INIT;
    char *dir = NULL;

    if (hy_trial_make(b->rules(b->user), b->data, edit, &dir, &err) == HY_OK)
        return dir;
    hy_log(HY_ERROR, "trial", HY_KV("err", err.msg));
    hy_http_problem(req, 503, "trial", "不能复制规则来试：数据目录可能写不进去");
    return NULL;
}

void hy_bench_score(struct hy_bench *b, struct hy_http_req *req, const json_t *body)
{
    HY_CLEANUP(hy_json_freep) json_t *item = json_object();
    struct hy_trial_edit edit;
    char *dir = NULL;

    if (hy_str_trim(hy_json_str(body, "title")).n + hy_str_trim(hy_json_str(body, "text")).n == 0) {
        hy_http_problem(req, 400, "text", "请写上要试的标题或正文");
        return;
    }
    if (is_busy(b, req) || !edit_of(req, body, "edit", &edit))
        return;
    if (edit.text.n && (dir = copy(b, req, &edit)) == NULL)
        return;
    hy_json_set_str(item, "id", HY_STR("try"));
    hy_json_set_str(item, "title", hy_json_str(body, "title"));
    hy_json_set_str(item, "text", hy_json_str(body, "text"));
    hy_json_set_str(item, "url", hy_json_str(body, "url"));
    hy_json_set_str(item, "source", hy_json_str(body, "source"));
    HY_CLEANUP(hy_freep) char *line = hy_json_text(item);
    ask(b, req, SCORE, dir, hy_str(line));
}

void hy_bench_check(struct hy_bench *b, struct hy_http_req *req, const json_t *body)
{
    struct hy_trial_edit edit;
    char *dir;

    if (!is_busy(b, req) && edit_of(req, body, "text", &edit) && (dir = copy(b, req, &edit)))
        ask(b, req, CHECK, dir, hy_str(""));
}

/* ---- the backtest ---- */

static void test_over(struct hy_bench *b, enum phase phase, char *why)
{
    b->phase = phase;
    b->test = NULL;
    b->ended = hy_loop_wall(b->loop);
    free(b->why);
    b->why = why;
    hy_trial_remove(b->test_dir);
    free(HY_TAKE(b->test_dir));
}

static void on_judged(int status, struct hy_str out, struct hy_str errors, void *user)
{
    struct hy_bench *b = user;
    struct hy_err err = HY_ERR_INIT;

    json_decref(HY_TAKE(b->report));
    if (status >= 0 && hy_json_parse(hy_str_trim(out), &b->report, &err) == HY_OK)
        test_over(b, DONE, NULL);
    else
        test_over(b, FAILED, without(errors, b->test_dir));
}

/* Without an edit: the scores as they were kept against the rules in force.  With one: the rules in
 * force against the copy. */
static void on_read(int status, struct hy_str out, struct hy_str errors, void *user)
{
    struct hy_bench *b = user;
    const char *rules = b->rules(b->user);
    const char *plain[] = {"backtest", "-c", rules, "--json", NULL};
    const char *edited[] = {"backtest", "-c",     b->test_dir, "--against",
                            rules,      "--json", NULL};
    struct hy_child_job job = {.args = b->test_dir ? edited : plain, .dir = b->data,
                               .timeout_ms = LONG_MS, .done = on_judged, .user = b};
    struct hy_err err = HY_ERR_INIT;

    (void)out;
    if (status != 0) {
        char *said = without(errors, NULL);
        test_over(b, FAILED, said[0] ? said : hy_xstrdup("读不了档案"));
        free(said[0] ? NULL : said);
        return;
    }
    job.input_fd = hy_child_output_fd(b->test);
    b->phase = JUDGING;
    if (hy_child_start(b->loop, &job, &b->test, &err) < 0)
        test_over(b, FAILED, hy_xstrdup(err.msg));
    if (job.input_fd >= 0)
        close(job.input_fd);
}

static void test_begin(struct hy_bench *b, int64_t days, char *dir, struct hy_err *err)
{
    hy_wall now = hy_loop_wall(b->loop);
    char from[HY_TIME_SIZE];
    const char *args[] = {"archive", "export", "-c", b->rules(b->user), "--data", b->data,
                          "--from",  from,     NULL};
    struct hy_child_job job = {.args = args, .input = hy_str(""), .input_fd = -1, .dir = b->data,
                               .timeout_ms = LONG_MS, .done = on_read, .user = b};

    hy_wall_format(hy_wall_add_ms(now, -days * HY_DAY_MS), HY_CST, from);
    json_decref(HY_TAKE(b->report));
    b->phase = READING;
    b->test_dir = dir;
    b->days = days;
    b->started = now;
    b->ended = HY_WALL_NONE;
    if (hy_child_start(b->loop, &job, &b->test, err) < 0)
        test_over(b, FAILED, hy_xstrdup(err->msg));
}

void hy_bench_backtest(struct hy_bench *b, struct hy_http_req *req, const json_t *body)
{
    struct hy_err err = HY_ERR_INIT;
    struct hy_trial_edit edit;
    int64_t days = hy_json_int(body, "days", 7);
    char *dir = NULL;

    if (b->phase == READING || b->phase == JUDGING) {
        hy_http_problem(req, 409, "busy", "已经有一次回测在跑，请等它结束");
        return;
    }
    if (days < 1 || days > DAYS_MAX) {
        hy_http_problem(req, 400, "days", "回测的天数应在 1 到 92 之间");
        return;
    }
    if (!edit_of(req, body, "edit", &edit) || (edit.text.n && (dir = copy(b, req, &edit)) == NULL))
        return;
    test_begin(b, days, dir, &err);
    hy_bench_backtest_state(b, req);
}

/* Long lists are cut: the page shows the first ones, the command line all. */
static json_t *shortened(const json_t *report)
{
    json_t *o = json_deep_copy(report), *v;
    const char *key;

    json_object_foreach (o, key, v)
        while (json_is_array(v) && json_array_size(v) > MOST_ROWS)
            json_array_remove(v, json_array_size(v) - 1);
    return o;
}

void hy_bench_backtest_state(struct hy_bench *b, struct hy_http_req *req)
{
    json_t *o = json_object();

    hy_json_set_str(o, "state", hy_str(phase_name[b->phase]));
    hy_json_set_int(o, "days", b->days);
    json_object_set_new(o, "progress",
                        json_real(b->phase == JUDGING ? hy_child_progress(b->test) : 0));
    hy_json_set_time(o, "started", b->started, HY_CST);
    hy_json_set_time(o, "ended", b->ended, HY_CST);
    if (b->phase == DONE)
        json_object_set_new(o, "report", shortened(b->report));
    if (b->phase == FAILED)
        hy_json_set_str(o, "why", hy_str(b->why));
    hy_http_json(req, 200, o);
}

/* ---- life cycle ---- */

struct hy_bench *hy_bench_new(struct hy_loop *l, const char *data,
                              const char *(*rules)(void *user), void *user)
{
    struct hy_bench *b = hy_xcalloc(1, sizeof(*b));

    *b = (struct hy_bench){.loop = l, .data = hy_xstrdup(data), .rules = rules, .user = user,
                           .started = HY_WALL_NONE, .ended = HY_WALL_NONE};
    TAILQ_INIT(&b->askings);
    return b;
}

void hy_bench_free(struct hy_bench *b)
{
    struct asking *a;

    if (b == NULL)
        return;
    while ((a = TAILQ_FIRST(&b->askings)) != NULL) {
        hy_child_free(a->child);
        hy_http_problem(a->req, 503, "stopping", "服务正在停止，请稍后再试");
        asking_end(a);
    }
    hy_child_free(b->test);
    hy_trial_remove(b->test_dir);
    free(b->test_dir);
    free(b->why);
    json_decref(b->report);
    free(b->data);
    free(b);
}
