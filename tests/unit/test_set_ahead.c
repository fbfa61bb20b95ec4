/* SPDX-License-Identifier: Apache-2.0 */
/* A clock that jumps ahead while the program runs: what two looks show, and that it is told once. */
#include "alerts/decide/set_ahead.h"
#include "alerts/decide/missed.h"
#include "tests/unit/world.h"

static hy_mono after_ms(int64_t ms)
{
    return (hy_mono){(1000 + ms) * 1000};
}

static void look(struct hy_look *l, const char *wall, int64_t ms)
{
    hy_look_again(l, at(wall), after_ms(ms));
}

TEST(time_that_passes_is_no_jump)
{
    struct hy_look l = {0};

    look(&l, "23T09:00", 0);
    assert_false(hy_look_jumped(&l)); /* the first look has nothing to be compared with */
    look(&l, "23T12:00", 3 * HY_HOUR_MS); /* asleep, or busy: the boot clock goes on */
    look(&l, "23T12:05", 3 * HY_HOUR_MS); /* servers differ by so much */
    assert_false(hy_look_jumped(&l));
}

TEST(a_jump_says_from_where_to_where)
{
    struct hy_look l = {0};

    look(&l, "23T09:00", 0);
    look(&l, "23T12:01", HY_MINUTE_MS);
    assert_true(hy_look_jumped(&l));
    assert_true(l.from.ms == at("23T09:01").ms && l.to.ms == at("23T12:01").ms);
    look(&l, "23T12:02", 2 * HY_MINUTE_MS); /* still nobody leads */
    assert_true(hy_look_jumped(&l));
    hy_look_told(&l);
    assert_false(hy_look_jumped(&l));
    look(&l, "23T12:03", 3 * HY_MINUTE_MS);
    assert_false(hy_look_jumped(&l));
}

TEST(what_came_back_before_anybody_led_is_forgotten)
{
    struct hy_look l = {0};

    look(&l, "23T09:00", 0);
    look(&l, "23T12:00", 0);
    look(&l, "23T09:00", 0);
    assert_false(hy_look_jumped(&l));
}

static const json_t *notice_of(const struct world *w, size_t nth)
{
    size_t i;
    json_t *e;

    json_array_foreach (w->d.entries, i, e) {
        const json_t *notice = json_object_get(json_object_get(e, "data"), "notice");
        if (notice && nth-- == 0)
            return notice;
    }
    return NULL;
}

static bool says(const struct world *w, size_t nth, const char *text)
{
    const json_t *n = notice_of(w, nth);

    assert_non_null(n);
    return strstr(json_string_value(json_object_get(n, "body")), text) != NULL;
}

TEST(people_are_told_once_whatever_number_of_keepers_saw_it)
{
    struct world w;

    world_begin(&w);
    w.d.now = at("23T12:20");
    hy_set_ahead_tell(&w.d, at("23T09:00"), at("23T12:20"));
    assert_true(says(&w, 0, "从 11月23日 09:00 一下子跳到 11月23日 12:20，向前跳了 3 小时 20 分"));
    assert_true(says(&w, 0, "与标准时间核对"));
    hy_decide_clear(&w.d);
    hy_set_ahead_tell(&w.d, at("23T09:01"), at("23T12:21")); /* another one, a moment later */
    assert_null(notice_of(&w, 0));
    hy_set_ahead_tell(&w.d, at("23T13:00"), at("23T16:20")); /* once more */
    assert_non_null(notice_of(&w, 0));
    world_end(&w);
}

/* The title of what tells of a round of catching up that begins at 12:21. */
static const char *round_title(struct world *w)
{
    w->d.now = at("23T12:21");
    hy_missed_begin(&w->d, at("23T10:12"));
    fire_until(w, w->d.now);
    hy_missed_tell(&w->d);
    size_t last = 0;
    while (notice_of(w, last + 1))
        last++;
    return json_string_value(json_object_get(notice_of(w, last), "title"));
}

TEST(what_fell_due_by_it_is_not_called_an_outage)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "a1", "alert", 2, "23T09:12", NULL, NULL);
    hy_decide_clear(&w.d);
    w.d.now = at("23T12:20");
    hy_set_ahead_tell(&w.d, at("23T09:20"), at("23T12:20"));
    assert_non_null(strstr(round_title(&w), "时钟跳过的时间里"));
    world_end(&w);

    world_begin(&w);
    give_hit(&w, "a1", "alert", 2, "23T09:12", NULL, NULL);
    assert_non_null(strstr(round_title(&w), "中断期间"));
    world_end(&w);
}
