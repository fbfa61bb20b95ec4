/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/record/step.h"

#include "alerts/decide/set_back.h"
#include "core/mem.h"

#include <string.h>

/* Steps of the keeper and of the national windows.  `%s` is the time in the step's id. */
static const struct {
    const char *prefix, *label;
} steps[] = {
    {"open", "新事件通知"},
    {"unacked-", "无人签收，报下一人"},
    {"unseen-", "提醒没有显示，报下一人"},
    {"fallback-", "提醒没有显示，换人接收"},
    {"ack-expired", "签收到期，再次提醒"},
    {"registered", "登记通知"},
    {"assigned", "交办提醒"},
    {"return", "退回通知"},
    {"urge", "督办"},
    {"call", "点名"},
    {"approved", "审批通过"},
    {"approve", "请审批"},
    {"rejected", "审批未通过"},
    {"withdrawn", "回应登记撤回"},
    {"begun", "时限开始"},
    {"moved", "时限有变"},
    {"proposed-", "系统建议定级"},
    {"above-", "报道已重于所定级别"},
    {"heat-", "热度上升"},
    {"found-", "疑似回应，待确认"},
    {"edited-", "已发布内容有修改"},
    {"changed-", "值班有变"},
    {"missed-", "补发错过的提醒"},
    {"set-back-", "服务器时钟被调回"},
    {"set-ahead-", "服务器时钟向前跳"},
    {"supervisor-", "起算后%s，报主管"},
    {"plan-", "起算后%s，准备方案"},
    {"confirm-", "起算后%s，确认安排"},
    {"after-", "起算后%s"},
    {"left-", "到期前%s"},
    {"half", "时限过半"},
    {"three-quarters", "时限过四分之三"},
    {"nine-tenths", "时限过九成"},
    {"day-before", "到期前一天"},
    {"due-day", "到期当天"},
    {"next-morning", "到期次日"},
    {"missing", "尚未登记"},
    {"late", "已超过设定时限"},
};

/* 2h, 15m, 3d; anything else as it stands. */
static void span_of(struct hy_str s, struct hy_buf *out)
{
    static const struct {
        char unit;
        const char *label;
    } units[] = {{'m', "分钟"}, {'h', "小时"}, {'d', "天"}};
    int64_t n;

    for (size_t i = 0; i < HY_COUNT(units) && s.n > 1; i++)
        if (s.p[s.n - 1] == units[i].unit && hy_str_to_i64(hy_str_n(s.p, s.n - 1), &n)) {
            hy_buf_printf(out, "%lld%s", (long long)n, units[i].label);
            return;
        }
    hy_buf_str(out, s);
}

/* "left-2h.2" -> "left-2h": how often it was said stands elsewhere. */
static struct hy_str without_number(struct hy_str step)
{
    size_t n = step.n;

    while (n > 0 && hy_char_in(step.p[n - 1], "0123456789"))
        n--;
    return n > 1 && n < step.n && step.p[n - 1] == '.' ? hy_str_n(step.p, n - 1) : step;
}

void hy_step_label(struct hy_str step, struct hy_buf *out)
{
    step = without_number(step);
    for (size_t i = 0; i < HY_COUNT(steps); i++) {
        if (!hy_str_starts(step, hy_str(steps[i].prefix)))
            continue;
        const char *time = strstr(steps[i].label, "%s");
        if (time == NULL) {
            hy_buf_puts(out, steps[i].label);
            return;
        }
        hy_buf_add(out, steps[i].label, (size_t)(time - steps[i].label));
        span_of(hy_str_sub(step, strlen(steps[i].prefix), step.n), out);
        hy_buf_puts(out, time + 2);
        return;
    }
    hy_buf_str(out, step); /* one of the office's own windows */
}

const char *hy_step_doubt(const json_t *line, bool english)
{
    if (!hy_json_bool(line, HY_CLOCK_AHEAD))
        return "";
    return english ? " (the clock was ahead: no evidence of lateness)"
                   : "（当时服务器时钟走快，时刻不准，不作超时依据）";
}
