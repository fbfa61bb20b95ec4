/* SPDX-License-Identifier: Apache-2.0 */
/* Scoring of arbitrary text (first line title, the rest text) with the national rules: no crash,
 * scores within 0..100, and the contributions to every sum add up to it.
 * Covers: analyzer/score analyzer/places analyzer/bodies analyzer/normal */
#include "analyzer/score.h"
#include "core/hash.h"
#include "core/utf8.h"
#include "rules/rules.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static struct hy_scorer *scorer;
static struct hy_arena *arena;

static void set_up(void)
{
    struct hy_diag *d = hy_diag_new();
    struct hy_err err = HY_ERR_INIT;
    struct hy_rules *rules = NULL;

    hy_hash_init();
    if (hy_rules_load(NULL, &rules, d, &err) < 0)
        hy_bug("%s", err.msg);
    hy_diag_free(d);
    scorer = hy_scorer_new(rules);
    arena = hy_arena_new();
}

static void check_sum(const struct hy_score *s, enum hy_sum to, const char *topic, double score)
{
    double sum = 0;

    for (size_t i = 0; i < s->n_hits; i++)
        if (s->hits[i].to == to && (topic == NULL || strcmp(s->hits[i].topic, topic) == 0))
            sum += s->hits[i].weight;
    if (score < 0 || score > 100 || fabs(sum - score) > 1e-6)
        hy_bug("%s %s %f, contributions %f", hy_sum_name[to], topic ? topic : "", score, sum);
}

static void check(const struct hy_score *s)
{
    check_sum(s, HY_SUM_EMERGENCY, NULL, s->emergency);
    check_sum(s, HY_SUM_HARDSHIP, NULL, s->hardship);
    check_sum(s, HY_SUM_RUMOR, NULL, s->rumor);
    check_sum(s, HY_SUM_POLICY, NULL, s->policy);
    check_sum(s, HY_SUM_RELEVANCE, NULL, s->relevance);
    for (size_t i = 0; i < s->n_topics; i++)
        check_sum(s, HY_SUM_TOPIC, s->topics[i].id, s->topics[i].score);
}

/* Written member by member, and still the canonical form. */
static void check_written(struct hy_score *s)
{
    struct hy_buf text = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    HY_CLEANUP(hy_json_freep) json_t *o = hy_score_to_json(s, true);
    HY_CLEANUP(hy_freep) char *canonical = hy_json_text(o);

    hy_score_write(s, true, &text);
    if (strcmp(text.p, canonical) != 0)
        hy_bug("the score is not written in canonical form");
    hy_buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hy_str rest = hy_str_n((const char *)data, size), title;
    struct hy_item item = {.published = HY_WALL_NONE, .fetched = HY_WALL_NONE};

    if (scorer == NULL)
        set_up();
    rest.n = hy_utf8_valid_prefix(rest, false);
    if (!hy_str_cut(&rest, '\n', &title))
        return 0;
    item.title = hy_str_dup(title);
    item.text = hy_str_dup(rest);
    hy_arena_reset(arena);
    struct hy_score *s = hy_score_item(scorer, &item, arena);
    check(s);
    check_written(s);
    hy_item_release(&item);
    return 0;
}
