/* SPDX-License-Identifier: Apache-2.0 */
/* An office among many, over national rules that all share, is what it is alone: the same version
 * and the same answer to every text, to the last contribution. */
#include "analyzer/score.h"
#include "core/json.h"
#include "rules/lexicon.h"
#include "rules/places.h"
#include "rules/rules.h"
#include "rules/windows.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/harness.h"
#include "tests/unit/offices.h"
#include "tests/unit/texts.h"

enum { PLAIN, WORDS, PLACES, OFFICES };

static const struct made_office made[] = {
    [PLAIN] = {"plain", "330100", .source = "plain-news"},
    /* A national group replaced, national words as stop phrases, negations and events of its own,
     * a word in a national and an own group, a rule over both. */
    [WORDS] = {"words", "350102", .source = "words-news",
               .lexicon =
                   "groups:\n"
                   "  - {id: fire, purpose: emergency, weight: 31, event_class: accident, "
                   "event_type: fire, words: [起火, 大火, 冒烟: 12]}\n"
                   "  - {id: own_stop, purpose: stop, words: [爆炸, 停电通知, 死亡率]}\n"
                   "  - {id: own_not, purpose: negation, words: [并非]}\n"
                   "  - {id: own_event, purpose: emergency, weight: 40, event_class: accident, "
                   "event_type: collapse, words: [坍塌, 塌方, 房屋]}\n"
                   "  - {id: own_trap, purpose: trap, scope: sentence, factor: 0.3, at_most: list, "
                   "words: [演习, 通报]}\n"
                   "rules:\n"
                   "  - {id: own_rule, purpose: emergency, all: [own_event], any: "
                   "[\"@emergency\"], none: [own_trap], weight: 20}\n"
                   "alerts: {alert: 71}\n",
               .topics = "units: [{id: own_unit, name: 城管委, aliases: [城管]}]\n"},
    [PLACES] = {"places", "320106", .source = "places-news",
                .places = "guarded: [杭州, 苏州]\n"
                          "stop: [南京板鸭, 北京]\n"
                          "foreign: [巴黎春天]\n"
                          "regions: [苏北, 长三角]\n"
                          "divisions: [{code: \"320106\", name: 鼓楼新区, also: [江苏]}, "
                          "{code: \"99\", name: 云川省}]\n"
                          "local: [{name: 上海路, in: \"320106\"}, {name: 朝阳区, in: \"320106\", "
                          "near: [南京]}]\n"},
};

static struct hy_rules *alone[OFFICES], *among[OFFICES];

static void set_up(void)
{
    char parent[] = "/tmp/hy-many-XXXXXX";
    const char *dirs[OFFICES];
    struct hy_err err = HY_ERR_INIT;

    if (alone[0])
        return;
    assert_non_null(mkdtemp(parent));
    setenv("HUIYING_NATIONAL", HY_RULES_DIR "/national", 1);
    for (size_t i = 0; i < OFFICES; i++) {
        dirs[i] = make_office(parent, &made[i]);
        if (hy_rules_open(dirs[i], &alone[i], &err) < 0)
            fail_msg("%s: %s", made[i].id, err.msg);
    }
    if (hy_rules_load_many(dirs, OFFICES, among, &err) < 0)
        fail_msg("%s", err.msg);
    for (size_t i = 0; i < OFFICES; i++)
        unmake_office((char *)(uintptr_t)dirs[i]);
    rmdir(parent);
}

TEST(the_version_is_the_same)
{
    set_up();
    for (size_t i = 0; i < OFFICES; i++)
        assert_string_equal(alone[i]->version, among[i]->version);
}

TEST(national_parts_are_shared_and_own_ones_are_not)
{
    size_t n[2];

    set_up();
    assert_ptr_equal(among[PLAIN]->national, among[WORDS]->national);
    assert_ptr_equal(hy_places_names(among[PLAIN]->places, &n[0]),
                     hy_places_names(among[PLACES]->places, &n[1]));
    assert_ptr_equal(among[PLAIN]->lexicon->groups.v,
                     hy_national_rules(among[PLAIN]->national)->lexicon->groups.v);
    assert_true(among[WORDS]->lexicon->groups.n == among[PLAIN]->lexicon->groups.n + 4);
    assert_true(among[WORDS]->lexicon->limits.alert == 71);
    assert_true(among[PLAIN]->lexicon->limits.alert != 71);
    assert_true(hy_windows_count(among[WORDS]->windows) ==
                hy_windows_count(alone[WORDS]->windows));
    assert_string_equal(hy_places_name_of(among[PLACES]->places, "320106"), "鼓楼新区");
    assert_string_equal(hy_places_name_of(among[PLAIN]->places, "320106"), "鼓楼区");
}

static char *answer(const struct hy_scorer *s, const struct hy_reading *r,
                    const struct hy_item *item, struct hy_arena *arena)
{
    struct hy_score *score =
        r ? hy_score_reading(s, r, item, arena) : hy_score_item(s, item, arena);
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_score_write(score, true, &b);
    return hy_buf_take(&b);
}

/* Texts that meet what the offices changed. */
static const char *const marks[] = {
    "",           "一房屋起火冒烟，", "爆炸致房屋坍塌，", "并非大火，", "演习中塌方，",
    "杭州大火，", "江苏江阴着火，",   "北京朝阳区起火，", "云川省塌方，", "南京上海路12号爆炸，",
    "长三角苏北", "巴黎春天门口火灾，"};

static void check(struct hy_scorer *const *one, struct hy_scorer *const *many,
                  const struct hy_item *item, struct hy_arena *arena)
{
    hy_arena_reset(arena);
    const struct hy_reading *r = hy_score_read(many[PLAIN], item, arena);

    for (size_t i = 0; i < OFFICES; i++) {
        HY_CLEANUP(hy_freep) char *a = answer(one[i], NULL, item, arena);
        HY_CLEANUP(hy_freep) char *b = answer(many[i], r, item, arena);
        HY_CLEANUP(hy_freep) char *c = answer(many[i], NULL, item, arena);
        if (strcmp(a, b) || strcmp(a, c))
            fail_msg("%s of %s | %s:\n%s\n%s\n%s", made[i].id, item->title, item->text, a, b, c);
    }
}

TEST(the_answers_are_the_same)
{
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();
    struct text_pairs texts = texts_load();
    struct hy_scorer *one[OFFICES], *many[OFFICES];

    set_up();
    for (size_t i = 0; i < OFFICES; i++) {
        one[i] = hy_scorer_new(alone[i]);
        many[i] = hy_scorer_new(among[i]);
    }
    for (size_t i = 0; i < texts.n; i++) {
        const char *mark = marks[i % HY_COUNT(marks)];
        HY_CLEANUP(hy_freep) char *title = hy_xasprintf("%s%s", mark, texts.v[i].title);
        HY_CLEANUP(hy_freep) char *text = hy_xasprintf("%s%s", texts.v[i].text, mark);
        struct hy_item item = {.title = title, .text = text, .published = HY_WALL_NONE};
        check(one, many, &item, arena);
    }
    for (size_t i = 0; i < OFFICES; i++) {
        hy_scorer_free(one[i]);
        hy_scorer_free(many[i]);
    }
    texts_free(&texts);
}

/* An office that kept its rules while the others got newer national ones. */
TEST(a_reading_over_other_national_rules_is_not_used)
{
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();
    struct hy_item item = {.title = (char[]){"杭州一房屋起火冒烟致2人死亡"},
                           .published = HY_WALL_NONE};

    set_up();
    struct hy_scorer *one = hy_scorer_new(alone[WORDS]), *many = hy_scorer_new(among[WORDS]);
    HY_CLEANUP(hy_freep) char *a = answer(one, NULL, &item, arena);
    HY_CLEANUP(hy_freep)
    char *b = answer(many, hy_score_read(one, &item, arena), &item, arena);
    assert_string_equal(a, b);
    hy_scorer_free(one);
    hy_scorer_free(many);
}

TEST(a_broken_office_is_named_and_leaves_nothing)
{
    char parent[] = "/tmp/hy-many-XXXXXX";
    struct made_office good = made[PLAIN], bad = made[WORDS];
    struct hy_rules *ret[2] = {NULL, NULL};
    struct hy_err err = HY_ERR_INIT;

    assert_non_null(mkdtemp(parent));
    bad.lexicon = "groups: [{id: a, purpose: nonsense, words: [甲]}]\n";
    char *dirs[] = {make_office(parent, &good), make_office(parent, &bad)};
    assert_int_equal(hy_rules_load_many((const char *const *)dirs, 2, ret, &err), HY_E_PARSE);
    assert_non_null(strstr(err.msg, "words/lexicon/local.yaml"));
    assert_null(ret[0]);
    unmake_office(dirs[0]);
    unmake_office(dirs[1]);
    rmdir(parent);
}

TEST(sets_are_freed_in_any_order)
{
    set_up();
    hy_rules_free(among[PLAIN]);
    among[PLAIN] = NULL;
    assert_true(hy_places_knows(among[WORDS]->places, "3301"));
    for (size_t i = 0; i < OFFICES; i++) {
        hy_rules_free(alone[i]);
        hy_rules_free(among[i]);
    }
}
