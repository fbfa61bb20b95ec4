/* SPDX-License-Identifier: Apache-2.0 */
#include "analyzer/judges.h"

#include "analyzer/concern.h"
#include "core/arena.h"
#include "core/mem.h"
#include "rules/office.h"
#include "rules/offices.h"

#include <stdlib.h>

struct hy_judges {
    struct hy_offices *offices;
    struct hy_judge **at;      /* of each office */
    struct hy_concern *concern; /* NULL: one office, which everything concerns */
    uint32_t *candidates;
    struct hy_finding *findings;
    struct hy_arena *arena;
};

/* Each office once: there is room for all of them and no more, and an office may watch an address
 * under two names. */
static void add(uint32_t *v, size_t *n, size_t office)
{
    for (size_t i = 0; i < *n; i++)
        if (v[i] == office)
            return;
    v[(*n)++] = (uint32_t)office;
}

static size_t candidates(struct hy_judges *j, const struct hy_item *item,
                         const struct hy_common_source *s)
{
    bool private = s && s->as.allow_private;
    size_t n = 0;

    if (j->concern == NULL) {
        j->candidates[0] = 0;
        return 1;
    }
    if (!private)
        n = hy_concern_find(j->concern, item, j->arena, j->candidates);
    for (size_t i = 0; s && i < s->n_wishes; i++)
        add(j->candidates, &n, s->wishes[i].office);
    for (size_t i = 0; !private && i < j->offices->n; i++)
        if (hy_judge_looks_for(j->at[i], item, j->arena))
            add(j->candidates, &n, i);
    return n;
}

static void judge(struct hy_judges *j, const struct hy_json_line *line, const struct hy_item *item,
                  size_t *ret_n)
{
    const struct hy_common_source *s =
        item->source ? hy_offices_source(j->offices, hy_str(item->source)) : NULL;

    *ret_n = candidates(j, item, s);
    if (*ret_n == 0)
        return;
    const struct hy_reading *reading = hy_judge_read(j->at[0], item, j->arena);
    for (size_t i = 0; i < *ret_n; i++) {
        size_t k = j->candidates[i];
        const struct hy_source *own = hy_common_source_of(s, k);
        struct hy_item seen = *item;
        if (own)
            seen.source = own->id;
        j->findings[i] =
            (struct hy_finding){j->offices->at[k]->office->id,
                                hy_judge_item(j->at[k], line, &seen, reading, j->arena)};
    }
}

int hy_judges_item(struct hy_judges *j, struct hy_str text, const struct hy_finding **ret,
                   size_t *ret_n, struct hy_err *err)
{
    struct hy_json_line line = {0};
    struct hy_item item;

    hy_arena_reset(j->arena);
    int rc = hy_json_line_read(text, j->arena, &line, err);
    if (rc == HY_OK)
        rc = hy_item_from_line(&line, j->arena, &item, err);
    if (rc == HY_OK)
        judge(j, &line, &item, ret_n);
    hy_json_line_release(&line);
    *ret = j->findings;
    return rc;
}

void hy_judges_look_for(struct hy_judges *j, size_t office, struct hy_lookouts *l)
{
    hy_judge_look_for(j->at[office], l);
}

const struct hy_offices *hy_judges_offices(const struct hy_judges *j)
{
    return j->offices;
}

bool hy_judges_share(const struct hy_judges *j)
{
    return hy_judge_is_shared(j->at[0]);
}

struct hy_judges *hy_judges_new(struct hy_offices *offices, const char *tables)
{
    struct hy_judges *j = hy_xcalloc(1, sizeof(*j));

    j->offices = offices;
    j->at = hy_xcalloc(offices->n, sizeof(struct hy_judge *));
    j->candidates = hy_xcalloc(offices->n, sizeof(*j->candidates));
    j->findings = hy_xcalloc(offices->n, sizeof(*j->findings));
    j->arena = hy_arena_new();
    for (size_t i = 0; i < offices->n; i++)
        j->at[i] = hy_judge_new(offices->at[i], tables);
    if (offices->several)
        j->concern = hy_concern_new((const struct hy_rules *const *)offices->at, offices->n);
    return j;
}

void hy_judges_free(struct hy_judges *j)
{
    if (j == NULL)
        return;
    for (size_t i = 0; i < j->offices->n; i++)
        hy_judge_free(j->at[i]);
    hy_concern_free(j->concern);
    hy_arena_free(j->arena);
    hy_offices_free(j->offices);
    free(j->candidates);
    free(j->findings);
    free(j->at);
    free(j);
}
