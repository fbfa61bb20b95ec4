/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/office.h"

#include "core/mem.h"
#include "rules/places.h"

#include <stdio.h>
#include <string.h>

const char *const hy_office_level_name[] = {"county", "city", "province", NULL};
_Static_assert(HY_COUNT(hy_office_level_name) == HY_OFFICE_LEVEL_COUNT + 1, "name every level");

/* "+08:00" to minutes. */
static void read_zone(const struct hy_y_node *n, void *field, struct hy_diag *d)
{
    struct hy_str s = hy_y_scalar(n), hour;
    int64_t h, m;
    bool minus = hy_str_starts(s, HY_STR("-"));

    if (s.n == 6 && (minus || s.p[0] == '+')) {
        s = hy_str_sub(s, 1, 6);
        if (hy_str_cut(&s, ':', &hour) && hy_str_to_i64(hour, &h) && hy_str_to_i64(s, &m) &&
            h >= 0 && h <= 14 && m >= 0 && m < 60) {
            *(int64_t *)field = (h * 60 + m) * (minus ? -1 : 1);
            return;
        }
    }
    hy_diag_at(d, hy_y_pos(n, d), "“zone”应为时区，北京时间写 \"+08:00\"");
}

static void channel_defaults(void *row)
{
    ((struct hy_channel *)row)->authoritative = true;
}

#define AT(type, field) offsetof(struct type, field)
static const struct hy_y_key channel_keys[] = {
    {"", HY_Y_POS, AT(hy_channel, pos)},
    {"id", HY_Y_TEXT, AT(hy_channel, id), .required = true, .unique = true,
     .help = "编号，小写字母、数字和短横线"},
    {"name", HY_Y_TEXT, AT(hy_channel, name), .required = true, .help = "名称"},
    {"urls", HY_Y_TEXTS, AT(hy_channel, urls), .required = true,
     .help = "网址开头；以它开头的页面都算本渠道发布"},
    {"authoritative", HY_Y_BOOL, AT(hy_channel, authoritative),
     .help = "在此发布算不算权威信息，默认是"},
    {0},
};
static const struct hy_y_schema channel_schema = {sizeof(struct hy_channel), channel_keys,
                                                  channel_defaults};

static const struct hy_y_key subordinate_keys[] = {
    {"", HY_Y_POS, AT(hy_subordinate, pos)},
    {"id", HY_Y_TEXT, AT(hy_subordinate, id), .required = true, .unique = true,
     .help = "下级单位的编号，和它自己 office.yaml 里的 id 一样"},
    {"name", HY_Y_TEXT, AT(hy_subordinate, name), .required = true, .help = "名称，显示在看板上"},
    {0},
};
static const struct hy_y_schema subordinate_schema = {sizeof(struct hy_subordinate),
                                                      subordinate_keys, NULL};

static void office_defaults(void *row)
{
    struct hy_office *o = row;

    o->zone_min = HY_CST;
    o->retention.raw_ms = 30 * HY_DAY_MS;
    o->retention.text_ms = 180 * HY_DAY_MS;
    o->retention.record_ms = 3 * 365 * HY_DAY_MS;
}

static const struct hy_y_key retention_keys[] = {
    {"", HY_Y_POS, AT(hy_retention, pos)},
    {"raw", HY_Y_DURATION, AT(hy_retention, raw_ms),
     .help = "网页原文保存多久，默认 30d；事件的证据不受此限"},
    {"text", HY_Y_DURATION, AT(hy_retention, text_ms),
     .help = "标题和正文保存多久，也是能检索到的时间，默认 180d"},
    {"record", HY_Y_DURATION, AT(hy_retention, record_ms),
     .help = "没有正文的记录（时间、来源、评分）保存多久，默认 1095d"},
    {"evidence", HY_Y_DURATION, AT(hy_retention, evidence_ms),
     .help = "事件办结后证据再保存多久；不写就一直保存"},
    {0},
};
static const struct hy_y_schema retention_schema = {sizeof(struct hy_retention), retention_keys,
                                                    NULL};

static const struct hy_y_key office_keys[] = {
    {"", HY_Y_POS, AT(hy_office, pos)},
    {"id", HY_Y_TEXT, AT(hy_office, id), .required = true,
     .help = "本单位编号，小写字母、数字和短横线；启用后不要再改"},
    {"id", HY_Y_POS, AT(hy_office, id_pos)},
    {"name", HY_Y_TEXT, AT(hy_office, name), .required = true, .help = "本单位名称"},
    {"level", HY_Y_NAME, AT(hy_office, level), .required = true, .names = hy_office_level_name,
     .help = "县级 county、地市级 city、省级 province"},
    {"division", HY_Y_TEXT, AT(hy_office, division), .required = true,
     .help = "行政区划代码，六位数字"},
    {"division", HY_Y_POS, AT(hy_office, division_pos)},
    {"zone", HY_Y_CUSTOM, AT(hy_office, zone_min), .custom = read_zone,
     .help = "时区，默认 \"+08:00\""},
    {"contact", HY_Y_TEXT, AT(hy_office, contact), .required = true,
     .help = "联系方式（邮箱或网址），写在采集程序的标识里，被采集的网站凭它找到你们"},
    {"contact", HY_Y_POS, AT(hy_office, contact_pos)},
    {"board_url", HY_Y_TEXT, AT(hy_office, board_url),
     .help = "看板的网址，写进邮件和群消息的链接里，如 https://huiying.example.gov.cn"},
    {"board_url", HY_Y_POS, AT(hy_office, board_url_pos)},
    {"listen", HY_Y_TEXT, AT(hy_office, listen),
     .help = "本单位看板的地址和端口，如 127.0.0.1:8787；一台机器上有几个单位时必须写，各不相同"},
    {"superior", HY_Y_TEXT, AT(hy_office, superior),
     .help = "上级单位的编号：写了，上级就能查看（不能改动）本单位的事件和及时率"},
    {"superior", HY_Y_POS, AT(hy_office, superior_pos)},
    {"subordinates", HY_Y_LIST, AT(hy_office, subordinates), .sub = &subordinate_schema,
     .help = "下级单位；要对方在自己的 superior 里写了本单位，才看得到"},
    {"retention", HY_Y_MAP, AT(hy_office, retention), .sub = &retention_schema,
     .help = "网页、正文和证据各保存多久"},
    {"channels", HY_Y_LIST, AT(hy_office, channels), .sub = &channel_schema,
     .help = "本单位自己的发布渠道"},
    {0},
};
static const struct hy_y_schema office_schema = {sizeof(struct hy_office), office_keys,
                                                 office_defaults};

bool hy_rules_is_id(struct hy_str s)
{
    static const char ok[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

    if (s.n == 0 || s.n > 40 || s.p[0] == '-')
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (memchr(ok, s.p[i], sizeof(ok) - 1) == NULL)
            return false;
    return true;
}

bool hy_rules_is_http(struct hy_str url)
{
    struct hy_str rest = hy_str_starts(url, HY_STR("http://"))    ? hy_str_sub(url, 7, url.n)
                         : hy_str_starts(url, HY_STR("https://")) ? hy_str_sub(url, 8, url.n)
                                                                  : hy_str("");

    if (rest.n == 0 || rest.p[0] == '/')
        return false;
    for (size_t i = 0; i < url.n; i++)
        if ((unsigned char)url.p[i] <= ' ')
            return false;
    return true;
}

static bool is_division(struct hy_str s)
{
    int64_t n;

    return s.n == 6 && hy_str_to_i64(s, &n) && n >= 100000;
}

static void check_channel(const struct hy_channel *c, struct hy_diag *d)
{
    if (!hy_rules_is_id(hy_str(c->id)))
        hy_diag_at(d, c->pos, "编号“%s”只能用小写字母、数字和短横线", c->id);
    for (size_t i = 0; i < c->urls.n; i++)
        if (!hy_rules_is_http(hy_str(c->urls.v[i])))
            hy_diag_at(d, c->urls.pos[i], "“%s”不是网址，要以 http:// 或 https:// 开头",
                       c->urls.v[i]);
}

static void check_relations(const struct hy_office *o, struct hy_diag *d)
{
    const struct hy_subordinate *s = hy_office_subordinates(o);

    if (o->superior && (!hy_rules_is_id(hy_str(o->superior)) || strcmp(o->superior, o->id) == 0))
        hy_diag_at(d, o->superior_pos, "“superior”应为上级单位的编号，写的是“%s”", o->superior);
    for (size_t i = 0; i < o->subordinates.n; i++)
        if (!hy_rules_is_id(hy_str(s[i].id)) || strcmp(s[i].id, o->id) == 0)
            hy_diag_at(d, s[i].pos, "下级单位的编号不能是“%s”", s[i].id);
}

/* What is left when something goes must not go before it. */
static void check_retention(const struct hy_retention *k, struct hy_diag *d)
{
    if (k->raw_ms < HY_DAY_MS || k->text_ms < HY_DAY_MS || k->record_ms < HY_DAY_MS ||
        (k->evidence_ms && k->evidence_ms < HY_DAY_MS))
        hy_diag_at(d, k->pos, "保存期限（retention）最短一天（1d）");
    if (k->raw_ms > k->text_ms || k->text_ms > k->record_ms)
        hy_diag_at(d, k->pos,
                   "保存期限应当 raw（网页原文）≤ text（正文）≤ "
                   "record（记录），先删原文、再删正文、最后删记录");
}

static void check(const struct hy_rules *r, struct hy_diag *d)
{
    const struct hy_office *o = r->office;

    if (o == NULL)
        return;
    if (!hy_rules_is_id(hy_str(o->id)))
        hy_diag_at(d, o->id_pos, "编号“%s”只能用小写字母、数字和短横线", o->id);
    if (!is_division(hy_str(o->division)))
        hy_diag_at(d, o->division_pos, "行政区划代码应为六位数字，写的是“%s”", o->division);
    else if (r->places && !hy_places_knows_written(r->places, o->division))
        hy_diag_warn(d, o->division_pos,
                     "没有代码为“%s”的区划，本地的事会认不出来：核对代码；新设的区划写进 places.yaml "
                     "的 divisions",
                     o->division);
    if (strpbrk(o->contact, "\r\n;()") || !strpbrk(o->contact, "@/"))
        hy_diag_at(d, o->contact_pos, "“contact”应为邮箱或网址");
    if (o->board_url && !hy_rules_is_http(hy_str(o->board_url)))
        hy_diag_at(d, o->board_url_pos, "“board_url”不是网址，要以 http:// 或 https:// 开头");
    check_relations(o, d);
    check_retention(&o->retention, d);
    for (size_t i = 0; i < o->channels.n; i++)
        check_channel(&hy_office_channels(o)[i], d);
    if (o->channels.n == 0)
        hy_diag_warn(d, o->pos, "没有写自己的发布渠道（channels），本单位的发布将不会被自动认出");
}

static int load(const char *from, bool national, void **section, struct hy_diag *d,
                struct hy_err *err)
{
    if (national)
        return HY_OK;
    *section = hy_xcalloc(1, sizeof(struct hy_office));
    return hy_yaml_load_from(from, "office.yaml", true, &office_schema, *section, d, err);
}

static void release(void *section)
{
    hy_yaml_release(&office_schema, section);
    free(section);
}

const struct hy_section hy_section_office = {
    .name = "office",
    .offset = offsetof(struct hy_rules, office),
    .load = load,
    .check = check,
    .free = release,
    .file = "office.yaml",
    .schema = &office_schema,
};

static bool has_prefix(struct hy_str url, struct hy_str prefix)
{
    if (!hy_str_starts(url, prefix))
        return false;
    return url.n == prefix.n || prefix.p[prefix.n - 1] == '/' ||
           memchr("/?#", url.p[prefix.n], 3) != NULL;
}

const struct hy_channel *hy_office_own_channel(const struct hy_office *o, struct hy_str url)
{
    const struct hy_channel *c = o ? hy_office_channels(o) : NULL;

    for (size_t i = 0; o && i < o->channels.n; i++)
        for (size_t j = 0; j < c[i].urls.n; j++)
            if (c[i].authoritative && has_prefix(url, hy_str(c[i].urls.v[j])))
                return &c[i];
    return NULL;
}

const struct hy_subordinate *hy_office_subordinate(const struct hy_office *o, struct hy_str id)
{
    const struct hy_subordinate *s = hy_office_subordinates(o);

    for (size_t i = 0; i < o->subordinates.n; i++)
        if (hy_str_is(id, s[i].id))
            return &s[i];
    return NULL;
}

const char *hy_office_agent(const struct hy_office *o, char *buf, size_t size)
{
    if (o)
        snprintf(buf, size, "huiying/%s (+%s; %s)", HY_VERSION, o->contact, o->id);
    else
        snprintf(buf, size, "huiying/%s", HY_VERSION);
    return buf;
}
