/* SPDX-License-Identifier: Apache-2.0 */
/* The words of the word files, and what is found in them by its id. */
#include "rules/lexicon.h"

const char *const hy_purpose_name[HY_PURPOSE_COUNT + 1] = {
    "emergency", "context",  "hardship", "rumor", "policy", "relevance", "topic",
    "trap",      "negation", "turn",     "stop",  "stance", "helper",    NULL,
};
const char *const hy_event_class_name[HY_CLASS_COUNT + 1] = {
    "none", "natural_disaster", "accident", "public_health", "social_safety", NULL,
};
const char *const hy_told_name[HY_TOLD_COUNT + 1] = {"none", "digest", "list", "alert", NULL};

const struct hy_topic *hy_lexicon_topic(const struct hy_lexicon *l, struct hy_str id)
{
    const struct hy_topic *t = l->topics.v;

    for (size_t i = 0; i < l->topics.n; i++)
        if (hy_str_is(id, t[i].id))
            return &t[i];
    return NULL;
}

const struct hy_unit *hy_lexicon_unit(const struct hy_lexicon *l, struct hy_str id)
{
    const struct hy_unit *u = l->units.v;

    for (size_t i = 0; i < l->units.n; i++)
        if (hy_str_is(id, u[i].id))
            return &u[i];
    return NULL;
}

const struct hy_word_pack *hy_lexicon_pack(const struct hy_lexicon *l, struct hy_str id)
{
    const struct hy_word_pack *p = l->packs.v;

    for (size_t i = 0; i < l->packs.n; i++)
        if (hy_str_is(id, p[i].id))
            return &p[i];
    return NULL;
}
