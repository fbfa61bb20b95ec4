/* SPDX-License-Identifier: Apache-2.0 */
/* The offices of one installation: what they watch together, what they may not disagree about, and
 * what broken files of one cost the others. */
#include "rules/offices.h"

#include "core/buf.h"
#include "rules/office.h"
#include "rules/rules.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/offices_dir.h"

static void put_office(const char *id, const char *more, const char *sources)
{
    char text[1024];

    snprintf(text, sizeof(text),
             "id: %s\nname: %s 新闻办\nlevel: county\ndivision: \"350102\"\n"
             "contact: press@example.cn\nchannels: []\n%s",
             id, id, more);
    put(id, "office.yaml", text);
    snprintf(text, sizeof(text), "sources:\n%s", sources);
    put(id, "sources.yaml", text);
    put(id, "duty.yaml",
        "people:\n  - {id: lin.yue, name: 林悦, roles: [duty], channels: [board]}\n"
        "rota: {handover: \"08:30\", start: 2026-01-01, days: 1, turns: [{duty: lin.yue}]}\n");
}

#define NEWS(id, more)                                                                             \
    "  - {id: " id ", name: " id ", kind: list, url: \"https://news.example.cn/local/" more "}\n"

static void begin(void)
{
    make_top();
}

static void end(void)
{
    remove_top();
}

static struct hy_offices *load(const struct hy_offices *before)
{
    struct hy_offices *o = NULL;
    struct hy_err err = HY_ERR_INIT;

    if (hy_offices_load(top, before, &o, &err) < 0)
        fail_msg("%s", err.msg);
    return o;
}

TEST(one_visit_for_all)
{
    begin();
    put_office("a-town", "", NEWS("ours", "\", gap: 3s, visit_min: 2m, visit_max: 30m")
                                 NEWS("other", "x/\""));
    put_office("b-town", "", NEWS("local", "?utm_source=b\", gap: 10s, visit_min: 1m, visit_max: 2h, official: true")
                                 "  - {id: inside, name: 内网, kind: list, url: \"http://10.1.1.1/\", allow_private: true}\n"
                                 "  - {id: off, name: 停用, kind: list, url: \"https://off.example.cn/\", enabled: false}\n");
    HY_CLEANUP(hy_offices_freep) struct hy_offices *o = load(NULL);

    assert_true(o->several);
    assert_int_equal(o->n, 2);
    assert_int_equal(o->n_sources, 3); /* the same page twice, one that is off */
    const struct hy_common_source *s = &o->sources[0];
    assert_int_equal(s->n_wishes, 2);
    assert_string_equal(hy_common_source_of(s, 0)->id, "ours");
    assert_string_equal(hy_common_source_of(s, 1)->id, "local");
    assert_null(hy_common_source_of(s, 7));
    /* as polite as the politest, as often as the keenest */
    assert_int_equal(s->as.gap_ms, 10000);
    assert_int_equal(s->as.visit_min_ms, 60000);
    assert_int_equal(s->as.visit_max_ms, 30 * 60000);
    assert_true(s->as.official);
    assert_true(strncmp(s->id, "news-example-cn-", 16) == 0);
    assert_true(hy_rules_is_id(hy_str(s->id)));
    assert_ptr_equal(hy_offices_source(o, hy_str(s->id)), s);
    assert_null(hy_offices_source(o, HY_STR("ours")));
    assert_null(hy_offices_only(o));
    end();
}

TEST(names_stay)
{
    begin();
    put_office("b-town", "", NEWS("local", "\""));
    HY_CLEANUP(hy_offices_freep) struct hy_offices *alone = load(NULL);
    put_office("a-town", "", NEWS("ours", "\""));
    HY_CLEANUP(hy_offices_freep) struct hy_offices *both = load(NULL);

    assert_string_equal(alone->sources[0].id, both->sources[0].id);
    end();
}

TEST(one_office_keeps_its_names)
{
    begin();
    HY_CLEANUP(hy_offices_freep) struct hy_offices *o = NULL;
    struct hy_err err = HY_ERR_INIT;
    char dir[128];

    put_office("a-town", "", NEWS("ours", "\"") NEWS("again", "\""));
    snprintf(dir, sizeof(dir), "%s/a-town", top);
    assert_int_equal(hy_offices_load(dir, NULL, &o, &err), HY_OK);
    assert_false(o->several);
    assert_int_equal(o->n_sources, 2);
    assert_string_equal(o->sources[0].id, "ours");
    assert_string_equal(hy_offices_only(o), "a-town");
    assert_string_equal(o->version, o->at[0]->version);
    end();
}

TEST(broken_rules_cost_one)
{
    begin();
    struct hy_offices *fresh = NULL;
    struct hy_err err = HY_ERR_INIT;

    put_office("a-town", "", NEWS("ours", "\""));
    put_office("b-town", "", NEWS("local", "\""));
    HY_CLEANUP(hy_offices_freep) struct hy_offices *before = load(NULL);
    put("a-town", "office.yaml", "id: [\n");
    put_office("b-town", "", NEWS("local", "\"") NEWS("more", "more/\""));
    HY_CLEANUP(hy_offices_freep) struct hy_offices *after = load(before);
    assert_int_equal(after->kept, 1);
    assert_string_equal(after->at[0]->version, before->at[0]->version);
    assert_string_not_equal(after->at[1]->version, before->at[1]->version);
    assert_int_equal(after->n_sources, 2);
    /* at a start there is nothing to keep */
    assert_int_equal(hy_offices_load(top, NULL, &fresh, &err), HY_E_PARSE);
    assert_non_null(strstr(err.msg, "a-town"));
    end();
}

TEST(conflicts)
{
    begin();
    static const struct {
        const char *a, *b, *said;
    } rows[] = {
        {"superior: b-town\n", "", "subordinates 里没有“a-town”"},
        {"superior: c-town\n", "", "上级单位“c-town”不在这里"},
        {"", "subordinates: [{id: a-town, name: 甲}]\n", "没有在自己的 superior 里写本单位"},
        {"", "subordinates: [{id: c-town, name: 丙}]\n", "下级单位“c-town”不在这里"},
        {"listen: 127.0.0.1:8801\n", "listen: 127.0.0.1:8801\n", "都是 127.0.0.1:8801"},
        {"superior: b-town\n", "subordinates: [{id: a-town, name: 甲}]\n", NULL},
    };

    for (size_t i = 0; i < HY_COUNT(rows); i++) {
        struct hy_offices *o = NULL;
        struct hy_err err = HY_ERR_INIT;
        put_office("a-town", rows[i].a, NEWS("ours", "\""));
        put_office("b-town", rows[i].b, NEWS("local", "\""));
        int rc = hy_offices_load(top, NULL, &o, &err);
        assert_int_equal(rc, rows[i].said ? HY_E_PARSE : HY_OK);
        if (rows[i].said && strstr(err.msg, rows[i].said) == NULL)
            fail_msg("said: %s", err.msg);
        hy_offices_free(o);
    }
    end();
}

TEST(same_id)
{
    begin();
    struct hy_offices *o = NULL;
    struct hy_err err = HY_ERR_INIT;

    put_office("a-town", "", NEWS("ours", "\""));
    put_office("b-town", "", NEWS("local", "\""));
    put("b-town", "office.yaml",
        "id: a-town\nname: 乙\nlevel: county\ndivision: \"350102\"\ncontact: p@example.cn\n");
    assert_int_equal(hy_offices_load(top, NULL, &o, &err), HY_E_PARSE);
    assert_non_null(strstr(err.msg, "都是“a-town”"));
    end();
}
