/* SPDX-License-Identifier: Apache-2.0 */
/* No padding goes out and no number comes in unchecked; text is copied once on each side. */
#include "crawler/sandbox/answer.h"

#include "core/arena.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "crawler/page/list.h"

#include <stdlib.h>
#include <string.h>

#define LATEST_MS INT64_C(253402300799999) /* the end of the year 9999 */
enum { MAX_OFFSET_MIN = 18 * 60, MAX_COUNT = 1000000 };

/* -- writing -------------------------------------------------------------------------------- */

static void put_number(struct hy_buf *b, int64_t v)
{
    hy_buf_add(b, &v, sizeof(v));
}

static void put_string(struct hy_buf *b, const char *s)
{
    size_t n = s ? strlen(s) : 0;

    put_number(b, (int64_t)n);
    hy_buf_add(b, s, n);
}

void hy_answer_put_item(const struct hy_item *it, const char *last, struct hy_buf *out)
{
    put_number(out, it->kind);
    put_number(out, it->precision);
    put_number(out, it->published.ms);
    put_number(out, it->published_offset_min);
    put_string(out, it->published_from);
    put_string(out, it->charset);
    put_string(out, it->origin);
    put_string(out, it->title);
    put_string(out, it->text);
    put_string(out, it->hash);
    put_string(out, last);
    put_number(out, (int64_t)it->n_replies);
    for (size_t i = 0; i < it->n_replies; i++) {
        put_number(out, it->replies[i].published.ms);
        put_number(out, it->replies[i].precision);
        put_string(out, it->replies[i].text);
    }
}

void hy_answer_put_list(const struct hy_list *l, struct hy_buf *out)
{
    put_string(out, l->next);
    put_string(out, l->feed);
    put_string(out, l->why);
    put_number(out, l->wall);
    put_number(out, (int64_t)l->n);
    for (size_t i = 0; i < l->n; i++) {
        put_string(out, l->v[i].url);
        put_string(out, l->v[i].title);
        put_number(out, l->v[i].published.ms);
        put_number(out, l->v[i].precision);
        put_number(out, l->v[i].last_reply.ms);
        put_number(out, l->v[i].replies);
    }
}

/* -- reading -------------------------------------------------------------------------------- */

struct cursor {
    struct hy_str s;
    size_t at;
    bool bad; /* sticky; everything read behind it is 0 or "" */
};

static int64_t take_number(struct cursor *c, int64_t least, int64_t most)
{
    int64_t v = 0;

    if (c->bad || c->s.n - c->at < sizeof(v)) {
        c->bad = true;
        return least;
    }
    memcpy(&v, c->s.p + c->at, sizeof(v));
    c->at += sizeof(v);
    c->bad = v < least || v > most;
    return c->bad ? least : v;
}

/* A C string of valid UTF-8, as everywhere behind the crawler. */
static struct hy_str take_string(struct cursor *c)
{
    size_t n = (size_t)take_number(c, 0, (int64_t)c->s.n);

    if (c->bad || n > c->s.n - c->at) {
        c->bad = true;
        return hy_str("");
    }
    struct hy_str s = hy_str_n(c->s.p + c->at, n);
    c->at += n;
    c->bad = !hy_utf8_valid(s) || (n && memchr(s.p, '\0', n) != NULL);
    return c->bad ? hy_str("") : s;
}

static hy_wall take_time(struct cursor *c)
{
    int64_t ms = 0;

    if (c->s.n - c->at >= sizeof(ms))
        memcpy(&ms, c->s.p + c->at, sizeof(ms));
    if (ms == HY_WALL_NONE.ms) {
        c->at += c->bad ? 0 : sizeof(ms);
        return HY_WALL_NONE;
    }
    return (hy_wall){take_number(c, -LATEST_MS, LATEST_MS)};
}

static enum hy_precision take_precision(struct cursor *c, hy_wall of)
{
    int64_t p = take_number(c, 0, HY_PREC_COUNT - 1);

    return hy_wall_known(of) ? (enum hy_precision)p : HY_PREC_NONE;
}

/* A count of things that take `size` bytes each at least: no memory for more than came. */
static size_t take_count(struct cursor *c, size_t size)
{
    return (size_t)take_number(c, 0, (int64_t)(c->s.n / size));
}

static bool is_whole(const struct cursor *c)
{
    return !c->bad && c->at == c->s.n;
}

static int nonsense(struct hy_err *err)
{
    return hy_fail(err, HY_E_STATE, "the reader of pages answered nonsense");
}

static void take_replies(struct cursor *c, struct hy_item *it)
{
    size_t n = take_count(c, 3 * sizeof(int64_t));

    it->replies = n ? hy_xcalloc(n, sizeof(*it->replies)) : NULL;
    while (!c->bad && it->n_replies < n) {
        struct hy_reply *r = &it->replies[it->n_replies++];
        r->published = take_time(c);
        r->precision = take_precision(c, r->published);
        r->text = hy_str_dup(take_string(c));
    }
}

int hy_answer_take_item(struct hy_str in, struct hy_item *ret, char **ret_last, struct hy_err *err)
{
    struct cursor c = {.s = in};
    struct hy_item it = {.fetched = HY_WALL_NONE};

    it.kind = (enum hy_item_kind)take_number(&c, 0, HY_ITEM_KIND_COUNT - 1);
    int64_t precision = take_number(&c, 0, HY_PREC_COUNT - 1);
    it.published = take_time(&c);
    it.precision = hy_wall_known(it.published) ? (enum hy_precision)precision : HY_PREC_NONE;
    it.published_offset_min = (int)take_number(&c, -MAX_OFFSET_MIN, MAX_OFFSET_MIN);
    it.published_from = hy_item_from_name(take_string(&c));
    it.charset = hy_str_dup(take_string(&c));
    struct hy_str origin = take_string(&c);
    it.origin = origin.n ? hy_str_dup(origin) : NULL;
    it.title = hy_str_dup(take_string(&c));
    it.text = hy_str_dup(take_string(&c));
    struct hy_str hash = take_string(&c), last = take_string(&c);
    if (hash.n == sizeof(it.hash) - 1)
        memcpy(it.hash, hash.p, hash.n);
    take_replies(&c, &it);
    if (!is_whole(&c)) {
        hy_item_release(&it);
        return nonsense(err);
    }
    if (ret_last)
        *ret_last = last.n ? hy_str_dup(last) : NULL;
    *ret = it;
    return HY_OK;
}

static const char *copy(struct cursor *c, struct hy_list *l)
{
    return hy_arena_str(l->arena, take_string(c)).p;
}

static void take_links(struct cursor *c, struct hy_list *l)
{
    size_t n = (size_t)take_number(c, 0, HY_LIST_MAX_LINKS);

    while (!c->bad && l->n < n) {
        struct hy_link *k = &l->v[l->n++];
        k->url = copy(c, l);
        k->title = copy(c, l);
        k->published = take_time(c);
        k->precision = take_precision(c, k->published);
        k->last_reply = take_time(c);
        k->replies = (int)take_number(c, -1, MAX_COUNT);
    }
}

int hy_answer_take_list(struct hy_str in, struct hy_list **ret, struct hy_err *err)
{
    struct cursor c = {.s = in};
    struct hy_list *l = hy_list_new();

    l->next = copy(&c, l);
    l->feed = copy(&c, l);
    l->why = copy(&c, l);
    l->wall = take_number(&c, 0, 1);
    take_links(&c, l);
    if (!is_whole(&c)) {
        hy_list_free(l);
        return nonsense(err);
    }
    *ret = l;
    return HY_OK;
}
