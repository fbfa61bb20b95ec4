/* SPDX-License-Identifier: Apache-2.0 */
/* What a single word file cannot tell: references to groups, topics, units, packs, sources and
 * places that do not exist are mistakes; words and rules that can do nothing, or something else
 * than their author thinks, are warnings.  Warnings are for files of the office when there is one:
 * it cannot mend the national ones. */
#include "rules/lexicon.h"

#include "core/map.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "rules/lexicon_refs.h"
#include "rules/places.h"
#include "rules/rules.h"
#include "rules/sources.h"

#include <string.h>

enum { LONGEST_INNER = 12 }; /* characters of a shorter word looked for inside a longer one */

struct use { /* one word of one group */
    const struct hy_word_group *group;
    const struct hy_word *word;
    size_t next; /* index + 1 of another use of the same text */
};
struct checking {
    const struct hy_rules *rules;
    const struct hy_lexicon *l;
    struct hy_diag *d;
    struct hy_map *groups;  /* id -> struct hy_word_group */
    struct hy_map *by_text; /* word -> index + 1 of its last use */
    HY_VEC(struct use) uses;
};

static bool is_own(const struct checking *c, struct hy_pos pos)
{
    return c->rules->dir == NULL || hy_str_starts(hy_str(pos.file), hy_str(c->rules->dir));
}

static double weight_of(const struct use *u)
{
    return u->word->weight < 0 ? u->group->weight : u->word->weight;
}

static void index_words(struct checking *c)
{
    const struct hy_word_group *g = c->l->groups.v;

    for (size_t i = 0; i < c->l->groups.n; i++) {
        hy_map_set(c->groups, hy_str(g[i].id), (void *)&g[i]);
        for (size_t k = 0; k < g[i].words.n; k++) {
            struct hy_str text = hy_str(g[i].words.v[k].text);
            size_t before = (size_t)(uintptr_t)hy_map_get(c->by_text, text);
            hy_vec_push(&c->uses, (struct use){&g[i], &g[i].words.v[k], before});
            hy_map_set(c->by_text, text, (void *)(uintptr_t)c->uses.n);
        }
    }
}

static const struct use *uses_of(const struct checking *c, struct hy_str text)
{
    size_t at = (size_t)(uintptr_t)hy_map_get(c->by_text, text);

    return at ? &c->uses.v[at - 1] : NULL;
}

static const struct use *next_use(const struct checking *c, const struct use *u)
{
    return u->next ? &c->uses.v[u->next - 1] : NULL;
}

/* ---- words ---- */

/* Signs alone: the matcher reads past them. */
static bool has_letters(struct hy_str s)
{
    for (size_t at = 0; at < s.n;) {
        uint32_t c = hy_utf8_next(s, &at);
        if (hy_is_han(c) || (c - '0') < 10 || ((c | 32) - 'a') < 26 || (c >= 0xC0 && c < 0x2000) ||
            (c >= 0xFF10 && c < 0xFF5B) || c == 0x300A /* 《 says that a work is named */)
            return true;
    }
    return false;
}

/* What parts words in Chinese and does not in YAML. */
static bool has_comma(struct hy_str s)
{
    return hy_str_has(s, HY_STR("，")) || hy_str_has(s, HY_STR("、")) ||
           hy_str_has(s, HY_STR("；"));
}

static bool may_be_short(const struct hy_word_group *g)
{
    return g->purpose == HY_PURPOSE_NEGATION || g->purpose == HY_PURPOSE_TURN ||
           g->purpose == HY_PURPOSE_HELPER;
}

/* Words whose sum somebody reads. */
static bool adds(const struct hy_word_group *g)
{
    return g->purpose <= HY_PURPOSE_TOPIC;
}

static bool same_text_or_none(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_role(const struct hy_word_group *a, const struct hy_word_group *b)
{
    return a->purpose == b->purpose && same_text_or_none(a->topic, b->topic) &&
           same_text_or_none(a->event_type, b->event_type) && same_text_or_none(a->pack, b->pack);
}

/* The same word elsewhere: a stop phrase takes it away, a group of the same kind counts it again.
 */
static void check_twins(const struct checking *c, const struct use *u)
{
    for (const struct use *o = uses_of(c, hy_str(u->word->text)); o; o = next_use(c, o)) {
        if (o->group == u->group)
            continue;
        if (o->group->purpose == HY_PURPOSE_STOP && o->group->pack == NULL &&
            hy_purpose_is_stopped(u->group->purpose)) {
            hy_diag_warn(c->d, u->word->pos,
                         "“%s”永远不会算数：词组“%s”把它列为停用短语；删去这里的词，或在自己的"
                         "文件里代替那一组",
                         u->word->text, o->group->id);
            return;
        }
        if (adds(u->group) && same_role(u->group, o->group) && o < u) {
            hy_diag_warn(c->d, u->word->pos, "“%s”在词组“%s”里已经有了，会算两次分", u->word->text,
                         o->group->id);
            return;
        }
    }
}

/* The heaviest word of the same role that stands inside this one: where both match only the longer
 * counts, so a lighter long word takes weight away. */
static const struct use *heavier_inside(const struct checking *c, const struct use *u)
{
    struct hy_str text = hy_str(u->word->text);
    const struct use *best = NULL;
    size_t from = 0;

    for (; from < text.n; hy_utf8_next(text, &from)) {
        size_t to = from;
        for (int n = 0; n < LONGEST_INNER && to < text.n; n++) {
            hy_utf8_next(text, &to);
            for (const struct use *o = to - from < text.n ? uses_of(c, hy_str_sub(text, from, to))
                                                          : NULL;
                 o; o = next_use(c, o))
                if (same_role(u->group, o->group) && weight_of(o) > weight_of(u) &&
                    (best == NULL || weight_of(o) > weight_of(best)))
                    best = o;
        }
    }
    return best;
}

static void check_shadow(const struct checking *c, const struct use *u)
{
    const struct use *inner =
        c->rules->dir && adds(u->group) && weight_of(u) > 0 ? heavier_inside(c, u) : NULL;

    if (inner)
        hy_diag_warn(c->d, u->word->pos,
                     "“%s”压住了其中的“%s”（词组“%s”，%g 分），自己只有 %g 分；要压低就写 “%s: 0”，"
                     "否则把权重写到 %g 以上",
                     u->word->text, inner->word->text, inner->group->id, weight_of(inner),
                     weight_of(u), u->word->text, weight_of(inner));
}

static void check_word(const struct checking *c, const struct use *u)
{
    struct hy_str text = hy_str(u->word->text);

    if (!has_letters(text))
        hy_diag_warn(c->d, u->word->pos, "“%s”永远不会命中：只有符号，没有字", u->word->text);
    else if (hy_utf8_count(text) == 1 && !may_be_short(u->group))
        hy_diag_warn(c->d, u->word->pos, "单字词“%s”会在许多无关的词里命中", u->word->text);
    else if (has_comma(text))
        hy_diag_warn(c->d, u->word->pos,
                     "“%s”是一个词；想写几个词，之间用半角逗号“,”，不用“，”“、”", u->word->text);
    if (u->group->purpose != HY_PURPOSE_STOP)
        check_twins(c, u);
    check_shadow(c, u);
}

/* Forms of one pattern stand at one place and are told of once. */
static void check_words(const struct checking *c, const struct hy_word_group *g)
{
    HY_CLEANUP(hy_map_freep) struct hy_map *seen = hy_map_new(NULL);

    if (!is_own(c, g->pos))
        return;
    for (size_t i = 0; i < g->words.n; i++) {
        const struct hy_word *w = &g->words.v[i];
        struct hy_str text = hy_str(w->text);
        if (hy_map_get(seen, text))
            hy_diag_warn(c->d, w->pos, "“%s”在本组中重复", w->text);
        else
            for (const struct use *u = uses_of(c, text); u; u = next_use(c, u))
                if (u->word == w)
                    check_word(c, u);
        hy_map_set(seen, text, c->uses.v);
    }
}

/* ---- groups ---- */

static void check_topic_of(const struct checking *c, const char *topic, int purpose,
                           struct hy_pos pos)
{
    if (purpose == HY_PURPOSE_TOPIC && topic == NULL)
        hy_diag_at(c->d, pos, "用途为 topic 时要写明 topic（话题编号）");
    else if (topic && hy_lexicon_topic(c->l, hy_str(topic)) == NULL)
        hy_lexicon_no_ref(c->l, HY_REF_TOPIC, topic, pos, c->d);
}

static void check_pack_of(const struct checking *c, const char *pack, struct hy_pos pos)
{
    if (pack && hy_lexicon_pack(c->l, hy_str(pack)) == NULL)
        hy_diag_at(c->d, pos, "没有编号为“%s”的词包", pack);
}

static void check_groups(const struct checking *c)
{
    const struct hy_word_group *g = c->l->groups.v;

    for (size_t i = 0; i < c->l->groups.n; i++) {
        check_topic_of(c, g[i].topic, g[i].purpose, g[i].pos);
        check_pack_of(c, g[i].pack, g[i].pack_pos);
        check_words(c, &g[i]);
        if (g[i].unit && hy_lexicon_unit(c->l, hy_str(g[i].unit)) == NULL)
            hy_lexicon_no_ref(c->l, HY_REF_UNIT, g[i].unit, g[i].pos, c->d);
        if (g[i].event_type && g[i].event_class == HY_CLASS_NONE)
            hy_diag_at(c->d, g[i].pos, "写了 event_type 就要写 event_class");
        if (g[i].words.n == 0 && is_own(c, g[i].pos))
            hy_diag_warn(c->d, g[i].pos, "词组“%s”没有词，永远不会命中", g[i].id);
    }
}

/* ---- rules ---- */

/* "@emergency": all groups of a purpose. */
static bool is_purpose_ref(struct hy_str ref)
{
    for (int p = 0; ref.n && ref.p[0] == '@' && p < HY_PURPOSE_COUNT; p++)
        if (hy_str_is(hy_str_sub(ref, 1, ref.n), hy_purpose_name[p]))
            return true;
    return false;
}

static void check_refs(const struct checking *c, const struct hy_texts *refs)
{
    for (size_t i = 0; i < refs->n; i++)
        if (!is_purpose_ref(hy_str(refs->v[i])) && !hy_map_get(c->groups, hy_str(refs->v[i])))
            hy_lexicon_no_ref(c->l, HY_REF_GROUP, refs->v[i], refs->pos[i], c->d);
}

static bool lists(const struct hy_texts *texts, const char *text)
{
    for (size_t i = 0; i < texts->n; i++)
        if (strcmp(texts->v[i], text) == 0)
            return true;
    return false;
}

static void check_origin(const struct checking *c, const struct hy_word_rule *r)
{
    for (size_t i = 0; i < r->source_kinds.n; i++) {
        bool known = strcmp(r->source_kinds.v[i], "official") == 0;
        for (int k = 0; k < HY_SOURCE_KIND_COUNT; k++)
            known = known || strcmp(r->source_kinds.v[i], hy_source_kind_name[k]) == 0;
        if (!known)
            hy_diag_at(c->d, r->source_kinds.pos[i],
                       "没有“%s”这类来源；可用：list、feed、sitemap、forum、page、json、official",
                       r->source_kinds.v[i]);
    }
    for (size_t i = 0; c->rules->sources && i < r->sources.n; i++)
        if (hy_sources_find(c->rules->sources, hy_str(r->sources.v[i])) == NULL)
            hy_diag_at(c->d, r->sources.pos[i], "没有编号为“%s”的来源", r->sources.v[i]);
    for (size_t i = 0; c->rules->places && i < r->within.n; i++) {
        HY_CLEANUP(hy_freep) char *code = hy_str_dup(hy_division_stem(r->within.v[i]));
        if (!hy_places_knows(c->rules->places, code))
            hy_diag_at(c->d, r->within.pos[i], "没有代码为“%s”的区划；代码要加引号，如 \"330106\"",
                       r->within.v[i]);
    }
}

static const struct hy_quantity_test *contradiction(const struct hy_word_rule *r)
{
    for (size_t i = 0; i < r->numbers.n; i++)
        for (size_t k = 0; k <= i; k++) {
            const struct hy_quantity_test *a = &r->numbers.v[i], *b = &r->numbers.v[k];
            if (a->quantity == b->quantity && HY_MAX(a->least, b->least) > HY_MIN(a->most, b->most))
                return a;
        }
    return NULL;
}

/* A rule that asks for a group without words waits for ever. */
static void check_wordless(const struct checking *c, const struct hy_word_rule *r,
                           const struct hy_texts *refs, bool all)
{
    for (size_t i = 0; i < refs->n && (all || refs->n == 1); i++) {
        const struct hy_word_group *g = hy_map_get(c->groups, hy_str(refs->v[i]));
        if (g && g->words.n == 0)
            hy_diag_warn(c->d, refs->pos[i], "规则“%s”永远不会成立：词组“%s”没有词", r->id, g->id);
    }
}

/* What can never hold, or never do anything when it holds. */
static void check_idle(const struct checking *c, const struct hy_word_rule *r)
{
    const struct hy_quantity_test *never = contradiction(r);

    check_wordless(c, r, &r->all, true);
    check_wordless(c, r, &r->any, false);
    for (size_t i = 0; i < r->none.n; i++)
        if (lists(&r->all, r->none.v[i]) || (r->any.n == 1 && lists(&r->any, r->none.v[i])))
            hy_diag_warn(c->d, r->none.pos[i], "规则“%s”永远不会成立：“%s”既要出现又不许出现",
                         r->id, r->none.v[i]);
    if (never)
        hy_diag_warn(c->d, never->pos, "规则“%s”永远不会成立：这些人数不能同时满足", r->id);
    if (r->purpose > HY_PURPOSE_TOPIC)
        hy_diag_warn(c->d, r->pos,
                     "规则“%s”不起作用：用途 %s 只能用在词组上，规则可用 emergency、hardship、"
                     "rumor、policy、relevance、topic",
                     r->id, hy_purpose_name[r->purpose]);
    else if (r->weight <= 0 && r->votes <= 0)
        hy_diag_warn(c->d, r->pos, "规则“%s”不起作用：权重是 0", r->id);
    if ((r->near || r->same_sentence) && r->all.n + (r->any.n > 0) < 2)
        hy_diag_warn(c->d, r->pos,
                     "规则“%s”的 near、same_sentence 不起作用：只有一处词，没有与谁相距可言",
                     r->id);
    if (r->count > 1 && r->any.n == 0)
        hy_diag_warn(c->d, r->pos, "规则“%s”的 count 不起作用：它数的是 any 里的词", r->id);
}

static bool same_texts(const struct hy_texts *a, const struct hy_texts *b)
{
    for (size_t i = 0; a->n == b->n && i < a->n; i++)
        if (!lists(b, a->v[i]))
            return false;
    return a->n == b->n;
}

static bool same_numbers(const struct hy_word_rule *a, const struct hy_word_rule *b)
{
    if (a->numbers.n != b->numbers.n || a->deaths != b->deaths || a->injured != b->injured ||
        a->missing != b->missing || a->trapped != b->trapped || a->evacuated != b->evacuated)
        return false;
    for (size_t i = 0; i < a->numbers.n; i++)
        if (a->numbers.v[i].quantity != b->numbers.v[i].quantity ||
            a->numbers.v[i].least != b->numbers.v[i].least ||
            a->numbers.v[i].most != b->numbers.v[i].most)
            return false;
    return true;
}

static bool same_condition(const struct hy_word_rule *a, const struct hy_word_rule *b)
{
    return a->purpose == b->purpose && a->count == b->count && a->near == b->near &&
           a->same_sentence == b->same_sentence && a->where == b->where && a->place == b->place &&
           same_text_or_none(a->topic, b->topic) && same_text_or_none(a->pack, b->pack) &&
           same_texts(&a->all, &b->all) && same_texts(&a->any, &b->any) &&
           same_texts(&a->none, &b->none) && same_texts(&a->within, &b->within) &&
           same_texts(&a->source_kinds, &b->source_kinds) && same_texts(&a->sources, &b->sources) &&
           same_numbers(a, b);
}

static void check_rules(const struct checking *c)
{
    const struct hy_word_rule *r = c->l->rules.v;

    for (size_t i = 0; i < c->l->rules.n; i++) {
        check_refs(c, &r[i].all);
        check_refs(c, &r[i].any);
        check_refs(c, &r[i].none);
        check_topic_of(c, r[i].topic, r[i].purpose, r[i].pos);
        check_pack_of(c, r[i].pack, r[i].pack_pos);
        check_origin(c, &r[i]);
        if (r[i].all.n + r[i].any.n == 0)
            hy_diag_at(c->d, r[i].pos, "规则“%s”要有 all 或 any，否则永远成立", r[i].id);
        if (!is_own(c, r[i].pos))
            continue;
        check_idle(c, &r[i]);
        for (size_t k = 0; k < i; k++)
            if (same_condition(&r[i], &r[k]))
                hy_diag_warn(c->d, r[i].pos, "规则“%s”与“%s”条件相同，成立时两条都会加分", r[i].id,
                             r[k].id);
    }
}

void hy_lexicon_check_packs(const struct hy_rules *rules, int64_t today, struct hy_diag *d)
{
    const struct checking c = {.rules = rules};
    const struct hy_word_pack *p = rules->lexicon->packs.v;

    for (size_t i = 0; i < rules->lexicon->packs.n; i++) {
        size_t past = 0;
        for (size_t k = 0; k < p[i].periods.n; k++)
            past += !p[i].periods.v[k].yearly && p[i].periods.v[k].to < today;
        if (past && past == p[i].periods.n && is_own(&c, p[i].pos))
            hy_diag_warn(d, p[i].pos, "词包“%s”的时段都已过去，不再起作用；请写上今年的日期",
                         p[i].id);
    }
}

void hy_lexicon_check(const struct hy_rules *rules, struct hy_diag *d)
{
    HY_CLEANUP(hy_map_freep) struct hy_map *groups = hy_map_new(NULL);
    HY_CLEANUP(hy_map_freep) struct hy_map *by_text = hy_map_new(NULL);
    struct checking c = {
        .rules = rules, .l = rules->lexicon, .d = d, .groups = groups, .by_text = by_text};
    const struct hy_topic *t = c.l->topics.v;

    index_words(&c);
    check_groups(&c);
    check_rules(&c);
    for (size_t i = 0; i < c.l->topics.n; i++)
        if (t[i].unit && hy_lexicon_unit(c.l, hy_str(t[i].unit)) == NULL)
            hy_lexicon_no_ref(c.l, HY_REF_UNIT, t[i].unit, t[i].pos, d);
    hy_vec_release(&c.uses);
}
