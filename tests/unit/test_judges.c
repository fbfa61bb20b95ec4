/* SPDX-License-Identifier: Apache-2.0 */
/* Which offices hear of an item, and under which name its source is known to them. */
#include "analyzer/judges.h"

#include "analyzer/lookout.h"
#include "core/json.h"
#include "rules/offices.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/offices_dir.h"

/* Two places far apart; a public source of A's, one inside B's network, which B names twice. */
static struct hy_judges *begin(void)
{
    struct hy_offices *o = NULL;
    struct hy_err err = HY_ERR_INIT;

    make_top();
    put("a", "office.yaml", "id: a\nname: 甲\nlevel: county\ndivision: \"350102\"\ncontact: a@b.cn\n");
    put("b", "office.yaml", "id: b\nname: 乙\nlevel: county\ndivision: \"632500\"\ncontact: a@b.cn\n");
    put("a", "sources.yaml",
        "sources: [{id: news, name: 新闻, kind: list, url: \"https://news.example.cn/\"}]\n");
    put("b", "sources.yaml",
        "sources:\n"
        "  - {id: inside, name: 内网, kind: list, url: \"http://10.0.0.1/\", allow_private: true}\n"
        "  - {id: again, name: 内网, kind: list, url: \"http://10.0.0.1/#top\", allow_private: true}\n");
    if (hy_offices_load(top, NULL, &o, &err) < 0)
        fail_msg("%s", err.msg);
    return hy_judges_new(o, NULL);
}

static void end(struct hy_judges *j)
{
    hy_judges_free(j);
    remove_top();
}

/* "a b" with the name each knows the source by: "a:news". */
static const char *heard(struct hy_judges *j, size_t source, const char *title, const char *text)
{
    static char said[256];
    const struct hy_offices *o = hy_judges_offices(j);
    const struct hy_finding *found;
    struct hy_err err = HY_ERR_INIT;
    size_t n = 0, at = 0;
    json_t *item = json_pack("{s:s,s:s,s:s,s:s,s:s}", "id", "x", "url", "https://else.example/x",
                             "source", o->sources[source].id, "title", title, "text", text);
    HY_CLEANUP(hy_freep) char *line = hy_json_text(item);

    json_decref(item);
    assert_int_equal(hy_judges_item(j, hy_str(line), &found, &n, &err), HY_OK);
    said[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        struct hy_str name = hy_json_peek_str(found[i].verdict.scored, HY_STR("source"));
        at += (size_t)snprintf(said + at, sizeof(said) - at, "%s%s:" HY_STR_FMT, i ? " " : "",
                               found[i].office, HY_STR_ARG(name));
    }
    return said;
}

TEST(who_hears)
{
    struct hy_judges *j = begin();

    assert_string_equal(heard(j, 0, "天气", "今天晴"), "a:news"); /* it watches the source */
    const char *both = heard(j, 0, "海南藏族自治州一厂房爆炸", "青海省海南藏族自治州一厂房爆炸。");
    assert_non_null(strstr(both, "b:news-example-cn-")); /* the place is B's, the source is not */
    assert_non_null(strstr(both, "a:news"));
    /* what lies in B's network is B's, whatever place it names; once, though B names it twice */
    assert_string_equal(heard(j, 1, "福州市鼓楼区一厂房爆炸", "福州市鼓楼区一厂房爆炸。"), "b:inside");
    end(j);
}

TEST(who_looks_out)
{
    struct hy_judges *j = begin();
    struct hy_lookouts *l = hy_lookouts_new();
    struct hy_err err = HY_ERR_INIT;

    assert_int_equal(hy_lookouts_add(l,
                                     HY_STR("{\"id\":\"A1\",\"from\":\"2020-01-01T00:00:00+08:00\","
                                            "\"to\":\"2099-01-01T00:00:00+08:00\",\"words\":[\"供热 涨价\"]}"),
                                     &err),
                     HY_OK);
    hy_judges_look_for(j, 1, l);
    assert_true(strncmp(heard(j, 0, "供热要涨价", "听说了"), "a:news b:", 9) == 0);
    assert_string_equal(heard(j, 0, "供热不变", "听说了"), "a:news");
    end(j);
}
