/* SPDX-License-Identifier: Apache-2.0 */
/* What must not change a verdict: width, traditional characters, line ends, characters pushed
 * between others to break words, and a paragraph about something else.  Every text of the golden
 * cases is written each of these ways and judged again. */
#include "analyzer/chars.h"
#include "analyzer/normal.h"
#include "analyzer/score.h"
#include "core/utf8.h"
#include "rules/rules.h"

#include <math.h>
#include <string.h>

#include "tests/unit/harness.h"
#include "tests/unit/texts.h"

static struct hy_rules *rules;
static struct hy_scorer *scorer;
static struct text_pairs texts;

static void set_up(void)
{
    struct hy_err err = HY_ERR_INIT;

    if (scorer)
        return;
    assert_int_equal(hy_rules_open(NULL, &rules, &err), HY_OK);
    scorer = hy_scorer_new(rules);
    texts = texts_load();
    assert_true(texts.n > 500);
}

/* What people see of a score, without where things stand. */
struct verdict {
    double sums[HY_SUM_TOPIC];
    enum hy_told alert;
    int level;
    char type[32], class[32], facts[512];
    size_t n_places, n_bodies, n_topics;
};

static struct verdict verdict_of(const char *title, const char *text)
{
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();
    struct hy_item item = {.title = (char *)(uintptr_t)title,
                           .text = (char *)(uintptr_t)text,
                           .published = HY_WALL_NONE};
    struct hy_score *s = hy_score_item(scorer, &item, arena);
    HY_CLEANUP(hy_json_freep) json_t *o = hy_score_to_json(s, false);
    struct verdict v = {.sums = {s->emergency, s->hardship, s->rumor, s->policy, s->relevance},
                        .alert = s->alert,
                        .level = s->level,
                        .n_places = json_array_size(json_object_get(o, "places")),
                        .n_bodies = json_array_size(json_object_get(o, "bodies")),
                        .n_topics = s->n_topics};
    HY_CLEANUP(hy_freep) char *facts = hy_json_text(json_object_get(o, "facts"));

    snprintf(v.type, sizeof(v.type), "%s", s->event_type ? s->event_type : "");
    snprintf(v.class, sizeof(v.class), "%s", hy_event_class_name[s->event_class]);
    snprintf(v.facts, sizeof(v.facts), "%s", facts);
    return v;
}

static bool sums_agree(const struct verdict *a, const struct verdict *b)
{
    for (int k = 0; k < HY_SUM_TOPIC; k++)
        if (fabs(a->sums[k] - b->sums[k]) > 1e-6)
            return false;
    return true;
}

static bool is_same_verdict(const struct verdict *a, const struct verdict *b)
{
    return a->alert == b->alert && a->level == b->level && strcmp(a->type, b->type) == 0 &&
           strcmp(a->class, b->class) == 0 && strcmp(a->facts, b->facts) == 0 &&
           (a->sums[HY_SUM_EMERGENCY] >= 50) == (b->sums[HY_SUM_EMERGENCY] >= 50);
}

static bool is_same_throughout(const struct verdict *a, const struct verdict *b)
{
    return is_same_verdict(a, b) && sums_agree(a, b) && a->n_places == b->n_places &&
           a->n_bodies == b->n_bodies && a->n_topics == b->n_topics;
}

typedef char *(*rewrite)(struct hy_str text);

static void report(const char *title, const char *text, const struct verdict *v)
{
    print_error("%s | %s\n    alert %d level %d %s/%s facts %s places %zu bodies %zu topics %zu\n",
                title, text, v->alert, v->level, v->class, v->type, v->facts, v->n_places,
                v->n_bodies, v->n_topics);
    for (int k = 0; k < HY_SUM_TOPIC; k++)
        print_error("    %s %f\n", hy_sum_name[k], v->sums[k]);
}

static void check_all(rewrite how, bool (*same)(const struct verdict *, const struct verdict *))
{
    size_t wrong = 0;

    set_up();
    for (size_t i = 0; i < texts.n; i++) {
        const struct text_pair *t = &texts.v[i];
        HY_CLEANUP(hy_freep) char *title = how(hy_str(t->title));
        HY_CLEANUP(hy_freep) char *text = how(hy_str(t->text));
        struct verdict before = verdict_of(t->title, t->text), after = verdict_of(title, text);
        if (same(&before, &after))
            continue;
        wrong++;
        report(t->title, t->text, &before);
        report(title, text, &after);
    }
    assert_int_equal(wrong, 0);
}

/* -- the ways of writing -------------------------------------------------------------------- */

static char *wide(struct hy_str text)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    for (size_t at = 0; at < text.n;) {
        uint32_t c = hy_utf8_next(text, &at);
        hy_buf_utf8(&b, c > ' ' && c < 0x7F ? c + 0xFEE0 : c);
    }
    return hy_buf_take(&b);
}

TEST(full_width_is_the_same)
{
    check_all(wide, is_same_throughout);
}

/* The first traditional character that is folded to c everywhere. */
static uint32_t traditional_of(uint32_t c)
{
    static uint32_t of[0x10000];

    if (of[0x56FD] == 0)
        for (uint32_t t = 0x3400; t < 0xA000; t++) {
            uint32_t s = hy_simplified(t);
            if (s != t && s < HY_COUNT(of) && of[s] == 0 && hy_char_fold(t) == s)
                of[s] = t;
        }
    return c < HY_COUNT(of) && of[c] ? of[c] : c;
}

static char *traditional(struct hy_str text)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    for (size_t at = 0; at < text.n;)
        hy_buf_utf8(&b, traditional_of(hy_utf8_next(text, &at)));
    return hy_buf_take(&b);
}

TEST(traditional_characters_are_the_same)
{
    check_all(traditional, is_same_throughout);
}

static char *joined_by(struct hy_str text, uint32_t sign, bool between_han)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    uint32_t before = 0;

    for (size_t at = 0; at < text.n;) {
        uint32_t c = hy_utf8_next(text, &at);
        if (before && (!between_han || (hy_is_han(before) && hy_is_han(c))))
            hy_buf_utf8(&b, sign);
        hy_buf_utf8(&b, c);
        before = c;
    }
    return hy_buf_take(&b);
}

static char *with_zero_width(struct hy_str text)
{
    return joined_by(text, 0x200B, false);
}

TEST(invisible_characters_are_not_there)
{
    check_all(with_zero_width, is_same_throughout);
}

static char *with_asterisks(struct hy_str text)
{
    return joined_by(text, '*', true);
}

TEST(signs_pushed_between_characters_are_not_there)
{
    check_all(with_asterisks, is_same_throughout);
}

static char *upper(struct hy_str text)
{
    char *s = hy_str_dup(text);

    for (char *p = s; *p; p++)
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 'a' + 'A');
    return s;
}

TEST(upper_case_is_the_same)
{
    check_all(upper, is_same_verdict);
}

/* -- a paragraph about something else ------------------------------------------------------- */

static const char *const unrelated[] = {
    "又讯：图书馆本周末举办书法展览，读者可以免费参观。",
    "本版编辑：文竹。更多内容请看明天的版面。",
    "读书会的下一本书已经选好，地点仍在二楼阅览室，欢迎带一位朋友来。",
};

TEST(an_unrelated_paragraph_changes_no_verdict)
{
    size_t wrong = 0;

    set_up();
    for (size_t i = 0; i < texts.n; i++) {
        const struct text_pair *t = &texts.v[i];
        struct verdict before = verdict_of(t->title, t->text);
        for (size_t k = 0; k < HY_COUNT(unrelated); k++) {
            HY_CLEANUP(hy_freep) char *text = hy_xasprintf("%s\n%s", t->text, unrelated[k]);
            struct verdict after = verdict_of(t->title, text);
            if (is_same_verdict(&before, &after))
                continue;
            wrong++;
            report(t->title, t->text, &before);
            report(t->title, text, &after);
        }
    }
    assert_int_equal(wrong, 0);
}

TEST(zz_release)
{
    texts_free(&texts);
    hy_scorer_free(scorer);
    hy_rules_free(rules);
}
