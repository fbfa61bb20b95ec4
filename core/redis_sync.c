/* SPDX-License-Identifier: Apache-2.0 */
/* The blocking connection.  With everything in one Redis it is one connection, opened with the
 * handle and never again: whoever holds it opens another after an error.  Where the offices live
 * apart, each Redis is connected to by the first command for it, and again by the next one after a
 * loss, so that a crawl's Redis that is away does not stop an office's clocks. */
#include "core/redis.h"

#include "core/mem.h"
#include "core/redis_cluster.h"
#include "core/redis_sentinel.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    DEADLINE_MS = 5000,
    LOADING_MS = 10000,
    LOADING_POLL_MS = 100,
    AGAIN_MS = 50,         /* until a command that the cluster puts off is tried again */
    CONNECT_APART_MS = 1000,
    AVOID_MS = 5000,       /* a Redis of several that could not be reached is left alone so long */
};

#define TRIGGER "\n" /* the last byte of every command */

struct place {
    redisContext *c; /* NULL: not connected */
    hy_mono avoid;   /* until then */
};

struct hy_redis_sync {
    struct hy_redis_places at; /* of a cluster: `offices` is in `cluster` */
    struct hy_cluster *cluster;
    struct place crawl, offices;
    HY_VEC(struct place) nodes; /* as cluster->nodes */
    struct place *sent;         /* where hy_redis_sync_send() went */
    int sent_node;
    redisContext *begun; /* where a script is prepared or under way; NULL: none is */
};

/* A command in at most three parts, so that long ones need not be joined. */
struct parts {
    struct hy_str v[3];
    struct hy_str key; /* says where it goes; may be empty */
};

/* ---- answers ---- */

static int take(redisContext *c, redisReply *reply, redisReply **ret, struct hy_err *err)
{
    if (reply == NULL)
        return hy_fail(err, HY_E_REDIS, "Redis: %s", c->errstr);
    if (reply->type == REDIS_REPLY_ERROR) {
        hy_fail(err, HY_E_REDIS, "Redis: %s", reply->str);
        freeReplyObject(reply);
        return err->code;
    }
    *ret = reply;
    return HY_OK;
}

static bool append(redisContext *c, const struct parts *p)
{
    for (size_t i = 0; i < HY_COUNT(p->v); i++)
        if (p->v[i].n && redisAppendFormattedCommand(c, p->v[i].p, p->v[i].n) != REDIS_OK)
            return false;
    return true;
}

static redisReply *answer_of(redisContext *c)
{
    void *reply = NULL;

    return redisGetReply(c, &reply) == REDIS_OK ? reply : NULL;
}

static redisReply *ask(redisContext *c, const struct parts *p)
{
    return append(c, p) ? answer_of(c) : NULL;
}

static int write_out(redisContext *c, struct hy_err *err)
{
    int done = 0;

    while (!done)
        if (redisBufferWrite(c, &done) != REDIS_OK)
            return hy_fail(err, HY_E_REDIS, "Redis: %s", c->errstr);
    return HY_OK;
}

/* ---- opening ---- */

static int greet(redisContext *c, const struct hy_redis_address *t, struct hy_err *err)
{
    redisReply *reply = NULL;
    int rc = HY_OK;

    if (t->password && t->user)
        rc = take(c, redisCommand(c, "AUTH %s %s", t->user, t->password), &reply, err);
    else if (t->password)
        rc = take(c, redisCommand(c, "AUTH %s", t->password), &reply, err);
    freeReplyObject(reply);
    reply = NULL;
    if (rc == HY_OK && t->db)
        rc = take(c, redisCommand(c, "SELECT %lld", (long long)t->db), &reply, err);
    freeReplyObject(reply);
    return rc;
}

static void nap(int64_t ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000L}, NULL);
}

static int wait_loaded(redisContext *c, struct hy_err *err)
{
    hy_mono until = hy_mono_add_ms(hy_mono_now(), LOADING_MS);
    redisReply *reply = NULL;

    while (take(c, redisCommand(c, "PING"), &reply, err) < 0) {
        if (c->err || strstr(err->msg, "LOADING") == NULL || hy_mono_now().us > until.us)
            return err->code;
        nap(LOADING_POLL_MS);
    }
    freeReplyObject(reply);
    *err = HY_ERR_INIT;
    return HY_OK;
}

static int dial(const struct hy_redis_address *t, int64_t ms, redisContext **ret,
                struct hy_err *err)
{
    struct timeval limit = {.tv_sec = ms / 1000};
    redisContext *c = t->path ? redisConnectUnixWithTimeout(t->path, limit)
                              : redisConnectWithTimeout(t->host, t->port, limit);

    if (c == NULL)
        hy_bug("hiredis cannot create a context");
    if (c->err) {
        if (t->path)
            hy_fail(err, HY_E_REDIS, "Redis at %s: %s", t->path, c->errstr);
        else
            hy_fail(err, HY_E_REDIS, "Redis at %s:%d: %s", t->host, t->port, c->errstr);
        redisFree(c);
        return err->code;
    }
    redisSetTimeout(c, (struct timeval){.tv_sec = DEADLINE_MS / 1000});
    *ret = c;
    return HY_OK;
}

static int open_place(struct place *p, struct hy_redis_address *t, int64_t ms, struct hy_err *err)
{
    redisContext *c = NULL;

    if (hy_sentinel_locate(t, err) < 0 || dial(t, ms, &c, err) < 0)
        return err->code;
    if (greet(c, t, err) < 0 || wait_loaded(c, err) < 0) {
        redisFree(c);
        return err->code;
    }
    p->c = c;
    return HY_OK;
}

static void shut(struct place *p)
{
    if (p->c)
        redisFree(HY_TAKE(p->c));
}

/* Where several are: the one that cannot be reached must not cost every command its second. */
static int open_lazily(struct place *p, struct hy_redis_address *t, struct hy_err *err)
{
    if (p->c && p->c->err)
        shut(p);
    if (p->c)
        return HY_OK;
    if (hy_mono_now().us < p->avoid.us)
        return hy_fail(err, HY_E_REDIS, "this Redis could not be reached a moment ago");
    if (open_place(p, t, CONNECT_APART_MS, err) == HY_OK)
        return HY_OK;
    p->avoid = hy_mono_add_ms(hy_mono_now(), AVOID_MS);
    return err->code;
}

/* ---- in a cluster ---- */

static struct place *node_at(struct hy_redis_sync *r, int node)
{
    while (r->nodes.n <= (size_t)node)
        hy_vec_push(&r->nodes, (struct place){0});
    return &r->nodes.v[node];
}

/* The node is asked for anew after each failure, and by then another may own the slot. */
static int open_node(struct hy_redis_sync *r, int node, redisContext **ret, struct hy_err *err)
{
    struct hy_redis_address at = hy_cluster_address(r->cluster, node);
    struct place *p = node_at(r, node);

    if (p->c && p->c->err)
        shut(p);
    if (p->c == NULL && open_place(p, &at, CONNECT_APART_MS, err) < 0)
        return err->code;
    *ret = p->c;
    return HY_OK;
}

static bool say_asking(redisContext *c)
{
    redisReply *r = redisCommand(c, "ASKING");
    bool heard = r && r->type == REDIS_REPLY_STATUS;

    freeReplyObject(r);
    return heard;
}

/* `*node`, or whoever owns the slot when that is -1, connected.  Who cannot be reached may have lost
 * the slot: then the cluster is asked once. */
static int find_node(struct hy_redis_sync *r, int slot, int *node, redisContext **ret,
                     struct hy_err *err)
{
    struct hy_err why = HY_ERR_INIT;

    if (*node < 0)
        *node = hy_cluster_owner(r->cluster, slot);
    if (*node >= 0 && open_node(r, *node, ret, &why) == HY_OK)
        return HY_OK;
    if (hy_cluster_ask(r->cluster, err) < 0)
        return err->code;
    *node = hy_cluster_owner(r->cluster, slot);
    if (*node < 0)
        return hy_fail(err, HY_E_REDIS, "no node of the cluster has slot %d", slot);
    return open_node(r, *node, ret, err);
}

/* Until the command is answered by somebody, or its outcome is unknown, or time is up. */
static int ask_cluster(struct hy_redis_sync *r, const struct parts *p, redisReply **ret,
                       struct hy_err *err)
{
    hy_mono until = hy_mono_add_ms(hy_mono_now(), DEADLINE_MS);
    int slot = hy_key_slot(p->key), node = -1;
    enum hy_redirect where = HY_REDIRECT_NONE;
    redisContext *c = NULL;

    for (int tries = 0; tries == 0 || hy_mono_now().us < until.us; tries++) {
        if (tries > 2 || where == HY_REDIRECT_LATER)
            nap(AGAIN_MS);
        *err = HY_ERR_INIT;
        if (find_node(r, slot, &node, &c, err) < 0) {
            node = -1;
            continue;
        }
        redisReply *reply = where == HY_REDIRECT_ASK && !say_asking(c) ? NULL : ask(c, p);
        where = hy_cluster_redirect(r->cluster, reply, &node);
        if (where == HY_REDIRECT_NONE)
            return take(c, reply, ret, err);
        if (where == HY_REDIRECT_LATER)
            node = -1;
        hy_fail(err, HY_E_REDIS, "Redis: %s", reply->str);
        freeReplyObject(reply);
    }
    return err->code;
}

/* ---- the right place ---- */

static bool is_apart(const struct hy_redis_sync *r)
{
    return r->cluster || r->at.apart;
}

static int find_place(struct hy_redis_sync *r, struct hy_str key, redisContext **ret,
                      struct hy_err *err)
{
    bool of_office = is_apart(r) && hy_key_is_of_office(key);
    struct place *p = of_office ? &r->offices : &r->crawl;
    int node = -1;

    r->sent = p;
    r->sent_node = -1;
    if (of_office && r->cluster) {
        if (find_node(r, hy_key_slot(key), &node, ret, err) < 0)
            return err->code;
        r->sent_node = node;
        return HY_OK;
    }
    if (is_apart(r) && open_lazily(p, of_office ? &r->at.offices : &r->at.crawl, err) < 0)
        return err->code;
    *ret = p->c;
    return HY_OK;
}

static int ask_right_one(struct hy_redis_sync *r, const struct parts *p, redisReply **ret,
                         struct hy_err *err)
{
    redisContext *c = NULL;

    if (r->cluster && hy_key_is_of_office(p->key))
        return ask_cluster(r, p, ret, err);
    if (find_place(r, p->key, &c, err) < 0)
        return err->code;
    return take(c, ask(c, p), ret, err);
}

/* Not in a cluster.  Redis gets all but the last byte: it reads and takes apart what it has, half a
 * megabyte of a volley in three milliseconds, and does nothing of it; nor will it ever, should the
 * connection end before hy_redis_sync_eval_begin(). */
static int prepare_right_one(struct hy_redis_sync *r, const struct parts *p, struct hy_err *err)
{
    redisContext *c = NULL;
    struct parts most = *p;
    size_t last = HY_COUNT(most.v) - 1;

    if (find_place(r, p->key, &c, err) < 0)
        return err->code;
    while (most.v[last].n == 0)
        last--;
    most.v[last].n -= strlen(TRIGGER);
    if (!append(c, &most))
        return hy_fail(err, HY_E_REDIS, "Redis: %s", c->errstr);
    r->begun = c;
    return write_out(c, err);
}

/* ---- commands ---- */

/* Takes `bytes` (hiredis' allocation). */
static int ask_formatted(struct hy_redis_sync *r, char *bytes, int64_t n, redisReply **ret,
                         struct hy_err *err)
{
    if (n < 0)
        hy_bug("hiredis cannot format a command");
    struct parts p = {.v = {hy_str_n(bytes, (size_t)n)}};
    if (is_apart(r))
        p.key = hy_command_key(p.v[0]);
    int rc = ask_right_one(r, &p, ret, err);
    redisFreeCommand(bytes);
    return rc;
}

int hy_redis_sync_cmd(struct hy_redis_sync *r, redisReply **ret, struct hy_err *err,
                      const char *fmt, ...)
{
    char *bytes = NULL;
    va_list ap;

    va_start(ap, fmt);
    int64_t n = redisvFormatCommand(&bytes, fmt, ap);
    va_end(ap);
    return ask_formatted(r, bytes, n, ret, err);
}

int hy_redis_sync_cmdv(struct hy_redis_sync *r, redisReply **ret, struct hy_err *err, int argc,
                       const char **argv, const size_t *argvlen)
{
    char *bytes = NULL;
    int64_t n = redisFormatCommandArgv(&bytes, argc, argv, argvlen);

    return ask_formatted(r, bytes, n, ret, err);
}

/* ---- scripts ---- */

static int script_load(struct hy_redis_sync *r, struct hy_script *s, struct hy_str key,
                       struct hy_err *err)
{
    redisContext *c = NULL;
    redisReply *reply = NULL;

    if (find_place(r, key, &c, err) < 0 ||
        take(c, redisCommand(c, "SCRIPT LOAD %s", s->text), &reply, err) < 0)
        return err->code;
    snprintf(s->sha1, sizeof(s->sha1), "%s", reply->str ? reply->str : "");
    freeReplyObject(reply);
    return HY_OK;
}

struct script_call {
    const char *verb, *body;
    int nkeys, argc;
    const struct hy_str *args;
    const struct hy_wire *more;
};

static bool is_in_cluster(const struct hy_redis_sync *r, const struct script_call *s)
{
    return r->cluster && s->nkeys && hy_key_is_of_office(s->args[0]);
}

/* Asked for its answer, or only prepared (`ret` NULL). */
static int call_script(struct hy_redis_sync *r, const struct script_call *s, redisReply **ret,
                       struct hy_err *err)
{
    HY_CLEANUP(hy_wire_release) struct hy_wire head = HY_WIRE_INIT;
    struct hy_str key = s->nkeys ? s->args[0] : (struct hy_str){0};
    bool in_cluster = is_in_cluster(r, s);
    HY_CLEANUP(hy_freep) char *moves = in_cluster ? hy_key_moves(key) : NULL;
    char count[24];

    hy_wire_arg(&head, hy_str(s->verb));
    hy_wire_arg(&head, hy_str(s->body));
    hy_wire_int(&head, s->nkeys + in_cluster);
    for (int i = 0; i < s->argc; i++) {
        if (moves && i == s->nkeys)
            hy_wire_arg(&head, hy_str(moves));
        hy_wire_arg(&head, s->args[i]);
    }
    if (moves && s->argc == s->nkeys)
        hy_wire_arg(&head, hy_str(moves));
    snprintf(count, sizeof(count), "*%zu\r\n", head.argc + (s->more ? s->more->argc : 0));
    const struct parts p = {
        .v = {hy_str(count), hy_buf_view(&head.b),
              s->more ? hy_buf_view(&s->more->b) : (struct hy_str){0}},
        .key = key};
    return ret ? ask_right_one(r, &p, ret, err) : prepare_right_one(r, &p, err);
}

static struct script_call call_of(const struct hy_script *s, int nkeys, int argc,
                                  const struct hy_str *args, const struct hy_wire *more)
{
    return (struct script_call){s->reads_only ? "EVALSHA_RO" : "EVALSHA",
                                s->sha1, nkeys, argc, args, more};
}

/* Redis does not know it: another one, or one that was started again. */
static int call_by_text(struct hy_redis_sync *r, const struct hy_script *s, struct script_call *call,
                        redisReply **ret, struct hy_err *err)
{
    *err = HY_ERR_INIT;
    call->verb = s->reads_only ? "EVAL_RO" : "EVAL";
    call->body = s->text;
    return call_script(r, call, ret, err);
}

static bool is_unknown(int rc, const struct hy_err *err)
{
    return rc == HY_E_REDIS && strstr(err->msg, "NOSCRIPT") != NULL;
}

int hy_redis_sync_eval(struct hy_redis_sync *r, struct hy_script *s, redisReply **ret,
                       struct hy_err *err, int nkeys, int argc, const struct hy_str *args,
                       const struct hy_wire *more)
{
    struct script_call call = call_of(s, nkeys, argc, args, more);

    if (s->sha1[0] == '\0' &&
        script_load(r, s, nkeys ? args[0] : (struct hy_str){0}, err) < 0)
        return err->code;
    int rc = call_script(r, &call, ret, err);
    return is_unknown(rc, err) ? call_by_text(r, s, &call, ret, err) : rc;
}

int hy_redis_sync_eval_prepare(struct hy_redis_sync *r, struct hy_script *s, struct hy_err *err,
                               int nkeys, int argc, const struct hy_str *args,
                               const struct hy_wire *more)
{
    struct script_call call = call_of(s, nkeys, argc, args, more);

    r->begun = NULL;
    return s->sha1[0] == '\0' || is_in_cluster(r, &call) ? HY_OK : call_script(r, &call, NULL, err);
}

int hy_redis_sync_eval_begin(struct hy_redis_sync *r, struct hy_err *err)
{
    if (r->begun == NULL)
        return HY_OK;
    if (redisAppendFormattedCommand(r->begun, TRIGGER, strlen(TRIGGER)) != REDIS_OK)
        return hy_fail(err, HY_E_REDIS, "Redis: %s", r->begun->errstr);
    return write_out(r->begun, err);
}

int hy_redis_sync_eval_end(struct hy_redis_sync *r, struct hy_script *s, redisReply **ret,
                           struct hy_err *err, int nkeys, int argc, const struct hy_str *args,
                           const struct hy_wire *more)
{
    struct script_call call = call_of(s, nkeys, argc, args, more);
    redisContext *c = HY_TAKE(r->begun);

    if (c == NULL)
        return hy_redis_sync_eval(r, s, ret, err, nkeys, argc, args, more);
    int rc = take(c, answer_of(c), ret, err);
    return is_unknown(rc, err) ? call_by_text(r, s, &call, ret, err) : rc;
}

/* ---- an answer that may take for ever ---- */

int hy_redis_sync_send(struct hy_redis_sync *r, struct hy_err *err, int argc, const char **argv,
                       const size_t *argvlen)
{
    redisContext *c = NULL;
    char *bytes = NULL;
    int64_t n = redisFormatCommandArgv(&bytes, argc, argv, argvlen);

    if (n < 0)
        hy_bug("hiredis cannot format a command");
    struct hy_str wire = hy_str_n(bytes, (size_t)n);
    int rc = find_place(r, is_apart(r) ? hy_command_key(wire) : (struct hy_str){0}, &c, err);
    if (rc == HY_OK && redisAppendFormattedCommand(c, wire.p, wire.n) != REDIS_OK)
        rc = hy_fail(err, HY_E_REDIS, "Redis: %s", c->errstr);
    redisFreeCommand(bytes);
    return rc == HY_OK ? write_out(c, err) : rc;
}

static redisContext *sent_to(const struct hy_redis_sync *r)
{
    if (r->sent_node >= 0)
        return r->nodes.v[r->sent_node].c;
    return r->sent ? r->sent->c : NULL;
}

int hy_redis_sync_fd(const struct hy_redis_sync *r)
{
    return sent_to(r) ? sent_to(r)->fd : -1;
}

int hy_redis_sync_take(struct hy_redis_sync *r, redisReply **ret, struct hy_err *err)
{
    redisContext *c = sent_to(r);
    void *reply = NULL;
    int ignored;

    *ret = NULL;
    if (c == NULL)
        return hy_fail(err, HY_E_STATE, "nothing was sent");
    if (redisBufferRead(c) != REDIS_OK || redisGetReplyFromReader(c, &reply) != REDIS_OK)
        return hy_fail(err, HY_E_REDIS, "Redis: %s", c->errstr);
    if (reply && r->cluster) /* who was sent elsewhere goes there the next time */
        hy_cluster_redirect(r->cluster, reply, &ignored);
    return reply ? take(c, reply, ret, err) : HY_OK;
}

/* ---- life cycle ---- */

int hy_redis_sync_open(const char *url, struct hy_redis_sync **ret, struct hy_err *err)
{
    struct hy_redis_sync *r = hy_xcalloc(1, sizeof(*r));

    r->sent = &r->crawl;
    r->sent_node = -1;
    int rc = hy_redis_places_open(url, &r->at, err);
    if (rc == HY_OK && r->at.offices.seeds.n) {
        r->cluster = hy_xcalloc(1, sizeof(*r->cluster));
        hy_cluster_init(r->cluster, &r->at.offices);
    } else if (rc == HY_OK && !r->at.apart) {
        rc = open_place(&r->crawl, &r->at.crawl, DEADLINE_MS, err);
    }
    if (rc < 0) {
        hy_redis_sync_close(r);
        return rc;
    }
    *ret = r;
    return HY_OK;
}

void hy_redis_sync_close(struct hy_redis_sync *r)
{
    if (r == NULL)
        return;
    shut(&r->crawl);
    shut(&r->offices);
    for (size_t i = 0; i < r->nodes.n; i++)
        shut(&r->nodes.v[i]);
    hy_vec_release(&r->nodes);
    if (r->cluster)
        hy_cluster_release(r->cluster);
    free(r->cluster);
    hy_redis_places_release(&r->at);
    free(r);
}
