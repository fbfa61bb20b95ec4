/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/page/extract.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/harness.h"

#define P1 "今天上午，清溪县城关镇一处仓库起火，消防人员赶到现场，火势很快得到控制，没有人员伤亡。"
#define P2 "据县应急管理局介绍，起火原因正在调查，周边群众已经妥善安置，道路恢复通行。"
#define NOISE "<div class=nav><a href=/>首页</a> <a href=/n>新闻</a></div>"
#define RELATED                                                                                    \
    "<div class=related><h3>相关阅读</h3><ul><li><a href=/1>一周要闻回顾 2021-01-02</a>" \
    "<li><a href=/2>天气预报发布大风蓝色预警 2021-01-03</a></ul></div>"                \
    "<div class=footer>版权所有 © 2001-2021 清溪新闻网</div>"

static struct hy_item extract(const char *html, const char *url)
{
    struct hy_page *p = hy_page_new();
    struct hy_err err = HY_ERR_INIT;
    struct hy_item it;
    struct hy_extract_how how = {
        .url = hy_str(url), .offset_min = HY_CST, .fetched = (hy_wall){INT64_C(1795417200000)}};

    assert_int_equal(hy_page_load(p, hy_str(html), hy_str(""), &err), 0);
    hy_extract(p, &how, &it);
    hy_page_free(p);
    return it;
}

TEST(article)
{
    struct hy_item it = extract(
        "<title>仓库起火无人伤亡_清溪新闻网</title><body>" NOISE
        "<div class=main><h1>仓库起火无人伤亡</h1><div class=info>2026-11-20 09:12 来源：清溪日报 "
        "作者：某某</div><div id=c><p>" P1 "</p><p>" P2 "</p></div></div>" RELATED,
        "http://news.example/a.html");
    char time[HY_TIME_SIZE];

    assert_string_equal(it.title, "仓库起火无人伤亡");
    assert_string_equal(it.text, P1 "\n" P2);
    assert_string_equal(hy_wall_format(it.published, HY_CST, time), "2026-11-20T09:12:00+08:00");
    assert_int_equal(it.precision, HY_PREC_MINUTE);
    assert_string_equal(it.published_from, "text");
    assert_int_equal(it.kind, HY_ITEM_ARTICLE);
    hy_item_release(&it);
}

static const struct {
    const char *head, *info, *last, *origin;
} origins[] = {
    {"", "2026-11-20 09:12 来源：清溪日报 作者：某某", "", "清溪日报"},
    {"", "来源: <a href=http://www.xinhua.example/>新华网</a>　责任编辑：王某某", "", "新华网"},
    {"", "<span>来源：</span><a href=/x>新华网</a>", "", "新华网"},
    {"", "2026-11-20|信息来源：市发展和改革委员会|字号：大 中 小", "", "市发展和改革委员会"},
    {"", "2026-11-20 09:12", "<p>（来源：《江口晚报》）</p>", "江口晚报"},
    {"", "2026-11-20 09:12", "<p>转自央视新闻客户端</p>", "央视新闻客户端"},
    {"<meta name=ContentSource content='省应急管理厅'>", "来源：本网", "", "省应急管理厅"},
    {"<meta name=ContentSource content='王某某'>", "来源：王某某", "", NULL}, /* a person */
    {"", "2026-11-20 09:12 作者：清溪日报记者", "", NULL},
    {"", "来源：https://news.example/1", "", NULL},
    {"", "来源：2026-11-20", "", NULL},
    {"", "2026-11-20 09:12", "", NULL},
};

TEST(whom_an_article_names_as_its_origin)
{
    char html[4096];

    for (size_t i = 0; i < HY_COUNT(origins); i++) {
        snprintf(html, sizeof(html),
                 "%s<body>" NOISE
                 "<div class=main><h1>仓库起火无人伤亡</h1><div class=info>%s</div>"
                 "<div id=c><p>" P1 "</p><p>水的来源：一口老井，供全村饮用。</p><p>" P2
                 "</p>%s</div></div>" RELATED,
                 origins[i].head, origins[i].info, origins[i].last);
        struct hy_item it = extract(html, "http://news.example/a.html");
        if (origins[i].origin)
            assert_string_equal(it.origin ? it.origin : "none", origins[i].origin);
        else
            assert_null(it.origin);
        hy_item_release(&it);
    }
}

/* Each page says 2026-11-20 somewhere and sets traps around it; "" where nothing may be found. */
static const struct {
    const char *head, *info, *behind, *url, *day, *from;
} dates[] = {
    {"<meta name=PubDate content='2026-11-20 08:00'>", "", "", "http://h/a", "2026-11-20", "meta"},
    {"<script type='application/ld+json'>{\"@type\":\"NewsArticle\",\"datePublished\":"
     "\"2026-11-20T08:00:00+08:00\"}</script>",
     "", "", "http://h/a", "2026-11-20", "jsonld"},
    {"", "", "", "http://h/2026/1120/a.html", "2026-11-20", "url"},
    {"", "<time datetime='2026-11-20T08:00:00+08:00'>上午</time>", "", "http://h/a", "2026-11-20",
     "time"},
    {"", "发布时间：昨天 07:17", "", "http://h/a", "2026-11-22", "text"},
    {"", "二〇二六年十一月二十日", "", "http://h/a", "2026-11-20", "text"},
    /* the clock of the page's head and the date of a reader's comment are no publish time */
    {"", "", "<div class=comments><p>网友 2026-11-21 10:00 说得好，支持一下。</div>", "http://h/a",
     "", NULL},
    {"", "今天是2026年11月23日 星期一", "", "http://h/a", "", NULL},
    /* nor a date in a sentence */
    {"",
     "记者从会议上了解到，该项目自2019年3月1日起施工，历时三年，总投资超过一亿元，受到各方关注。",
     "", "http://h/a", "", NULL},
    /* a time in the future is nobody's publish time */
    {"<meta name=PubDate content='2031-01-01 08:00'>", "2026-11-20", "", "http://h/a", "2026-11-20",
     "text"},
    /* a paper of the government: written, published, in effect */
    {"",
     "<table><tr><td>成文日期：</td><td>2026-10-08</td><td>发布日期：</td><td>2026-11-20</td></tr>"
     "<tr><td>有效期至：</td><td>2026-11-22</td></tr></table>",
     "", "http://h/a", "2026-11-20", "text"},
    {"", "成文日期：2026-10-08　公开日期：2026-11-20 10:00", "", "http://h/a", "2026-11-20",
     "text"},
    {"", "<em id=publish_time></em>", "<script>var ct = \"1795143120\";</script>", "http://h/a",
     "2026-11-20", "meta"},
    /* the modification does not beat what the page shows */
    {"<meta property=article:modified_time content='2026-11-22T08:00:00+08:00'>",
     "发布时间：2026-11-20 10:00", "", "http://h/a", "2026-11-20", "text"},
};

TEST(publish_time)
{
    for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
        struct hy_buf html = HY_BUF_INIT(10000);
        char time[HY_TIME_SIZE] = "";
        hy_buf_printf(&html,
                      "<html><head><title>仓库起火无人伤亡</title>%s</head><body>" NOISE
                      "<h1>仓库起火无人伤亡</h1><div>%s</div><div><p>" P1 "</p><p>" P2
                      "</p></div>%s" RELATED,
                      dates[i].head, dates[i].info, dates[i].behind);
        struct hy_item it = extract(html.p, dates[i].url);
        if (hy_wall_known(it.published))
            hy_wall_format(it.published, HY_CST, time);
        if (strncmp(time, dates[i].day, 10) != 0)
            fail_msg("case %zu: %s (%s), not %s", i, time, it.published_from, dates[i].day);
        if (dates[i].from)
            assert_string_equal(it.published_from, dates[i].from);
        hy_item_release(&it);
        hy_buf_release(&html);
    }
}

#define FLOOR(n, time, text)                                                                       \
    "<div class='post' id=post_" n "><div class=avatar>某用户" n "</div><em>发表于 " time          \
    "</em><div class=t>" text "</div><a href=#>回复</a></div>"

TEST(thread)
{
    struct hy_item it = extract(
        "<title>城关镇停水两天了 - 清溪论坛</title><h1>城关镇停水两天了</h1>" FLOOR(
            "1", "2026-11-20 09:12", "我们小区已经停水两天了，物业电话打不通，请有关部门管一管。")
            FLOOR("2", "2026-11-20 09:30", "我们这边也停了，楼下的店都关门了，希望尽快恢复。")
                FLOOR("3", "2026-11-20 10:01", "打过热线了，说是主管道爆裂，正在抢修。"),
        "http://bbs.example/thread-1-1-1.html");
    char time[HY_TIME_SIZE];

    assert_int_equal(it.kind, HY_ITEM_THREAD);
    assert_int_equal(it.n_replies, 2);
    assert_string_equal(it.replies[1].text, "打过热线了，说是主管道爆裂，正在抢修。");
    assert_string_equal(hy_wall_format(it.replies[1].published, HY_CST, time),
                        "2026-11-20T10:01:00+08:00");
    assert_string_equal(hy_wall_format(it.published, HY_CST, time), "2026-11-20T09:12:00+08:00");
    assert_non_null(strstr(it.text, "停水两天了，物业"));
    assert_null(strstr(it.text, "某用户")); /* names are not kept */
    hy_item_release(&it);
}

/* Boards with a thread nobody has answered yet: {software, page, address, time, text}. */
static const struct {
    const char *html, *url, *at, *text;
} lone_floors[] = {
    {/* Discuz!, old style */
     "<html><head><meta name='generator' content='Discuz! X2.5' />"
     "<title>小区停水三天没人管 - 城市生活 - 云岭论坛 - Powered by Discuz!</title><"
     "/head><body id='nv_forum'><div id='hd'><a href='/'>云岭论坛</a><"
     "/div><div id='wp'><div id='pt'><a href='/'>论坛</a> › <a href="
     "'f'>城市生活</a></div><div id='postlist' class='pl bm'><table><t"
     "r><td class='pls'>查看: <span>31</span> | 回复: <span>0</span></"
     "td><td class='plc'><h1 class='ts'><a href='t'>小区停水三天没人管</a><"
     "/h1></td></tr></table><div id='post_9001'><table id='pid9001"
     "' class='plhin'><tr><td class='pls' rowspan='2'><div class='"
     "pi'><div class='authi'><a href='u'>张小某</a></div></div><div c"
     "lass='avatar'><img></div><div class='tns xg2'><table><tr><th"
     "><p><a href=a>12</a></p>主题</th><th><p><a href=b>0</a></p>好友<"
     "/th><td><p><a href=c>87</a></p>积分</td></tr></table></div><p>"
     "<em>新手上路</em></p><dl class='pil cl'><dt>积分</dt><dd>87</dd><d"
     "t>注册时间</dt><dd>2012-3-4</dd><dt>最后登录</dt><dd>2026-11-23</dd>"
     "</dl></td><td class='plc'><div class='pi'><strong><a>电梯直达</a"
     "></strong><div class='pti'><div class='authi'><em id='author"
     "poston9001'>发表于 2026-11-20 06:30:12</em><span class='pipe'>|"
     "</span><a href='x'>只看该作者</a><a href=y>倒序浏览</a></div></div></"
     "div><div class='pct'><div class='pcb'><div class='t_fsz'><ta"
     "ble><tr><td class='t_f' id='postmessage_9001'><i class='psta"
     "tus'> 本帖最后由 张小某 于 2026-11-22 07:10 编辑 </i><br/><br/>小区停水三天<b"
     "r/>物业不接电话</td></tr></table></div></div></div></td></tr><tr><"
     "td class='plc plm'><div class='sign'>人生如茶，静心以对。</div></td></"
     "tr><tr><td class='pls'></td><td class='plc'><div class='po'>"
     "<a>回复</a><a>举报</a></div></td></tr></table></div></div><div i"
     "d='f_pst'><form><div>您需要登录后才可以回帖 <a href='l'>登录</a> | <a hre"
     "f='r'>立即注册</a></div><p>本版积分规则</p></form></div></div><div id="
     "'ft'>Powered by Discuz! X2.5 © 2001-2012 Comsenz Inc. GMT+8,"
     " 2026-11-24 09:12 , Processed in 0.05 second(s), 20 queries "
     ".</div></body></html>",
     "http://bbs.example/thread-9001-1-1.html", "2026-11-20T06:30:12+08:00",
     "小区停水三天\n物业不接电话"},
    {/* nodebb */
     "<!DOCTYPE html><html lang='zh-CN'><head><title>人民路路灯全黑了 | 云岭"
     "社区</title><meta property='og:type' content='article'/><meta "
     "name='generator' content='NodeBB'></head><body class='page-t"
     "opic page-topic-21'><nav class='slideout-menu'><a href=/logi"
     "n>登录</a></nav><div id='content' class='container'><ol class="
     "'breadcrumb'><li><a href='/'>主页</a></li></ol><div class='row"
     "'><div class='topic col-lg-12'><h1 component='post/header'><"
     "span component='topic/title'>人民路路灯全黑了</span></h1><div class="
     "'topic-info'><span class='stats'>1 帖子</span><span>1 发布者</spa"
     "n><span>15 浏览</span></div><ul component='topic' class='posts"
     " timeline' data-tid='21'><li component='post' class='pt-4 se"
     "lf-post topic-owner-post' data-index='0' data-pid='40' data-"
     "timestamp='1795417200000'><a component='post/anchor' data-in"
     "dex='0' id='0'></a><div class='post-header'><a href='/user/a"
     "bc'>abc</a> <span class='visible-xs-inline-block'>写于 <a clas"
     "s='permalink' href='/post/40'><span class='timeago' title='2"
     "026-11-22T23:17:00.000Z'>前天 07:17</span></a></span> <span>最后"
     "由 编辑</span></div><div class='content mt-2' component='post/c"
     "ontent'><p dir='auto'>从建设银行到三中这一段，路灯三天没亮，晚上骑车很危险。</p><p>谁管？<"
     "/p></div><div class='post-footer'><div class='signature' com"
     "ponent='post/signature'>签名：努力</div><a>回复</a> <a>引用</a> <span"
     " component='post/vote-count'>0</span></div></li></ul><div cl"
     "ass='topic-main-buttons'><span>1 条回复</span><a href=/login>登录"
     "后回复</a></div></div></div></div><footer class='footer'>Powere"
     "d by NodeBB</footer></body></html>",
     "http://h.example/topic/21/lamp", "2026-11-23T07:17:00+08:00",
     "从建设银行到三中这一段，路灯三天没亮，晚上骑车很危险。\n谁管？"},
    {/* phpbb */
     "<html lang='zh-cmn-hans'><head><title>云岭论坛 - 查看主题 - 河水发黑</ti"
     "tle></head><body id='phpbb' class='nojs notouch section-view"
     "topic ltr'><div id='wrap'><div id='page-header'><a href=inde"
     "x>论坛首页</a></div><div id='page-body'><h2 class='topic-title'>"
     "<a href='./viewtopic.php?t=7'>河水发黑</a></h2><div class='actio"
     "n-bar'><a class='button'>回复帖子</a><div class='pagination'>1 篇"
     "帖子 • 第 1 页 (共 1 页)</div></div><div id='p12' class='post has-"
     "profile bg2'><div class='inner'><dl class='postprofile' id='"
     "profile12'><dt>zhang</dt><dd class='profile-posts'>帖子: 3</dd"
     "><dd class='profile-joined'>注册: 2019-03-04 10:11</dd></dl><d"
     "iv class='postbody'><div id='post_content12'><h3 class='firs"
     "t'><a href='#p12'>河水发黑</a></h3><p class='author'>由 zhang » 2"
     "026-11-20 06:30</p><div class='content'>城东的小河今天早上发黑发臭，死了不少鱼。"
     "<br/>请环保来看看。</div></div></div><div id='sig12' class='signatu"
     "re'>有事请私信</div></div></div><div class='action-bar'>1 篇帖子</di"
     "v></div><div id='page-footer'>由 phpBB® Forum Software 提供支持</"
     "div></div></body></html>",
     "http://h.example/viewtopic.php?t=7", "2026-11-20T06:30:00+08:00",
     "城东的小河今天早上发黑发臭，死了不少鱼。\n请环保来看看。"},
    {/* tieba */
     "<html><head><title>【求助】县医院停电了吗？_云岭吧_贴吧</title></head><body><"
     "div id='head'><a href=/>首页</a></div><div class='wrap1'><div "
     "class='core_title'><h3 class='core_title_txt'>【求助】县医院停电了吗？</"
     "h3><ul><li>1回复贴，共<span>1</span>页</li></ul></div><div class='"
     "p_postlist' id='j_p_postlist'><div class='l_post l_post_brig"
     "ht j_l_post clearfix' data-field=''><div class='d_author'><u"
     "l class='p_author'><li class='d_name'><a href=u>云岭小虎</a></li"
     "><li class='l_badge'><div>3</div></li></ul></div><div class="
     "'d_post_content_main'><div class='p_content'><cc><div id='po"
     "st_content_1' class='d_post_content j_d_post_content'>县医院是不是"
     "停电了，打电话没人接。</div></cc></div><div class='core_reply j_lzl_wra"
     "pper'><div class='core_reply_tail'><div class='post-tail-wra"
     "p'><span class='tail-info'>来自Android客户端</span><span class='t"
     "ail-info'>1楼</span><span class='tail-info'>2026-11-20 06:30<"
     "/span></div></div></div></div></div></div><div id='quick_rep"
     "ly'>发表回复<p>请登录后再发帖，发贴请遵守贴吧协议</p></div></div><div class='foot"
     "er'>贴吧协议 隐私政策 吧主制度</div></body></html>",
     "http://tieba.example/p/123", "2026-11-20T06:30:00+08:00",
     "县医院是不是停电了，打电话没人接。"},
    {/* tables */
     "<html><head><meta http-equiv=Content-Type content='text/html"
     "; charset=utf-8'><title>求助：孩子学籍问题-云岭bbs</title></head><body>"
     "<table width=980><tr><td><a href=/>首页</a> <a href=/b>论坛</a><"
     "/td></tr></table><table class='tpc_content' width=980><tr><t"
     "d width=160>作者：<a href=u>老王</a><br>发帖：12<br>威望：3 点<br>注册时间：2"
     "011-05-06<br>最后登录：2026-11-24</td><td><div>楼主 | 发表于：2026-11-2"
     "0 06:30 | <a href=x>只看楼主</a></div><hr><div id='read_tpc'>孩子转"
     "学三个月了，学籍还没有办好。<br>请问找哪个部门？</div></td></tr></table><table><tr"
     "><td>快速回帖：您没有登录，请先登录</td></tr></table><div>论坛 沙发 板凳</div></b"
     "ody></html>",
     "http://bbs.example/read.php?tid=3", "2026-11-20T06:30:00+08:00",
     "孩子转学三个月了，学籍还没有办好。\n请问找哪个部门？"},
};

TEST(thread_of_one_floor)
{
    for (size_t i = 0; i < sizeof(lone_floors) / sizeof(lone_floors[0]); i++) {
        struct hy_item it = extract(lone_floors[i].html, lone_floors[i].url);
        char time[HY_TIME_SIZE];
        if (it.kind != HY_ITEM_THREAD || it.n_replies)
            fail_msg("case %zu: kind %d, %zu replies", i, it.kind, it.n_replies);
        assert_string_equal(it.text, lone_floors[i].text);
        assert_string_equal(hy_wall_format(it.published, HY_CST, time), lone_floors[i].at);
        hy_item_release(&it);
    }
}

/* A board's list of threads has times and names, but nothing of it is a floor. */
TEST(list_of_threads)
{
#define ROW(title)                                                                                 \
    "<tbody id=normalthread_1><tr><th><a href=/thread-1-1-1.html class=xst>" title                 \
    "</a></th><td class=by><a href=u>某人甲乙</a> "                                            \
    "<em>2026-11-20</em></td><td>12</td></tr></tbody>"
    struct hy_item it = extract(
        "<meta name=generator content='Discuz! X3.4'><title>杂谈</title><body><table "
        "id=threadlist>" ROW("小区停水三天了，没有人管，怎么办？")
            ROW("人民路路灯全黑了，晚上骑车很危险！") ROW("江口老街哪家豆花面好吃？求推荐一下")
                ROW("孩子上小学要准备哪些材料？") ROW("高价回收旧手机，当面交易，价格公道")
                    ROW("周末去爬山，有没有一起的朋友？") ROW("县医院门口停车难，什么时候解决")
                        ROW("今天早上的大雾，能见度不到五十米")
                            ROW("新修的公园什么时候开放，有人知道吗")
                                ROW("请问公交三路末班车是几点，谢谢") "</table>",
        "http://bbs.example/forum-2-1.html");

    assert_int_equal(it.kind, HY_ITEM_LIST);
    hy_item_release(&it);
}

TEST(short_list)
{
    struct hy_item it = extract(
        "<title>通知公告</title>" NOISE "<ul><li><a href=1>关于开展冬季安全检查的通知</a>"
        "<span>2026-11-20</span><li><a href=2>关于公开征求意见的公告</a><span>2026-11-19</span>"
        "<li><a href=3>关于人民路封闭施工的公告</a><span>2026-11-18</span>"
        "<li><a href=4>关于停水的通知</a><span>2026-11-17</span></ul>",
        "http://gov.example/tzgg/");

    assert_int_equal(it.kind, HY_ITEM_LIST);
    hy_item_release(&it);
}

TEST(front_page_of_a_blog_is_its_newest_post)
{
#define POST(day, text)                                                                            \
    "<div class=entry><h2>" day "</h2><em>2026-11-" day " 09:12</em><p>" text "</div>"
    struct hy_item it = extract("<title>某人的博客</title>" POST("20", P1 P2 P1 P2)
                                    POST("19", P2 P1 P2 P1 P2) POST("18", P1 P1 P1 P2 P2),
                                "http://blog.example/");
    char time[HY_TIME_SIZE];

    assert_string_equal(it.text, P1 P2 P1 P2);
    assert_string_equal(hy_wall_format(it.published, HY_CST, time), "2026-11-20T09:12:00+08:00");
    hy_item_release(&it);
}

TEST(text_that_only_metadata_states)
{
    struct hy_item it =
        extract("<title>停水</title><script "
                "type='application/ld+json'>{\"@type\":\"QAPage\",\"mainEntity\":"
                "{\"@type\":\"Question\",\"text\":\"" P1 P2 P1 "\",\"datePublished\":"
                "\"2026-11-20T01:00:00Z\",\"acceptedAnswer\":{\"@type\":\"Answer\",\"text\":\"" P2
                "\"}}}</script><div id=app></div>",
                "http://h.example/q/1");

    assert_int_equal(it.kind, HY_ITEM_THREAD);
    assert_int_equal(it.n_replies, 1);
    assert_string_equal(it.replies[0].text, P2);
    assert_string_equal(it.text, P1 P2 P1 "\n" P2);
    assert_string_equal(it.published_from, "jsonld");
    hy_item_release(&it);
}

TEST(personal_numbers_are_masked)
{
    struct hy_item it =
        extract("<title>t</title><p>" P1 "联系电话13812345678，请拨打。</p>", "http://h/");

    assert_non_null(strstr(it.text, "138****5678"));
    hy_item_release(&it);
}

TEST(garbage)
{
    static const char *const pages[] = {"",
                                        "x",
                                        "<",
                                        "<html>",
                                        "\xFF\xFE",
                                        "<title>",
                                        "<p>&#xD800;",
                                        "<table><td><a href>x",
                                        "<script>",
                                        "\x01\x02<h1>\x03"};

    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        struct hy_item it = extract(pages[i], "");
        assert_non_null(it.title);
        assert_non_null(it.text);
        hy_item_release(&it);
    }
}

#define SIMPLE_FLOOR "<div class=post><i>2026-11-20 09:12</i><p>" P1 "</p></div>"
/* Shapes that made some step quadratic: the second part repeats until the page is big. */
static const struct {
    const char *head, *unit, *around; /* `around` opens this many times in front */
    int depth;
} shapes[] = {
    {"<title>", "标题_", "", 0},
    {"<meta name=generator content=Discuz!>", "<div class=post><p>" P1 "</p></div>", "<div>", 400},
    {"<meta name=generator content=Discuz!>",
     "<div class=post><i>2026-11-20 09:12</i><p>" P1 "</p></div>", "<div class=post>", 400},
    {"<h1>标题标题标题</h1>", "<p>" P1 "</p>", "<div>", 400},
    {"<h1>标题标题标题</h1>", "<p>2026-11-20 09:12 来源</p>", "", 0},
    {"<h1>标题标题标题</h1><p>", "二〇二", "", 0},
    {"<h1>标题标题标题</h1>", "<script>datetime datetime</script>", "", 0},
    {"<h1>标题标题标题</h1><p>", "13800138000 a@b ", "", 0},
    {"<meta name=generator content=Discuz!>" SIMPLE_FLOOR SIMPLE_FLOOR
     "<div class=post><i>2026-11-20 09:12</i><p>",
     "@某人 2026-11-20 09:12:00<br>", "", 0},
    {"<meta name=generator content=Discuz!>" SIMPLE_FLOOR SIMPLE_FLOOR,
     "<div class=post><i>2026-11-20 09:12</i><blockquote><blockquote>" P1
     "</blockquote></blockquote><p>" P1 "</p></div>",
     "", 0},
    {"<h1>县长信箱标题标题</h1>", "<p>来信时间：2026-11-20</p><p>回复：" P1 "</p>", "", 0},
};

TEST(cost_is_linear)
{
    enum { BYTES = 300 * 1000, MOST_US = 700 * 1000 }; /* the bound is 71 ms; here -O0, ASan */

    if (getenv("HY_SLOW")) /* the CPU deadline itself ends the page under memcheck */
        skip();
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        struct hy_buf html = HY_BUF_INIT(HY_BUF_UNBOUNDED);
        struct timespec before, after;
        hy_buf_puts(&html, shapes[i].head);
        for (int k = 0; k < shapes[i].depth; k++)
            hy_buf_puts(&html, shapes[i].around);
        while (html.n < BYTES)
            hy_buf_puts(&html, shapes[i].unit);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
        struct hy_item it = extract(html.p, "http://bbs.example/thread-1-1-1.html");
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
        hy_item_release(&it);
        hy_buf_release(&html);
        long us =
            (after.tv_sec - before.tv_sec) * 1000000 + (after.tv_nsec - before.tv_nsec) / 1000;
        if (us > MOST_US)
            fail_msg("shape %zu took %ld ms", i, us / 1000);
    }
}
