/* SPDX-License-Identifier: Apache-2.0 */
/* Holidays and make-up days by year.  A day is off when a holiday covers it, on when it is a
 * make-up day, otherwise by its weekday; make-up days win over holidays of another file. */
#include "rules/calendar.h"

#include "core/mem.h"
#include "rules/office.h"
#include "rules/rules.h"

#include <dirent.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct raw_holiday {
    char *name;
    int64_t from, to;
    struct hy_texts makeup;
    struct hy_pos pos;
};
struct raw_year {
    int64_t year;
    char *basis;
    struct hy_rows holidays;
    struct hy_texts include;
    bool checked;
    struct hy_pos pos;
};

static void year_defaults(void *row)
{
    ((struct raw_year *)row)->checked = true;
}

#define HOLIDAY(k, t, f) .key = k, .type = t, .offset = offsetof(struct raw_holiday, f)
static const struct hy_y_key holiday_keys[] = {
    {HOLIDAY("name", HY_Y_TEXT, name), .required = true, .help = "节日名称"},
    {HOLIDAY("from", HY_Y_DATE, from), .required = true, .help = "放假第一天"},
    {HOLIDAY("to", HY_Y_DATE, to), .required = true, .help = "放假最后一天"},
    {HOLIDAY("makeup", HY_Y_TEXTS, makeup), .help = "调休上班的日子"},
    {HOLIDAY("", HY_Y_POS, pos)},
    {0},
};
static const struct hy_y_schema holiday_schema = {sizeof(struct raw_holiday), holiday_keys, NULL};

#define YEAR(k, t, f) .key = k, .type = t, .offset = offsetof(struct raw_year, f)
static const struct hy_y_key year_keys[] = {
    {YEAR("year", HY_Y_INT, year), .min = 1990, .max = 2200, .help = "年份"},
    {YEAR("basis", HY_Y_TEXT, basis), .help = "放假安排的通知"},
    {YEAR("checked", HY_Y_BOOL, checked), .help = "日期已按通知核对，默认是"},
    {YEAR("include", HY_Y_TEXTS, include),
     .help = "另加哪些地区的节日，如 [ningxia]；这样的文件不用写别的"},
    {YEAR("holidays", HY_Y_LIST, holidays), .sub = &holiday_schema, .help = "放假和调休"},
    {YEAR("", HY_Y_POS, pos)},
    {0},
};
static const struct hy_y_schema year_schema = {sizeof(struct raw_year), year_keys, year_defaults};

struct span {
    int64_t from, to; /* both days included */
};
struct region {
    char *name;        /* owned */
    HY_VEC(int) years; /* with a local notice */
};
struct hy_calendar {
    HY_VEC(int) years; /* with a national notice */
    HY_VEC(struct region) regions; /* that the office includes */
    HY_VEC(struct span) off;
    HY_VEC(int64_t) makeup;
    HY_VEC(char *) unchecked; /* "FILE（2026年）", owned */
};

static int year_of(int64_t day)
{
    int y, m, d;

    hy_date_of(day, &y, &m, &d);
    return y;
}

/* "2026-02-14"; HY_Y_DATE exists for fields, a list of dates arrives as texts. */
static bool date_parse(struct hy_str s, int64_t *ret)
{
    int64_t y, m, d;

    if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-' || !hy_str_to_i64(hy_str_sub(s, 0, 4), &y) ||
        !hy_str_to_i64(hy_str_sub(s, 5, 7), &m) || !hy_str_to_i64(hy_str_sub(s, 8, 10), &d) ||
        !hy_date_exists((int)y, (int)m, (int)d))
        return false;
    *ret = hy_days_of((int)y, (int)m, (int)d);
    return true;
}

static void put_holiday(struct hy_calendar *c, const struct raw_holiday *h, int year,
                        struct hy_diag *d)
{
    if (h->to < h->from)
        hy_diag_at(d, h->pos, "“%s”的最后一天早于第一天", h->name ? h->name : "");
    else if (year_of(h->from) != year && year_of(h->to) != year)
        hy_diag_at(d, h->pos, "“%s”不在 %d 年", h->name ? h->name : "", year);
    else
        hy_vec_push(&c->off, (struct span){h->from, h->to});
    for (size_t i = 0; i < h->makeup.n; i++) {
        int64_t day;
        if (date_parse(hy_str(h->makeup.v[i]), &day))
            hy_vec_push(&c->makeup, day);
        else
            hy_diag_at(d, h->makeup.pos[i], "“%s”不是日期，要写成 2026-02-14", h->makeup.v[i]);
    }
}

static void put_year(struct hy_calendar *c, const struct raw_year *raw, bool national,
                     struct hy_diag *d)
{
    const struct raw_holiday *rows = raw->holidays.v;

    if (raw->year == 0 || raw->basis == NULL) {
        if (raw->include.n == 0)
            hy_diag_at(d, raw->pos, "这里缺少必填的键“%s”", raw->year ? "basis" : "year");
        return;
    }
    for (size_t i = 0; i < raw->holidays.n; i++)
        put_holiday(c, &rows[i], (int)raw->year, d);
    if (!raw->checked)
        hy_vec_push(&c->unchecked, hy_xstrdup(raw->basis));
    if (!national)
        return;
    if (hy_calendar_has_year(c, (int)raw->year))
        hy_diag_at(d, raw->pos, "%d 年的放假安排写了两次", (int)raw->year);
    hy_vec_push(&c->years, (int)raw->year);
}

int hy_calendar_add_text(struct hy_calendar *c, struct hy_str text, const char *name, bool national,
                         struct hy_diag *d, struct hy_err *err)
{
    struct raw_year raw = {.checked = true};
    int rc = hy_yaml_load_text(text, name, &year_schema, &raw, d, err);

    if (rc == HY_OK)
        put_year(c, &raw, national, d);
    hy_yaml_release(&year_schema, &raw);
    return rc;
}

const char *hy_calendar_unchecked(const struct hy_calendar *c, size_t i)
{
    return i < c->unchecked.n ? c->unchecked.v[i] : NULL;
}

static bool is_among(const int *years, size_t n, int year)
{
    for (size_t i = 0; i < n; i++)
        if (years[i] == year)
            return true;
    return false;
}

bool hy_calendar_has_year(const struct hy_calendar *c, int year)
{
    return is_among(c->years.v, c->years.n, year);
}

/* A region that the office includes and that has no notice for this year, or NULL: counting on would
 * silently take its holidays for working days. */
static const char *region_without(const struct hy_calendar *c, int year)
{
    for (size_t i = 0; i < c->regions.n; i++)
        if (!is_among(c->regions.v[i].years.v, c->regions.v[i].years.n, year))
            return c->regions.v[i].name;
    return NULL;
}

static bool is_makeup(const struct hy_calendar *c, int64_t day)
{
    for (size_t i = 0; i < c->makeup.n; i++)
        if (c->makeup.v[i] == day)
            return true;
    return false;
}

static bool is_off(const struct hy_calendar *c, int64_t day)
{
    int64_t weekday = ((day + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday; 0 is Sunday */

    for (size_t i = 0; i < c->off.n; i++)
        if (day >= c->off.v[i].from && day <= c->off.v[i].to)
            return true;
    return weekday == 0 || weekday == 6;
}

int hy_calendar_is_workday(const struct hy_calendar *c, int64_t day, bool *ret, struct hy_err *err)
{
    int year = year_of(day);

    if (!hy_calendar_has_year(c, year))
        return hy_fail(err, HY_E_NOTFOUND,
                       "没有 %d 年的放假安排（calendar/%d.yaml），不能计算工作日", year, year);
    const char *region = region_without(c, year);
    if (region)
        return hy_fail(err, HY_E_NOTFOUND,
                       "没有 %d 年的地方放假安排（calendar/regions/%s-%d.yaml），不能计算工作日", year,
                       region, year);
    *ret = is_makeup(c, day) || !is_off(c, day);
    return HY_OK;
}

int hy_calendar_add(const struct hy_calendar *c, int64_t day, int n, int64_t *ret,
                    struct hy_err *err)
{
    int64_t step = n < 0 ? -1 : 1;

    while (n != 0) {
        bool works;
        day += step;
        if (hy_calendar_is_workday(c, day, &works, err) < 0)
            return err->code;
        if (works)
            n -= (int)step;
    }
    *ret = day;
    return HY_OK;
}

struct hy_calendar *hy_calendar_new(void)
{
    return hy_xcalloc(1, sizeof(struct hy_calendar));
}

void hy_calendar_free(struct hy_calendar *c)
{
    if (c == NULL)
        return;
    hy_vec_release(&c->years);
    for (size_t i = 0; i < c->regions.n; i++) {
        free(c->regions.v[i].name);
        hy_vec_release(&c->regions.v[i].years);
    }
    hy_vec_release(&c->regions);
    hy_vec_release(&c->off);
    hy_vec_release(&c->makeup);
    for (size_t i = 0; i < c->unchecked.n; i++)
        free(c->unchecked.v[i]);
    hy_vec_release(&c->unchecked);
    free(c);
}

static int load_file(const char *path, const char *from, bool national, struct hy_calendar *c,
                     struct hy_diag *d, struct hy_err *err);

/* "…/ningxia-2027.yaml": the year it is for. */
static int year_of_file(const char *path)
{
    struct hy_str s = hy_str(path);
    int64_t year = 0;

    if (s.n > 9)
        (void)hy_str_to_i64(hy_str_sub(s, s.n - 9, s.n - 5), &year);
    return (int)year;
}

/* Every year of an overlay. */
static int load_region(const char *name, struct hy_pos pos, const char *from, struct hy_calendar *c,
                       struct hy_diag *d, struct hy_err *err)
{
    char national[1024], pattern[1400];
    glob_t files;
    int rc = HY_OK;

    hy_rules_national_dir(from, national, sizeof(national));
    snprintf(pattern, sizeof(pattern), "%s/calendar/regions/%s-*.yaml", national, name);
    if (!hy_rules_is_id(hy_str(name)) || glob(pattern, 0, NULL, &files) != 0) {
        hy_diag_at(d, pos, "全国规则的 calendar/regions/ 里没有“%s”", name);
        return hy_fail(err, HY_E_PARSE, "no region %s", name);
    }
    struct region region = {.name = hy_xstrdup(name)};
    for (size_t i = 0; i < files.gl_pathc; i++) {
        hy_vec_push(&region.years, year_of_file(files.gl_pathv[i]));
        if (load_file(files.gl_pathv[i], NULL, false, c, d, err) < 0)
            rc = err->code;
    }
    hy_vec_push(&c->regions, region);
    globfree(&files);
    return rc;
}

/* `from`: the directory of an office, which may include overlays; else NULL. */
static int load_file(const char *path, const char *from, bool national, struct hy_calendar *c,
                     struct hy_diag *d, struct hy_err *err)
{
    struct raw_year raw = {.checked = true};
    int rc = hy_yaml_load(path, &year_schema, &raw, d, err);

    if (rc == HY_OK)
        put_year(c, &raw, national, d);
    for (size_t i = 0; rc == HY_OK && from && i < raw.include.n; i++)
        rc = load_region(raw.include.v[i], raw.include.pos[i], from, c, d, err);
    hy_yaml_release(&year_schema, &raw);
    return rc;
}

static int is_yaml(const struct dirent *e)
{
    return hy_str_ends(hy_str(e->d_name), HY_STR(".yaml"));
}

static int load(const char *from, bool national, void **section, struct hy_diag *d,
                struct hy_err *err)
{
    char dir[1024], path[1400];
    struct dirent **names = NULL;
    int n, rc = HY_OK;

    if (*section == NULL)
        *section = hy_calendar_new();
    snprintf(dir, sizeof(dir), "%s/calendar", from);
    n = scandir(dir, &names, is_yaml, alphasort);
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
        if (load_file(path, national ? NULL : from, national, *section, d, err) < 0)
            rc = err->code; /* go on: all mistakes in one run */
        free(names[i]);
    }
    free(names);
    return rc;
}

/* Some dozen numbers: copied. */
static void *over(const void *national)
{
    const struct hy_calendar *from = national;
    struct hy_calendar *c = hy_calendar_new();

    for (size_t i = 0; i < from->years.n; i++)
        hy_vec_push(&c->years, from->years.v[i]);
    for (size_t i = 0; i < from->off.n; i++)
        hy_vec_push(&c->off, from->off.v[i]);
    for (size_t i = 0; i < from->makeup.n; i++)
        hy_vec_push(&c->makeup, from->makeup.v[i]);
    for (size_t i = 0; i < from->unchecked.n; i++)
        hy_vec_push(&c->unchecked, hy_xstrdup(from->unchecked.v[i]));
    return c;
}

static void free_section(void *section)
{
    hy_calendar_free(section);
}

const struct hy_section hy_section_calendar = {
    .name = "calendar",
    .offset = offsetof(struct hy_rules, calendar),
    .load = load,
    .over = over,
    .free = free_section,
    .file = "calendar/",
    .schema = &year_schema,
};
