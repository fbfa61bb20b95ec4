/* SPDX-License-Identifier: Apache-2.0 */
/* How the call of a script is written: by its SHA-1 where that is known, else as text. */
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

void hy_script_write(struct hy_call *c, struct hy_script *s, int nkeys, int argc,
                     const char **argv, const size_t *argvlen)
{
    struct hy_buf tail = HY_BUF_INIT(COMMAND_CAP);

    write_tail(c, &tail, nkeys, argc, argv, argvlen);
    if (s->sha1[0]) {
        c->script = s;
        write_script(c, by_sha1(s), s->sha1, hy_buf_view(&tail));
    } else {
        write_script(c, by_text(s), s->text, hy_buf_view(&tail));
    }
    hy_buf_release(&tail);
}

void hy_script_as_text(struct hy_call *c)
{
    const struct hy_script *s = HY_TAKE(c->script);
    HY_CLEANUP(hy_freep) char *old = HY_TAKE(c->bytes);

    write_script(c, by_text(s), s->text, hy_str_n(old + c->tail, c->n - c->tail));
}
