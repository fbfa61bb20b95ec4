/* SPDX-License-Identifier: Apache-2.0 */
#include "analyzer/notice.h"

#include "core/mem.h"

enum {
    TITLE_SAYS = HY_GENRE_TITLED,
    OPENING_SAYS = 2,
    MAX_BODY_SIGNS = 3,
    OPENING_CHARS = 60,
    BODY_CHARS = 1500
};

/* A title of this kind announces an account. */
static struct hy_wordlist account_titles = {
    .list = {"情况通报", "警情通报", "事故通报", "事件通报", "案件通报", "灾情通报", "险情通报",
             "有关情况", "情况说明", "的说明",   "续报",     "情况通告", "最新通报", "最新情况",
             "最新进展", "处置情况", "处置进展", "救援进展", "救援情况", "救治情况", "调查情况",
             "调查结果", "调查处理", "核查情况", "核实情况", "处理情况", "处理结果", "伤亡情况",
             "情况发布", "情况公告", "的通报",   "的回应",   "回应网",   "回应关",   "情况回应",
             "的答复",   "的回复",   "的声明",   "致歉",     "辟谣",     "不实",     "谣言",
             "澄清",     "真相",     "关于网传", "网传",     "网民反映", "网友反映", "媒体报道",
             "快报",     "灾情",     "通报：",   "通报:",    "权威发布", "官方通报", NULL}};
/* A title of this kind is about work that was planned. */
static struct hy_wordlist work_titles = {
    .list = {"检查",   "督查",   "督导",   "调研",   "部署",   "召开",     "会议",     "推进会",
             "座谈会", "培训",   "演练",   "演习",   "竞赛",   "比武",     "宣传",     "提醒",
             "提示",   "倡议",   "开展",   "举办",   "举行",   "启动仪式", "整治",     "排查",
             "专项",   "行动",   "方案",   "规划",   "计划",   "要点",     "表彰",     "总结",
             "活动",   "慰问",   "走访",   "学习",   "贯彻",   "招标",     "中标",     "采购",
             "招聘",   "公示",   "验收",   "评审",   "推进",   "加强",     "强化",     "筑牢",
             "严防",   "防范",   "做好",   "提升",   "深化",   "扎实",     "全力保障", "知识",
             "指南",   "温馨",   "预案",   "条例",   "办法",   "细则",     "征求意见", "任命",
             "值班",   "安全月", "宣传周", "宣传月", "日活动", "签约",     "揭牌",     "开工",
             "竣工",   "座谈",   "约谈",   "讲话",   "致辞",   "工作",     NULL}};
/* Of a time or of many at once: figures, ranks, selections. */
static struct hy_wordlist period_titles = {
    .list = {"考评", "考核", "抽查", "抽检", "评比", "排名", "表扬", "典型案例", "季度", "月份",
             "上半年", "下半年", "年度考", "全年", "任免", "免去", "监测情况", "满意度", NULL}};
/* So begins a report of planned work. */
static struct hy_wordlist work_openings = {
    .list = {"为进一步", "为切实",   "为深入",   "为全面",   "为认真",   "为有效", "为加强",
             "为做好",   "为贯彻",   "为落实",   "为提高",   "为提升",   "为防范", "为确保",
             "为迎接",   "为扎实",   "为规范",   "根据",     "按照",     "连日来", "近期",
             "召开",     "开展",     "举办",     "组织人员", "节日将至", "临近",   "随着",
             "日前",     "今年以来", "持续推进", "深入推进", "走进",     "督促",   "讲解",
             "提醒广大", NULL}};
/* So an account goes on, whatever it is about. */
static struct hy_wordlist account_words = {
    .list = {"发生一起",     "时许",     "经查",       "经核实",   "经核查",   "经调查",
             "接报后",       "接到报警", "接警后",     "接报",     "事发后",   "事故发生后",
             "事件发生后",   "造成",     "死亡",       "受伤",     "被困",     "失联",
             "送医",         "就医",     "生命体征",   "生命危险", "截至",     "目前",
             "正在调查",     "调查中",   "进一步调查", "原因正在", "善后",     "明火",
             "扑灭",         "已停工",   "已封存",     "已切断",   "已控制",   "采取刑事强制措施",
             "立案",         "已转移",   "已恢复",     "抢修",     "救援",     "成立调查组",
             "情况通报如下", "说明如下", "通报如下",   "反映的",   "第一时间", "高度重视",
             "积极回应",     "致歉",     "歉意",       "不信谣",   NULL}};

static int count(const struct hy_chars *t, size_t to, struct hy_wordlist *words, int at_most)
{
    int n = 0;

    for (size_t i = 0; i < HY_MIN(t->n, to) && n < at_most;) {
        size_t len = hy_wordlist_at(t, i, words, NULL);
        n += len > 0;
        i += len ? len : 1;
    }
    return n;
}

/* The end of a title says what it is: 关于开展检查的通报 is a report of a check,
 * 关于检查中发现隐患的通知 work. */
static bool ends_as_account(const struct hy_chars *t)
{
    static struct hy_wordlist ends = {.list = {"通报", "续报", "说明", "回应", "答复", "声明",
                                               "快报", "情况", "进展", "结果", "致歉信", NULL}};

    return hy_wordlist_before(t, t->n, &ends, NULL) > 0;
}

/* 关于群众反映窗口工作人员作风问题的情况通报 is an account, whatever else its title says. */
static bool is_titled_reply(const struct hy_chars *title)
{
    static struct hy_wordlist words = {.list = {"回应", "答复", "回复", "致歉", "声明", "辟谣",
                                                "不实", "传言", "网传", "反映", "投诉", "举报",
                                                NULL}};

    return count(title, title->n, &words, 1) > 0;
}

static int clamp(int n)
{
    return HY_MIN(HY_MAX(n, -HY_GENRE_MAX), (int)HY_GENRE_MAX);
}

int hy_notice_genre(const struct hy_doc *doc)
{
    const struct hy_chars *title = &doc->field[HY_TITLE], *text = &doc->field[HY_TEXT];
    int says = 0;

    if (count(title, title->n, &account_titles, 1) || ends_as_account(title))
        says += TITLE_SAYS;
    if (!ends_as_account(title) || !is_titled_reply(title))
        says -= TITLE_SAYS * count(title, title->n, &work_titles, 1);
    says -= 2 * TITLE_SAYS * count(title, title->n, &period_titles, 1);
    says -= OPENING_SAYS * count(text, OPENING_CHARS, &work_openings, 1);
    says += count(text, BODY_CHARS, &account_words, MAX_BODY_SIGNS);
    return clamp(says);
}

bool hy_notice_is_follow_up(const struct hy_doc *doc)
{
    static struct hy_wordlist again = {
        .list = {"续报", "进展", "最新情况", "最新通报", "再次通报", "后续情况", "二次通报", NULL}};
    const struct hy_chars *title = &doc->field[HY_TITLE];

    return count(title, title->n, &again, 1) > 0;
}

bool hy_notice_is_reply(const struct hy_doc *doc)
{
    static struct hy_wordlist texts = {
        .list = {"网民",     "网友",     "网传",     "网络上",   "群众反映", "市民反映",
                 "家长反映", "业主反映", "有群众",   "有市民",   "有家长",   "有居民",
                 "有业主",   "接到群众", "部分群众", "部分家长", "部分业主", "引发关注",
                 "广泛关注", "群众投诉", "留言",     "热议",     "传言",     "质疑",
                 "媒体报道", "歉意",     "道歉",     "致歉",     NULL}};

    return is_titled_reply(&doc->field[HY_TITLE]) ||
           count(&doc->field[HY_TEXT], BODY_CHARS, &texts, 1) > 0;
}
