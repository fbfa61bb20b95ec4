/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/board/first.h"

#include "alerts/board/account.h"
#include "alerts/board/trial.h"
#include "core/hash.h"
#include "core/mem.h"
#include "rules/rules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 64 << 10, ROWS_MAX = 60 };
#define HANDOVER_MS (8 * HY_HOUR_MS + 30 * HY_MINUTE_MS) /* 08:30 */

/* In the order in which they are written: the last one says that there is an office. */
static const char *const names[] = {"sources.yaml", "duty.yaml", "office.yaml"};
/* SHA-256 of what the package installs under these names (CMakeLists.txt). */
static const char *const placeholder[] = {HY_PLACEHOLDER_SOURCES, HY_PLACEHOLDER_DUTY,
                                          HY_PLACEHOLDER_OFFICE};

/* ---- texts ---- */

/* A JSON string is a YAML string, whatever is in it. */
static void put_text(struct hy_buf *b, struct hy_str value)
{
    hy_json_put_str(b, hy_str_trim(value));
}

static void put_member(struct hy_buf *b, const char *indent, const json_t *o, const char *key)
{
    struct hy_str value = hy_str_trim(hy_json_str(o, key));

    if (value.n == 0)
        return;
    hy_buf_printf(b, "%s%s: ", indent, key);
    put_text(b, value);
    hy_buf_char(b, '\n');
}

static int need(const json_t *o, const char *key, const char *label, struct hy_err *err)
{
    if (hy_str_trim(hy_json_str(o, key)).n == 0)
        return hy_fail(err, HY_E_USAGE, "请填写%s", label);
    return HY_OK;
}

static int put_office(struct hy_buf *b, const json_t *form, hy_wall now, struct hy_err *err)
{
    const json_t *o = json_object_get(form, "office"), *c = json_object_get(o, "channel");

    (void)now;
    if (need(o, "id", "单位编号", err) < 0 || need(o, "name", "单位名称", err) < 0 ||
        need(o, "level", "级别", err) < 0 || need(o, "division", "行政区划代码", err) < 0)
        return err->code;
    hy_buf_puts(b, "# 本单位是谁、在哪里、在哪些地方发布消息。首次设置时由看板写成，以后请直接改这个文件，"
                   "改完运行 huiying check。\n");
    put_member(b, "", o, "id");
    put_member(b, "", o, "name");
    put_member(b, "", o, "level");
    put_member(b, "", o, "division");
    hy_buf_puts(b, "zone: \"+08:00\"\n");
    put_member(b, "", o, "contact");
    if (hy_str_trim(hy_json_str(c, "url")).n == 0)
        return HY_OK;
    hy_buf_puts(b, "# 自己的发布渠道：在这些网址下发布的内容，才可能算作“已发布权威信息”。\nchannels:\n"
                   "  - id: portal\n");
    if (hy_str_trim(hy_json_str(c, "name")).n)
        put_member(b, "    ", c, "name");
    else
        put_member(b, "    ", o, "name");
    hy_buf_puts(b, "    urls: [");
    put_text(b, hy_json_str(c, "url"));
    hy_buf_puts(b, "]\n");
    return HY_OK;
}

static int put_sources(struct hy_buf *b, const json_t *form, hy_wall now, struct hy_err *err)
{
    const json_t *list = json_object_get(form, "sources");
    size_t i;
    json_t *o;

    (void)now;
    hy_buf_puts(b, "# 要看哪些网站。首次设置时由看板写成，以后请直接改这个文件，改完运行 huiying check。\n"
                   "# 只采集公开页面，遵守 robots.txt，不登录。\nsources:");
    hy_buf_puts(b, json_array_size(list) ? "\n" : " []\n");
    json_array_foreach (list, i, o) {
        if (need(o, "name", "来源的名称", err) < 0 || need(o, "kind", "来源的类型", err) < 0 ||
            need(o, "url", "来源的网址", err) < 0)
            return err->code;
        hy_buf_printf(b, "  - id: source-%zu\n", i + 1);
        put_member(b, "    ", o, "name");
        put_member(b, "    ", o, "kind");
        put_member(b, "    ", o, "url");
        if (hy_json_bool(o, "official"))
            hy_buf_puts(b, "    official: true\n");
        if (hy_json_bool(o, "allow_private"))
            hy_buf_puts(b, "    allow_private: true\n");
    }
    return HY_OK;
}

static bool has_role(const json_t *person, const char *role)
{
    size_t i;
    json_t *v;

    json_array_foreach (json_object_get(person, "roles"), i, v)
        if (json_is_string(v) && strcmp(json_string_value(v), role) == 0)
            return true;
    return false;
}

static int put_person(struct hy_buf *b, const json_t *o, struct hy_err *err)
{
    size_t i;
    json_t *v;

    if (!hy_account_id_ok(hy_str_trim(hy_json_str(o, "id"))))
        return hy_fail(err, HY_E_USAGE,
                       "人员编号用小写字母、数字、点、- 和 _，2 到 32 个，以字母开头");
    if (need(o, "name", "姓名", err) < 0)
        return err->code;
    hy_buf_puts(b, "  - {id: ");
    put_text(b, hy_json_str(o, "id"));
    hy_buf_puts(b, ", name: ");
    put_text(b, hy_json_str(o, "name"));
    hy_buf_puts(b, ", roles: [");
    json_array_foreach (json_object_get(o, "roles"), i, v) {
        hy_buf_puts(b, i ? ", " : "");
        put_text(b, hy_str(json_string_value(v)));
    }
    hy_buf_puts(b, "], channels: [desktop, board]}\n");
    return HY_OK;
}

/* The one of the list who has the role, counted from `from` on in a circle; NULL: nobody. */
static const json_t *next_with(const json_t *list, size_t from, const char *role)
{
    size_t n = json_array_size(list);

    for (size_t i = 0; i < n; i++) {
        const json_t *o = json_array_get(list, (from + i) % n);
        if (has_role(o, role))
            return o;
    }
    return NULL;
}

static void put_turns(struct hy_buf *b, const json_t *list)
{
    size_t i;
    json_t *o;

    json_array_foreach (list, i, o) {
        const json_t *second = next_with(list, i + 1, "duty");
        if (!has_role(o, "duty"))
            continue;
        hy_buf_puts(b, "    - {duty: ");
        put_text(b, hy_json_str(o, "id"));
        if (second != o) {
            hy_buf_puts(b, ", second: ");
            put_text(b, hy_json_str(second, "id"));
        }
        hy_buf_puts(b, "}\n");
    }
}

static int put_duty(struct hy_buf *b, const json_t *form, hy_wall now, struct hy_err *err)
{
    static const char *const posts[] = {"supervisor", "leader", "unit_lead"};
    const json_t *list = json_object_get(form, "people");
    /* Somebody is on duty from now on, also when it is before the hour of handing over. */
    struct hy_civil c = hy_civil_of(hy_wall_add_ms(now, -HANDOVER_MS), HY_CST);
    size_t i;
    json_t *o;

    if (next_with(list, 0, "duty") == NULL)
        return hy_fail(err, HY_E_USAGE, "至少要有一位值班员");
    const json_t *chief = next_with(list, 0, "supervisor");
    hy_buf_puts(b, "# 谁值班、没人应答时再找谁。首次设置时由看板写成，以后请直接改这个文件，改完运行 "
                   "huiying check；临时换班在看板的值班页办。\npeople:\n");
    json_array_foreach (list, i, o)
        if (put_person(b, o, err) < 0)
            return err->code;
    hy_buf_printf(b, "# 从 start 那天起按 turns 的顺序一班接一班。\nrota:\n  handover: \"08:30\"\n"
                     "  start: %04d-%02d-%02d\n  days: 1\n  turns:\n",
                  c.year, c.month, c.day);
    put_turns(b, list);
    hy_buf_puts(b, "posts:\n");
    for (i = 0; i < HY_COUNT(posts); i++) {
        hy_buf_printf(b, "  %s: [", posts[i]);
        put_text(b, hy_json_str(chief ? chief : json_array_get(list, 0), "id"));
        hy_buf_puts(b, "]\n");
    }
    hy_buf_puts(b, "# 提醒发出后没有人签收，过多久再提醒谁。\nescalation:\n"
                   "  - {after: 10m, to: second}\n  - {after: 20m, to: unit_lead}\n"
                   "  - {after: 40m, to: supervisor}\n");
    return HY_OK;
}

static int (*const put_file[])(struct hy_buf *, const json_t *, hy_wall, struct hy_err *) = {
    put_sources, put_duty, put_office};
_Static_assert(HY_COUNT(put_file) == HY_COUNT(names), "a text for each file");
_Static_assert(HY_COUNT(placeholder) == HY_COUNT(names), "a placeholder of each file");

/* What cannot be read is not ours to judge: no placeholder. */
static bool is_placeholder(const char *path, size_t i)
{
    HY_CLEANUP(hy_buf_release) struct hy_buf text = HY_BUF_INIT(FILE_MAX);
    struct hy_err ignored = HY_ERR_INIT;
    char hex[HY_SHA256_HEX];

    if (hy_buf_read_file(&text, path, &ignored) < 0)
        return false;
    hy_sha256_hex(hy_buf_view(&text), hex);
    return strcmp(hex, placeholder[i]) == 0;
}

/* A file that somebody wrote. */
static bool is_there(const char *dir, size_t i)
{
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/%s", dir, names[i]);
    struct stat st;

    return (lstat(path, &st) == 0 || errno != ENOENT) && !is_placeholder(path, i);
}

int hy_first_compose(const char *dir, const json_t *form, hy_wall now, json_t **ret,
                     struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *texts = json_object();

    if (json_array_size(json_object_get(form, "sources")) > ROWS_MAX ||
        json_array_size(json_object_get(form, "people")) > ROWS_MAX)
        return hy_fail(err, HY_E_USAGE, "首次设置最多登记 %d 行，其余以后写进文件", (int)ROWS_MAX);
    for (size_t i = 0; i < HY_COUNT(names); i++) {
        HY_CLEANUP(hy_buf_release) struct hy_buf b = HY_BUF_INIT(FILE_MAX);
        if (is_there(dir, i))
            continue;
        if (put_file[i](&b, form, now, err) < 0 || hy_buf_check(&b, names[i], err) < 0)
            return err->code;
        hy_json_set_str(texts, names[i], hy_buf_view(&b));
    }
    *ret = HY_TAKE(texts);
    return HY_OK;
}

json_t *hy_first_missing(const char *dir)
{
    json_t *list = json_array();

    for (size_t i = 0; i < HY_COUNT(names); i++)
        if (!is_there(dir, i))
            json_array_append_new(list, json_string(names[i]));
    return list;
}

bool hy_first_is_needed(const char *dir)
{
    return !is_there(dir, HY_COUNT(names) - 1);
}

bool hy_first_may_write(const char *dir)
{
    return access(dir, W_OK | X_OK) == 0;
}

/* ---- files ---- */

static int write_new(const char *path, const char *text, struct hy_err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    size_t n = strlen(text);

    if (fd < 0)
        return hy_fail_errno(err, "不能写 %s", path);
    bool ok = fchmod(fd, 0644) == 0 && write(fd, text, n) == (ssize_t)n && fsync(fd) == 0;
    if (close(fd) < 0 || !ok)
        return hy_fail_errno(err, "不能写 %s", path);
    return HY_OK;
}

static int exchange(const char *a, const char *b)
{
    return renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
}

/* The two change places, and what came out is looked at: an edit that was saved a moment before goes
 * back to where it was; where it cannot, it stays beside and is named. */
static int replace_placeholder(char **part, const char *path, size_t i, struct hy_err *err)
{
    if (!is_placeholder(path, i))
        return hy_fail(err, HY_E_STATE, "%s 刚刚出现了，没有改动它", path);
    if (exchange(*part, path) < 0)
        return hy_fail_errno(err, "不能写 %s", path);
    if (is_placeholder(*part, i))
        return HY_OK;
    if (exchange(*part, path) == 0)
        return hy_fail(err, HY_E_STATE, "%s 刚刚有人改过，没有改动它", path);
    HY_CLEANUP(hy_freep) char *kept = HY_TAKE(*part);
    return hy_fail_errno(err, "%s 刚刚有人改过，原来的内容在 %s", path, kept);
}

/* A link never replaces anything, unlike a rename. */
static int put_in_place(const char *dir, size_t i, const char *text, struct hy_err *err)
{
    char random[17];
    hy_random_hex(random, 8);
    HY_CLEANUP(hy_freep) char *part = hy_xasprintf("%s/.%s.%s", dir, names[i], random);
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/%s", dir, names[i]);
    int rc = write_new(part, text, err);

    if (rc == HY_OK && link(part, path) < 0)
        rc = errno == EEXIST ? replace_placeholder(&part, path, i, err)
                             : hy_fail_errno(err, "不能写 %s", path);
    if (part)
        unlink(part);
    return rc;
}

static void sync_folder(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return;
    (void)!fsync(fd);
    close(fd);
}

int hy_first_write(const char *dir, const json_t *texts, struct hy_err *err)
{
    for (size_t i = 0; i < HY_COUNT(names); i++) {
        const char *text = json_string_value(json_object_get(texts, names[i]));
        if (text && put_in_place(dir, i, text, err) < 0)
            return err->code;
    }
    sync_folder(dir);
    return HY_OK;
}

int hy_first_offer(const char *dir, const char *data, const json_t *texts, char **ret,
                   struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *from = hy_xasprintf("%s/first", data);
    HY_CLEANUP(hy_buf_release) struct hy_buf command = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    if (mkdir(from, 0755) < 0 && errno != EEXIST)
        return hy_fail_errno(err, "不能建 %s", from);
    hy_buf_puts(&command, "sudo install -m 644");
    for (size_t i = 0; i < HY_COUNT(names); i++) {
        HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/%s", from, names[i]);
        if (unlink(path) < 0 && errno != ENOENT) /* of a try before */
            return hy_fail_errno(err, "不能写 %s", path);
        if (json_object_get(texts, names[i]))
            hy_buf_printf(&command, " %s", path);
    }
    hy_buf_printf(&command, " %s/", dir);
    if (hy_first_write(from, texts, err) < 0)
        return err->code;
    *ret = hy_buf_take(&command);
    return HY_OK;
}

/* ---- trying ---- */

static int try_folder(const char *dir, struct hy_buf *mistakes, struct hy_err *err)
{
    struct hy_diag *d = hy_diag_new();
    struct hy_rules *rules = NULL;
    int rc = hy_rules_load(dir, &rules, d, err);

    if (rc < 0)
        hy_diag_print(d, mistakes);
    hy_rules_free(rules);
    hy_diag_free(d);
    return rc;
}

/* Where the trial lies is of no use to anybody. */
static void drop_path(struct hy_buf *b, const char *dir)
{
    HY_CLEANUP(hy_freep) char *prefix = hy_xasprintf("%s/", dir);
    HY_CLEANUP(hy_freep) char *text = hy_str_dup(hy_buf_view(b));
    const char *p = text, *at;

    hy_buf_clear(b);
    for (; (at = strstr(p, prefix)); p = at + strlen(prefix))
        hy_buf_str(b, hy_str_n(p, (size_t)(at - p)));
    hy_buf_puts(b, p);
}

int hy_first_check(const char *dir, const char *data, const json_t *texts, struct hy_buf *mistakes,
                   struct hy_err *err)
{
    char national[4096];
    char *trial = NULL;
    int rc;

    if (getenv("HUIYING_NATIONAL") == NULL) /* the copy lies elsewhere */
        setenv("HUIYING_NATIONAL", hy_rules_national_dir(dir, national, sizeof(national)), 1);
    rc = hy_trial_make(dir, data, &(struct hy_trial_edit){.text = HY_STR("")}, &trial, err);
    if (rc == HY_OK)
        rc = hy_first_write(trial, texts, err);
    if (rc == HY_OK)
        rc = try_folder(trial, mistakes, err);
    if (trial)
        drop_path(mistakes, trial);
    hy_trial_remove(trial);
    free(trial);
    return rc;
}
