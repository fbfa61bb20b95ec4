/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/query.h"

#include "analyzer/normal.h"
#include "archive/words.h"
#include "core/utf8.h"

#include <stdlib.h>
#include <string.h>

/* -- parsing ----------------------------------------------------------------------------------- */

struct counting {
    size_t words;
};

static int count(struct hy_str word, void *user)
{
    (void)word;
    ((struct counting *)user)->words++;
    return 0;
}

/* A word that is one word of the index needs no second look: two characters, one, or letters. */
static size_t words_in(struct hy_str text)
{
    struct counting c = {0};

    hy_words(text, false, count, &c);
    return c.words;
}

/* Without the signs around it: 《通知》 is found where 通知 stands. */
static struct hy_str bare(struct hy_str s)
{
    size_t from = 0, to = s.n;

    for (size_t at = 0; at < s.n; from = at)
        if (hy_char_class(hy_utf8_next(s, &at)) != HY_CHAR_BREAK)
            break;
    for (size_t at = to; at > from; to = at)
        if (hy_char_class(hy_utf8_prev(s, &at)) != HY_CHAR_BREAK)
            break;
    return hy_str_sub(s, from, to);
}

/* A word of signs only is no word. */
static void push(struct hy_query *q, struct hy_str raw, size_t group, bool without)
{
    HY_CLEANUP(hy_freep) char *folded = hy_normal_word(raw);
    struct hy_str text = bare(hy_str(folded));
    size_t n = words_in(text);

    if (n == 0)
        return;
    hy_vec_push(&q->v, (struct hy_query_word){hy_str_dup(text), group, without, n == 1});
}

/* The sign at `at` as one of ours ('"', '-', '|'), in any width; 0: none. */
static char sign_at(struct hy_str s, size_t at, size_t *ret_next)
{
    uint32_t c = hy_utf8_next(s, &at);

    *ret_next = at;
    switch (c) {
    case '"':
    case 0x201C: /* “ ” */
    case 0x201D:
    case 0xFF02:
        return '"';
    case '-':
    case 0xFF0D:
        return '-';
    case '|':
    case 0xFF5C:
        return '|';
    default:
        return '\0';
    }
}

static bool is_space_at(struct hy_str s, size_t at)
{
    return hy_is_space(hy_utf8_next(s, &at));
}

/* From behind the opening sign to the closing one, or to the end; *at moves behind it. */
static struct hy_str quoted(struct hy_str s, size_t *at)
{
    size_t from = *at;

    while (*at < s.n) {
        size_t end = *at, next;
        if (sign_at(s, *at, &next) == '"') {
            *at = next;
            return hy_str_sub(s, from, end);
        }
        *at = next;
    }
    return hy_str_sub(s, from, s.n);
}

/* To the next white space, quote or bar. */
static struct hy_str plain(struct hy_str s, size_t *at)
{
    size_t from = *at;

    while (*at < s.n && !is_space_at(s, *at)) {
        size_t next;
        char sign = sign_at(s, *at, &next);
        if (sign == '"' || sign == '|')
            break;
        *at = next;
    }
    return hy_str_sub(s, from, *at);
}

static void skip_space(struct hy_str s, size_t *at)
{
    while (*at < s.n && is_space_at(s, *at))
        hy_utf8_next(s, at);
}

/* One word with what stands before it; a bar joins it to the group of the word before. */
static void parse_word(struct hy_query *q, struct hy_str s, size_t *at, size_t *group)
{
    size_t next, g;
    bool without, joined = sign_at(s, *at, &next) == '|';
    struct hy_str raw;

    if (joined) {
        *at = next;
        skip_space(s, at);
        if (*at == s.n)
            return;
    }
    without = !joined && sign_at(s, *at, &next) == '-';
    if (without)
        *at = next;
    if (*at == s.n)
        return;
    if (sign_at(s, *at, &next) == '"') {
        *at = next;
        raw = quoted(s, at);
    } else {
        raw = plain(s, at);
    }
    joined = joined && q->v.n > 0 && !q->v.v[q->v.n - 1].without;
    g = joined ? q->v.v[q->v.n - 1].group : ++*group;
    push(q, raw, g, without);
}

static bool has_positive(const struct hy_query *q)
{
    for (size_t i = 0; i < q->v.n; i++)
        if (!q->v.v[i].without)
            return true;
    return false;
}

int hy_query_parse(struct hy_str typed, struct hy_query *ret, struct hy_err *err)
{
    struct hy_query q = {0};
    size_t group = 0, first = 0;

    skip_space(typed, &first);
    if (hy_utf8_count(typed) > HY_QUERY_MAX_CHARS)
        return hy_fail(err, HY_E_TOOBIG, "检索词太长，最多 %d 个字", HY_QUERY_MAX_CHARS);
    for (size_t at = first; at < typed.n; skip_space(typed, &at))
        parse_word(&q, typed, &at, &group);
    if (q.v.n > HY_QUERY_MAX_WORDS) {
        hy_query_release(&q);
        return hy_fail(err, HY_E_TOOBIG, "检索词太多，最多 %d 个", HY_QUERY_MAX_WORDS);
    }
    if (first < typed.n && !has_positive(&q)) {
        bool some = q.v.n > 0;
        hy_query_release(&q);
        return hy_fail(err, HY_E_PARSE, "%s",
                       some ? "只写了要排除的词，还要写至少一个要找的词"
                            : "检索词里没有可以检索的文字");
    }
    *ret = q;
    return HY_OK;
}

void hy_query_release(struct hy_query *q)
{
    for (size_t i = 0; i < q->v.n; i++)
        free(q->v.v[i].text);
    hy_vec_release(&q->v);
}

/* -- the expression ---------------------------------------------------------------------------- */

struct writing {
    struct hy_buf *out;
    bool title, first;
};

/* A word of the index as a string of FTS5.  Words hold no quotes: those are breaks. */
static int write_one(struct hy_str word, void *user)
{
    struct writing *w = user;
    size_t chars = hy_utf8_count(word), at = 0;
    bool single = chars == 1 && hy_char_class(hy_utf8_next(word, &at)) == HY_CHAR_PAIR;

    hy_buf_puts(w->out, w->first ? "" : " AND ");
    hy_buf_printf(w->out, "\"%s" HY_STR_FMT "\"%s", w->title ? HY_WORDS_TITLE : "",
                  HY_STR_ARG(word), single ? " *" : "");
    w->first = false;
    return 0;
}

static void write_word(const struct hy_query_word *word, bool title, struct hy_buf *out)
{
    struct writing w = {out, title, true};

    hy_buf_char(out, '(');
    hy_words(hy_str(word->text), false, write_one, &w);
    hy_buf_char(out, ')');
}

/* (A OR B) AND (C), then NOT (D) NOT (E).  A word that is excluded and not exact cannot be excluded
 * by the index: its parts may stand apart. */
void hy_query_expression(const struct hy_query *q, bool title, struct hy_buf *out)
{
    size_t group = 0;

    for (size_t i = 0; i < q->v.n; i++) {
        const struct hy_query_word *w = &q->v.v[i];
        if (w->without)
            continue;
        if (w->group != group)
            hy_buf_puts(out, group ? ") AND (" : "(");
        else
            hy_buf_puts(out, " OR ");
        group = w->group;
        write_word(w, title, out);
    }
    hy_buf_puts(out, group ? ")" : "");
    for (size_t i = 0; i < q->v.n; i++)
        if (q->v.v[i].without && q->v.v[i].exact) {
            hy_buf_puts(out, " NOT ");
            write_word(&q->v.v[i], false, out);
        }
}

/* -- the text ---------------------------------------------------------------------------------- */

bool hy_query_needs_text(const struct hy_query *q)
{
    for (size_t i = 0; i < q->v.n; i++)
        if (!q->v.v[i].exact)
            return true;
    return false;
}

/* Of exact words that are excluded the index has said it all: "pm" does not exclude "pm10". */
static bool is_met(const struct hy_query_word *w, struct hy_str folded)
{
    if (w->without)
        return w->exact || !hy_str_has(folded, hy_str(w->text));
    return hy_str_has(folded, hy_str(w->text));
}

bool hy_query_matches(const struct hy_query *q, struct hy_str folded)
{
    for (size_t i = 0; i < q->v.n;) {
        size_t group = q->v.v[i].group;
        bool any = false;
        for (; i < q->v.n && q->v.v[i].group == group; i++)
            any |= is_met(&q->v.v[i], folded);
        if (!any)
            return false;
    }
    return true;
}
