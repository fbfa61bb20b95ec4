/* SPDX-License-Identifier: Apache-2.0 */
/* Scoring of arbitrary text (first line title, the rest text) with the national rules: no crash,
 * scores within 0..100, and the contributions to the emergency score add up to it. */
#include "analyzer/score.h"
#include "core/hash.h"
#include "core/utf8.h"
#include "rules/rules.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

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

static void check(const struct hy_score *s)
{
    double sum = 0;

    for (size_t i = 0; i < s->n_hits; i++)
        if (s->hits[i].purpose == HY_PURPOSE_EMERGENCY ||
            s->hits[i].purpose == HY_PURPOSE_CONTEXT || s->hits[i].purpose == HY_PURPOSE_TRAP)
            sum += s->hits[i].weight;
    if (s->emergency < 0 || s->emergency > 100 || fabs(sum - s->emergency) > 0.01)
        hy_bug("emergency %f, contributions %f", s->emergency, sum);
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
    json_decref(hy_score_to_json(s, true));
    hy_score_release(s);
    hy_item_release(&item);
    return 0;
}
