/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/sources.h"

#include "core/mem.h"
#include "rules/office.h"
#include "rules/places.h"

#include <stdio.h>
#include <string.h>

const char *const hy_source_kind_name[] = {"list", "feed", "sitemap", "forum",
                                           "page", "json", NULL};
_Static_assert(HY_COUNT(hy_source_kind_name) == HY_SOURCE_KIND_COUNT + 1, "name every kind");

#define AT(type, field) offsetof(struct type, field)
static const struct hy_y_key selector_keys[] = {
    {"item", HY_Y_TEXT, AT(hy_selectors, item), .help = "列表中的一项"},
    {"link", HY_Y_TEXT, AT(hy_selectors, link), .help = "一项中的链接，默认第一个"},
    {"title", HY_Y_TEXT, AT(hy_selectors, title), .help = "标题"},
    {"date", HY_Y_TEXT, AT(hy_selectors, date), .help = "发布时间"},
    {"body", HY_Y_TEXT, AT(hy_selectors, body), .help = "正文页中的正文"},
    {0},
};
static const struct hy_y_schema selector_schema = {sizeof(struct hy_selectors), selector_keys,
                                                   NULL};

static void source_defaults(void *row)
{
    struct hy_source *s = row;

    s->gap_ms = 2 * HY_SECOND_MS;
    s->visit_min_ms = HY_MINUTE_MS;
    s->visit_max_ms = HY_HOUR_MS;
    s->credibility = 50;
    s->enabled = s->discover = true;
}

/* "05:30" in minutes, "24:00" included; -1: it is no time of day. */
static int minutes_of(struct hy_str s)
{
    int64_t hour, minute;
    struct hy_str head;

    if (!hy_str_cut(&s, ':', &head) || head.n == 0 || head.n > 2 || s.n != 2 ||
        !hy_str_to_i64(head, &hour) || !hy_str_to_i64(s, &minute))
        return -1;
    bool ok = hour >= 0 && minute >= 0 && minute < 60 && hour * 60 + minute <= 24 * 60;
    return ok ? (int)(hour * 60 + minute) : -1;
}

static void read_hours(const struct hy_y_node *n, void *field, struct hy_diag *d)
{
    struct hy_str to = hy_y_kind(n) == HY_Y_SCALAR ? hy_y_scalar(n) : hy_str(""), from;
    struct hy_hours h = {-1, -1};

    if (hy_str_cut(&to, '-', &from))
        h = (struct hy_hours){minutes_of(hy_str_trim(from)), minutes_of(hy_str_trim(to))};
    if (h.from_min < 0 || h.to_min < 0 || h.from_min == h.to_min)
        hy_diag_at(d, hy_y_pos(n, d), "quiet_hours 写成 \"23:00-06:00\" 这样的一段时间");
    else
        *(struct hy_hours *)field = h;
}

hy_wall hy_source_quiet_until(const struct hy_source *s, hy_wall now)
{
    const struct hy_hours *h = &s->quiet_hours;
    int64_t day_ms = (now.ms + HY_CST * HY_MINUTE_MS) % HY_DAY_MS, minute = day_ms / HY_MINUTE_MS;
    bool over_midnight = h->from_min > h->to_min;
    bool in = over_midnight ? minute >= h->from_min || minute < h->to_min
                            : minute >= h->from_min && minute < h->to_min;

    if (!in)
        return HY_WALL_NONE;
    int64_t end =
        h->to_min * HY_MINUTE_MS + (over_midnight && minute >= h->from_min ? HY_DAY_MS : 0);
    return hy_wall_add_ms(now, end - day_ms);
}

static const struct hy_y_key source_keys[] = {
    {"", HY_Y_POS, AT(hy_source, pos)},
    {"id", HY_Y_TEXT, AT(hy_source, id), .required = true, .unique = true,
     .help = "编号，小写字母、数字和短横线；启用后不要再改"},
    {"name", HY_Y_TEXT, AT(hy_source, name), .required = true, .help = "名称，显示在看板上"},
    {"kind", HY_Y_NAME, AT(hy_source, kind), .required = true, .names = hy_source_kind_name,
     .help = "list 栏目页、feed 订阅（RSS/Atom）、sitemap 站点地图、forum 论坛版块、page "
             "单个页面、json 接口"},
    {"url", HY_Y_TEXT, AT(hy_source, url), .required = true, .help = "网址"},
    {"url", HY_Y_POS, AT(hy_source, url_pos)},
    {"charset", HY_Y_TEXT, AT(hy_source, charset), .help = "编码；自动识别不对时才写，如 gbk"},
    {"charset", HY_Y_POS, AT(hy_source, charset_pos)},
    {"gap", HY_Y_DURATION, AT(hy_source, gap_ms), .min = 10, .max = HY_HOUR_MS,
     .help = "对同一网站两次访问至少相隔，默认 2s"},
    {"visit_min", HY_Y_DURATION, AT(hy_source, visit_min_ms), .min = 100, .max = 7 * HY_DAY_MS,
     .help = "最快多久看一次，默认 1m；系统按更新快慢自行调整"},
    {"visit_max", HY_Y_DURATION, AT(hy_source, visit_max_ms), .min = 100, .max = 30 * HY_DAY_MS,
     .help = "最慢多久看一次，默认 1h"},
    {"quiet_after", HY_Y_DURATION, AT(hy_source, quiet_after_ms), .min = 0, .max = 365 * HY_DAY_MS,
     .help = "多久没有新内容算异常安静；不写则由系统按以往频率判断"},
    {"credibility", HY_Y_INT, AT(hy_source, credibility), .min = 0, .max = 100,
     .help = "可信度 0 到 100，默认 50"},
    {"region", HY_Y_TEXT, AT(hy_source, region), .help = "主要报道哪里（行政区划代码），默认本地"},
    {"region", HY_Y_POS, AT(hy_source, region_pos)},
    {"quiet_hours", HY_Y_CUSTOM, AT(hy_source, quiet_hours), .custom = read_hours,
     .help = "每天这段时间不访问，如 "
             "\"01:00-05:00\"（可以跨零点）；只在网站要求时写，期间发布的内容之后才看到"},
    {"allow_private", HY_Y_BOOL, AT(hy_source, allow_private),
     .help = "允许内网地址，默认否；只给内部网站和测试用"},
    {"official", HY_Y_BOOL, AT(hy_source, official),
     .help = "是本单位自己的渠道：它发布的内容会与事件比对，提示“可能已发布”"},
    {"discover", HY_Y_BOOL, AT(hy_source, discover),
     .help = "list 和 forum：页面和 robots.txt 里写明的订阅、站点地图也一起看，默认是"},
    {"enabled", HY_Y_BOOL, AT(hy_source, enabled), .help = "是否启用，默认是"},
    {"selectors", HY_Y_MAP, AT(hy_source, selectors), .sub = &selector_schema,
     .help = "自动识别不对时才写"},
    {0},
};
static const struct hy_y_schema source_schema = {sizeof(struct hy_source), source_keys,
                                                 source_defaults};
static const struct hy_y_key file_keys[] = {
    {"sources", HY_Y_LIST, AT(hy_sources, rows), .sub = &source_schema, .required = true,
     .help = "要看的网站"},
    {0},
};
static const struct hy_y_schema file_schema = {sizeof(struct hy_sources), file_keys, NULL};

const struct hy_source *hy_sources_find(const struct hy_sources *s, struct hy_str id)
{
    for (size_t i = 0; s && i < s->rows.n; i++)
        if (hy_str_is(id, hy_sources_at(s, i)->id))
            return hy_sources_at(s, i);
    return NULL;
}

static void check_url(const struct hy_rules *r, const struct hy_source *s, struct hy_diag *d)
{
    if (!hy_rules_is_http(hy_str(s->url)))
        hy_diag_at(d, s->url_pos, "“%s”不是网址，要以 http:// 或 https:// 开头", s->url);
    else if (s->official && hy_office_own_channel(r->office, hy_str(s->url)) == NULL)
        hy_diag_warn(d, s->url_pos,
                     "写了 official，但网址不在 office.yaml 的 channels 里，发布不会算作权威信息");
}

static void check_charset(const struct hy_source *s, struct hy_diag *d)
{
    static const char *const known[] = {"utf-8",  "gbk",         "gb18030",  "gb2312",
                                        "big5",   "utf-16le",    "utf-16be", "shift_jis",
                                        "euc-kr", "windows-1252"};
    const char *near;

    for (size_t i = 0; s->charset && i < HY_COUNT(known); i++)
        if (hy_str_ieq(hy_str(s->charset), hy_str(known[i])))
            return;
    if (s->charset == NULL)
        return;
    near = hy_near_name(hy_str(s->charset), known, HY_COUNT(known));
    hy_diag_at(d, s->charset_pos, "不认识的编码“%s”%s%s%s", s->charset, near ? "，是不是“" : "",
               near ? near : "", near ? "”？" : "");
}

static void check_region(const struct hy_rules *r, const struct hy_source *s, struct hy_diag *d)
{
    if (s->region && r->places && !hy_places_knows_written(r->places, s->region))
        hy_diag_at(d, s->region_pos, "没有代码为“%s”的区划", s->region);
}

static void check_source(const struct hy_rules *r, const struct hy_source *s, struct hy_diag *d)
{
    if (!hy_rules_is_id(hy_str(s->id)))
        hy_diag_at(d, s->pos, "编号“%s”只能用小写字母、数字和短横线", s->id);
    check_url(r, s, d);
    check_charset(s, d);
    check_region(r, s, d);
    if (s->visit_min_ms > s->visit_max_ms)
        hy_diag_at(d, s->pos, "“%s”的 visit_min 大于 visit_max", s->id);
    if (s->gap_ms < HY_SECOND_MS && !s->allow_private)
        hy_diag_at(d, s->pos, "对公开网站，gap 不能小于 1s");
    if (s->visit_min_ms < HY_SECOND_MS && !s->allow_private)
        hy_diag_at(d, s->pos, "对公开网站，visit_min 不能小于 1s");
}

static void check(const struct hy_rules *r, struct hy_diag *d)
{
    size_t enabled = 0;

    for (size_t i = 0; r->sources && i < r->sources->rows.n; i++) {
        check_source(r, hy_sources_at(r->sources, i), d);
        enabled += hy_sources_at(r->sources, i)->enabled;
    }
    if (r->sources && enabled == 0)
        hy_diag_warn(d, (struct hy_pos){0}, "sources.yaml 里没有启用的来源，什么也不会采集");
}

static int load(const char *from, bool national, void **section, struct hy_diag *d,
                struct hy_err *err)
{
    if (*section == NULL)
        *section = hy_xcalloc(1, sizeof(struct hy_sources));
    return national ? HY_OK
                    : hy_yaml_load_from(from, "sources.yaml", true, &file_schema, *section, d, err);
}

static void release(void *section)
{
    hy_yaml_release(&file_schema, section);
    free(section);
}

const struct hy_section hy_section_sources = {
    .name = "sources",
    .offset = offsetof(struct hy_rules, sources),
    .load = load,
    .check = check,
    .free = release,
    .file = "sources.yaml",
    .schema = &file_schema,
};
