/* SPDX-License-Identifier: Apache-2.0 */
/* The screen of `huiying status`: what an administrator wants to know before going home, in Chinese,
 * at most 80 columns wide, what needs attention marked at the beginning of its line. */
#include "alerts/watch/watch.h"

#include "core/mem.h"
#include "rules/duty.h"
#include "rules/office.h"

#include <inttypes.h>

#define GOOD "  "
#define BAD "! "

/* "3 分 20 秒" of a time that passed. */
static void put_span(struct hy_buf *out, int64_t ms)
{
    int64_t s = HY_MAX(ms, INT64_C(0)) / 1000;

    if (s < 120)
        hy_buf_printf(out, "%" PRId64 " 秒", s);
    else if (s < 7200)
        hy_buf_printf(out, "%" PRId64 " 分钟", s / 60);
    else if (s < 172800)
        hy_buf_printf(out, "%" PRId64 " 小时", s / 3600);
    else
        hy_buf_printf(out, "%" PRId64 " 天", s / 86400);
}

static double counted(const json_t *role, const char *metric)
{
    size_t i;
    json_t *m;
    double sum = 0;

    json_array_foreach (json_object_get(role, "metrics"), i, m) {
        size_t j;
        json_t *s;
        if (hy_str_is(hy_json_str(m, "name"), metric))
            json_array_foreach (json_object_get(m, "series"), j, s)
                sum += hy_json_num(s, "n", 0);
    }
    return sum;
}

static void put_roles(const json_t *seen, struct hy_buf *out)
{
    static const struct {
        const char *role, *name, *metric, *unit;
    } rows[] = {
        {"crawl", "采集", "huiying_fetches_total", "次请求"},
        {"analyze", "研判", "huiying_items_scored_total", "篇"},
        {"keep", "值守", "huiying_keeper_inputs_total", "项输入"},
        {"deliver", "投递", "huiying_messages_total", "条消息"},
        {"archive", "存档", NULL, NULL},
        {"board", "看板", NULL, NULL},
    };
    int64_t now = hy_json_int(seen, "now", 0);
    size_t i;
    json_t *r;

    hy_buf_puts(out, "角色\n");
    for (size_t k = 0; k < HY_COUNT(rows); k++) {
        bool any = false;
        json_array_foreach (json_object_get(seen, "roles"), i, r) {
            if (!hy_str_is(hy_json_str(r, "role"), rows[k].role))
                continue;
            any = true;
            hy_buf_printf(out, GOOD "%s %-8s %-16s 运行 ", rows[k].name, rows[k].role,
                          json_string_value(json_object_get(r, "host")));
            put_span(out, now - hy_json_int(r, "started", now));
            hy_buf_printf(out, "，内存 %.0f MB", counted(r, "process_resident_memory_bytes") / 1e6);
            if (rows[k].metric)
                hy_buf_printf(out, "，%.0f %s", counted(r, rows[k].metric), rows[k].unit);
            if (hy_str_is(hy_json_str(r, "state"), "stands_by"))
                hy_buf_puts(out, "，备用");
            hy_buf_puts(out, "\n");
        }
        if (!any)
            hy_buf_printf(out, BAD "%s %-8s 没有运行\n", rows[k].name, rows[k].role);
    }
}

static void put_redis(const json_t *seen, struct hy_buf *out)
{
    const json_t *m = json_object_get(seen, "memory");
    double used = hy_json_num(m, "used", 0), max = hy_json_num(m, "max", 0);

    hy_buf_printf(out, "\nRedis\n%s内存 %.1f MB", max > 0 && used > .9 * max ? BAD : GOOD,
                  used / 1e6);
    if (max > 0)
        hy_buf_printf(out, "，上限 %.0f MB", max / 1e6);
    hy_buf_puts(out, "\n");
}

static void put_clocks(const json_t *seen, struct hy_buf *out)
{
    const json_t *t = json_object_get(seen, "timers");
    int64_t now = hy_json_int(seen, "now", 0), next = hy_json_int(t, "next", 0);
    int64_t due = hy_json_int(t, "due", 0);

    hy_buf_printf(out,
                  "\n时限\n" GOOD "未归档的事件 %" PRId64 " 起，登记的文件和来件 %" PRId64
                  " 件，日志 %" PRId64 " 条\n",
                  hy_json_int(seen, "open", 0), hy_json_int(seen, "cases", 0),
                  hy_json_int(seen, "journal", 0));
    if (!hy_json_bool(seen, "leads"))
        hy_buf_puts(out, BAD "没有值守程序在管时限\n");
    hy_buf_printf(out, GOOD "等待中的提醒 %" PRId64 " 个", hy_json_int(t, "pending", 0));
    if (next > now) {
        hy_buf_puts(out, "，下一个在 ");
        put_span(out, next - now);
        hy_buf_puts(out, "以后");
    }
    hy_buf_puts(out, "\n");
    if (due > 0 && now - next > 1000) {
        hy_buf_printf(out, BAD "已到时间还没有发出的提醒 %" PRId64 " 个，最早的晚了 ", due);
        put_span(out, now - next);
        hy_buf_puts(out, "\n");
    }
}

static void put_queues(const json_t *seen, struct hy_buf *out)
{
    static const struct {
        const char *key, *name;
        int64_t many; /* more waiting than that needs attention */
    } rows[] = {
        {"items", "待研判", 1000},  {"hits", "待并入事件", 1000},  {"commands", "待执行的操作", 100},
        {"scored", "待存档", 10000}, {"captures", "待存的网页", 10000}, {"quarantine", "被隔离的输入", 0},
    };
    const json_t *q = json_object_get(seen, "queues");

    hy_buf_puts(out, "\n队列\n" GOOD);
    for (size_t i = 0; i < HY_COUNT(rows); i++)
        hy_buf_printf(out, "%s%s %" PRId64, i ? "，" : "", rows[i].name,
                      hy_json_int(q, rows[i].key, 0));
    hy_buf_puts(out, "\n");
    for (size_t i = 0; i < HY_COUNT(rows); i++)
        if (hy_json_int(q, rows[i].key, 0) > rows[i].many)
            hy_buf_printf(out, BAD "%s太多：后面的程序没有运行，或者跟不上\n", rows[i].name);
    if (hy_json_int(seen, "outbox", 0) || hy_json_int(seen, "dead", 0))
        hy_buf_printf(out, "%s等待发送的消息 %" PRId64 " 条，发不出去的 %" PRId64
                      " 条（huiying deliver --dead 列出）\n",
                      hy_json_int(seen, "dead", 0) ? BAD : GOOD, hy_json_int(seen, "outbox", 0),
                      hy_json_int(seen, "dead", 0));
}

static void put_sources(const json_t *seen, struct hy_buf *out)
{
    static const struct {
        const char *state, *name;
        bool bad;
    } rows[] = {{"healthy", "正常", false},   {"quiet", "安静", false},
                {"suspicious", "可疑", true}, {"blind", "看不见", true},
                {"new", "还没看过", false}};
    int64_t now = hy_json_int(seen, "now", 0);
    size_t i;
    json_t *s;

    hy_buf_puts(out, "\n来源\n" GOOD);
    for (size_t k = 0; k < HY_COUNT(rows); k++) {
        int n = 0;
        json_array_foreach (json_object_get(seen, "sources"), i, s)
            n += hy_str_is(hy_json_str(s, "state"), rows[k].state);
        hy_buf_printf(out, "%s%s %d", k ? "，" : "", rows[k].name, n);
    }
    hy_buf_puts(out, "\n");
    for (size_t k = 0; k < HY_COUNT(rows); k++)
        json_array_foreach (json_object_get(seen, "sources"), i, s) {
            if (!rows[k].bad || !hy_str_is(hy_json_str(s, "state"), rows[k].state))
                continue;
            hy_buf_printf(out, BAD "%s %s：" HY_STR_FMT, rows[k].name,
                          json_string_value(json_object_get(s, "id")),
                          HY_STR_ARG(hy_json_str(s, "why")));
            if (hy_json_int(s, "last_ok", 0)) {
                hy_buf_puts(out, "，上次正常在 ");
                put_span(out, now - hy_json_int(s, "last_ok", 0));
                hy_buf_puts(out, "以前");
            }
            hy_buf_puts(out, "\n");
        }
}

static void put_duty(const json_t *seen, const struct hy_rules *rules, struct hy_buf *out)
{
    hy_wall now = {hy_json_int(seen, "now", 0)};
    struct hy_shift t = {0};

    hy_buf_puts(out, "\n值班\n");
    if (rules->duty == NULL || !hy_duty_turn(rules->duty, NULL, now, &t) || t.duty == NULL) {
        hy_buf_puts(out, BAD "现在没有人值班\n");
        return;
    }
    hy_buf_printf(out, GOOD "值班员 %s", t.duty->name);
    if (t.second)
        hy_buf_printf(out, "，备班 %s", t.second->name);
    hy_buf_puts(out, "，");
    put_span(out, t.to.ms - now.ms);
    hy_buf_puts(out, "以后交班\n");
}

void hy_watch_screen(const json_t *seen, const struct hy_rules *rules, struct hy_buf *out)
{
    hy_wall now = {hy_json_int(seen, "now", 0)};
    struct hy_civil c = hy_civil_of(now, (int)rules->office->zone_min);

    hy_buf_printf(out, "%s  %d-%02d-%02d %02d:%02d:%02d  规则版本 %.8s\n\n", rules->office->name,
                  c.year, c.month, c.day, c.hour, c.minute, c.second, rules->version);
    put_roles(seen, out);
    put_redis(seen, out);
    put_clocks(seen, out);
    put_queues(seen, out);
    put_sources(seen, out);
    put_duty(seen, rules, out);
}
