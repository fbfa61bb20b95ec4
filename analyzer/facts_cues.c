/* SPDX-License-Identifier: Apache-2.0 */
/* The words that say what a number counts: dead, hurt, missing, trapped, brought to safety. */
#include "analyzer/facts_parts.h"

#include "core/mem.h"

static const struct fact_cue cues[] = {
    {"死者", HY_DEATHS, false, true, false, true},
    {"牺牲", HY_DEATHS, true, false, false},
    {"殉职", HY_DEATHS, true, false, false},
    {"死难", HY_DEATHS, true, true, false},
    {"遗体", HY_DEATHS, true, false, false, true},
    {"尸体", HY_DEATHS, true, false, false, true},
    {"无一生还", HY_DEATHS, true, false, false},
    {"无一幸免", HY_DEATHS, true, false, false},
    {"坠亡", HY_DEATHS, true, true, false},
    {"砍死", HY_DEATHS, true, true, false},
    {"撞死", HY_DEATHS, true, true, false},
    {"刺死", HY_DEATHS, true, true, false},
    {"捅死", HY_DEATHS, true, true, false},
    {"炸死", HY_DEATHS, true, true, false},
    {"烧死", HY_DEATHS, true, true, false},
    {"砸死", HY_DEATHS, true, true, false},
    {"压死", HY_DEATHS, true, true, false},
    {"淹死", HY_DEATHS, true, true, false},
    {"打死", HY_DEATHS, true, true, false},
    {"杀死", HY_DEATHS, true, true, false},
    {"毒死", HY_DEATHS, true, true, false},
    {"杀害", HY_DEATHS, false, true, false},
    {"伤者", HY_INJURED, false, true, false, true},
    {"砍伤", HY_INJURED, true, true, false},
    {"撞伤", HY_INJURED, true, true, false},
    {"刺伤", HY_INJURED, true, true, false},
    {"捅伤", HY_INJURED, true, true, false},
    {"炸伤", HY_INJURED, true, true, false},
    {"砸伤", HY_INJURED, true, true, false},
    {"灼伤", HY_INJURED, true, true, false},
    {"打伤", HY_INJURED, true, true, false},
    {"咬伤", HY_INJURED, true, true, false},
    {"摔伤", HY_INJURED, true, true, false},
    {"踩伤", HY_INJURED, true, true, false},
    {"烫伤", HY_INJURED, true, true, false},
    {"冻伤", HY_INJURED, true, true, false},
    {"电伤", HY_INJURED, true, true, false},
    {"擦伤", HY_INJURED, true, true, false},
    {"挂彩", HY_INJURED, true, false, false},
    {"被砸", HY_INJURED, true, false, false},
    {"昏迷", HY_INJURED, true, false, false},
    {"晕倒", HY_INJURED, true, false, false},
    {"抽搐", HY_INJURED, true, false, false, true},
    {"离世", HY_DEATHS, true, false, false},
    {"被冲走", HY_MISSING, true, false, false},
    {"冲走", HY_MISSING, true, false, false},
    {"被卷走", HY_MISSING, true, false, false},
    {"没找到", HY_MISSING, true, false, false},
    {"没上来", HY_MISSING, true, false, false},
    {"没上岸", HY_MISSING, true, false, false},
    {"困在", HY_TRAPPED, true, false, false},
    {"食物中毒", HY_INJURED, true, false, true},
    {"呕吐", HY_INJURED, true, false, false, true},
    {"腹泻", HY_INJURED, true, false, false, true},
    {"上吐下泻", HY_INJURED, true, false, false, true},
    {"不适", HY_INJURED, true, false, false, true},
    {"就医", HY_INJURED, true, false, false, true},
    {"就诊", HY_INJURED, true, false, false, true},
    {"死亡", HY_DEATHS, true, true, false},
    {"遇难", HY_DEATHS, true, true, false},
    {"身亡", HY_DEATHS, true, false, false},
    {"丧生", HY_DEATHS, true, false, false},
    {"溺亡", HY_DEATHS, true, true, false},
    {"遇害", HY_DEATHS, true, false, false},
    {"罹难", HY_DEATHS, true, true, false},
    {"毙命", HY_DEATHS, true, false, false},
    {"死", HY_DEATHS, true, false, false},
    {"亡", HY_DEATHS, true, false, false},
    {"无生命体征", HY_DEATHS, true, false, false},
    {"不幸去世", HY_DEATHS, true, false, false},
    {"丧命", HY_DEATHS, true, false, false},
    {"病亡", HY_DEATHS, true, false, false},
    {"受伤", HY_INJURED, true, true, false},
    {"重伤", HY_INJURED, true, true, true},
    {"轻伤", HY_INJURED, true, true, false},
    {"伤", HY_INJURED, true, false, false},
    {"负伤", HY_INJURED, true, false, false},
    {"烧伤", HY_INJURED, true, true, false},
    {"送医", HY_INJURED, true, false, false},
    {"住院", HY_INJURED, true, false, false},
    {"中毒", HY_INJURED, true, false, true},
    {"入院", HY_INJURED, true, false, false},
    {"危重", HY_INJURED, true, false, true},
    {"骨折", HY_INJURED, true, false, false},
    {"失联", HY_MISSING, true, true, false},
    {"失踪", HY_MISSING, true, true, false},
    {"下落不明", HY_MISSING, true, false, false},
    {"被困", HY_TRAPPED, true, true, false},
    {"被埋", HY_TRAPPED, true, true, false},
    {"受困", HY_TRAPPED, true, true, false},
    {"滞留", HY_TRAPPED, true, true, false},
    {"转移", HY_EVACUATED, false, true, false},
    {"疏散", HY_EVACUATED, true, true, false},
    {"撤离", HY_EVACUATED, true, true, false},
    {"紧急转移安置", HY_EVACUATED, false, true, false},
    {"转移安置", HY_EVACUATED, false, true, false},
    {"避险转移", HY_EVACUATED, false, true, false},
};

/* Built at first use, once, by whichever thread comes first. */
static const struct hy_trie *cue_trie(void)
{
    static struct hy_trie *built;
    struct hy_trie *t = __atomic_load_n(&built, __ATOMIC_ACQUIRE), *none = NULL;

    if (t)
        return t;
    t = hy_trie_new();
    for (size_t i = 0; i < HY_COUNT(cues); i++)
        *hy_trie_slot(t, hy_str(cues[i].text)) = (uint32_t)i + 1;
    if (__atomic_compare_exchange_n(&built, &none, t, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return t;
    hy_trie_free(t);
    return none;
}

const struct fact_cue *facts_cue_at(const struct hy_chars *t, size_t i, size_t *ret_len)
{
    const struct hy_trie *trie = cue_trie();
    uint32_t value = 0;

    if (!hy_trie_may_begin(trie, t->c[i], t->c[i + 1]))
        return NULL;
    *ret_len = hy_trie_longest(trie, t->c + i, t->n - i, SIZE_MAX, &value);
    return *ret_len ? &cues[value - 1] : NULL;
}
