/* SPDX-License-Identifier: Apache-2.0 */
/* Scripts: called by their SHA-1, and as text where Redis does not know it (it was restarted, or
 * another leads now), which makes it known. */
#include "core/redis_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMMAND_CAP = 512 * 1024 * 1024 }; /* Redis' own limit of one bulk string */

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
static void write_script(struct hy_call *c, const char *verb, const char *body, struct hy_str tail)
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

void hy_call_as_text(struct hy_call *c)
{
    const struct hy_script *s = HY_TAKE(c->script);
    HY_CLEANUP(hy_freep) char *old = HY_TAKE(c->bytes);

    write_script(c, by_text(s), s->text, hy_str_n(old + c->tail, c->n - c->tail));
    hy_call_send(c);
}

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
static void write_tail(struct hy_call *c, struct hy_buf *tail, int nkeys, int argc,
                       const char **argv, const size_t *argvlen)
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
    struct hy_call *c;

    if (r->freed)
        return;
    c = hy_call_new(r, fn, user, nkeys ? hy_str(argv[0]) : (struct hy_str){0});
    write_tail(c, &tail, nkeys, argc, argv, argvlen);
    if (s->sha1[0]) {
        c->script = s;
        write_script(c, by_sha1(s), s->sha1, hy_buf_view(&tail));
    } else {
        ask_sha1(r, s);
        write_script(c, by_text(s), s->text, hy_buf_view(&tail));
    }
    hy_buf_release(&tail);
    hy_call_send(c);
}
