/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/deliver/deliver.h"
#include "alerts/deliver/net.h"
#include "core/hash.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/http_server.h"

#include "tests/unit/harness.h"

static const char list[] =
    "people:\n"
    "  - {id: a, name: 甲, roles: [duty], channels: [board, mail], mail: a@qingxi.example}\n"
    "  - {id: b, name: 乙, roles: [duty], channels: [webhook], webhook: robot}\n"
    "  - {id: c, name: 丙, roles: [duty], mail: c@qingxi.example}\n" /* no channel mail */
    "rota: {handover: \"08:30\", start: 2026-01-01, turns: [{duty: a}]}\n"
    "mail: {host: smtp.qingxi.example, from: x@qingxi.example}\n"
    "webhooks:\n"
    "  - {id: all, kind: json, url: \"http://127.0.0.1/x\", classes: [urgent, normal, digest]}\n"
    "  - {id: loud, kind: dingtalk, url: \"http://127.0.0.1/y\", classes: [urgent]}\n"
    "  - {id: robot, kind: feishu, url: \"http://127.0.0.1/z\", classes: [digest]}\n";

static struct hy_duty *load(const char *text, size_t *ret_errors)
{
    struct hy_duty *duty = hy_duty_new();
    struct hy_diag *d = hy_diag_new();
    struct hy_err err = HY_ERR_INIT;
    int ignored = hy_duty_add_text(duty, hy_str(text), "duty.yaml", d, &err);

    (void)ignored;
    *ret_errors = hy_diag_errors(d);
    hy_diag_free(d);
    return duty;
}

TEST(a_notice_finds_its_channels)
{
    static const struct {
        const char *notice, *channels;
    } cases[] = {
        {"{\"class\":\"urgent\",\"to\":[\"a\"]}", "all loud mail:a "},
        {"{\"class\":\"normal\",\"to\":[\"a\",\"b\",\"c\",\"nobody\"]}", "all mail:a robot "},
        {"{\"class\":\"digest\",\"to\":[\"a\",\"b\"]}", "all robot "},
        {"{\"class\":\"new word\",\"to\":[]}", "all loud "},
    };
    size_t errors;
    struct hy_duty *duty = load(list, &errors);

    assert_int_equal(errors, 0);
    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_channels c = {0};
        struct hy_buf got = HY_BUF_INIT(1000);
        struct hy_err err = HY_ERR_INIT;
        json_t *notice = NULL;
        assert_int_equal(hy_json_parse(hy_str(cases[i].notice), &notice, &err), HY_OK);
        hy_deliver_route(duty, notice, &c);
        for (size_t k = 0; k < c.v.n; k++)
            hy_buf_printf(&got, "%s ", c.v.v[k]);
        assert_string_equal(got.p, cases[i].channels);
        hy_buf_release(&got);
        hy_channels_release(&c);
        json_decref(notice);
    }
    assert_non_null(hy_deliver_endpoint(duty, HY_STR("loud")).hook);
    assert_string_equal(hy_deliver_endpoint(duty, HY_STR("mail:a")).mail_to, "a@qingxi.example");
    assert_null(hy_deliver_endpoint(duty, HY_STR("mail:c")).mailer);
    assert_null(hy_deliver_endpoint(duty, HY_STR("gone")).hook);
    hy_duty_free(duty);
}

TEST(channels_that_cannot_work_are_reported)
{
    static const char rota[] =
        "rota: {handover: \"08:30\", start: 2026-01-01, turns: [{duty: a}]}\n";
    static const struct {
        const char *text;
        size_t errors;
    } cases[] = {
        {"people: [{id: a, name: 甲, channels: [mail], mail: a@b.example}]\n", 1}, /* no server */
        {"people: [{id: a, name: 甲, channels: [mail]}]\n"
         "mail: {host: h, from: x@b.example}\n",
         1},
        {"people: [{id: a, name: 甲, channels: [webhook], webhook: nowhere}]\n", 1},
        {"people: [{id: a, name: 甲}]\nmail: {host: \"http://h\", from: nobody}\n", 2},
        {"people: [{id: a, name: 甲}]\nmail: {host: h, from: a@b.example, user: u}\n", 1},
        {"people: [{id: a, name: 甲}]\nmail: {host: h, from: \"a@b\\r\\nBcc: c@d\"}\n", 1},
        {"people: [{id: a, name: 甲}]\nwebhooks: [{id: X, kind: json, url: \"ftp://a\"}]\n", 2},
        {"people: [{id: a, name: 甲}]\n"
         "webhooks: [{id: x, kind: qq, url: \"http://a\", classes: [loud]}]\n",
         2},
    };
    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        HY_CLEANUP(hy_freep) char *text = hy_xasprintf("%s%s", cases[i].text, rota);
        size_t errors;
        hy_duty_free(load(text, &errors));
        if (errors != cases[i].errors)
            fail_msg("%s: %zu errors, want %zu", cases[i].text, errors, cases[i].errors);
    }
}

/* RFC 4231, cases 1, 2 and 6. */
TEST(hmac_is_the_one_of_the_standard)
{
    char key1[20], key6[131], hex[HY_SHA256_HEX];

    memset(key1, 0x0b, sizeof(key1));
    memset(key6, 0xaa, sizeof(key6));
    assert_string_equal(hy_hmac_sha256_hex(hy_str_n(key1, sizeof(key1)), HY_STR("Hi There"), hex),
                        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    assert_string_equal(
        hy_hmac_sha256_hex(HY_STR("Jefe"), HY_STR("what do ya want for nothing?"), hex),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_string_equal(
        hy_hmac_sha256_hex(hy_str_n(key6, sizeof(key6)),
                           HY_STR("Test Using Larger Than Block-Size Key - Hash Key First"), hex),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* Computed with another program (openssl dgst -hmac). */
#define DINGTALK_SIGN "YV33%2BnKCTBTU9QB0fC7n%2BH43IzIlABBcRjtGQXxT6qA%3D"
#define FEISHU_SIGN "+5NY7Y8rpF+rJka0nvAe7EHrTcAZXfrn59i9TyqSZwo="

/* -- formats ------------------------------------------------------------------------------------
 */

static const char notice_text[] =
    "{\"id\":\"I20261123-0001/H5/left-1\",\"incident\":\"I20261123-0001\",\"clock\":\"H5\","
    "\"step\":\"left-1\",\"class\":\"urgent\",\"to\":[\"a\"],\"title\":"
    "\"【重大·拟】清溪县一化工厂爆炸\","
    "\"body\":\"权威信息发布\",\"clock_due\":\"2026-11-23T14:12:00+08:00\","
    "\"at\":\"2026-11-23T12:12:00+08:00\",\"late_by_ms\":0,\"level\":2}";

static json_t *notice_of(const char *text)
{
    struct hy_err err = HY_ERR_INIT;
    json_t *o = NULL;

    assert_int_equal(hy_json_parse(hy_str(text), &o, &err), HY_OK);
    return o;
}

static struct hy_office office = {.zone_min = HY_CST, .board_url = (char *)"https://b.example/"};
static const int64_t noon = INT64_C(1795406400000); /* 2026-11-23T04:00:00Z */

TEST(text_says_how_much_time_is_left)
{
    static const struct {
        int64_t minutes; /* from noon */
        bool again;
        const char *want;
    } cases[] = {
        {0, false,
         "【重大·拟】清溪县一化工厂爆炸\n权威信息发布\n剩余 2小时12分（11月23日 14:12 到期）\n"
         "https://b.example/#/incident/I20261123-0001"},
        {72, true,
         "（重发，可能已收到过）【重大·拟】清溪县一化工厂爆炸\n权威信息发布\n"
         "剩余 1小时（11月23日 14:12 到期）\nhttps://b.example/#/incident/I20261123-0001"},
        {132 + 1500, false,
         "【重大·拟】清溪县一化工厂爆炸\n权威信息发布\n已超过设定时限 1天1小时（11月23日 14:12 到期）\n"
         "https://b.example/#/incident/I20261123-0001"},
    };
    json_t *notice = notice_of(notice_text);

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_message m = {.notice = notice,
                               .office = &office,
                               .now = {noon + cases[i].minutes * HY_MINUTE_MS},
                               .again = cases[i].again};
        HY_CLEANUP(hy_freep) char *text = hy_deliver_text(&m, 200);
        assert_string_equal(text, cases[i].want);
    }
    json_decref(notice);
}

/* 企业微信 refuses more than 2,048 bytes; in a mail nothing may be cut, for what an auditor is to keep
 * stands in it. */
TEST(a_long_text_is_as_long_as_its_channel_takes)
{
    struct hy_buf body = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_hook robot = {.kind = HY_HOOK_WECOM, .url = (char *)"http://w/send?key=k"};
    struct hy_mailer s = {.host = (char *)"h", .port = 587, .from = (char *)"x@q.example"};
    json_t *notice = notice_of(notice_text);
    struct hy_message m = {.notice = notice, .office = &office, .now = {noon}, .again = true};
    struct hy_outgoing o;

    for (int i = 0; i < 3000; i++)
        hy_buf_puts(&body, "长");
    hy_buf_puts(&body, "到底");
    hy_json_set_str(notice, "body", hy_buf_view(&body));
    hy_json_set_str(notice, "title", hy_buf_view(&body));
    hy_deliver_hook(&robot, &m, &o);
    json_t *sent = notice_of(o.body);
    size_t bytes = hy_json_str(json_object_get(sent, "text"), "content").n;
    assert_in_range(bytes, 1500, 2048);
    json_decref(sent);
    hy_outgoing_release(&o);
    hy_deliver_mail(&s, "a@q.example", &m, &o);
    assert_true(strlen(o.body) > 3000 * 4); /* three bytes a character, in base64 */
    hy_outgoing_release(&o);
    hy_buf_release(&body);
    json_decref(notice);
}

static const char *header(const struct hy_outgoing *o, const char *name)
{
    for (size_t i = 0; i < o->headers.n; i++)
        if (hy_str_starts(hy_str(o->headers.v[i]), hy_str(name)))
            return o->headers.v[i] + strlen(name) + 2;
    return "";
}

TEST(robots_are_signed_as_documented)
{
    static const struct {
        int kind;
        const char *url, *secret, *want_url, *want_body_has;
    } cases[] = {
        {HY_HOOK_WECOM, "http://w/send", "abc-1", "http://w/send?key=abc-1",
         "{\"msgtype\":\"text\",\"text\":{\"content\":\"【重大"},
        {HY_HOOK_WECOM, "http://w/send?key=k", "", "http://w/send?key=k", "\"msgtype\":\"text\""},
        {HY_HOOK_DINGTALK, "http://d/send?access_token=t", "SEC0123456789",
         "http://d/send?access_token=t&timestamp=1795406400000&sign=" DINGTALK_SIGN,
         "{\"msgtype\":\"text\",\"text\":{\"content\":"},
        {HY_HOOK_DINGTALK, "http://d/send?access_token=t", "", "http://d/send?access_token=t",
         "\"msgtype\""},
        {HY_HOOK_FEISHU, "http://f/hook/1", "feishu-secret", "http://f/hook/1",
         "\"sign\":\"" FEISHU_SIGN "\",\"timestamp\":\"1795406400\""},
        {HY_HOOK_FEISHU, "http://f/hook/1", "", "http://f/hook/1",
         "{\"content\":{\"text\":\"【重大"},
    };
    json_t *notice = notice_of(notice_text);

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_hook hook = {.kind = cases[i].kind, .url = (char *)cases[i].url};
        struct hy_message m = {
            .notice = notice, .office = &office, .secret = hy_str(cases[i].secret), .now = {noon}};
        struct hy_outgoing o;
        hy_deliver_hook(&hook, &m, &o);
        assert_string_equal(o.url, cases[i].want_url);
        if (!strstr(o.body, cases[i].want_body_has))
            fail_msg("%s lacks %s", o.body, cases[i].want_body_has);
        assert_null(strstr(o.body, "\"to\""));
        hy_outgoing_release(&o);
    }
    json_decref(notice);
}

TEST(generic_json_is_signed_over_time_and_body)
{
    json_t *notice = notice_of(notice_text), *body = NULL;
    struct hy_hook hook = {.kind = HY_HOOK_JSON, .url = (char *)"http://j/"};
    struct hy_message m = {
        .notice = notice, .office = &office, .secret = HY_STR("s3cret"), .now = {noon}};
    struct hy_outgoing o;
    struct hy_err err = HY_ERR_INIT;
    char hex[HY_SHA256_HEX];

    hy_deliver_hook(&hook, &m, &o);
    HY_CLEANUP(hy_freep) char *signed_text = hy_xasprintf("1795406400.%s", o.body);
    HY_CLEANUP(hy_freep)
    char *want =
        hy_xasprintf("v1=%s", hy_hmac_sha256_hex(HY_STR("s3cret"), hy_str(signed_text), hex));
    assert_string_equal(header(&o, "Huiying-Signature"), want);
    assert_string_equal(header(&o, "Huiying-Timestamp"), "1795406400");
    assert_string_equal(header(&o, "Idempotency-Key"), "I20261123-0001/H5/left-1");
    assert_int_equal(hy_json_parse(hy_str(o.body), &body, &err), HY_OK);
    assert_string_equal(hy_json_str(body, "url").p, "https://b.example/#/incident/I20261123-0001");
    assert_null(json_object_get(body, "to"));
    json_decref(body);
    hy_outgoing_release(&o);
    json_decref(notice);
}

TEST(subjects_are_encoded_word_by_word)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"", ""},
        {"ab", "=?UTF-8?B?YWI=?="},
        {"清溪", "=?UTF-8?B?5riF5rqq?="},
        /* 16 characters of 3 bytes: 15 in the first word */
        {"一二三四五六七八九十一二三四五六",
         "=?UTF-8?B?5LiA5LqM5LiJ5Zub5LqU5YWt5LiD5YWr5Lmd5Y2B5LiA5LqM5LiJ5Zub5LqU?=\r\n "
         "=?UTF-8?B?5YWt?="},
    };
    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        HY_CLEANUP(hy_freep) char *got = hy_mail_subject(hy_str(cases[i].text));
        assert_string_equal(got, cases[i].want);
    }
}

TEST(a_mail_has_one_id_for_all_tries_and_cannot_be_broken_out_of)
{
    json_t *notice = notice_of("{\"id\":\"I1/-/open\",\"incident\":\"I1\",\"class\":\"urgent\","
                               "\"title\":\"x\\r\\nBcc: evil@example\\r\\n\\r\\n.\\r\\nQUIT\"}");
    struct hy_mailer s = {.host = (char *)"h", .port = 587, .from = (char *)"x@q.example"};
    struct hy_message m = {.notice = notice, .office = &office, .now = {noon}};
    struct hy_outgoing a, b;

    hy_deliver_mail(&s, "a@q.example", &m, &a);
    m.again = true;
    hy_deliver_mail(&s, "a@q.example", &m, &b);
    const char *id = strstr(a.body, "Message-ID: <"), *same = strstr(b.body, "Message-ID: <");
    assert_non_null(id);
    assert_memory_equal(id, same, strcspn(id, "\r"));
    assert_null(strstr(a.body, "Bcc"));
    assert_null(strstr(a.body, "\r\n.\r\n"));
    assert_non_null(strstr(a.body, "Date: Mon, 23 Nov 2026 12:00:00 +0800\r\n"));
    assert_string_equal(a.url, "smtp://h:587/q.example");
    assert_true(a.starttls);
    for (struct hy_lines it = hy_lines(hy_str(a.body)); hy_lines_next(&it);)
        assert_true(it.line.n <= 78);
    hy_outgoing_release(&a);
    hy_outgoing_release(&b);
    json_decref(notice);
}

/* -- answers ------------------------------------------------------------------------------------
 */

TEST(answers_are_judged_by_what_stands_in_them)
{
    static const struct {
        int kind;
        long status;
        const char *body;
        int64_t retry_after;
        enum hy_verdict want;
        bool unsure;
        int64_t wait;
    } cases[] = {
        {HY_HOOK_JSON, 200, "", -1, HY_DELIVERED, false, 0},
        {HY_HOOK_JSON, 204, "", -1, HY_DELIVERED, false, 0},
        {HY_HOOK_JSON, 302, "", -1, HY_REFUSED, false, 0},
        {HY_HOOK_JSON, 401, "", -1, HY_REFUSED, false, 0},
        {HY_HOOK_JSON, 408, "", -1, HY_RETRY, false, 0},
        {HY_HOOK_JSON, 429, "", 7000, HY_RETRY, false, 7000},
        {HY_HOOK_JSON, 429, "", -1, HY_RETRY, false, 60000},
        {HY_HOOK_JSON, 503, "", 99999999, HY_RETRY, false, 600000},
        {HY_HOOK_WECOM, 200, "{\"errcode\":0,\"errmsg\":\"ok\"}", -1, HY_DELIVERED, false, 0},
        {HY_HOOK_WECOM, 200, "{\"errcode\":45009}", -1, HY_RETRY, false, 60000},
        {HY_HOOK_WECOM, 200, "{\"errcode\":93000,\"errmsg\":\"invalid webhook url\"}", -1,
         HY_REFUSED, false, 0},
        {HY_HOOK_WECOM, 200, "{\"errcode\":-1,\"errmsg\":\"system busy\"}", -1, HY_RETRY, false, 0},
        {HY_HOOK_WECOM, 200, "<html>", -1, HY_RETRY, true, 0},
        {HY_HOOK_WECOM, 200, "{}", -1, HY_RETRY, true, 0},
        {HY_HOOK_DINGTALK, 200, "{\"errcode\":310000,\"errmsg\":\"sign not match\"}", -1,
         HY_REFUSED, false, 0},
        {HY_HOOK_DINGTALK, 200, "{\"errcode\":130101}", -1, HY_RETRY, false, 60000},
        {HY_HOOK_FEISHU, 200, "{\"code\":0,\"msg\":\"success\",\"data\":{}}", -1, HY_DELIVERED,
         false, 0},
        {HY_HOOK_FEISHU, 200, "{\"StatusCode\":0,\"StatusMessage\":\"success\"}", -1, HY_DELIVERED,
         false, 0},
        {HY_HOOK_FEISHU, 200, "{\"code\":19021,\"msg\":\"sign match fail\"}", -1, HY_REFUSED, false,
         0},
        {HY_HOOK_FEISHU, 200, "{\"code\":9499,\"msg\":\"too many request\"}", -1, HY_RETRY, false,
         60000},
        /* the same code for what it cannot read */
        {HY_HOOK_FEISHU, 200, "{\"code\":9499,\"msg\":\"Bad Request\",\"data\":{}}", -1, HY_REFUSED,
         false, 0},
        {HY_HOOK_FEISHU, 400, "{\"code\":9499,\"msg\":\"Bad Request\",\"data\":{}}", -1, HY_REFUSED,
         false, 0},
        {HY_HOOK_FEISHU, 400,
         "{\"code\":11232,\"data\":{},\"msg\":\"frequency limited "
         "psm[lark.oapi.app_platform_runtime]appID[1500]\"}",
         -1, HY_RETRY, false, 60000},
        {HY_HOOK_FEISHU, 404, "404 page not found", -1, HY_REFUSED, false, 0},
        {HY_HOOK_FEISHU, 200, "{\"StatusCode\":19024,\"StatusMessage\":\"Key Words Not Found\"}", -1,
         HY_REFUSED, false, 0},
        {HY_HOOK_WECOM, 200,
         "{\"errcode\":45009,\"errmsg\":\"api freq out of limit, hint: [1653710540075724015410106], "
         "from ip: 10.0.0.1, more info at https://open.work.weixin.qq.com/devtool/query?e=45009\"}",
         -1, HY_RETRY, false, 60000},
        {HY_HOOK_DINGTALK, 200,
         "{\"errcode\":130101,\"errmsg\":\"send too fast, exceed 20 times per minute\"}", -1, HY_RETRY,
         false, 60000},
        {HY_HOOK_DINGTALK, 200,
         "{\"status\":1111,\"wait\":5,\"source\":\"x5\",\"punish\":\"deny\",\"uuid\":\"24ce64f6\"}", -1,
         HY_RETRY, false, 60000},
        {HY_HOOK_DINGTALK, 200, "{\"status\":1111}", -1, HY_RETRY, true, 0},
        {HY_HOOK_DINGTALK, 200, "{\"errcode\":90030,\"errmsg\":\"webhook over limit\"}", -1, HY_RETRY,
         false, 300000},
    };
    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_answer a;
        hy_deliver_judge(cases[i].kind, cases[i].status, hy_str(cases[i].body),
                         cases[i].retry_after, &a);
        if (a.verdict != cases[i].want || a.unsure != cases[i].unsure || a.wait_ms != cases[i].wait)
            fail_msg("%zu: verdict %d unsure %d wait %lld", i, a.verdict, a.unsure,
                     (long long)a.wait_ms);
        assert_int_equal(a.why[0] == '\0', a.verdict == HY_DELIVERED);
    }
}

/* Every code that has a sentence of its own: what it means for the message, and that the sentence
 * names the service and the code. */
TEST(every_known_code_is_understood)
{
    static const struct {
        int kind;
        const char *name;
        int retry[6], refused[8];
    } rows[] = {
        {HY_HOOK_WECOM, "企业微信", {45009}, {93000, 93004, 93008}},
        {HY_HOOK_DINGTALK, "钉钉", {130101, 410100, 90030}, {310000, 300001, 300005, 400101, 400102, 400013}},
        {HY_HOOK_FEISHU, "飞书", {9499, 11232}, {19001, 19021, 19022, 19024}},
    };
    struct hy_answer a;

    for (size_t i = 0; i < HY_COUNT(rows); i++)
        for (size_t k = 0; k < 14; k++) {
            int code = k < 6 ? rows[i].retry[k] : rows[i].refused[k - 6];
            if (code == 0)
                continue;
            HY_CLEANUP(hy_freep)
            char *body = hy_xasprintf(rows[i].kind == HY_HOOK_FEISHU ? "{\"code\":%d,\"msg\":\"x\"}"
                                                                     : "{\"errcode\":%d,\"errmsg\":\"x\"}",
                                      code),
                 *tail = hy_xasprintf("（代码 %d）", code);
            hy_deliver_judge(rows[i].kind, 200, hy_str(body), -1, &a);
            if (a.verdict != (k < 6 ? HY_RETRY : HY_REFUSED) || a.unsure || (k < 6) != (a.wait_ms > 0))
                fail_msg("%s %d: verdict %d, wait %lld", rows[i].name, code, a.verdict,
                         (long long)a.wait_ms);
            assert_non_null(strstr(a.why, rows[i].name));
            assert_non_null(strstr(a.why, tail));
        }
}

TEST(waits_grow_and_differ)
{
    assert_int_equal(hy_deliver_wait_ms(1, 0, 0), 2000);
    assert_int_equal(hy_deliver_wait_ms(3, 0, 0), 8000);
    assert_int_equal(hy_deliver_wait_ms(60, 0, 0), 300000);
    assert_int_equal(hy_deliver_wait_ms(1, 60000, 0), 60000);
    for (uint64_t r = 0; r < 5000; r++) {
        int64_t w = hy_deliver_wait_ms(1, 0, r);
        assert_true(w >= 1000 && w <= 2000);
    }
}

/* -- over the wire ------------------------------------------------------------------------------
 */

struct got {
    struct hy_loop *loop;
    struct hy_answer answer;
    int calls;
};

static void on_answer(const struct hy_answer *a, void *user)
{
    struct got *g = user;

    g->answer = *a;
    g->calls++;
    hy_loop_stop(g->loop);
}

static struct hy_answer post(int kind, const char *url, int64_t timeout_ms)
{
    struct got g = {.loop = hy_loop_new()};
    struct hy_outbox_net *net = hy_outbox_net_new(g.loop);
    struct hy_outgoing o = {.url = hy_xstrdup(url), .body = hy_xstrdup("{}"), .kind = kind};

    hy_outbox_net_send(net, &o, timeout_ms, on_answer, &g);
    assert_int_equal(g.calls, 0);
    hy_loop_run(g.loop, NULL, NULL);
    assert_int_equal(g.calls, 1);
    hy_outbox_net_free(net);
    hy_loop_free(g.loop);
    return g.answer;
}

TEST(the_wire_may_fail_in_every_way)
{
    static const struct step fine[] = {
        {SEND, "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"errcode\":0}", 0}, {0}};
    static const struct step limited[] = {
        {SEND, "HTTP/1.1 429 Slow\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n", 0}, {0}};
    static const struct step cut[] = {{CLOSE, NULL, 0}, {0}};
    static const struct step half[] = {
        {SEND, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"err", 0}, {CLOSE, NULL, 0}, {0}};
    static const struct step slow[] = {{STALL, NULL, 0}, {0}};
    static const struct step endless[] = {{SEND,
                                           "HTTP/1.1 200 OK\r\nContent-Length: 400000\r\n\r\n"
                                           "{\"errcode\":0}",
                                           0},
                                          {REPEAT, "          ", 39999},
                                          {SEND, "       ", 0},
                                          {0}};
    static const struct script scripts[] = {{"/fine", fine},
                                            {"/limited", limited},
                                            {"/cut", cut},
                                            {"/half", half},
                                            {"/slow", slow},
                                            {"/endless", endless},
                                            {0}};
    static const struct {
        const char *path;
        enum hy_verdict want;
        bool unsure;
        int64_t wait;
    } cases[] = {
        {"/fine", HY_DELIVERED, false, 0}, {"/limited", HY_RETRY, false, 3000},
        {"/cut", HY_RETRY, true, 0},       {"/half", HY_RETRY, true, 0},
        {"/slow", HY_RETRY, true, 0},      {"/endless", HY_DELIVERED, false, 0},
        {"/none", HY_REFUSED, false, 0},
    };
    struct server *s = server_start(scripts);
    char url[256];

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_answer a = post(HY_HOOK_WECOM, server_url(s, cases[i].path, url), 1500);
        if (a.verdict != cases[i].want || a.unsure != cases[i].unsure || a.wait_ms != cases[i].wait)
            fail_msg("%s: verdict %d unsure %d wait %lld: %s", cases[i].path, a.verdict, a.unsure,
                     (long long)a.wait_ms, a.why);
    }
    server_url(s, "/fine", url);
    server_stop(s);
    struct hy_answer a = post(HY_HOOK_WECOM, url, 1500);
    assert_int_equal(a.verdict, HY_RETRY);
    assert_false(a.unsure); /* nobody there: nothing was taken */
}
