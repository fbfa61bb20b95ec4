/* SPDX-License-Identifier: Apache-2.0 */
/* Which connection a command takes, and what becomes of it when Redis sends it elsewhere.
 *
 * In the common case there is one link (core/redis_link.h), and a command goes straight to it.
 * Where the offices live apart, their commands go to a link of their own, or, in a Cluster, to the
 * link of the node that owns the office's slot (core/redis_cluster.h).  A node is connected to when
 * the first command for one of its slots comes.
 *
 * Invariant: a struct call is owned by exactly one of a link (until on_answer), the `waiting` list
 * of a node that is being connected to, and `later`; its fn is called exactly once, and never after
 * hy_redis_free() has returned. */
#include "core/redis.h"

#include "core/mem.h"
#include "core/redis_cluster.h"
#include "core/redis_link.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum {
    COMMAND_CAP = 512 * 1024 * 1024, /* Redis' own limit of one bulk string */
    LATER_MS = 50,                   /* until a command that was put off is tried again */
    GIVE_UP_MS = 5000,               /* then its link counts as lost, like one that is silent */
    LOOK_FIRST_MS = 50,              /* between two questions after the slots */
    LOOK_LAST_MS = 1000,
};

struct call { /* of a script, or to a cluster: what may have to be sent again */
    TAILQ_ENTRY(call) entry;
    struct hy_redis *r;
    hy_reply_fn fn;
    void *user;
    char *bytes; /* the command as it goes over the wire */
    size_t n, tail; /* tail: where the keys and arguments of a script begin, at NKEYS */
    int argc;
    struct hy_script *script; /* until NOSCRIPT is excluded */
    int slot;                 /* -1: of no cluster */
    int node;                 /* where it was sent */
    bool asking;
    hy_mono began;
};
TAILQ_HEAD(calls, call);

struct node {
    struct hy_redis *r;
    struct hy_link *link; /* NULL: no command has gone there yet */
    struct calls waiting; /* while it is connected to */
};

struct hy_redis {
    struct hy_loop *loop;
    struct hy_redis_events ev;
    struct hy_link *crawl;   /* or everything */
    struct hy_link *offices; /* apart, in one Redis; else NULL */
    struct hy_cluster *cluster; /* apart, in many; else NULL */
    HY_VEC(struct node *) nodes; /* as cluster->nodes */
    struct calls later;
    struct hy_timer *look, *again, *retell; /* cluster only: ask after the slots; `later`; ups */
    int64_t deadline_ms, look_ms;
    bool freed, asked, offices_matter_only;
    bool told_up, told_down;
    struct hy_err why; /* the cluster tells nobody its slots */
};

/* ---- up and down ---- */

static bool link_serves(const struct hy_link *k)
{
    return k == NULL || hy_link_is_up(k);
}

/* A node that is being connected to for the first time lets commands wait, so it is not down. */
bool hy_redis_is_up(const struct hy_redis *r)
{
    if (r->freed || !link_serves(r->offices))
        return false;
    if (!link_serves(r->crawl) && !(r->offices_matter_only && (r->offices || r->cluster)))
        return false;
    if (r->cluster && !r->cluster->known)
        return false;
    for (size_t i = 0; i < r->nodes.n; i++)
        if (r->nodes.v[i]->link && hy_link_is_down(r->nodes.v[i]->link))
            return false;
    return true;
}

/* Each loss is told, and each time that all is there after one: callers wait for that to send
 * again. */
static void tell_up(void *user)
{
    struct hy_redis *r = user;

    if (r->told_up || !hy_redis_is_up(r))
        return;
    r->told_up = true;
    r->told_down = false;
    if (r->ev.on_up)
        r->ev.on_up(r->ev.user);
}

static void tell_down(struct hy_redis *r, const struct hy_err *why)
{
    r->told_up = false;
    if (r->told_down || r->freed)
        return;
    r->told_down = true;
    if (r->ev.on_down)
        r->ev.on_down(r->ev.user, why); /* may free r */
}

static void on_link_up(void *user)
{
    tell_up(user);
}

static void on_link_down(void *user, const struct hy_err *why)
{
    tell_down(user, why);
}

static void on_crawl_down(void *user, const struct hy_err *why)
{
    struct hy_redis *r = user;

    if (hy_redis_is_up(r)) /* only the offices matter */
        return;
    tell_down(r, why);
}

/* ---- calls ---- */

static void call_free(struct call *c)
{
    free(c->bytes);
    free(c);
}

static void call_finish(struct call *c, const redisReply *reply)
{
    hy_reply_fn fn = c->fn;
    void *user = c->user;

    call_free(c);
    if (fn)
        fn(reply, user);
}

static void on_answer(const redisReply *reply, void *user);
static struct node *node_at(struct hy_redis *r, int i);

static void send_to(struct hy_link *k, struct call *c)
{
    static const char asking[] = "*1\r\n$6\r\nASKING\r\n";

    if (c->asking)
        hy_link_send(k, NULL, NULL, asking, sizeof(asking) - 1);
    c->asking = false;
    hy_link_send(k, on_answer, c, c->bytes, c->n);
}

static void put_off(struct hy_redis *r, struct call *c)
{
    TAILQ_INSERT_TAIL(&r->later, c, entry);
    hy_timer_arm(r->again, LATER_MS);
}

static void send_to_node(struct call *c, int i)
{
    struct node *n = node_at(c->r, i);

    c->node = i;
    if (hy_link_is_up(n->link) || hy_link_is_down(n->link))
        send_to(n->link, c); /* down: answered with NULL in a later turn */
    else
        TAILQ_INSERT_TAIL(&n->waiting, c, entry);
}

static void look_soon(struct hy_redis *r, int64_t ms)
{
    if (!r->asked)
        hy_timer_arm(r->look, ms);
}

static void send_call(struct call *c)
{
    struct hy_redis *r = c->r;
    int owner = c->slot < 0 ? -1 : hy_cluster_owner(r->cluster, c->slot);

    if (c->slot < 0)
        send_to(r->offices && hy_key_is_of_office(hy_command_key(hy_str_n(c->bytes, c->n)))
                    ? r->offices
                    : r->crawl,
                c);
    else if (owner >= 0)
        send_to_node(c, owner);
    else {
        look_soon(r, LOOK_FIRST_MS);
        put_off(r, c);
    }
}

/* Long enough is like silence: whoever waits hears NULL, and on_up when it may send again. */
static bool give_up(struct call *c)
{
    struct hy_redis *r = c->r;
    struct hy_err why = HY_ERR_INIT;

    if (hy_mono_now().us - c->began.us < GIVE_UP_MS * INT64_C(1000))
        return false;
    hy_fail(&why, HY_E_TIMEOUT, "the cluster has put a command off for %d ms", GIVE_UP_MS);
    hy_timer_arm(r->retell, LATER_MS);
    call_finish(c, NULL);
    if (!r->freed)
        tell_down(r, &why);
    return true;
}

static void on_again(void *user)
{
    struct hy_redis *r = user;
    size_t n = 0;
    struct call *c;

    TAILQ_FOREACH (c, &r->later, entry)
        n++; /* only these: what is put off again waits again */
    while (!r->freed && n-- > 0 && (c = TAILQ_FIRST(&r->later))) {
        TAILQ_REMOVE(&r->later, c, entry);
        if (!give_up(c))
            send_call(c);
    }
}

/* ---- the nodes of a cluster ---- */

static void on_node_up(void *user)
{
    struct node *n = user;
    struct call *c;

    while (n->link && hy_link_is_up(n->link) && (c = TAILQ_FIRST(&n->waiting))) {
        TAILQ_REMOVE(&n->waiting, c, entry);
        send_to(n->link, c);
    }
    tell_up(n->r);
}

static void on_node_down(void *user, const struct hy_err *why)
{
    struct node *n = user;
    struct hy_redis *r = n->r;
    struct call *c;

    r->look_ms = LOOK_FIRST_MS;
    look_soon(r, LOOK_FIRST_MS); /* another node may have its slots by now */
    hy_timer_arm(r->retell, LATER_MS);
    while (!r->freed && (c = TAILQ_FIRST(&n->waiting))) {
        TAILQ_REMOVE(&n->waiting, c, entry);
        send_to(n->link, c);
    }
    tell_down(r, why);
}

static struct hy_link *connect_node(struct hy_redis *r, struct node *n, int i)
{
    struct hy_redis_address at = hy_cluster_address(r->cluster, i);

    at.host = hy_xstrdup(at.host);
    at.user = at.user ? hy_xstrdup(at.user) : NULL;
    at.password = at.password ? hy_xstrdup(at.password) : NULL;
    struct hy_link *k =
        hy_link_new(r->loop, &at, NULL, (struct hy_redis_events){on_node_up, on_node_down, n});
    if (r->deadline_ms)
        hy_link_set_deadline(k, r->deadline_ms);
    return k;
}

static struct node *node_at(struct hy_redis *r, int i)
{
    while (r->nodes.n <= (size_t)i) {
        struct node *n = hy_xcalloc(1, sizeof(*n));
        n->r = r;
        TAILQ_INIT(&n->waiting);
        hy_vec_push(&r->nodes, n);
    }
    if (r->nodes.v[i]->link == NULL)
        r->nodes.v[i]->link = connect_node(r, r->nodes.v[i], i);
    return r->nodes.v[i];
}

static bool owns_anything(const struct hy_cluster *c, int node)
{
    for (int s = 0; s < HY_SLOTS; s++)
        if (hy_cluster_owner(c, s) == node)
            return true;
    return false;
}

/* Who is down and owns nothing any more need not come back for us. */
static void forget_nodes(struct hy_redis *r)
{
    for (size_t i = 0; i < r->nodes.n; i++) {
        struct node *n = r->nodes.v[i];
        if (n->link && hy_link_is_down(n->link) && !owns_anything(r->cluster, (int)i))
            hy_link_free(HY_TAKE(n->link));
    }
}

static void slots_came(struct hy_redis *r)
{
    forget_nodes(r);
    hy_timer_arm(r->again, 0);
    hy_timer_arm(r->retell, 0);
}

static struct hy_link *anybody(const struct hy_redis *r, size_t *ret)
{
    for (size_t i = 0; i < r->nodes.n; i++)
        if (r->nodes.v[i]->link && hy_link_is_up(r->nodes.v[i]->link)) {
            *ret = i;
            return r->nodes.v[i]->link;
        }
    return NULL;
}

static bool any_is_down(const struct hy_redis *r)
{
    for (size_t i = 0; i < r->nodes.n; i++)
        if (r->nodes.v[i]->link && hy_link_is_down(r->nodes.v[i]->link))
            return true;
    return false;
}

/* Until every slot in use is with somebody who answers. */
static void look_on(struct hy_redis *r)
{
    if (r->freed || (r->cluster->known && !any_is_down(r)))
        return;
    look_soon(r, r->look_ms);
    r->look_ms = HY_MIN(r->look_ms * 2, (int64_t)LOOK_LAST_MS);
}

static void on_slots(const redisReply *reply, void *user)
{
    struct hy_redis *r = user;
    size_t i;

    r->asked = false;
    if (r->freed)
        return;
    if (reply && anybody(r, &i) &&
        hy_cluster_learn(r->cluster, reply, &r->cluster->nodes.v[i]))
        slots_came(r);
    look_on(r);
}

/* A node that is connected is asked in passing; without one the loop stands still, as with
 * Sentinels, for there is nothing that it could do for an office meanwhile. */
static void on_look(void *user)
{
    static const char question[] = "*2\r\n$7\r\nCLUSTER\r\n$5\r\nSLOTS\r\n";
    struct hy_redis *r = user;
    struct hy_err err = HY_ERR_INIT;
    size_t ignored;
    struct hy_link *k = anybody(r, &ignored);

    if (k) {
        r->asked = true;
        hy_link_send(k, on_slots, r, question, sizeof(question) - 1);
        return;
    }
    if (hy_cluster_ask(r->cluster, &err) == HY_OK)
        slots_came(r);
    else
        tell_down(r, &err);
    look_on(r);
}

/* ---- answers ---- */

/* Redis asks for the right to write every key of a plain EVAL, whatever the script does with it. */
static const char *by_text(const struct hy_script *s)
{
    return s->reads_only ? "EVAL_RO" : "EVAL";
}

static const char *by_sha1(const struct hy_script *s)
{
    return s->reads_only ? "EVALSHA_RO" : "EVALSHA";
}

static void put_bulk(struct hy_buf *b, const char *p, size_t n)
{
    hy_buf_printf(b, "$%zu\r\n", n);
    hy_buf_add(b, p, n);
    hy_buf_puts(b, "\r\n");
}

/* VERB BODY NKEYS KEY... ARG...: the tail begins at NKEYS. */
static void write_script(struct call *c, const char *verb, const char *body, struct hy_str tail)
{
    struct hy_buf b = HY_BUF_INIT(COMMAND_CAP);

    hy_buf_printf(&b, "*%d\r\n", c->argc + 3);
    put_bulk(&b, verb, strlen(verb));
    put_bulk(&b, body, strlen(body));
    c->tail = b.n;
    hy_buf_str(&b, tail);
    if (b.overflow)
        hy_bug("a script call of more than %d bytes", COMMAND_CAP);
    free(c->bytes);
    c->n = b.n;
    c->bytes = hy_buf_take(&b);
}

/* This Redis does not know the script (it was restarted): EVAL runs it and makes it known. */
static void resend_as_text(struct call *c)
{
    const struct hy_script *s = HY_TAKE(c->script);
    HY_CLEANUP(hy_freep) char *old = HY_TAKE(c->bytes);

    write_script(c, by_text(s), s->text, hy_str_n(old + c->tail, c->n - c->tail));
    send_call(c);
}

/* True when the cluster sent it elsewhere, and it is on its way there. */
static bool redirected(struct call *c, const redisReply *reply)
{
    struct hy_redis *r = c->r;
    int node = -1;

    if (c->slot < 0)
        return false;
    switch (hy_cluster_redirect(r->cluster, reply, &node)) {
    case HY_REDIRECT_MOVED:
        look_soon(r, LOOK_FIRST_MS); /* others will have moved with it */
        send_to_node(c, node);
        return true;
    case HY_REDIRECT_ASK:
        c->asking = true;
        send_to_node(c, node);
        return true;
    case HY_REDIRECT_LATER:
        put_off(r, c);
        return true;
    case HY_REDIRECT_NONE:
        break;
    }
    return false;
}

static void on_answer(const redisReply *reply, void *user)
{
    struct call *c = user;
    bool unknown = c->script && reply && reply->type == REDIS_REPLY_ERROR &&
                   strncmp(reply->str, "NOSCRIPT", 8) == 0;

    if (c->r->freed)
        call_finish(c, reply);
    else if (unknown)
        resend_as_text(c);
    else if (!redirected(c, reply))
        call_finish(c, reply);
}

/* ---- sending ---- */

static int slot_of(const struct hy_redis *r, struct hy_str key)
{
    return r->cluster && hy_key_is_of_office(key) ? hy_key_slot(key) : -1;
}

static struct call *call_new(struct hy_redis *r, hy_reply_fn fn, void *user, struct hy_str key)
{
    struct call *c = hy_xcalloc(1, sizeof(*c));

    *c = (struct call){.r = r, .fn = fn, .user = user, .slot = slot_of(r, key), .node = -1,
                       .began = hy_mono_now()};
    return c;
}

static void send_plain(struct hy_redis *r, hy_reply_fn fn, void *user, struct hy_str wire)
{
    struct hy_str key = r->offices || r->cluster ? hy_command_key(wire) : (struct hy_str){0};

    if (slot_of(r, key) >= 0) {
        struct call *c = call_new(r, fn, user, key);
        c->n = wire.n;
        c->bytes = hy_xmalloc(wire.n);
        memcpy(c->bytes, wire.p, wire.n);
        send_call(c);
        return;
    }
    hy_link_send(r->offices && hy_key_is_of_office(key) ? r->offices : r->crawl, fn, user, wire.p,
                 wire.n);
}

/* Takes `bytes` (hiredis' allocation). */
static void send_formatted(struct hy_redis *r, hy_reply_fn fn, void *user, char *bytes, int64_t n)
{
    if (n < 0)
        hy_bug("hiredis cannot format a command");
    send_plain(r, fn, user, hy_str_n(bytes, (size_t)n));
    redisFreeCommand(bytes);
}

void hy_redis_cmdv(struct hy_redis *r, hy_reply_fn fn, void *user, int argc, const char **argv,
                   const size_t *argvlen)
{
    char *bytes = NULL;

    if (r->freed)
        return;
    int64_t n = redisFormatCommandArgv(&bytes, argc, argv, argvlen);
    send_formatted(r, fn, user, bytes, n);
}

void hy_redis_cmd(struct hy_redis *r, hy_reply_fn fn, void *user, const char *fmt, ...)
{
    char *bytes = NULL;
    va_list ap;

    if (r->freed)
        return;
    va_start(ap, fmt);
    int64_t n = redisvFormatCommand(&bytes, fmt, ap);
    va_end(ap);
    send_formatted(r, fn, user, bytes, n);
}

/* ---- scripts ---- */

static void remember_sha1(const redisReply *reply, void *user)
{
    struct hy_script *s = user;
    struct hy_str sha1 = hy_reply_str(reply);

    if (sha1.n == sizeof(s->sha1) - 1)
        memcpy(s->sha1, sha1.p, sha1.n);
}

static void ask_sha1(struct hy_redis *r, struct hy_script *s)
{
    const char *argv[] = {"SCRIPT", "LOAD", s->text};

    hy_redis_cmdv(r, remember_sha1, s, HY_COUNT(argv), argv, NULL);
}

/* NKEYS KEY... ARG... */
static void write_tail(struct call *c, struct hy_buf *tail, int nkeys, int argc, const char **argv,
                       const size_t *argvlen)
{
    HY_CLEANUP(hy_freep) char *moves = c->slot < 0 ? NULL : hy_key_moves(hy_str(argv[0]));
    char count[16];

    c->argc = argc + (moves != NULL);
    put_bulk(tail, count, (size_t)snprintf(count, sizeof(count), "%d", nkeys + (moves != NULL)));
    for (int i = 0; i < argc; i++) {
        if (moves && i == nkeys)
            put_bulk(tail, moves, strlen(moves));
        put_bulk(tail, argv[i], argvlen ? argvlen[i] : strlen(argv[i]));
    }
    if (moves && argc == nkeys)
        put_bulk(tail, moves, strlen(moves));
}

void hy_redis_eval(struct hy_redis *r, struct hy_script *s, hy_reply_fn fn, void *user, int nkeys,
                   int argc, const char **argv, const size_t *argvlen)
{
    struct hy_buf tail = HY_BUF_INIT(COMMAND_CAP);
    struct call *c;

    if (r->freed)
        return;
    c = call_new(r, fn, user, nkeys ? hy_str(argv[0]) : (struct hy_str){0});
    write_tail(c, &tail, nkeys, argc, argv, argvlen);
    if (s->sha1[0]) {
        c->script = s;
        write_script(c, by_sha1(s), s->sha1, hy_buf_view(&tail));
    } else {
        ask_sha1(r, s);
        write_script(c, by_text(s), s->text, hy_buf_view(&tail));
    }
    hy_buf_release(&tail);
    send_call(c);
}

/* ---- life cycle ---- */

size_t hy_redis_in_flight(const struct hy_redis *r)
{
    size_t n = hy_link_in_flight(r->crawl) + (r->offices ? hy_link_in_flight(r->offices) : 0);
    const struct call *c;

    for (size_t i = 0; i < r->nodes.n; i++) {
        if (r->nodes.v[i]->link)
            n += hy_link_in_flight(r->nodes.v[i]->link);
        TAILQ_FOREACH (c, &r->nodes.v[i]->waiting, entry)
            n++;
    }
    TAILQ_FOREACH (c, &r->later, entry)
        n++;
    return n;
}

void hy_redis_set_deadline(struct hy_redis *r, int64_t ms)
{
    r->deadline_ms = ms;
    hy_link_set_deadline(r->crawl, ms);
    if (r->offices)
        hy_link_set_deadline(r->offices, ms);
    for (size_t i = 0; i < r->nodes.n; i++)
        if (r->nodes.v[i]->link)
            hy_link_set_deadline(r->nodes.v[i]->link, ms);
}

void hy_redis_offices_matter(struct hy_redis *r)
{
    r->offices_matter_only = true;
}

static void begin_cluster(struct hy_redis *r, struct hy_redis_address *at)
{
    r->cluster = hy_xcalloc(1, sizeof(*r->cluster));
    hy_cluster_init(r->cluster, at);
    hy_timer_arm(r->look, 0);
}

struct hy_redis *hy_redis_new(struct hy_loop *l, const char *url, struct hy_redis_events ev)
{
    struct hy_redis *r = hy_xcalloc(1, sizeof(*r));
    struct hy_redis_places at = {0};
    struct hy_err broken = HY_ERR_INIT;

    *r = (struct hy_redis){.loop = l,
                           .ev = ev,
                           .look = hy_timer_new(l, on_look, r),
                           .again = hy_timer_new(l, on_again, r),
                           .retell = hy_timer_new(l, tell_up, r),
                           .look_ms = LOOK_FIRST_MS};
    TAILQ_INIT(&r->later);
    bool good = hy_redis_places_open(url, &at, &broken) == HY_OK;
    r->crawl = hy_link_new(l, &at.crawl, good ? NULL : &broken,
                           (struct hy_redis_events){on_link_up, on_crawl_down, r});
    if (at.apart && at.offices.seeds.n)
        begin_cluster(r, &at.offices);
    else if (at.apart)
        r->offices = hy_link_new(l, &at.offices, NULL,
                                 (struct hy_redis_events){on_link_up, on_link_down, r});
    return r;
}

static void answer_all(struct calls *list)
{
    struct call *c;

    while ((c = TAILQ_FIRST(list))) {
        TAILQ_REMOVE(list, c, entry);
        call_finish(c, NULL);
    }
}

static void redis_release(void *user)
{
    struct hy_redis *r = user;

    for (size_t i = 0; i < r->nodes.n; i++)
        free(r->nodes.v[i]);
    hy_vec_release(&r->nodes);
    if (r->cluster)
        hy_cluster_release(r->cluster);
    free(r->cluster);
    free(r);
}

void hy_redis_free(struct hy_redis *r)
{
    if (r == NULL || r->freed)
        return;
    r->freed = true;
    hy_timer_free(r->look);
    hy_timer_free(r->again);
    hy_timer_free(r->retell);
    hy_link_free(r->crawl);
    hy_link_free(r->offices);
    for (size_t i = 0; i < r->nodes.n; i++) {
        answer_all(&r->nodes.v[i]->waiting);
        hy_link_free(r->nodes.v[i]->link);
    }
    answer_all(&r->later);
    hy_loop_defer_free(r->loop, r, redis_release); /* a callback of ours may be on the stack */
}
