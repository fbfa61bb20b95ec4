/* SPDX-License-Identifier: Apache-2.0 */
/* What people say about groups, what notices answer, and how much memory groups take. */
#include "analyzer/group.h"
#include "analyzer/group_index.h"
#include "analyzer/score.h"
#include "analyzer/trace.h"
#include "core/mem.h"
#include "rules/rules.h"

#include <string.h>

#include "tests/unit/harness.h"

/* Scored by the rules of the sample city, as an analyzer does it. */
static json_t *traced(struct hy_scorer *scorer, const char *title, const char *text,
                      const char *published)
{
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();
    json_t *o = json_pack("{s:s,s:s,s:s,s:s}", "id", title, "title", title, "text", text,
                          "published", published);
    struct hy_err err = HY_ERR_INIT;
    struct hy_item item;

    assert_int_equal(hy_item_from_json(o, &item, &err), HY_OK);
    struct hy_score *score = hy_score_item(scorer, &item, arena);
    json_object_set_new(o, "score", hy_score_to_json(score, false));
    hy_item_release(&item);
    json_t *trace = hy_trace_of(o);
    json_decref(o);
    return trace;
}

struct city {
    struct hy_rules *rules;
    struct hy_scorer *scorer;
    struct hy_group *group;
};

static struct city city_new(void)
{
    struct city c = {0};
    struct hy_diag *d = hy_diag_new();
    struct hy_err err = HY_ERR_INIT;

    assert_int_equal(hy_rules_load(HY_RULES_DIR "/sample", &c.rules, d, &err), HY_OK);
    hy_diag_free(d);
    c.scorer = hy_scorer_new(c.rules);
    c.group = hy_group_new(c.rules);
    return c;
}

static void city_free(struct city *c)
{
    hy_group_free(c->group);
    hy_scorer_free(c->scorer);
    hy_rules_free(c->rules);
}

static void report(struct city *c, const char *incident, const char *id, const char *title,
                   const char *text, const char *at)
{
    HY_CLEANUP(hy_json_freep) json_t *t = traced(c->scorer, title, text, at);

    hy_group_join(c->group, incident, id, t);
}

static const char fire[] =
    "11月23日8时许，江口区滨河路一处仓库突然起火，浓烟几公里外都能看见，三人受"
    "伤送医，消防车已经赶到。";

/* ---- constraints ---- */

TEST(an_item_that_was_moved_takes_its_copies_with_it)
{
    struct city c = city_new();
    static const char other[] = "江口区江口老街一家饭馆昨晚着火，厨房烧得一塌糊涂，没有人受伤。";
    HY_CLEANUP(hy_json_freep)
    json_t *moved = traced(c.scorer, "江口老街饭馆着火", other, "2026-11-23T10:00:00+08:00");

    report(&c, "I1", "a", "江口区一仓库起火", fire, "2026-11-23T09:00:00+08:00");
    hy_group_join(c.group, "I1", "b", moved);
    assert_string_equal(hy_group_place(c.group, moved, HY_WALL_NONE).incident, "I1");
    hy_group_move(c.group, "I1", "I2", "b", moved);
    struct hy_group_verdict v = hy_group_place(c.group, moved, HY_WALL_NONE);
    assert_string_equal(v.incident, "I2");
    assert_string_equal(v.reprint_of, "b");
    /* the rest stays where it was */
    HY_CLEANUP(hy_json_freep)
    json_t *rest = traced(c.scorer, "江口区一仓库起火", fire, "2026-11-23T11:00:00+08:00");
    assert_string_equal(hy_group_place(c.group, rest, HY_WALL_NONE).incident, "I1");
    /* and a merge takes it back */
    hy_group_merge(c.group, "I2", "I1");
    assert_string_equal(hy_group_place(c.group, moved, HY_WALL_NONE).incident, "I1");
    city_free(&c);
}

TEST(a_copy_that_was_no_member_can_be_moved_too)
{
    struct city c = city_new();
    HY_CLEANUP(hy_json_freep)
    json_t *copy = traced(c.scorer, "江口区一仓库起火", fire, "2026-11-23T10:00:00+08:00");

    report(&c, "I1", "a", "江口区一仓库起火", fire, "2026-11-23T09:00:00+08:00");
    hy_group_join(c.group, "I1", "b", copy); /* nothing new: takes no room */
    hy_group_move(c.group, "I1", "I2", "b", copy);
    assert_string_equal(hy_group_place(c.group, copy, HY_WALL_NONE).incident, "I2");
    hy_group_move(c.group, "I2", "I2", "b", copy); /* no move */
    hy_group_forget(c.group, "I2");
    hy_group_forget(c.group, "I1");
    assert_null(hy_group_place(c.group, copy, HY_WALL_NONE).incident);
    city_free(&c);
}

/* ---- notices ---- */

static const struct {
    const char *title, *text, *at;
    const char *answers; /* NULL: none */
} notices[] = {
    {"情况通报",
     "11月23日8时许，江口区滨河路发生一起火灾事故。消防救援人员到场后迅速处置，明火已被扑灭。事故造"
     "成"
     "3人受伤，均无生命危险，原因正在调查。",
     "2026-11-23T12:00:00+08:00", "I1"},
    {"关于江口区滨河路有关情况的续报",
     "江口区滨河路火灾现场清理完毕，3名伤者中1人已出院，起火原因系电气线路故障。",
     "2026-11-24T12:00:00+08:00", "I1"},
    {"情况通报", "11月23日8时许，石桥县一处仓库发生火灾，明火已被扑灭，3人受伤。",
     "2026-11-23T12:00:00+08:00", NULL},
    {"情况通报", "10月19日8时许，江口区滨河路发生一起火灾事故，造成3人受伤，明火已被扑灭。",
     "2026-11-23T12:00:00+08:00", NULL},
    {"江口区开展消防安全检查",
     "近日，江口区组织人员对滨河路沿街商户开展消防安全检查，排查用电隐患，提醒居民防范火灾。",
     "2026-11-23T12:00:00+08:00", NULL},
    {"江口区组织仓库火灾应急演练", "江口区在滨河路一仓库组织火灾应急演练，模拟3人受伤。",
     "2026-11-23T12:00:00+08:00", NULL},
    {"情况通报", "11月23日8时许，江口区滨河路发生一起火灾事故，造成3人受伤。",
     "2026-11-20T12:00:00+08:00", NULL}, /* published before anything was known */
    {"关于南屏区供热故障的情况说明",
     "11月23日，南屏区一处供热管网破损，影响620户居民，供热企业正在抢修，给居民带来不便深表歉意。",
     "2026-11-23T20:00:00+08:00", "I2"},
};

TEST(notices_find_their_incident)
{
    struct city c = city_new();

    report(&c, "I1", "a", "江口区一仓库起火，浓烟滚滚", fire, "2026-11-23T09:00:00+08:00");
    report(&c, "I2", "b", "南屏区好几栋楼暖气一直是凉的",
           "从昨天晚上开始，南屏区我们这几栋楼的暖气就是凉的，老人孩子裹着被子，打电话只说在修。",
           "2026-11-23T18:00:00+08:00");
    for (size_t i = 0; i < HY_COUNT(notices); i++) {
        HY_CLEANUP(hy_json_freep)
        json_t *t = traced(c.scorer, notices[i].title, notices[i].text, notices[i].at);
        struct hy_group_answer a = hy_group_answer(c.group, t, HY_WALL_NONE);
        if (notices[i].answers == NULL && a.incident)
            fail_msg("notice %zu answers %s: %s", i, a.incident, a.why);
        if (notices[i].answers && (a.incident == NULL || strcmp(a.incident, notices[i].answers)))
            fail_msg("notice %zu answers %s (%.2f)", i, a.incident ? a.incident : "nothing",
                     a.sure);
    }
    city_free(&c);
}

TEST(the_reason_is_a_sentence_for_people)
{
    struct city c = city_new();

    report(&c, "I1", "a", "江口区一仓库起火，浓烟滚滚", fire, "2026-11-23T09:00:00+08:00");
    HY_CLEANUP(hy_json_freep)
    json_t *t = traced(c.scorer, notices[0].title, notices[0].text, notices[0].at);
    struct hy_group_answer a = hy_group_answer(c.group, t, HY_WALL_NONE);
    assert_non_null(strstr(a.why, "地点一致"));
    assert_non_null(strstr(a.why, "同为火灾"));
    assert_non_null(strstr(a.why, "11月23日"));
    assert_non_null(strstr(a.why, "受伤人数相同（3人）"));
    city_free(&c);
}

/* The follow-up names neither what burnt nor when; the notice before it does. */
TEST(a_follow_up_goes_on_from_the_notice_before_it)
{
    struct city c = city_new();
    const char *title = "火灾续报", *text = "江口区火灾3名伤者中2人已出院，善后工作正在进行。";

    report(&c, "I1", "a", "江口区振兴路老张家的仓房没了", "半夜里全没了，什么都没剩下。",
           "2026-11-20T09:00:00+08:00");
    HY_CLEANUP(hy_json_freep)
    json_t *first =
        traced(c.scorer, notices[0].title, notices[0].text, "2026-11-20T12:00:00+08:00");
    HY_CLEANUP(hy_json_freep)
    json_t *later = traced(c.scorer, title, text, "2026-11-22T12:00:00+08:00");
    assert_null(hy_group_answer(c.group, later, HY_WALL_NONE).incident);
    hy_group_noticed(c.group, "I1", "n", first);
    struct hy_group_answer a = hy_group_answer(c.group, later, HY_WALL_NONE);
    assert_non_null(a.incident);
    assert_non_null(strstr(a.why, "接着此前的通报"));
    city_free(&c);
}

/* An hour is none the event can have had when people wrote of it. */
TEST(an_event_after_the_report_is_another_one)
{
    struct city c = city_new();
    const char *text = "11月23日15时许，江口区发生一起火灾事故，造成3人受伤，原因正在调查。";

    report(&c, "I1", "a", "江口区一仓库起火，浓烟滚滚", fire, "2026-11-23T09:00:00+08:00");
    HY_CLEANUP(hy_json_freep)
    json_t *t = traced(c.scorer, "情况通报", text, "2026-11-23T18:00:00+08:00");
    assert_null(hy_group_answer(c.group, t, HY_WALL_NONE).incident);
    city_free(&c);
}

TEST(a_rejected_notice_is_not_proposed_again)
{
    struct city c = city_new();
    HY_CLEANUP(hy_json_freep)
    json_t *t = traced(c.scorer, notices[0].title, notices[0].text, notices[0].at);

    report(&c, "I1", "a", "江口区一仓库起火，浓烟滚滚", fire, "2026-11-23T09:00:00+08:00");
    hy_group_noticed(c.group, "I1", "n", t);
    assert_string_equal(hy_group_answer(c.group, t, HY_WALL_NONE).incident, "I1");
    hy_group_refuse(c.group, "I1", "n");
    assert_null(hy_group_answer(c.group, t, HY_WALL_NONE).incident);
    hy_group_refuse(c.group, "nobody", "n");
    city_free(&c);
}

/* ---- series ---- */

TEST(a_daily_bulletin_is_one_incident)
{
    struct city c = city_new();
    HY_CLEANUP(hy_json_freep)
    json_t *first = traced(c.scorer, "11月20日江口区新增确诊病例3例",
                           "11月20日0时至24时，江口区新增确诊病例3例，均已隔离治疗。",
                           "2026-11-21T08:00:00+08:00");
    HY_CLEANUP(hy_json_freep)
    json_t *next = traced(c.scorer, "11月24日江口区新增确诊病例17例",
                          "昨天全天，江口区新增17例，涉及多个街道，流调正在进行。",
                          "2026-11-25T08:00:00+08:00");
    HY_CLEANUP(hy_json_freep)
    json_t *elsewhere = traced(c.scorer, "11月24日南屏区新增确诊病例2例", "南屏区新增2例。",
                               "2026-11-25T08:00:00+08:00");

    hy_group_join(c.group, "I1", "a", first);
    struct hy_group_verdict v = hy_group_place(c.group, next, HY_WALL_NONE);
    assert_string_equal(v.incident, "I1");
    assert_string_equal(v.why, "series");
    v = hy_group_place(c.group, elsewhere, HY_WALL_NONE);
    assert_string_not_equal(v.why, "series");
    city_free(&c);
}

/* ---- memory ---- */

/* A made title of its own words: no two share a pair of characters by more than chance. */
static json_t *made_trace(uint32_t no)
{
    char title[200] = "";
    uint32_t x = no * UINT32_C(2654435761) + 1;

    for (int i = 0; i < 14; i++) {
        x = x * 1664525 + 1013904223;
        uint32_t c = 0x4E00 + (x >> 8) % 3000;
        size_t n = strlen(title);
        snprintf(title + n, sizeof(title) - n, "%c%c%c", (int)(0xE0 | c >> 12),
                 (int)(0x80 | (c >> 6 & 63)), (int)(0x80 | (c & 63)));
    }
    HY_CLEANUP(hy_json_freep)
    json_t *o = json_pack("{s:s,s:s,s:{s:f}}", "title", title, "published",
                          "2026-11-23T09:00:00+08:00", "score", "emergency", 10.0);
    return hy_trace_of(o);
}

static void add_made(struct hy_group *g, uint32_t no)
{
    HY_CLEANUP(hy_json_freep) json_t *t = made_trace(no);
    char id[16];

    snprintf(id, sizeof(id), "%u", no);
    hy_group_join(g, id, id, t);
}

TEST(memory_stays_within_the_budget)
{
    enum { BUDGET = 4 * 1024 * 1024, ITEMS = 20000 };
    struct hy_group *g = hy_group_new(NULL);
    struct hy_group_verdict v;

    hy_group_set_budget(g, BUDGET);
    for (uint32_t i = 0; i < ITEMS; i++) {
        add_made(g, i);
        assert_true(hy_group_bytes(g) < BUDGET + BUDGET / 4);
    }
    HY_CLEANUP(hy_json_freep) json_t *last = made_trace(ITEMS - 1);
    v = hy_group_place(g, last, HY_WALL_NONE);
    assert_string_equal(v.incident, "19999");
    HY_CLEANUP(hy_json_freep) json_t *first = made_trace(0);
    assert_null(hy_group_place(g, first, HY_WALL_NONE).incident); /* forgotten */
    hy_group_free(g);
}

TEST(reprints_take_no_room)
{
    struct hy_group *g = hy_group_new(NULL);

    add_made(g, 1);
    size_t before = hy_group_bytes(g);
    for (int i = 0; i < 1000; i++) {
        HY_CLEANUP(hy_json_freep) json_t *t = made_trace(1);
        hy_group_join(g, "1", "again", t);
    }
    assert_int_equal(hy_group_bytes(g), before);
    hy_group_free(g);
}

TEST(a_key_remembers_its_newest_members_only)
{
    struct hy_index x;

    hy_index_init(&x, 3);
    for (uint32_t slot = 0; slot < 8; slot++)
        hy_index_add(&x, 42, slot);
    hy_index_count(&x, 42);
    hy_index_count(&x, 42);
    const struct hy_posting *p = hy_index_find(&x, 42);
    assert_int_equal(p->n, 3);
    uint32_t sum = p->v[0] + p->v[1] + p->v[2];
    assert_int_equal(sum, 5 + 6 + 7);
    hy_index_restart(&x);
    p = hy_index_find(&x, 42);
    assert_int_equal(p->n, 0);
    assert_int_equal(p->df, 1);
    hy_index_restart(&x);
    assert_null(hy_index_find(&x, 42)); /* nobody has it any more */
    hy_index_release(&x);
}

/* ---- any number of analyzers ---- */

enum { STREAM = 240, WORKERS = 8, WORKER_BATCH = 8 };

static json_t *stream_item(struct hy_scorer *scorer, int no)
{
    static const char *const places[] = {"江口区滨河路", "南屏区", "石桥县", "云岭县茶山镇",
                                         "清溪县柳河镇"};
    static const char *const events[] = {"仓库起火", "客车侧翻", "学校食物中毒", "工地坍塌"};
    static const char *const tails[] = {"三人受伤送医", "现场视频流出", "救援正在进行",
                                        "官方正在调查", "已致两人死亡", "家属称情况不明"};
    int place = no % 5, event = no / 5 % 4, tail = no % 6;
    char title[160], text[400], at[40];

    snprintf(title, sizeof(title), "%s%s，%s", places[place], events[event], tails[tail]);
    snprintf(text, sizeof(text), "%s今天上午发生%s，%s。%s。第%d位目击者这样说。", places[place],
             events[event], tails[tail], tails[(no + 3) % 6], no);
    snprintf(at, sizeof(at), "2026-11-23T%02d:%02d:00+08:00", 8 + no / 60, no % 60);
    return traced(scorer, title, text, at);
}

/* Which item first opened the group each item ended in: the partition without its names. */
static void group_stream(struct hy_rules *rules, json_t *traces[], const int *order, int *ret)
{
    struct hy_group *g = hy_group_new(rules);

    for (int i = 0; i < STREAM; i++) {
        char id[16], incident[16];
        snprintf(id, sizeof(id), "%d", order[i]);
        struct hy_group_verdict v = hy_group_place(g, traces[order[i]], HY_WALL_NONE);
        snprintf(incident, sizeof(incident), "%s", v.incident ? v.incident : id);
        int64_t no = 0;
        assert_true(hy_str_to_i64(hy_str(incident), &no));
        ret[order[i]] = (int)no;
        hy_group_join(g, incident, id, traces[order[i]]);
    }
    hy_group_free(g);
    for (int i = 0; i < STREAM; i++) { /* name groups by their smallest item */
        int least = STREAM;
        for (int k = 0; k < STREAM; k++)
            if (ret[k] == ret[i] && k < least)
                least = k;
        ret[i] += STREAM * (least + 1); /* marked, so that names do not mix */
    }
    for (int i = 0; i < STREAM; i++)
        ret[i] = ret[i] / STREAM - 1;
}

/* Workers take batches in turn and finish them in any order. */
static void arrival(int workers, uint32_t seed, int *order)
{
    int next = 0, n = 0, from[WORKERS], to[WORKERS];

    memset(from, 0, sizeof(from));
    memset(to, 0, sizeof(to));
    while (n < STREAM) {
        seed = seed * 1664525 + 1013904223;
        int w = (int)(seed >> 16) % workers;
        if (from[w] == to[w]) {
            from[w] = next;
            to[w] = next = HY_MIN(next + WORKER_BATCH, (int)STREAM);
        }
        if (from[w] < to[w])
            order[n++] = from[w]++;
    }
}

TEST(the_number_of_analyzers_does_not_matter)
{
    struct city c = city_new();
    json_t *traces[STREAM];
    int order[STREAM], one[STREAM], many[STREAM];
    struct hy_scorer *other = hy_scorer_new(c.rules);

    for (int i = 0; i < STREAM; i++) {
        traces[i] = stream_item(c.scorer, i);
        /* another process makes the same trace, byte for byte */
        HY_CLEANUP(hy_json_freep) json_t *again = stream_item(other, i);
        HY_CLEANUP(hy_freep) char *a = hy_json_text(traces[i]);
        HY_CLEANUP(hy_freep) char *b = hy_json_text(again);
        assert_string_equal(a, b);
        order[i] = i;
    }
    group_stream(c.rules, traces, order, one);
    for (int workers = 2; workers <= WORKERS; workers++)
        for (uint32_t seed = 1; seed <= 2; seed++) {
            arrival(workers, seed, order);
            group_stream(c.rules, traces, order, many);
            for (int i = 0; i < STREAM; i++)
                if (one[i] != many[i])
                    fail_msg("%d workers, seed %u: item %d is with %d, not with %d", workers, seed,
                             i, many[i], one[i]);
        }
    for (int i = 0; i < STREAM; i++)
        json_decref(traces[i]);
    hy_scorer_free(other);
    city_free(&c);
}
