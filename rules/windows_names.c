/* SPDX-License-Identifier: Apache-2.0 */
/* The words of windows.yaml and what people read for them. */
#include "rules/windows.h"

const char *const hy_matter_name[] = {
    [HY_MATTER_EMERGENCY] = "emergency",
    [HY_MATTER_OPINION] = "opinion",
    [HY_MATTER_DOCUMENT] = "document",
    [HY_MATTER_SERVICE_CHANGE] = "service_change",
    [HY_MATTER_DISCLOSURE] = "disclosure",
    [HY_MATTER_FOI] = "foi",
    [HY_MATTER_MESSAGE] = "message",
    [HY_MATTER_HOTLINE] = "hotline",
    [HY_MATTER_REPRINT] = "reprint",
    [HY_MATTER_PERIODIC] = "periodic",
    [HY_MATTER_COUNT] = NULL,
};
const char *const hy_matter_label[] = {
    [HY_MATTER_EMERGENCY] = "突发事件",  [HY_MATTER_OPINION] = "政务舆情",
    [HY_MATTER_DOCUMENT] = "政策文件",   [HY_MATTER_SERVICE_CHANGE] = "办事变更",
    [HY_MATTER_DISCLOSURE] = "主动公开", [HY_MATTER_FOI] = "依申请公开",
    [HY_MATTER_MESSAGE] = "网民留言",    [HY_MATTER_HOTLINE] = "热线工单",
    [HY_MATTER_REPRINT] = "转载",        [HY_MATTER_PERIODIC] = "定期工作",
};
const char *const hy_unless_name[] = {"assigned", "drafted", "approved", NULL};
_Static_assert(HY_COUNT(hy_unless_name) == HY_UNLESS_COUNT + 1, "name every reason");
const char *const hy_anchor_name[] = {
    [HY_ANCHOR_OCCURRED] = "occurred",
    [HY_ANCHOR_FIRST_PUBLIC] = "first_public",
    [HY_ANCHOR_DETECTED] = "detected",
    [HY_ANCHOR_CONFIRMED] = "confirmed",
    [HY_ANCHOR_GRADED] = "graded",
    [HY_ANCHOR_ASSIGNED] = "assigned",
    [HY_ANCHOR_SIGNED] = "signed",
    [HY_ANCHOR_APPROVED] = "approved",
    [HY_ANCHOR_RECEIVED] = "received",
    [HY_ANCHOR_FORMED] = "formed",
    [HY_ANCHOR_PUBLISHED] = "published",
    [HY_ANCHOR_SUPPLEMENTED] = "supplemented",
    [HY_ANCHOR_ASKED] = "asked",
    [HY_ANCHOR_DISPATCHED] = "dispatched",
    [HY_ANCHOR_REPORTED] = "reported",
    [HY_ANCHOR_CLASSIFIED] = "classified",
    [HY_ANCHOR_SUSPECTED] = "suspected",
    [HY_ANCHOR_NEW_FACT] = "new_fact",
    [HY_ANCHOR_PERIOD] = "period",
    [HY_ANCHOR_RESPONDED] = "responded",
    [HY_ANCHOR_COUNT] = NULL,
};
const char *const hy_anchor_label[] = {
    [HY_ANCHOR_OCCURRED] = "事发",
    [HY_ANCHOR_FIRST_PUBLIC] = "首次公开传播",
    [HY_ANCHOR_DETECTED] = "系统发现",
    [HY_ANCHOR_CONFIRMED] = "人工确认",
    [HY_ANCHOR_GRADED] = "定级",
    [HY_ANCHOR_ASSIGNED] = "交办",
    [HY_ANCHOR_SIGNED] = "签发",
    [HY_ANCHOR_APPROVED] = "完成审批",
    [HY_ANCHOR_RECEIVED] = "受理",
    [HY_ANCHOR_FORMED] = "形成或变更",
    [HY_ANCHOR_PUBLISHED] = "公开",
    [HY_ANCHOR_SUPPLEMENTED] = "收到补正",
    [HY_ANCHOR_ASKED] = "征求意见",
    [HY_ANCHOR_DISPATCHED] = "派单",
    [HY_ANCHOR_REPORTED] = "收到调查报告",
    [HY_ANCHOR_CLASSIFIED] = "确定处置分类",
    [HY_ANCHOR_SUSPECTED] = "发现涉嫌违法线索",
    [HY_ANCHOR_NEW_FACT] = "出现新情况",
    [HY_ANCHOR_PERIOD] = "周期",
    [HY_ANCHOR_RESPONDED] = "上一次发布",
};
const char *const hy_act_name[] = {
    [HY_ACT_RELEASE] = "release",
    [HY_ACT_CONFERENCE] = "conference",
    [HY_ACT_BRIEFING] = "briefing",
    [HY_ACT_INTERVIEW] = "interview",
    [HY_ACT_REPLY] = "reply",
    [HY_ACT_PUBLICATION] = "publication",
    [HY_ACT_REPRINT] = "reprint",
    [HY_ACT_REFERRAL] = "referral",
    [HY_ACT_WRITTEN_CONFERENCE] = "written_conference",
    [HY_ACT_ONLINE_CONFERENCE] = "online_conference",
    [HY_ACT_INTERPRETATION] = "interpretation",
    [HY_ACT_ADOPTION] = "adoption",
    [HY_ACT_SOLUTION] = "solution",
    [HY_ACT_FINDINGS] = "findings",
    [HY_ACT_CLARIFICATION] = "clarification",
    [HY_ACT_UPWARD_REPORT] = "upward_report",
    [HY_ACT_BULLETIN] = "bulletin",
    [HY_ACT_SUPPLEMENT_NOTICE] = "supplement_notice",
    [HY_ACT_OPINION] = "opinion",
    [HY_ACT_DONE] = "done",
    [HY_ACT_COUNT] = NULL,
};
const char *const hy_act_label[] = {
    [HY_ACT_RELEASE] = "发布权威信息",
    [HY_ACT_CONFERENCE] = "新闻发布会",
    [HY_ACT_BRIEFING] = "吹风会",
    [HY_ACT_INTERVIEW] = "接受采访",
    [HY_ACT_REPLY] = "留言答复",
    [HY_ACT_PUBLICATION] = "公开",
    [HY_ACT_REPRINT] = "转载",
    [HY_ACT_REFERRAL] = "移交",
    [HY_ACT_WRITTEN_CONFERENCE] = "书面发布会",
    [HY_ACT_ONLINE_CONFERENCE] = "网上发布会",
    [HY_ACT_INTERPRETATION] = "政策解读",
    [HY_ACT_ADOPTION] = "公开吸纳情况",
    [HY_ACT_SOLUTION] = "公布解决情况",
    [HY_ACT_FINDINGS] = "发布调查处置情况",
    [HY_ACT_CLARIFICATION] = "澄清说明",
    [HY_ACT_UPWARD_REPORT] = "向上级报告",
    [HY_ACT_BULLETIN] = "印发通报或报告",
    [HY_ACT_SUPPLEMENT_NOTICE] = "告知补正",
    [HY_ACT_OPINION] = "收到第三方意见",
    [HY_ACT_DONE] = "办理完毕",
};
const char *const hy_disposition_name[] = {
    [HY_DISPOSITION_SUGGESTION] = "suggestion",
    [HY_DISPOSITION_HARDSHIP] = "hardship",
    [HY_DISPOSITION_MAJOR_ISSUE] = "major_issue",
    [HY_DISPOSITION_UNAWARE] = "unaware",
    [HY_DISPOSITION_WRONG_VIEW] = "wrong_view",
    [HY_DISPOSITION_FALSE_INFO] = "false_info",
    [HY_DISPOSITION_COUNT] = NULL,
};
const char *const hy_disposition_label[] = {
    [HY_DISPOSITION_SUGGESTION] = "建设性意见",
    [HY_DISPOSITION_HARDSHIP] = "实际困难",
    [HY_DISPOSITION_MAJOR_ISSUE] = "重大问题",
    [HY_DISPOSITION_UNAWARE] = "不了解情况、存在模糊认识",
    [HY_DISPOSITION_WRONG_VIEW] = "错误看法",
    [HY_DISPOSITION_FALSE_INFO] = "虚假和不实信息",
};
const char *const hy_disposition_owes[] = {
    [HY_DISPOSITION_SUGGESTION] = "公开吸纳情况",
    [HY_DISPOSITION_HARDSHIP] = "公布研究解决的情况",
    [HY_DISPOSITION_MAJOR_ISSUE] = "发布调查处置情况",
    [HY_DISPOSITION_UNAWARE] = "发布权威信息、解疑释惑",
    [HY_DISPOSITION_WRONG_VIEW] = "发布信息、引导和纠正",
    [HY_DISPOSITION_FALSE_INFO] = "澄清事实，涉嫌违法的移交线索",
};
const enum hy_act hy_disposition_deed[] = {
    [HY_DISPOSITION_SUGGESTION] = HY_ACT_ADOPTION,
    [HY_DISPOSITION_HARDSHIP] = HY_ACT_SOLUTION,
    [HY_DISPOSITION_MAJOR_ISSUE] = HY_ACT_FINDINGS,
    [HY_DISPOSITION_UNAWARE] = HY_ACT_CLARIFICATION,
    [HY_DISPOSITION_WRONG_VIEW] = HY_ACT_CLARIFICATION,
    [HY_DISPOSITION_FALSE_INFO] = HY_ACT_CLARIFICATION,
};
const char *const hy_post_name[] = {
    [HY_POST_DUTY] = "duty",
    [HY_POST_SECOND] = "second",
    [HY_POST_UNIT_LEAD] = "unit_lead",
    [HY_POST_SUPERVISOR] = "supervisor",
    [HY_POST_LEADER] = "leader",
    [HY_POST_OPERATOR] = "operator",
    [HY_POST_COUNT] = NULL,
};
const char *const hy_post_label[] = {
    [HY_POST_DUTY] = "值班员",          [HY_POST_SECOND] = "备班",
    [HY_POST_UNIT_LEAD] = "单位负责人", [HY_POST_SUPERVISOR] = "主管",
    [HY_POST_LEADER] = "主要负责人",    [HY_POST_OPERATOR] = "系统运维",
};
const char *const hy_urgency_name[] = {
    [HY_URGENT] = "urgent",
    [HY_NORMAL] = "normal",
    [HY_DIGEST] = "digest",
    [HY_URGENCY_COUNT] = NULL,
};
const char *const hy_period_name[] = {
    [HY_PERIOD_NONE] = "none", [HY_PERIOD_MONTH] = "month", [HY_PERIOD_QUARTER] = "quarter",
    [HY_PERIOD_HALF] = "half", [HY_PERIOD_YEAR] = "year",   NULL,
};
_Static_assert(HY_COUNT(hy_matter_name) == HY_MATTER_COUNT + 1, "name every matter");
_Static_assert(HY_COUNT(hy_matter_label) == HY_MATTER_COUNT, "label every matter");
_Static_assert(HY_COUNT(hy_anchor_name) == HY_ANCHOR_COUNT + 1, "name every anchor");
_Static_assert(HY_COUNT(hy_anchor_label) == HY_ANCHOR_COUNT, "label every anchor");
_Static_assert(HY_COUNT(hy_act_name) == HY_ACT_COUNT + 1, "name every act");
_Static_assert(HY_COUNT(hy_act_label) == HY_ACT_COUNT, "label every act");
_Static_assert(HY_COUNT(hy_disposition_name) == HY_DISPOSITION_COUNT + 1, "name every class");
_Static_assert(HY_COUNT(hy_disposition_label) == HY_DISPOSITION_COUNT, "label every class");
_Static_assert(HY_COUNT(hy_disposition_owes) == HY_DISPOSITION_COUNT, "say what every class owes");
_Static_assert(HY_COUNT(hy_post_name) == HY_POST_COUNT + 1, "name every post");
_Static_assert(HY_COUNT(hy_post_label) == HY_POST_COUNT, "label every post");

/* ---- spans of time ---- */

static const struct {
    const char *suffix;
    int64_t least;
} within_units[] = {
    [HY_IN_WORKDAYS] = {"wd", 1}, [HY_IN_DAYS] = {"cd", 0}, [HY_IN_MONTHS] = {"mo", 1}};

bool hy_within_parse(struct hy_str s, struct hy_within *ret)
{
    int64_t n;

    for (size_t i = HY_IN_WORKDAYS; i < HY_COUNT(within_units); i++) {
        if (!hy_str_ends(s, hy_str(within_units[i].suffix)))
            continue;
        if (!hy_str_to_i64(hy_str_sub(s, 0, s.n - 2), &n) || n < within_units[i].least || n > 1000)
            return false;
        *ret = (struct hy_within){(enum hy_unit_of_time)i, n};
        return true;
    }
    if (!hy_duration_parse(s, &n) || n <= 0)
        return false;
    *ret = (struct hy_within){HY_IN_HOURS, n};
    return true;
}

void hy_within_text(struct hy_within w, char out[32])
{
    bool minutes = w.n % HY_HOUR_MS != 0;

    if (w.unit != HY_IN_HOURS)
        snprintf(out, 32, "%lld%s", (long long)w.n, within_units[w.unit].suffix);
    else if (minutes && w.n % HY_MINUTE_MS)
        snprintf(out, 32, "%llds", (long long)(w.n / HY_SECOND_MS));
    else
        snprintf(out, 32, "%lld%s", (long long)(w.n / (minutes ? HY_MINUTE_MS : HY_HOUR_MS)),
                 minutes ? "m" : "h");
}
