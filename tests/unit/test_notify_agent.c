/* SPDX-License-Identifier: Apache-2.0 */
/* The desktop agent's machine: every path by a written-down sequence of what it asked for. */
#include "alerts/desktop/agent.h"
#include "core/mem.h"

#include "tests/unit/harness.h"

#include <string.h>

enum { SILENCE_MS = 60000 };

static struct hy_buf asked; /* what the machine asked for, one word list */

static void show(void *io, const struct hy_bubble *b)
{
    (void)io;
    hy_buf_printf(&asked, "show %s%s%s %u|%s|%s\n", b->key, b->urgent ? " urgent" : "",
                  b->can_ack ? " ack" : "", b->replaces, b->title, b->body);
}
static void close_bubble(void *io, uint32_t id)
{
    (void)io;
    hy_buf_printf(&asked, "close %u\n", id);
}
static void receipt(void *io, const char *notice, const char *state)
{
    (void)io;
    hy_buf_printf(&asked, "receipt %s %s\n", notice, state);
}
static void ack(void *io, const char *incident)
{
    (void)io;
    hy_buf_printf(&asked, "ack %s\n", incident);
}
static void open_page(void *io, const char *incident)
{
    (void)io;
    hy_buf_printf(&asked, "open %s\n", incident);
}
static void fetch_open(void *io)
{
    (void)io;
    hy_buf_puts(&asked, "fetch\n");
}
static void reconnect(void *io)
{
    (void)io;
    hy_buf_puts(&asked, "reconnect\n");
}
static const struct hy_agent_ops ops = {show,      close_bubble, receipt,  ack,
                                        open_page, fetch_open,   reconnect};

static hy_wall wall(const char *text)
{
    hy_wall t;

    assert_true(hy_wall_parse(hy_str(text), &t));
    return t;
}
static hy_mono at_s(int64_t s)
{
    return (hy_mono){s * 1000000};
}

#define NOON wall("2026-11-23T12:00:00+08:00")
#define LATER                                                                                         \
    "{\"id\":\"I1/H5/2h\",\"incident\":\"I1\",\"class\":\"normal\",\"title\":\"还有 2 小时\"," \
    "\"body\":\"\",\"clock_due\":null}"
#define FIRE                                                                                          \
    "{\"id\":\"I1/H5/alert\",\"incident\":\"I1\",\"class\":\"urgent\",\"title\":\"清溪县爆炸\"," \
    "\"body\":\"2 小时内发布\",\"clock_due\":\"2026-11-23T14:05:00+08:00\"}"

static struct hy_agent *start(void)
{
    hy_buf_release(&asked);
    asked = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    return hy_agent_new(&ops, NULL, SILENCE_MS);
}

static void event(struct hy_agent *a, const char *type, const char *json)
{
    struct hy_err err = HY_ERR_INIT;
    HY_CLEANUP(hy_json_freep) json_t *data = NULL;

    assert_int_equal(hy_json_parse(hy_str(json), &data, &err), HY_OK);
    hy_agent_event(a, hy_str(type), data, NOON);
}

static void open_list(struct hy_agent *a, const char *json)
{
    struct hy_err err = HY_ERR_INIT;
    HY_CLEANUP(hy_json_freep) json_t *data = NULL;

    assert_int_equal(hy_json_parse(hy_str(json), &data, &err), HY_OK);
    hy_agent_open(a, data, NOON);
}

/* Compare what was asked since the last call. */
static void expect(const char *want)
{
    assert_string_equal(hy_buf_view(&asked).p, want);
    hy_buf_clear(&asked);
}

static void end(struct hy_agent *a)
{
    hy_agent_free(a);
    hy_buf_release(&asked);
}

TEST(shows_a_notice_and_sends_the_receipt_only_when_the_desktop_confirmed)
{
    struct hy_agent *a = start();

    event(a, "notice", FIRE);
    expect("show I1 urgent ack 0|清溪县爆炸|剩余 2 小时 05 分\n2 小时内发布\n");
    hy_agent_displayed(a, "I1", true, 7, NOON);
    expect("receipt I1/H5/alert shown\n");
    event(a, "notice", FIRE); /* repeated after a reconnect */
    expect("");
    end(a);
}

TEST(hostile_titles_read_forwards_and_end)
{
    struct hy_agent *a = start();
    HY_CLEANUP(hy_buf_release) struct hy_buf event_text = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_buf_puts(&event_text, "{\"id\":\"I1/H5/alert\",\"incident\":\"I1\",\"class\":\"urgent\","
                             "\"title\":\"\\u202egpj.exe\\u2066\\u0007Z\\u0351\\u0352");
    for (int i = 0; i < 10000; i++)
        hy_buf_puts(&event_text, "长");
    hy_buf_puts(&event_text, "\",\"body\":\"\"}");
    event(a, "notice", event_text.p);
    struct hy_str got = hy_buf_view(&asked);
    assert_true(hy_str_has(got, HY_STR("|gpj.exeZ\u0351\u0352长长")));
    assert_true(got.n < 400);
    hy_buf_clear(&asked);
    end(a);
}

TEST(an_acknowledgement_does_not_take_away_the_reminders_that_come_after_it)
{
    struct hy_agent *a = start();

    event(a, "notice",
          "{\"id\":\"I1/H5/left-1h\",\"incident\":\"I1\",\"class\":\"urgent\",\"title\":\"清溪县爆炸\","
          "\"body\":\"还有 1 小时\",\"at\":\"2026-11-23T12:00:00+08:00\"}");
    expect("show I1 urgent ack 0|清溪县爆炸|还有 1 小时\n");
    event(a, "incident", "{\"id\":\"I1\",\"ack\":{\"by\":\"li\",\"at\":\"2026-11-23T09:20:00+08:00\"}}");
    hy_agent_displayed(a, "I1", true, 7, NOON); /* the document of the same moment */
    expect("receipt I1/H5/left-1h shown\n");
    event(a, "incident", "{\"id\":\"I1\",\"ack\":{\"by\":\"li\",\"at\":\"2026-11-23T12:01:00+08:00\"}}");
    expect("close 7\n");
    end(a);
}

TEST(asks_what_is_open_when_the_stream_may_have_a_hole)
{
    struct hy_agent *a = start();

    event(a, "keeper", "{\"event\":\"lead\"}"); /* what it found on its way is not in the stream */
    expect("fetch\n");
    event(a, "reload", "{}"); /* one question at a time */
    expect("");
    open_list(a, "[" FIRE "]");
    expect("show I1 urgent ack 0|清溪县爆炸|剩余 2 小时 05 分\n2 小时内发布\nfetch\n");
    end(a);
}

TEST(an_answer_takes_nothing_away_that_came_while_it_was_on_its_way)
{
    struct hy_agent *a = start();

    event(a, "keeper", "{\"event\":\"lead\"}");
    event(a, "notice", FIRE); /* written after the board has read for its answer */
    hy_agent_displayed(a, "I1", true, 7, NOON);
    hy_buf_clear(&asked);
    open_list(a, "[]");
    expect("");
    event(a, "keeper", "{\"event\":\"lead\"}");
    open_list(a, "[]"); /* this one knew of it */
    expect("fetch\nclose 7\n");
    end(a);
}

TEST(an_answer_that_could_not_be_had_is_asked_for_again)
{
    struct hy_agent *a = start();

    hy_agent_tick(a, at_s(1), NOON);
    event(a, "keeper", "{\"event\":\"lead\"}");
    hy_agent_open_unknown(a);
    expect("fetch\n");
    hy_agent_tick(a, at_s(2), NOON);
    expect("");
    hy_agent_heard(a, at_s(60), NOON);
    hy_agent_tick(a, at_s(62), NOON);
    expect("fetch\n");
    end(a);
}

#define ROW "[{\"id\":\"I1/H5/alert\",\"incident\":\"I1\",\"state\":\"%s\"}]"

TEST(a_receipt_that_the_record_does_not_have_is_sent_again)
{
    static const struct {
        const char *state, *want;
    } cases[] = {
        {"queued", "receipt I1/H5/alert shown\n"}, /* Redis was lost with what it had taken */
        {"failed", "receipt I1/H5/alert shown\n"},
        {"shown", ""},
        {"acknowledged", ""},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_agent *a = start();
        char text[256];
        snprintf(text, sizeof(text), ROW, cases[i].state);
        event(a, "notice", FIRE);
        hy_buf_clear(&asked);
        open_list(a, text); /* not yet on the screen: nothing to say */
        expect("");
        hy_agent_displayed(a, "I1", true, 7, NOON);
        expect("receipt I1/H5/alert shown\n");
        open_list(a, text);
        expect(cases[i].want);
        end(a);
    }
}

TEST(refused_by_the_desktop_is_reported_and_tried_again)
{
    struct hy_agent *a = start();

    hy_agent_tick(a, at_s(100), NOON);
    event(a, "notice", FIRE);
    hy_buf_clear(&asked);
    hy_agent_displayed(a, "I1", false, 0, NOON);
    expect("receipt I1/H5/alert failed\n");
    hy_agent_heard(a, at_s(159), NOON);
    hy_agent_tick(a, at_s(159), NOON);
    expect("");
    hy_agent_tick(a, at_s(160), NOON);
    expect("show I1 urgent ack 0|清溪县爆炸|剩余 2 小时 05 分\n2 小时内发布\n");
    hy_agent_displayed(a, "I1", true, 9, NOON);
    expect("receipt I1/H5/alert shown\n");
    end(a);
}

TEST(acknowledge_closes_the_bubble_once_the_service_has_it)
{
    struct hy_agent *a = start();

    event(a, "notice", FIRE);
    hy_agent_displayed(a, "I1", true, 7, NOON);
    hy_buf_clear(&asked);
    hy_agent_clicked(a, 7, HY_STR("ack"));
    hy_agent_clicked(a, 7, HY_STR("ack")); /* impatient */
    expect("ack I1\n");
    hy_agent_acked(a, "I1", false, "服务器没有应答", NOON);
    expect("show I1 urgent ack 7|清溪县爆炸|剩余 2 小时 05 分\n确认没有成功：服务器没有应答\n"
           "2 小时内发布\n");
    hy_agent_displayed(a, "I1", true, 7, NOON);
    hy_agent_clicked(a, 7, HY_STR("ack"));
    hy_agent_acked(a, "I1", true, "", NOON);
    expect("ack I1\nclose 7\n");
    end(a);
}

TEST(answered_by_a_colleague_closes_the_bubble)
{
    struct hy_agent *a = start();

    event(a, "notice", FIRE);
    hy_agent_displayed(a, "I1", true, 7, NOON);
    hy_buf_clear(&asked);
    event(a, "incident", "{\"id\":\"I1\",\"ack\":null,\"closed\":null,\"merged_into\":null}");
    expect("");
    event(a, "incident", "{\"id\":\"I1\",\"ack\":{\"by\":\"li\"}}");
    expect("close 7\n");
    end(a);
}

TEST(answered_while_the_desktop_was_drawing)
{
    struct hy_agent *a = start();

    event(a, "notice", FIRE);
    event(a, "incident", "{\"id\":\"I1\",\"ack\":{\"by\":\"li\"}}");
    hy_buf_clear(&asked);
    hy_agent_displayed(a, "I1", true, 7, NOON);
    expect("close 7\n");
    end(a);
}

TEST(a_further_notice_of_the_incident_raises_a_new_bubble)
{
    struct hy_agent *a = start();

    event(a, "notice", FIRE);
    hy_agent_displayed(a, "I1", true, 7, NOON);
    hy_buf_clear(&asked);
    event(a, "notice", LATER);
    expect("close 7\nshow I1 urgent ack 0|还有 2 小时|\n");
    hy_agent_displayed(a, "I1", true, 8, NOON);
    expect("receipt I1/H5/2h shown\n");
    end(a);
}

TEST(a_click_on_the_bubble_that_is_just_replaced_counts)
{
    struct hy_agent *a = start();

    event(a, "notice", FIRE);
    hy_agent_displayed(a, "I1", true, 7, NOON);
    event(a, "notice", LATER);
    hy_buf_clear(&asked);
    hy_agent_clicked(a, 7, HY_STR("ack"));
    hy_agent_closed(a, 7, false, at_s(1)); /* what we closed ourselves is not put away by its reader */
    expect("ack I1\n");
    hy_agent_displayed(a, "I1", true, 8, NOON);
    hy_agent_acked(a, "I1", true, "", NOON);
    expect("receipt I1/H5/2h shown\nclose 8\n");
    end(a);
}

TEST(dismissed_without_an_answer_comes_back)
{
    struct hy_agent *a = start();

    event(a, "notice", FIRE);
    hy_agent_displayed(a, "I1", true, 7, NOON);
    hy_agent_tick(a, at_s(1000), NOON);
    hy_buf_clear(&asked);
    hy_agent_closed(a, 7, true, at_s(1000));
    expect("receipt I1/H5/alert closed\n");
    hy_agent_heard(a, at_s(1179), NOON);
    hy_agent_tick(a, at_s(1179), NOON);
    expect("");
    hy_agent_tick(a, at_s(1180), NOON);
    expect("show I1 urgent ack 0|清溪县爆炸|剩余 2 小时 05 分\n2 小时内发布\n");
    end(a);
}

TEST(time_left_is_refreshed_in_place_once_a_minute)
{
    struct hy_agent *a = start();

    event(a, "notice", FIRE);
    hy_agent_displayed(a, "I1", true, 7, NOON);
    hy_agent_tick(a, at_s(1000), NOON);
    hy_agent_displayed(a, "I1", true, 7, NOON);
    hy_buf_clear(&asked);
    hy_agent_heard(a, at_s(1060), NOON);
    hy_agent_tick(a, at_s(1030), NOON);
    expect("");
    hy_agent_tick(a, at_s(1060), wall("2026-11-23T14:08:00+08:00"));
    expect("show I1 urgent ack 7|清溪县爆炸|已超过设定时限 3 分钟\n2 小时内发布\n");
    end(a);
}

TEST(open_list_after_a_gap_shows_what_was_missed_and_closes_what_is_over)
{
    struct hy_agent *a = start();

    event(a, "notice", FIRE);
    hy_agent_displayed(a, "I1", true, 7, NOON);
    hy_buf_clear(&asked);
    hy_agent_connected(a, at_s(5), NOON);
    expect("fetch\n");
    open_list(a,
              "[{\"id\":\"I2/-/alert\",\"incident\":\"I2\",\"class\":\"urgent\",\"title\":\"乙\","
              "\"body\":\"丙\"}]");
    expect("close 7\nshow I2 urgent ack 0|乙|丙\n");
    end(a);
}

TEST(silence_is_said_once_and_taken_back)
{
    struct hy_agent *a = start();

    hy_agent_tick(a, at_s(10), NOON);
    hy_agent_tick(a, at_s(69), NOON);
    expect("");
    hy_agent_tick(a, at_s(70), NOON);
    expect("show connection urgent 0|回应：与服务器失去联系|自 12:00:00 起没有服务器的消息，"
           "此后的提醒可能收不到。请检查网络，或改看值班室大屏。\n");
    hy_agent_displayed(a, "connection", true, 3, NOON);
    hy_agent_tick(a, at_s(90), NOON);
    expect("");
    hy_agent_connected(a, at_s(95), NOON);
    expect("close 3\nfetch\n");
    end(a);
}

/* Asleep from 100 s to an hour later: the clock that counts sleep runs ahead of the other. */
TEST(after_sleep_everything_is_made_new_with_the_first_beat)
{
    struct hy_agent *a = start();

    hy_agent_awake(a, at_s(10), at_s(5010)); /* had slept before we were started: no matter */
    hy_agent_tick(a, at_s(10), NOON);
    event(a, "notice", FIRE);
    hy_agent_displayed(a, "I1", true, 7, NOON);
    hy_buf_clear(&asked);
    hy_agent_awake(a, at_s(11), at_s(5011));
    hy_agent_tick(a, at_s(11), NOON);
    expect("");
    hy_agent_awake(a, at_s(12), at_s(5012 + 3600));
    hy_agent_tick(a, at_s(12), wall("2026-11-23T13:00:00+08:00"));
    expect("reconnect\nshow I1 urgent ack 7|清溪县爆炸|剩余 1 小时 05 分\n2 小时内发布\n");
    hy_agent_displayed(a, "I1", true, 7, NOON);
    hy_agent_awake(a, at_s(13), at_s(5013 + 3600));
    hy_agent_tick(a, at_s(13), NOON);
    expect(""); /* once */
    end(a);
}

TEST(what_was_put_away_before_a_long_sleep_is_back_after_it)
{
    struct hy_agent *a = start();

    hy_agent_awake(a, at_s(10), at_s(10));
    event(a, "notice", FIRE);
    hy_agent_displayed(a, "I1", true, 7, NOON);
    hy_agent_closed(a, 7, true, at_s(20));
    hy_buf_clear(&asked);
    hy_agent_awake(a, at_s(21), at_s(21));
    hy_agent_tick(a, at_s(21), NOON);
    hy_buf_clear(&asked);
    hy_agent_awake(a, at_s(22), at_s(22 + HY_AGENT_RESHOW_MS / 1000));
    hy_agent_tick(a, at_s(22), NOON);
    expect("reconnect\nshow I1 urgent ack 0|清溪县爆炸|剩余 2 小时 05 分\n2 小时内发布\n");
    end(a);
}

TEST(restarted_notification_server_gets_everything_again)
{
    struct hy_agent *a = start();

    event(a, "notice", FIRE);
    hy_agent_displayed(a, "I1", true, 7, NOON);
    hy_buf_clear(&asked);
    hy_agent_desktop_back(a, NOON);
    expect("show I1 urgent ack 0|清溪县爆炸|剩余 2 小时 05 分\n2 小时内发布\n");
    end(a);
}

TEST(default_click_only_opens_the_page)
{
    struct hy_agent *a = start();

    event(a, "notice", FIRE);
    hy_agent_displayed(a, "I1", true, 7, NOON);
    hy_buf_clear(&asked);
    hy_agent_clicked(a, 7, HY_STR("default"));
    hy_agent_clicked(a, 99, HY_STR("ack"));
    expect("open I1\n");
    end(a);
}
