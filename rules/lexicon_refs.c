/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/lexicon_refs.h"

#include "core/mem.h"
#include "rules/diag.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *what;
    size_t rows, size; /* of struct hy_lexicon; of one row, which begins with id and name */
} kinds[] = {
    [HY_REF_UNIT] = {"单位（单位写在 topics.yaml 里）", offsetof(struct hy_lexicon, units),
                     sizeof(struct hy_unit)},
    [HY_REF_TOPIC] = {"话题（话题写在 topics.yaml 里）", offsetof(struct hy_lexicon, topics),
                      sizeof(struct hy_topic)},
    [HY_REF_GROUP] = {"词组", offsetof(struct hy_lexicon, groups), sizeof(struct hy_word_group)},
};
_Static_assert(HY_COUNT(kinds) == HY_REF_KIND_COUNT, "describe every kind");

struct named {
    char *id, *name;
};
_Static_assert(offsetof(struct hy_unit, id) == 0 && offsetof(struct hy_topic, id) == 0 &&
                   offsetof(struct hy_word_group, id) == 0,
               "a row begins with its id");
_Static_assert(offsetof(struct hy_unit, name) == offsetof(struct named, name) &&
                   offsetof(struct hy_topic, name) == offsetof(struct named, name) &&
                   offsetof(struct hy_word_group, name) == offsetof(struct named, name),
               "and its name");

static const struct named *row_at(const struct hy_rows *rows, size_t size, size_t i)
{
    return (const struct named *)((const char *)rows->v + i * size);
}

/* The id of that name; else the nearest id, or NULL. */
static const char *meant(const struct hy_rows *rows, size_t size, const char *s)
{
    HY_CLEANUP(hy_freep) const char **ids = hy_xmalloc((rows->n + 1) * sizeof(*ids));

    for (size_t i = 0; i < rows->n; i++) {
        const struct named *row = row_at(rows, size, i);
        if (row->name && strcmp(row->name, s) == 0)
            return row->id;
        ids[i] = row->id;
    }
    return hy_near_name(hy_str(s), ids, rows->n);
}

void hy_lexicon_no_ref(const struct hy_lexicon *l, enum hy_ref_kind kind, const char *id,
                       struct hy_pos pos, struct hy_diag *d)
{
    const struct hy_rows *rows =
        (const struct hy_rows *)(const void *)((const char *)l + kinds[kind].rows);
    const char *near = meant(rows, kinds[kind].size, id);

    if (near)
        hy_diag_at(d, pos, "没有编号为“%s”的%s，是不是“%s”？", id, kinds[kind].what, near);
    else
        hy_diag_at(d, pos, "没有编号为“%s”的%s", id, kinds[kind].what);
}
