/* SPDX-License-Identifier: Apache-2.0 */
/* The first rule files: what is made of a form, what is refused, and that no file is replaced. */
#include "alerts/board/first.h"
#include "core/buf.h"
#include "core/mem.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/harness.h"

static char dir[] = "/tmp/huiying-first-XXXXXX";
static const hy_wall now = {1795708800000}; /* 2026-11-26 */

static json_t *form_of(const char *change)
{
    static const char base[] =
        "{\"office\":{\"id\":\"cesui\",\"name\":\"测穗市\",\"level\":\"city\",\"division\":"
        "\"440100\",\"contact\":\"a@example.cn\"},\"sources\":[{\"name\":\"a: \\\"b\\\" # c\","
        "\"kind\":\"list\",\"url\":\"https://a.example.cn/\"}],\"people\":[{\"id\":\"wang\",\"name\":"
        "\"王\",\"roles\":[\"duty\"]},{\"id\":\"zhao\",\"name\":\"赵\",\"roles\":[\"supervisor\"]},"
        "{\"id\":\"li\",\"name\":\"李\",\"roles\":[\"duty\"]}]}";
    struct hy_err err = HY_ERR_INIT;
    json_t *form = NULL, *other = NULL;

    assert_int_equal(hy_json_parse(HY_STR(base), &form, &err), HY_OK);
    assert_int_equal(hy_json_parse(hy_str(change), &other, &err), HY_OK);
    json_object_update(form, other);
    json_decref(other);
    return form;
}

static void empty_folder(void)
{
    DIR *d = opendir(dir);
    const struct dirent *e;

    assert_non_null(d);
    while ((e = readdir(d)))
        if (e->d_name[0] != '.' || strlen(e->d_name) > 2) {
            HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/%s", dir, e->d_name);
            unlink(path);
        }
    closedir(d);
}

static int files(void)
{
    DIR *d = opendir(dir);
    int n = 0;

    while (readdir(d))
        n++;
    closedir(d);
    return n - 2;
}

TEST(a_folder)
{
    assert_non_null(mkdtemp(dir));
    assert_true(hy_first_is_needed(dir));
    assert_true(hy_first_may_write(dir));
    assert_false(hy_first_may_write("/nowhere/at/all"));
}

TEST(a_form_becomes_files_the_checker_has_nothing_against)
{
    HY_CLEANUP(hy_json_freep) json_t *form = form_of("{}"), *texts = NULL;
    struct hy_buf mistakes = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_err err = HY_ERR_INIT;

    assert_int_equal(hy_first_compose(dir, form, now, &texts, &err), HY_OK);
    assert_int_equal(json_object_size(texts), 3);
    const char *duty = json_string_value(json_object_get(texts, "duty.yaml"));
    assert_non_null(strstr(duty, "start: 2026-11-26")); /* it is before half past eight */
    assert_non_null(strstr(duty, "{duty: \"wang\", second: \"li\"}\n    - {duty: \"li\", second: "
                                 "\"wang\"}\nposts:\n  supervisor: [\"zhao\"]"));
    if (hy_first_check(dir, "/tmp", texts, &mistakes, &err) < 0)
        fail_msg("%s %s", err.msg, mistakes.p ? mistakes.p : "");
    assert_int_equal(files(), 0); /* tried elsewhere */
    assert_int_equal(hy_first_write(dir, texts, &err), HY_OK);
    assert_int_equal(files(), 3);
    assert_false(hy_first_is_needed(dir));
    hy_buf_release(&mistakes);
}

TEST(somebody_is_on_duty_from_the_first_minute)
{
    static const struct {
        int64_t ms;
        const char *start;
    } cases[] = {{1795710599000, "start: 2026-11-26"}, {1795710600000, "start: 2026-11-26"},
                 {1795739400000, "start: 2026-11-27"}, {1795739399000, "start: 2026-11-26"}};

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        HY_CLEANUP(hy_json_freep) json_t *form = form_of("{}"), *texts = NULL;
        struct hy_err err = HY_ERR_INIT;
        empty_folder();
        assert_int_equal(hy_first_compose(dir, form, (hy_wall){cases[i].ms}, &texts, &err), HY_OK);
        const char *duty = json_string_value(json_object_get(texts, "duty.yaml"));
        if (strstr(duty, cases[i].start) == NULL)
            fail_msg("%lld: %s", (long long)cases[i].ms, duty);
    }
}

TEST(a_file_that_is_there_is_not_touched)
{
    HY_CLEANUP(hy_json_freep) json_t *form = form_of("{}"), *texts = NULL, *none = NULL;
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/sources.yaml", dir);
    struct hy_err err = HY_ERR_INIT;
    struct hy_buf text = HY_BUF_INIT(1000);

    empty_folder();
    assert_int_equal(hy_first_compose(dir, form, now, &texts, &err), HY_OK);
    FILE *f = fopen(path, "w"); /* between composing and writing */
    fputs("sources: []\n", f);
    fclose(f);
    assert_int_equal(hy_first_write(dir, texts, &err), HY_E_STATE);
    assert_int_equal(hy_buf_read_file(&text, path, &err), HY_OK);
    assert_string_equal(text.p, "sources: []\n");
    assert_int_equal(files(), 1); /* nothing half, and no office */
    err = HY_ERR_INIT;
    assert_int_equal(hy_first_compose(dir, form, now, &none, &err), HY_OK);
    assert_null(json_object_get(none, "sources.yaml"));
    assert_int_equal(hy_first_write(dir, none, &err), HY_OK);
    assert_int_equal(files(), 3);
    hy_buf_release(&text);
    empty_folder();
}

TEST(what_is_missing_is_said)
{
    static const struct {
        const char *change, *says;
    } cases[] = {
        {"{\"office\":{}}", "单位编号"},
        {"{\"office\":{\"id\":\"a\",\"name\":\"a\",\"level\":\"city\"}}", "行政区划代码"},
        {"{\"people\":[]}", "值班员"},
        {"{\"people\":7}", "值班员"},
        {"{\"people\":[{\"id\":\"a\\nb\",\"name\":\"a\",\"roles\":[\"duty\"]}]}", "人员编号"},
        {"{\"people\":[{\"id\":\"ab\",\"roles\":[\"duty\"]}]}", "姓名"},
        {"{\"sources\":[{\"name\":\"a\"}]}", "来源的类型"},
        {"{\"sources\":[7]}", "来源的名称"},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        HY_CLEANUP(hy_json_freep) json_t *form = form_of(cases[i].change), *texts = NULL;
        struct hy_err err = HY_ERR_INIT;
        assert_int_equal(hy_first_compose(dir, form, now, &texts, &err), HY_E_USAGE);
        if (strstr(err.msg, cases[i].says) == NULL)
            fail_msg("%s: %s", cases[i].change, err.msg);
    }
}

/* ---- the package's placeholders ---- */

static void put(const char *name, const char *add)
{
    HY_CLEANUP(hy_freep) char *from = hy_xasprintf("packaging/office/%s", name);
    HY_CLEANUP(hy_freep) char *to = hy_xasprintf("%s/%s", dir, name);
    HY_CLEANUP(hy_buf_release) struct hy_buf text = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_err err = HY_ERR_INIT;

    assert_int_equal(hy_buf_read_file(&text, from, &err), HY_OK);
    FILE *f = fopen(to, "w");
    fprintf(f, "%s%s", text.p, add);
    fclose(f);
}

static bool holds(const char *name, const char *what)
{
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/%s", dir, name);
    HY_CLEANUP(hy_buf_release) struct hy_buf text = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_err err = HY_ERR_INIT;

    assert_int_equal(hy_buf_read_file(&text, path, &err), HY_OK);
    return strstr(text.p, what) != NULL;
}

TEST(what_the_package_put_there_and_nobody_touched_is_nobodys)
{
    HY_CLEANUP(hy_json_freep) json_t *form = form_of("{}"), *texts = NULL, *missing = NULL;
    HY_CLEANUP(hy_buf_release) struct hy_buf mistakes = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_err err = HY_ERR_INIT;

    empty_folder();
    put("office.yaml", "");
    put("sources.yaml", "");
    put("duty.yaml", "# 改过\n");
    assert_true(hy_first_is_needed(dir));
    missing = hy_first_missing(dir);
    assert_int_equal(json_array_size(missing), 2);
    assert_int_equal(hy_first_compose(dir, form, now, &texts, &err), HY_OK);
    assert_null(json_object_get(texts, "duty.yaml"));
    if (hy_first_check(dir, "/tmp", texts, &mistakes, &err) < 0)
        fail_msg("%s %s", err.msg, mistakes.p ? mistakes.p : "");
    assert_int_equal(hy_first_write(dir, texts, &err), HY_OK);
    assert_int_equal(files(), 3); /* and nothing beside them */
    assert_false(hy_first_is_needed(dir));
    assert_true(holds("office.yaml", "测穗市"));
    assert_true(holds("duty.yaml", "# 改过"));
    assert_false(holds("sources.yaml", "www.example.gov.cn"));
}

TEST(an_edit_between_question_and_writing_stays)
{
    HY_CLEANUP(hy_json_freep) json_t *form = form_of("{}"), *texts = NULL;
    struct hy_err err = HY_ERR_INIT;

    empty_folder();
    put("office.yaml", "");
    put("sources.yaml", "");
    put("duty.yaml", "");
    assert_int_equal(hy_first_compose(dir, form, now, &texts, &err), HY_OK);
    put("sources.yaml", "# 管理员刚改的\n");
    assert_int_equal(hy_first_write(dir, texts, &err), HY_E_STATE);
    assert_true(holds("sources.yaml", "# 管理员刚改的"));
    assert_true(hy_first_is_needed(dir));
    assert_int_equal(files(), 3);
}

TEST(files_for_another_hand_come_with_the_command)
{
    HY_CLEANUP(hy_json_freep) json_t *form = form_of("{}"), *texts = NULL;
    HY_CLEANUP(hy_freep) char *command = NULL, *again = NULL;
    struct hy_err err = HY_ERR_INIT;

    empty_folder();
    assert_int_equal(hy_first_compose(dir, form, now, &texts, &err), HY_OK);
    assert_int_equal(hy_first_offer("/etc/x", dir, texts, &command, &err), HY_OK);
    HY_CLEANUP(hy_freep)
    char *want = hy_xasprintf("sudo install -m 644 %s/first/sources.yaml %s/first/duty.yaml "
                              "%s/first/office.yaml /etc/x/",
                              dir, dir, dir);
    assert_string_equal(command, want);
    assert_true(holds("first/office.yaml", "测穗市"));
    assert_int_equal(hy_first_offer("/etc/x", dir, texts, &again, &err), HY_OK); /* asked twice */
    static const char *const names[] = {"sources.yaml", "duty.yaml", "office.yaml", ""};
    for (size_t i = 0; i < HY_COUNT(names); i++) {
        HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/first/%s", dir, names[i]);
        assert_int_equal(remove(path), 0);
    }
}

TEST(what_is_wrong_is_named_by_file_and_line)
{
    HY_CLEANUP(hy_json_freep)
    json_t *form = form_of("{\"sources\":[{\"name\":\"a\",\"kind\":\"telex\",\"url\":\"x\"}]}"),
           *texts = NULL;
    struct hy_buf mistakes = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_err err = HY_ERR_INIT;

    assert_int_equal(hy_first_compose(dir, form, now, &texts, &err), HY_OK);
    assert_int_equal(hy_first_check(dir, "/tmp", texts, &mistakes, &err), HY_E_PARSE);
    assert_non_null(strstr(mistakes.p, "sources.yaml:"));
    assert_null(strstr(mistakes.p, "/tmp"));
    hy_buf_release(&mistakes);
    rmdir(dir);
}
