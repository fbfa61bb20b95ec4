/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/capture.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/zstd.h"

#include <string.h>

#include "tests/unit/harness.h"

static const struct hy_fetch_result page = {
    .outcome = HY_FETCH_OK,
    .status = 200,
    .url = "http://www.example.cn/new/1.html",
    .body = {"<html>\xc7\xe5\xcf\xaa</html>", 17},
    .content_type = {"text/html; charset=gbk", 22},
    .head = {"HTTP/1.1 200 OK\r\nServer: n\xff\r\nSet-Cookie: sid=1\r\nX-A:  b \r\n\r\n", 60},
};

TEST(a_page_is_kept_as_it_came)
{
    struct hy_captures c = {0};
    struct hy_fetch_result hop = {.url = "http://www.example.cn/1",
                                  .status = 301,
                                  .location = "http://www.example.cn/new/1.html"};
    HY_CLEANUP(hy_json_freep) json_t *hops = NULL;
    struct hy_buf body = HY_BUF_INIT(1000);
    struct hy_err err = HY_ERR_INIT;
    char hash[HY_SHA256_HEX];

    hy_capture_hop(&hops, &hop);
    hy_captures_add(&c, &page, hops, (hy_wall){1764000000000});
    const json_t *m = c.v.v[0].meta;
    HY_CLEANUP(hy_freep) char *headers = hy_json_text(json_object_get(m, "headers"));
    HY_CLEANUP(hy_freep) char *redirects = hy_json_text(json_object_get(m, "redirects"));
    assert_string_equal(headers, "[[\"Server\",\"n\xef\xbf\xbd\"],[\"X-A\",\"b\"]]");
    assert_string_equal(redirects, "[{\"location\":\"http://www.example.cn/new/1.html\","
                                   "\"status\":301,\"url\":\"http://www.example.cn/1\"}]");
    assert_string_equal(hy_json_str(m, "status_line").p, "HTTP/1.1 200 OK");
    assert_string_equal(hy_json_str(m, "sha256").p, hy_sha256_hex(page.body, hash));
    assert_int_equal(hy_json_int(m, "bytes", 0), 17);
    assert_string_equal(hy_json_str(m, "fetched").p, "2025-11-25T00:00:00+08:00");
    assert_int_equal(hy_zstd_unpack(hy_buf_view(&c.v.v[0].body), &body, &err), HY_OK);
    assert_true(hy_str_eq(hy_buf_view(&body), page.body));
    hy_buf_release(&body);
    hy_captures_release(&c);
}

TEST(the_last_of_several_pages_carries_the_text)
{
    struct hy_captures c = {0};
    struct hy_item it = {.id = "u1",
                         .source = "forum",
                         .url = "http://x.example/t-1",
                         .title = "题",
                         .text = "文",
                         .hash = "ab"};

    hy_captures_add(&c, &page, NULL, (hy_wall){0});
    hy_captures_add(&c, &page, NULL, (hy_wall){0});
    hy_captures_name(&c, &it, "http://x.example/t-1");
    for (size_t i = 0; i < 2; i++) {
        const json_t *m = c.v.v[i].meta;
        assert_string_equal(hy_json_str(m, "item").p, "u1");
        assert_string_equal(hy_json_str(m, "hash").p, "ab");
        assert_int_equal(hy_json_int(m, "part", 0), i + 1);
        assert_int_equal(hy_json_int(m, "parts", 0), 2);
        assert_int_equal(hy_json_str(m, "text").n, i == 0 ? 0 : 3);
    }
    hy_captures_release(&c);
}

TEST(redirects_are_bounded)
{
    HY_CLEANUP(hy_json_freep) json_t *hops = NULL;
    struct hy_fetch_result hop = {.url = "http://a.example/", .status = 302, .location = "x"};

    for (int i = 0; i < 100; i++)
        hy_capture_hop(&hops, &hop);
    assert_int_equal(json_array_size(hops), HY_HOPS_MAX);
}

static const struct {
    const char *title, *text;
    bool gone;
} tombstones[] = {
    {"提示信息 - 清溪论坛", "抱歉，指定的主题不存在或已被删除或正在被审核", true},
    {"404 Not Found", "", true},
    {"页面不存在", "五秒后返回首页", true},
    {"提示", "该信息已被删除", true},
    {"清溪县回应帖子被删", "有网友说他的帖子被删，县里回应没有删帖。", false},
    {"化工厂爆炸", "现场浓烟。", false},
    {"", "", false},
};

TEST(a_page_that_says_it_was_taken_away)
{
    struct hy_buf article = HY_BUF_INIT(100000);

    for (size_t i = 0; i < HY_COUNT(tombstones); i++)
        assert_int_equal(
            hy_capture_is_tombstone(hy_str(tombstones[i].title), hy_str(tombstones[i].text)),
            tombstones[i].gone);
    hy_buf_puts(&article, "记者发现，原帖已打不开，页面显示“帖子已被删除”。");
    for (int i = 0; i < 40; i++)
        hy_buf_puts(&article, "发帖人说他并没有删。");
    assert_false(hy_capture_is_tombstone(hy_str("追访"), hy_buf_view(&article)));
    hy_buf_release(&article);
}
