/* SPDX-License-Identifier: Apache-2.0 */
/* Texts under generated word groups and rules.  The first 64 bytes make the lexicon, the rest is
 * the item (first line title).  No crash; the contributions to every sum add up to it; a rule that
 * holds is among those that were asked at all.
 * Covers: analyzer/score_rules analyzer/score_hits analyzer/score_sums */
#include "analyzer/score_parts.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/utf8.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECIPE = 64, GROUPS = 6, RULES = 4, WORDS = 3, REFS = 3 };

static const char *const word[] = {"爆炸",   "爆炸头", "火灾", "未",   "没有", "演练",
                                   "化工厂", "死亡",   "的",   "fire", "a",    "不排除"};
static char *const group_id[GROUPS] = {"g0", "g1", "drill.g2", "g3", "g4", "matter.g5"};
static char *const topic_id[2] = {"t", "t.fine"};

struct recipe {
    const uint8_t *p;
    size_t at;
};

static unsigned next(struct recipe *r, unsigned below)
{
    return r->p[r->at++ % RECIPE] % below;
}

struct made {
    struct hy_lexicon lexicon;
    struct hy_word_group group[GROUPS];
    struct hy_word words[GROUPS][WORDS];
    struct hy_word_rule rule[RULES];
    char *refs[RULES][3][REFS];
    struct hy_quantity_test number[RULES];
    char *within[RULES], *kind[RULES];
    struct hy_topic topic[2];
};

static void make_group(struct made *m, size_t i, struct recipe *r)
{
    struct hy_word_group *g = &m->group[i];

    *g = (struct hy_word_group){.id = group_id[i],
                                .purpose = (int)next(r, HY_PURPOSE_COUNT),
                                .weight = next(r, 101),
                                .title_weight = (double)next(r, 101) - 1,
                                .event_class = (int)next(r, HY_CLASS_COUNT),
                                .scope = (int)next(r, 4),
                                .factor = next(r, 11) / 10.0,
                                .at_most = (int)next(r, HY_TOLD_COUNT)};
    if (g->purpose == HY_PURPOSE_TOPIC)
        g->topic = topic_id[next(r, 2)];
    for (size_t k = 0; k < WORDS; k++)
        m->words[i][k] = (struct hy_word){.text = (char *)word[next(r, HY_COUNT(word))],
                                          .weight = (double)next(r, 60) - 10};
    g->words = (struct hy_words){m->words[i], next(r, WORDS + 1), WORDS};
}

static struct hy_texts make_refs(char **list, struct recipe *r)
{
    static char *const all = "@emergency";
    size_t n = next(r, REFS + 1);

    for (size_t i = 0; i < n; i++) {
        unsigned which = next(r, GROUPS + 1);
        list[i] = which == GROUPS ? all : group_id[which];
    }
    return (struct hy_texts){.v = list, .n = n};
}

/* What of the world a rule may ask for besides words. */
static void make_conditions(struct made *m, size_t i, struct recipe *r)
{
    struct hy_word_rule *rule = &m->rule[i];
    int64_t least = next(r, 5);

    rule->place = (int)next(r, 6);
    m->number[i] = (struct hy_quantity_test){
        .quantity = (int)next(r, HY_QUANTITY_COUNT), .least = least, .most = least + next(r, 100)};
    m->within[i] = next(r, 2) ? "33" : "110105";
    m->kind[i] = next(r, 2) ? "forum" : "official";
    rule->numbers = (struct hy_quantity_tests){&m->number[i], next(r, 4) == 0, 1};
    rule->within = (struct hy_texts){.v = &m->within[i], .n = next(r, 4) == 0};
    rule->source_kinds = (struct hy_texts){.v = &m->kind[i], .n = next(r, 4) == 0};
}

static void make_rule(struct made *m, size_t i, struct recipe *r)
{
    struct hy_word_rule *rule = &m->rule[i];

    *rule = (struct hy_word_rule){.id = "r",
                                  .purpose = (int)next(r, HY_PURPOSE_TRAP),
                                  .all = make_refs(m->refs[i][0], r),
                                  .any = make_refs(m->refs[i][1], r),
                                  .none = make_refs(m->refs[i][2], r),
                                  .count = 1 + next(r, 3),
                                  .near = next(r, 20),
                                  .same_sentence = next(r, 2),
                                  .where = (int)next(r, 3),
                                  .deaths = next(r, 3),
                                  .weight = next(r, 101),
                                  .votes = -1};
    if (rule->purpose == HY_PURPOSE_TOPIC)
        rule->topic = topic_id[next(r, 2)];
    make_conditions(m, i, r);
}

static void make(struct made *m, const uint8_t *recipe)
{
    struct recipe r = {recipe, 0};

    for (size_t i = 0; i < 2; i++)
        m->topic[i] = (struct hy_topic){.id = topic_id[i], .name = topic_id[i]};
    for (size_t i = 0; i < GROUPS; i++)
        make_group(m, i, &r);
    for (size_t i = 0; i < RULES; i++)
        make_rule(m, i, &r);
    m->lexicon.groups.v = m->group;
    m->lexicon.groups.n = GROUPS;
    m->lexicon.rules.v = m->rule;
    m->lexicon.rules.n = RULES;
    m->lexicon.topics.v = m->topic;
    m->lexicon.topics.n = 2;
}

static void check_sum(const struct hy_score *s, enum hy_sum to, double score)
{
    double sum = 0;

    for (size_t i = 0; i < s->n_hits; i++)
        if (s->hits[i].to == to)
            sum += s->hits[i].weight;
    if (score < 0 || score > 100 || fabs(sum - score) > 1e-6)
        hy_bug("%s is %f, contributions %f", hy_sum_name[to], score, sum);
}

static void check_asked(const struct hy_score *s)
{
    const struct scoring *g = s->scoring;
    const struct hy_hit *at;

    for (uint32_t i = 0; i < RULES; i++) {
        bool asked = false;
        for (size_t k = 0; k < g->n_may_hold; k++)
            asked |= g->may_hold[k] == i;
        if (!asked && score_rule_holds(g, i, &at))
            hy_bug("rule %u holds and was not asked", i);
    }
}

static void check(const struct hy_score *s)
{
    check_sum(s, HY_SUM_EMERGENCY, s->emergency);
    check_sum(s, HY_SUM_HARDSHIP, s->hardship);
    check_sum(s, HY_SUM_RUMOR, s->rumor);
    check_sum(s, HY_SUM_POLICY, s->policy);
    check_sum(s, HY_SUM_RELEVANCE, s->relevance);
    check_asked(s);
}

static struct hy_rules *national_rules(void)
{
    static struct hy_rules *rules;
    struct hy_diag *d = hy_diag_new();
    struct hy_err err = HY_ERR_INIT;

    if (rules == NULL) {
        hy_hash_init();
        if (hy_rules_load(NULL, &rules, d, &err) < 0)
            hy_bug("%s", err.msg);
    }
    hy_diag_free(d);
    return rules;
}

static void score(const struct hy_rules *rules, struct hy_str text)
{
    struct hy_item item = {.published = {1772413200000}, .fetched = HY_WALL_NONE};
    struct hy_scorer *scorer = hy_scorer_new(rules);
    struct hy_arena *arena = hy_arena_new();
    struct hy_buf out = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_str title;

    text.n = hy_utf8_valid_prefix(text, false);
    if (hy_str_cut(&text, '\n', &title)) {
        item.title = (char *)hy_arena_str(arena, title).p;
        item.text = (char *)hy_arena_str(arena, text).p;
        struct hy_score *s = hy_score_item(scorer, &item, arena);
        check(s);
        hy_score_write(s, true, &out);
    }
    hy_buf_release(&out);
    hy_arena_free(arena);
    hy_scorer_free(scorer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct made *m = hy_xcalloc(1, sizeof(*m));
    struct hy_rules rules = *national_rules();

    if (size > RECIPE) {
        m->lexicon = *rules.lexicon;
        make(m, data);
        rules.lexicon = &m->lexicon;
        score(&rules, hy_str_n((const char *)data + RECIPE, size - RECIPE));
    }
    free(m);
    return 0;
}
