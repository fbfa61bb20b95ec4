/* SPDX-License-Identifier: Apache-2.0 */
/* Some dozens of words at most, on a few days of the year: they are looked for one by one.  A matcher
 * built for each change of the list would cost more than it saves. */
#include "analyzer/lookout.h"

#include "analyzer/normal.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "core/vec.h"

#include <stdlib.h>

struct phrase {
    char *text;           /* as people wrote it */
    HY_VEC(char *) words; /* normal forms */
};
struct lookout {
    char *id;
    hy_wall from, to;
    HY_VEC(struct phrase) phrases;
};
struct hy_lookouts {
    HY_VEC(struct lookout) v;
};

static void release(struct lookout *o)
{
    for (size_t i = 0; i < o->phrases.n; i++) {
        struct phrase *p = &o->phrases.v[i];
        for (size_t k = 0; k < p->words.n; k++)
            free(p->words.v[k]);
        hy_vec_release(&p->words);
        free(p->text);
    }
    hy_vec_release(&o->phrases);
    free(o->id);
}

/* The next word of a phrase; false: there is none left.  The wide space of Chinese input is one. */
static bool next_word(struct hy_str *rest, struct hy_str *ret)
{
    size_t at = 0, from = 0;

    *ret = HY_STR("");
    while (at < rest->n) {
        size_t before = at;
        uint32_t c = hy_utf8_next(*rest, &at);
        bool space = c == ' ' || c == '\t' || c == 0x3000;
        if (!space && ret->n == 0)
            from = before;
        if (!space)
            *ret = hy_str_sub(*rest, from, at);
        else if (ret->n)
            break;
    }
    *rest = hy_str_sub(*rest, at, rest->n);
    return ret->n > 0;
}

bool hy_lookout_phrase_ok(struct hy_str phrase)
{
    struct hy_str word;
    size_t n = 0;

    for (; next_word(&phrase, &word); n++) {
        HY_CLEANUP(hy_freep) char *normal = hy_normal_word(word);
        if (hy_utf8_count(hy_str(normal)) < HY_LOOKOUT_WORD_MIN)
            return false;
    }
    return n > 0;
}

static void add_phrase(struct lookout *o, struct hy_str text)
{
    struct hy_str rest = text, word;
    struct phrase p = {0};

    if (!hy_lookout_phrase_ok(text))
        return;
    p.text = hy_str_dup(text);
    while (next_word(&rest, &word))
        hy_vec_push(&p.words, hy_normal_word(word));
    hy_vec_push(&o->phrases, p);
}

int hy_lookouts_add(struct hy_lookouts *l, struct hy_str text, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *o = NULL;
    struct lookout one = {0};
    size_t i;
    json_t *v;

    if (hy_json_parse(text, &o, err) < 0)
        return err->code;
    one.from = hy_json_time(o, "from");
    one.to = hy_json_time(o, "to");
    if (hy_json_str(o, "id").n == 0 || !hy_wall_known(one.from) || !hy_wall_known(one.to))
        return hy_fail(err, HY_E_PARSE, "not a lookout: id, from and to are needed");
    one.id = hy_str_dup(hy_json_str(o, "id"));
    json_array_foreach (json_object_get(o, "words"), i, v)
        if (json_is_string(v))
            add_phrase(&one, hy_str_n(json_string_value(v), json_string_length(v)));
    hy_vec_push(&l->v, one);
    return HY_OK;
}

static bool has_word(const struct hy_normal n[2], const char *word)
{
    return hy_str_find(n[0].text, hy_str(word), 0) != HY_NPOS ||
           hy_str_find(n[1].text, hy_str(word), 0) != HY_NPOS;
}

static bool has_phrase(const struct hy_normal n[2], const struct phrase *p)
{
    for (size_t i = 0; i < p->words.n; i++)
        if (!has_word(n, p->words.v[i]))
            return false;
    return true;
}

static json_t *match_one(const struct lookout *o, const struct hy_normal n[2])
{
    json_t *words = NULL;

    for (size_t i = 0; i < o->phrases.n; i++) {
        if (!has_phrase(n, &o->phrases.v[i]))
            continue;
        words = words ? words : json_array();
        json_array_append_new(words, json_string(o->phrases.v[i].text));
    }
    return words ? json_pack("{s:s,s:o}", "id", o->id, "words", words) : NULL;
}

static bool is_on(const struct lookout *o, hy_wall now)
{
    return o->from.ms <= now.ms && now.ms < o->to.ms;
}

json_t *hy_lookouts_match(const struct hy_lookouts *l, const struct hy_item *item, hy_wall now,
                          struct hy_arena *arena)
{
    struct hy_normal n[2];
    json_t *list = NULL;
    bool ready = false;

    for (size_t i = 0; i < l->v.n; i++) {
        if (!is_on(&l->v.v[i], now))
            continue;
        if (!ready) {
            n[0] = hy_normalize(hy_str(item->title), arena);
            n[1] = hy_normalize(hy_str(item->text), arena);
            ready = true;
        }
        json_t *one = match_one(&l->v.v[i], n);
        if (one == NULL)
            continue;
        list = list ? list : json_array();
        json_array_append_new(list, one);
    }
    return list;
}

size_t hy_lookouts_count(const struct hy_lookouts *l)
{
    return l->v.n;
}

struct hy_lookouts *hy_lookouts_new(void)
{
    return hy_xcalloc(1, sizeof(struct hy_lookouts));
}

void hy_lookouts_free(struct hy_lookouts *l)
{
    if (l == NULL)
        return;
    for (size_t i = 0; i < l->v.n; i++)
        release(&l->v.v[i]);
    hy_vec_release(&l->v);
    free(l);
}
