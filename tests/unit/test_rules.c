/* SPDX-License-Identifier: Apache-2.0 */
#include "core/mem.h"
#include "rules/office.h"
#include "rules/sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/harness.h"

#define BASE "tests/golden/check/base"
#define NATIONAL "tests/golden/check/national"

/* Load `dir` against the small national rules; what went wrong is in *ret_text. */
static int load(const char *dir, struct hy_rules **ret, char **ret_text)
{
    HY_CLEANUP(hy_diag_freep) struct hy_diag *d = hy_diag_new();
    struct hy_buf out = HY_BUF_INIT(1 << 20);
    struct hy_err err = HY_ERR_INIT;

    setenv("HUIYING_NATIONAL", NATIONAL, 1);
    int rc = hy_rules_load(dir, ret, d, &err);
    hy_diag_print(d, &out);
    *ret_text = hy_buf_take(&out);
    return rc;
}

TEST(quiet_hours_end_when_they_should)
{
    static const struct {
        int from, to;          /* hours */
        const char *now, *end; /* of 2026-11-23; NULL: not in them */
    } cases[] = {
        {1, 5, "2026-11-23T00:59:59+08:00", NULL},
        {1, 5, "2026-11-23T01:00:00+08:00", "2026-11-23T05:00:00+08:00"},
        {1, 5, "2026-11-23T04:59:59+08:00", "2026-11-23T05:00:00+08:00"},
        {1, 5, "2026-11-23T05:00:00+08:00", NULL},
        {23, 6, "2026-11-23T23:30:10+08:00", "2026-11-24T06:00:00+08:00"},
        {23, 6, "2026-11-23T03:00:00+08:00", "2026-11-23T06:00:00+08:00"},
        {23, 6, "2026-11-23T12:00:00+08:00", NULL},
        {0, 24, "2026-11-23T12:00:00+08:00", "2026-11-24T00:00:00+08:00"},
        {0, 0, "2026-11-23T00:00:00+08:00", NULL},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_source s = {.quiet_hours = {cases[i].from * 60, cases[i].to * 60}};
        hy_wall now, end = HY_WALL_NONE;
        assert_true(hy_wall_parse(hy_str(cases[i].now), &now));
        assert_true(cases[i].end == NULL || hy_wall_parse(hy_str(cases[i].end), &end));
        assert_int_equal(hy_source_quiet_until(&s, now).ms, end.ms);
    }
}

TEST(office_and_sources_are_filled)
{
    HY_CLEANUP(hy_rules_freep) struct hy_rules *r = NULL;
    HY_CLEANUP(hy_freep) char *text = NULL;

    assert_int_equal(load(BASE, &r, &text), HY_OK);
    assert_string_equal(text, "");
    assert_string_equal(r->dir, BASE);
    assert_int_equal(strlen(r->version), 16);
    assert_string_equal(r->office->id, "test");
    assert_int_equal(r->office->level, HY_OFFICE_COUNTY);
    assert_int_equal(r->office->zone_min, HY_CST);
    assert_int_equal(r->sources->rows.n, 1);
    const struct hy_source *s = hy_sources_find(r->sources, hy_str("forum"));
    assert_non_null(s);
    assert_int_equal(s->kind, HY_SOURCE_FORUM);
    assert_int_equal(s->gap_ms, 2000);
    assert_int_equal(s->visit_min_ms, HY_MINUTE_MS);
    assert_int_equal(s->visit_max_ms, HY_HOUR_MS);
    assert_int_equal(s->credibility, 50);
    assert_true(s->enabled);
    assert_false(s->allow_private);
    assert_null(s->charset);
    assert_null(hy_sources_find(r->sources, hy_str("other")));
    assert_null(hy_sources_find(NULL, hy_str("other")));
}

TEST(national_rules_alone_have_no_office)
{
    HY_CLEANUP(hy_rules_freep) struct hy_rules *r = NULL;
    HY_CLEANUP(hy_freep) char *text = NULL;

    assert_int_equal(load(NULL, &r, &text), HY_OK);
    assert_null(r->office);
    assert_null(r->dir);
    assert_int_equal(r->sources->rows.n, 0);
}

TEST(own_channels_end_at_path_boundaries)
{
    static const struct {
        const char *url;
        bool own;
    } cases[] = {
        {"https://www.office.example/", true},
        {"https://www.office.example/news/1.html", true},
        {"https://www.office.example.evil.example/", false},
        {"http://www.office.example/", false},
        {"https://weixin.example/qx", true},
        {"https://weixin.example/qx/1", true},
        {"https://weixin.example/qx?id=1", true},
        {"https://weixin.example/qxother", false},
        {"https://draft.example/a", false}, /* not authoritative */
        {"", false},
    };
    char *portal[] = {(char *)"https://www.office.example/", (char *)"https://weixin.example/qx"};
    char *draft[] = {(char *)"https://draft.example/"};
    struct hy_channel channels[] = {
        {.id = (char *)"portal", .urls = {portal, 2, NULL}, .authoritative = true},
        {.id = (char *)"draft", .urls = {draft, 1, NULL}},
    };
    struct hy_office office = {.channels = {channels, 2}};

    for (size_t i = 0; i < HY_COUNT(cases); i++)
        assert_int_equal(hy_office_own_channel(&office, hy_str(cases[i].url)) != NULL,
                         cases[i].own);
    assert_null(hy_office_own_channel(NULL, hy_str("https://www.office.example/")));
}

TEST(agent_names_us_and_whom_to_ask)
{
    struct hy_office office = {.id = (char *)"qingxi", .contact = (char *)"a@qingxi.example"};
    char buf[200];

    assert_string_equal(hy_office_agent(&office, buf, sizeof(buf)),
                        "huiying/" HY_VERSION " (+a@qingxi.example; qingxi)");
    assert_string_equal(hy_office_agent(NULL, buf, sizeof(buf)), "huiying/" HY_VERSION);
}

TEST(ids_and_addresses)
{
    static const char *const good[] = {"a", "qingxi-1", "9"};
    static const char *const bad[] = {"", "-a", "A", "清溪", "a b", "a_b"};
    static const char *const urls[] = {"http://a.cn/", "https://127.0.0.1:80/x?y=z"};
    static const char *const no_urls[] = {"",        "a.cn",      "ftp://a.cn/",
                                          "http://", "http:///x", "http://a b/"};

    for (size_t i = 0; i < HY_COUNT(good); i++)
        assert_true(hy_rules_is_id(hy_str(good[i])));
    for (size_t i = 0; i < HY_COUNT(bad); i++)
        assert_false(hy_rules_is_id(hy_str(bad[i])));
    for (size_t i = 0; i < HY_COUNT(urls); i++)
        assert_true(hy_rules_is_http(hy_str(urls[i])));
    for (size_t i = 0; i < HY_COUNT(no_urls); i++)
        assert_false(hy_rules_is_http(hy_str(no_urls[i])));
}

TEST(national_dir_is_the_neighbour)
{
    static const struct {
        const char *dir, *want;
    } cases[] = {
        {"rules/sample", "rules/national"},
        {"rules/sample/", "rules/national"},
        {"rules/sample/.", "rules/sample/./../national"},
    };
    char buf[200];

    unsetenv("HUIYING_NATIONAL");
    for (size_t i = 0; i < HY_COUNT(cases); i++)
        assert_string_equal(hy_rules_national_dir(cases[i].dir, buf, sizeof(buf)), cases[i].want);
    setenv("HUIYING_NATIONAL", "/elsewhere", 1);
    assert_string_equal(hy_rules_national_dir("rules/sample", buf, sizeof(buf)), "/elsewhere");
}

static void write_file(const char *dir, const char *name, const char *text)
{
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/%s", dir, name);
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void remove_office(const char *dir)
{
    static const char *const files[] = {"office.yaml", "sources.yaml", "places.yaml"};

    for (size_t i = 0; i < HY_COUNT(files); i++) {
        HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/%s", dir, files[i]);
        unlink(path);
    }
    rmdir(dir);
}

TEST(every_byte_counts_for_the_version)
{
    static const char office[] = "id: t\nname: n\nlevel: city\ndivision: \"990100\"\n"
                                 "contact: a@b.example\n"
                                 "channels: [{id: p, name: p, urls: [\"https://p.example/\"]}]\n";
    static const char source[] = "sources: [{id: s, name: s, kind: list, url: \"https://s.example/"
                                 "\"}]\n";
    char dir[] = "/tmp/huiying-rules-XXXXXX";
    char first[17];

    assert_non_null(mkdtemp(dir));
    write_file(dir, "office.yaml", office);
    write_file(dir, "sources.yaml", source);
    write_file(dir, "places.yaml",
               "divisions: [{code: \"99\", name: 云川省}, {code: \"9901\", name: 清溪市}]\n");
    for (int i = 0; i < 3; i++) {
        HY_CLEANUP(hy_rules_freep) struct hy_rules *r = NULL;
        HY_CLEANUP(hy_freep) char *text = NULL;
        if (i == 2)
            write_file(dir, "sources.yaml", "# one more line\nsources: []\n");
        assert_int_equal(load(dir, &r, &text), HY_OK);
        if (i == 0)
            memcpy(first, r->version, sizeof(first));
        assert_int_equal(strcmp(first, r->version) == 0, i < 2);
    }
    remove_office(dir);
}

TEST(a_missing_directory_is_named)
{
    HY_CLEANUP(hy_rules_freep) struct hy_rules *r = NULL;
    HY_CLEANUP(hy_freep) char *text = NULL;

    assert_int_equal(load("/nonexistent/office", &r, &text), HY_E_PARSE);
    assert_null(r);
    assert_string_equal(text, "错误: 没有规则目录 /nonexistent/office（用 -c 指定）\n");
}

TEST(missing_files_are_named)
{
    HY_CLEANUP(hy_rules_freep) struct hy_rules *r = NULL;
    HY_CLEANUP(hy_freep) char *text = NULL;
    char dir[] = "/tmp/huiying-rules-XXXXXX";

    assert_non_null(mkdtemp(dir));
    assert_int_equal(load(dir, &r, &text), HY_E_PARSE);
    rmdir(dir);
    assert_non_null(strstr(text, "office.yaml: 错误: 文件读不了：没有这个文件"));
    assert_non_null(strstr(text, "sources.yaml: 错误: 文件读不了：没有这个文件"));
}

TEST(err_has_the_first_mistake)
{
    HY_CLEANUP(hy_diag_freep) struct hy_diag *d = hy_diag_new();
    struct hy_rules *r = NULL;
    struct hy_err err = HY_ERR_INIT;

    setenv("HUIYING_NATIONAL", NATIONAL, 1);
    assert_int_equal(hy_rules_load("/nonexistent/office", &r, d, &err), HY_E_PARSE);
    assert_string_equal(err.msg, "错误: 没有规则目录 /nonexistent/office（用 -c 指定）");
}

/* The real directories, as they are shipped. */
TEST(the_sample_office_has_no_mistakes)
{
    HY_CLEANUP(hy_diag_freep) struct hy_diag *d = hy_diag_new();
    HY_CLEANUP(hy_rules_freep) struct hy_rules *r = NULL;
    HY_CLEANUP(hy_buf_release) struct hy_buf out = HY_BUF_INIT(1 << 20);
    struct hy_err err = HY_ERR_INIT;

    unsetenv("HUIYING_NATIONAL");
    int rc = hy_rules_load("rules/sample", &r, d, &err);
    hy_diag_print(d, &out);
    if (rc < 0)
        fail_msg("%s", out.p);
    for (size_t i = 0; i < r->sources->rows.n; i++) { /* a sample never reaches the world */
        const struct hy_source *s = hy_sources_at(r->sources, i);
        assert_true(hy_str_starts(hy_str(s->url), HY_STR("http://127.0.0.1:181")));
        assert_true(s->allow_private);
        if (s->official)
            assert_non_null(hy_office_own_channel(r->office, hy_str(s->url)));
    }
}
