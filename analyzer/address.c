/* SPDX-License-Identifier: Apache-2.0 */
/* An address part is a short run of name characters that ends with a word for a kind of place (路,
 * 村, 广场, 机场).  Where the run begins is guessed: at a sign, or behind a word that does not
 * belong to names (在, 位于, 的). */
#include "analyzer/address.h"

#include "core/mem.h"
#include "core/utf8.h"

#include <uchar.h>

enum { MAX_NAME = 6, MIN_NAME = 1, MAX_PARTS = 5 };

static struct hy_wordlist kinds = {
    .list = {"路",       "街",       "大街",   "大道",     "胡同",     "村",     "镇",
             "乡",       "街道",     "社区",   "小区",     "广场",     "大厦",   "公园",
             "花园",     "商务区",   "开发区", "工业园",   "工业园区", "机场",   "车站",
             "火车站",   "地铁站",   "大桥",   "体育场",   "体育馆",   "球场",   "会议中心",
             "会展中心", "国际机场", "步行街", "高速公路", "高速",     "国道",   "岛",
             "半岛",     "海峡",     "海域",   "水库",     "口岸",     "码头",   "新区",
             "度假区",   "风景区",   "景区",   "艺术村",   "小镇",     "公馆",   "新村",
             "客运站",   "收费站",   "服务区", "立交桥",   "科技园",   "产业园", "化工园区",
             "商业街",   "巷",       "屯",     "庄",       NULL}};
/* Kinds clear enough to be an address without a known place before them. */
static struct hy_wordlist strong = {
    .list = {"大街",   "大道",   "胡同", "村",     "镇",     "乡",       "街道",     "小区",
             "广场",   "大厦",   "公园", "商务区", "开发区", "工业园",   "工业园区", "机场",
             "火车站", "地铁站", "大桥", "体育场", "体育馆", "会议中心", "会展中心", "国际机场",
             "步行街", "海峡",   "海域", "水库",   "艺术村", "小镇",     "公馆",     "新村",
             "路",     "半岛",   "球场", "花园",   NULL}};
/* Words in which the kind is no place. */
static struct hy_wordlist not_kind = {
    .list = {"路由", "村民", "村委", "村干",   "乡亲", "乡下",   "镇定", "街舞",   "路演",
             "路人", "路线", "乡村", "乡政",   "镇政", "广场舞", "村里", "高速增", "高速发",
             "路径", "乡镇", "街机", "社区服", "街拍", "村官",   "路透", "镇上",   "公园里",
             "庄家", "镇压", "岛国", "路费",   "路况", "乡愁",   "路虎", "街头",   "街边",
             "路边", "路口", "路上", "机场路", NULL}};
/* 道路, 公路, 网络: the run before the kind is a word of its own, not a name. */
static struct hy_wordlist not_name = {
    .list = {"道",   "公",   "一",   "铁",   "网",   "线",   "思",   "电",   "出",   "套",   "半",
             "走",   "上",   "下",   "城",   "农",   "家",   "本",   "全",   "各",   "该",   "每",
             "这条", "那条", "条",   "个",   "两个", "老",   "大",   "小",   "新",   "古",   "同",
             "外",   "返",   "下",   "之",   "赶",   "问",   "后",   "销",   "陆",   "活",   "生",
             "筑",   "修",   "让",   "歧",   "退",   "绝",   "迷",   "带",   "领",   "铺",   "末",
             "的",   "在",   "座",   "住宅", "商业", "高档", "市民", "文化", "森林", "主题", "国际",
             "写字", "办公", "动物", "开",   "来",   "马",   "心",   "过",   "沿",   "赶",   "当地",
             "附近", "我",   "你",   "他",   "是",   NULL}};

/* Words that end like a place and are none, whatever stands before them. */
static struct hy_wordlist not_tails = {
    .list = {"线路", "边路", "套路", "跑路", "坐镇", "下乡", "农村", "乡村", "思路", "出路", "后路",
             "销路", "陆路", "门路", "歧路", "电路", "网路", "退路", "活路", "弯路", "老路", "正路",
             "末路", "铺路", "修路", "开路", "赶路", "带路", "问路", "走路", "迷路", "引路", "通路",
             "回路", "短路", "财路", "言路", "生路", "副镇", "重镇", "城镇", "乡镇", "思乡", "家乡",
             "故乡", "老乡", "同乡", "返乡", "离乡", "还乡", "他乡", "水乡", "山村", "渔村", "本村",
             "全村", "各村", "邻村", "驻村", "进村", "荒村", NULL}};
/* Words in front of a name that are no part of it. */
static struct hy_wordlist not_heads = {
    .list = {"做客",   "建设", "途径", "途经", "导致", "完善",   "游玩", "围绕", "取道", "一座",
             "一片",   "一条", "一个", "担心", "时候", "参观",   "游览", "打造", "改造", "新建",
             "修建",   "兴建", "扩建", "前往", "抵达", "来自",   "通往", "路过", "经过", "穿过",
             "穿越",   "占领", "开发", "开通", "拥有", "包括",   "例如", "比如", "以及", "还有",
             "附近",   "周边", "当地", "首批", "新型", "研究员", "记者", "市民", "村民", "居民",
             "第一座", "这座", "那座", "几个", "三个", "两个",   "许多", "不少", "部分", "整个",
             "所有",   "地产", "如",   "距",   "经",   "座",     "沿",   "候",   "次",   NULL}};

/* Characters that end a name when walking back from the kind. */
static bool breaks_name(uint32_t c)
{
    static struct hy_charset words = {
        .list = u"的在了是和与及等将被有从到向对为以也都于至由位至经把让给说称这那其个条"
                u"名年月日时点前后于是去回往来抵驻赴离入进出于住其并而但或且若各每该此处"
                u"我你他她它们着过就还又再已被没不很最更只可能会要想看见到现发生"};

    return !hy_is_han(c) || hy_charset_has(&words, c);
}

static size_t kind_at(const struct hy_chars *t, size_t i, struct hy_wordlist *list)
{
    size_t len = hy_wordlist_at(t, i, list, NULL);

    if (len == 0 || hy_wordlist_at(t, i + len - 1, &not_kind, NULL) ||
        hy_wordlist_at(t, i, &not_kind, NULL))
        return 0;
    return len;
}

static bool is_kind_start(uint32_t c)
{
    static struct hy_charset firsts = {
        .list = u"路街大胡村镇乡社小广公花商开工机车火地体球会国步高岛半海水口"
                u"码新度风景艺客收服立科产化巷屯庄"};

    return hy_charset_has(&firsts, c);
}

/* 88号, 3单元, 2楼: numbers behind a road. */
static size_t house_number(const struct hy_chars *t, size_t i)
{
    static struct hy_wordlist units = {
        .list = {"号楼", "号院", "号", "弄", "栋", "幢", "单元", "室", "楼", "层", NULL}};
    size_t at = i;

    for (;;) {
        size_t j = at;
        while (j < t->n && ((t->c[j] >= '0' && t->c[j] <= '9') || t->c[j] == '-'))
            j++;
        size_t len = j > at ? hy_wordlist_at(t, j, &units, NULL) : 0;
        if (len == 0)
            return at;
        at = j + len;
    }
}

static size_t part_end(const struct hy_chars *t, size_t from)
{
    for (size_t i = from; i < t->n && i <= from + MAX_NAME; i++) {
        size_t len = i > from || from == 0 ? 0 : 0;
        if (i > from && is_kind_start(t->c[i]) && (len = kind_at(t, i, &kinds)) > 0)
            return house_number(t, i + len);
        if (breaks_name(t->c[i]))
            return 0;
    }
    return 0;
}

size_t hy_address_tail(const struct hy_chars *t, size_t end)
{
    for (int parts = 0; parts < MAX_PARTS; parts++) {
        size_t next = part_end(t, end);
        if (next == 0)
            break;
        end = next;
    }
    return end;
}

static struct hy_wordlist owners = {
    .list = {"大学",   "学院",     "银行",   "公司",   "集团",   "股份",   "支行",     "分行",
             "联社",   "俱乐部",   "协会",   "日报",   "晚报",   "卫视",   "电视台",   "影业",
             "出版社", "交响乐团", "博物馆", "旅行社", "基金",   "证券",   "地产",     "置业",
             "研究所", "研究院",   "信用社", "商行",   "证交所", "交易所", "雪山",     "石刻",
             "书院",   "古城",     "寺",     "莫高窟", "景区",   "风景区", "国家队",   "男篮",
             "女篮",   "男足",     "女足",   "女排",   "男排",   "国足",   "队",       "晨报",
             "商报",   "都市报",   "晚报",   "人寿",   "石化",   "钢铁",   "航空",     "传媒",
             "影视",   "汽车",     "啤酒",   "国安",   "申花",   "奥运会", "冬奥会",   "世博会",
             "杯",     "电影节",   "论坛",   "新闻网", "时报",   "电影",   "电力",     "通讯社",
             "人",     "式",       "语",     "籍",     "菜",     "话",     "裔",       "队员",
             "联队",   "版",       "建行",   "农行",   "工行",   "中行",   "商业银行", "体彩",
             "福彩",   "商会",     "科技",   "实业",   "药业",   "有限公司", "有限责任", "事务所",
             "交易市场", "信托",   "战队",   "律师",   "控股",   "担保",   "典当",     "寄售",
             "德比",   "竞技",     "彩票",   NULL}};

/* 菜市场 is no 菜 of a region, 人民医院 nobody's 人. */
static struct hy_wordlist not_owners = {.list = {"菜市场", "菜场", "菜农", "菜地", "菜价", "菜园",
                                                 "人民医院", "人社", "人流", "人行", "话务", "队伍",
                                                 NULL}};

bool hy_address_is_attached(const struct hy_chars *t, size_t end)
{
    enum { REACH = 6 };

    for (size_t i = end; i < t->n && i <= end + REACH; i++) {
        if (!hy_is_han(t->c[i]))
            return false;
        if (i == end && hy_wordlist_at(t, i, &not_owners, NULL))
            return false;
        size_t len = hy_wordlist_at(t, i, &owners, NULL);
        if (len > 1 || (len == 1 && i == end))
            return true;
        if (breaks_name(t->c[i]))
            return false;
    }
    return false;
}

static size_t name_start(const struct hy_chars *t, size_t from, size_t kind)
{
    size_t i = kind;

    while (i > from && kind - i < MAX_NAME && !breaks_name(t->c[i - 1]))
        i--;
    if (kind - i == MAX_NAME && i > from && !breaks_name(t->c[i - 1]))
        return kind; /* no beginning in sight */
    for (size_t k = i, len; k + 1 < kind; k++)
        if ((len = hy_wordlist_at(t, k, &not_heads, NULL)) > 0 && (len > 1 || k == i) &&
            k + len < kind)
            i = k + len;
    return i;
}

bool hy_address_next(const struct hy_chars *t, size_t from, size_t to, size_t *ret_start,
                     size_t *ret_end)
{
    for (size_t i = from + 1; i < to; i++) {
        size_t len = is_kind_start(t->c[i]) ? kind_at(t, i, &strong) : 0;
        if (len == 0 || i + len > to || hy_wordlist_before(t, i + len, &not_tails, NULL))
            continue;
        size_t start = name_start(t, from, i), not_len = hy_wordlist_before(t, i, &not_name, NULL);
        if (i - start < MIN_NAME || not_len >= i - start)
            continue;
        *ret_start = start;
        *ret_end = hy_address_tail(t, house_number(t, i + len));
        return true;
    }
    return false;
}
