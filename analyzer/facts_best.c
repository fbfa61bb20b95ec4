/* SPDX-License-Identifier: Apache-2.0 */
/* Which of an item's statements is taken for each kind, and how that is written. */
#include "analyzer/facts.h"

#include "core/mem.h"

const char *const hy_fact_name[] = {"deaths",  "injured",   "missing",
                                    "trapped", "evacuated", "loss_yuan"};
_Static_assert(HY_COUNT(hy_fact_name) == HY_FACT_COUNT, "name every kind");

static bool better(const struct hy_mention *a, const struct hy_mention *b)
{
    if (a->cumulative != b->cumulative)
        return !a->cumulative;
    return a->min > b->min;
}

static void choose_kind(struct hy_facts *f, enum hy_fact_kind kind, const bool *keep)
{
    const struct hy_mention *best[HY_FIELD_COUNT] = {NULL, NULL};

    for (size_t i = 0; i < f->n_mentions; i++) {
        const struct hy_mention *m = &f->mentions[i];
        if (m->kind != kind || (keep && !keep[i]))
            continue;
        const struct hy_mention **b = &best[m->span.field];
        if (*b == NULL || better(m, *b))
            *b = m;
    }
    const struct hy_mention *m = best[HY_TEXT] ? best[HY_TEXT] : best[HY_TITLE];
    f->best[kind] = (struct hy_fact){0};
    if (m == NULL)
        return;
    f->best[kind] = (struct hy_fact){
        .known = true,
        .min = m->min,
        .max = m->max,
        .provisional = m->provisional,
        .differs = best[HY_TEXT] && best[HY_TITLE] && best[HY_TEXT]->min != best[HY_TITLE]->min,
        .from = (size_t)(m - f->mentions),
        .in_title = best[HY_TITLE] ? (size_t)(best[HY_TITLE] - f->mentions) : 0,
    };
}

void hy_facts_choose(struct hy_facts *f, const bool *keep)
{
    for (int k = 0; k < HY_FACT_COUNT; k++)
        choose_kind(f, (enum hy_fact_kind)k, keep);
}

static void put_flag(struct hy_buf *out, const char *key, bool set)
{
    if (!set)
        return;
    hy_json_put_key(out, key);
    hy_buf_puts(out, "true");
}

void hy_facts_write(const struct hy_facts *f, struct hy_buf *out)
{
    static const enum hy_fact_kind by_name[] = {HY_DEATHS,    HY_EVACUATED, HY_INJURED,
                                                HY_LOSS_YUAN, HY_MISSING,   HY_TRAPPED};
    _Static_assert(HY_COUNT(by_name) == HY_FACT_COUNT, "write every kind");

    hy_buf_char(out, '{');
    for (size_t k = 0; k < HY_COUNT(by_name); k++) {
        const struct hy_fact *b = &f->best[by_name[k]];
        if (!b->known)
            continue;
        hy_json_put_key(out, hy_fact_name[by_name[k]]);
        hy_buf_char(out, '{');
        put_flag(out, "differs", b->differs);
        hy_json_put_key(out, "max");
        if (b->max == HY_FACT_OPEN)
            hy_buf_puts(out, "null");
        else
            hy_buf_int(out, b->max);
        hy_json_put_key(out, "min");
        hy_buf_int(out, b->min);
        put_flag(out, "provisional", b->provisional);
        hy_buf_char(out, '}');
    }
    hy_buf_char(out, '}');
}
