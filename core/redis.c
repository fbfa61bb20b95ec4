/* SPDX-License-Identifier: Apache-2.0 */
/* Which connection a command takes, and when Redis counts as there.
 *
 * In the common case there is one link (core/redis_link.h), and a command goes straight to it.
 * Where the offices live apart, their commands go to a link of their own, or, in a Cluster, to the
 * link of the node that owns the office's slot (core/redis_cluster.h). */
#include "core/redis_parts.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- up and down ---- */

static void on_link_up(void *user)
{
    hy_redis_tell_up(user);
}

static void on_link_down(void *user, const struct hy_err *why)
{
    hy_redis_tell_down(user, why);
}

static void on_crawl_down(void *user, const struct hy_err *why)
{
    struct hy_redis *r = user;

    if (hy_redis_is_up(r)) /* only the offices matter */
        return;
    hy_redis_tell_down(r, why);
}

/* ---- sending ---- */

static void send_plain(struct hy_redis *r, hy_reply_fn fn, void *user, struct hy_str wire)
{
    struct hy_str key = r->offices || r->cluster ? hy_command_key(wire) : (struct hy_str){0};

    if (hy_redis_slot_of(r, key) >= 0) {
        struct hy_call *c = hy_call_new(r, fn, user, key);
        c->n = wire.n;
        c->bytes = hy_xmalloc(wire.n);
        memcpy(c->bytes, wire.p, wire.n);
        hy_call_send(c);
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

/* ---- scripts: by their SHA-1, and as text where Redis does not know it (it was restarted, or another
 * leads now), which makes it known ---- */

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

void hy_redis_eval(struct hy_redis *r, struct hy_script *s, hy_reply_fn fn, void *user, int nkeys,
                   int argc, const char **argv, const size_t *argvlen)
{
    struct hy_call *c;

    if (r->freed)
        return;
    c = hy_call_new(r, fn, user, nkeys ? hy_str(argv[0]) : (struct hy_str){0});
    if (s->sha1[0] == '\0')
        ask_sha1(r, s);
    hy_script_write(c, s, nkeys, argc, argv, argvlen);
    hy_call_send(c);
}

/* ---- life cycle ---- */

size_t hy_redis_in_flight(const struct hy_redis *r)
{
    size_t n = hy_link_in_flight(r->crawl) + (r->offices ? hy_link_in_flight(r->offices) : 0);
    const struct hy_call *c;

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
                           .look = hy_timer_new(l, hy_redis_look, r),
                           .again = hy_timer_new(l, hy_calls_again, r),
                           .retell = hy_timer_new(l, hy_redis_tell_up, r),
                           .look_ms = HY_LOOK_FIRST_MS};
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
        hy_calls_end(&r->nodes.v[i]->waiting);
        hy_link_free(r->nodes.v[i]->link);
    }
    hy_calls_end(&r->later);
    hy_loop_defer_free(r->loop, r, redis_release); /* a callback of ours may be on the stack */
}
