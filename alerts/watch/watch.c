/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/watch/watch.h"

static bool anybody(const json_t *seen, const char *role)
{
    size_t i;
    json_t *r;

    json_array_foreach (json_object_get(seen, "roles"), i, r)
        if (hy_str_is(hy_json_str(r, "role"), role))
            return true;
    return false;
}

json_t *hy_watch_missing(const json_t *seen)
{
    static const struct {
        const char *role, *sentence;
    } rows[] = {
        {"keep", "没有值守程序（keep）在运行：时限不会提醒"},
        {"crawl", "没有采集程序（crawl）在运行：看不到新内容"},
        {"analyze", "没有研判程序（analyze）在运行：新内容不会被判断"},
        {"deliver", "没有投递程序（deliver）在运行：邮件和群消息发不出去"},
        {"archive", "没有存档程序（archive）在运行：证据不会保存"},
    };
    json_t *list = json_array();

    for (size_t i = 0; i < HY_COUNT(rows); i++)
        if (!anybody(seen, rows[i].role))
            json_array_append_new(list, json_string(rows[i].sentence));
    if (anybody(seen, "keep") && !hy_json_bool(seen, "leads"))
        json_array_append_new(list, json_string("值守程序还没有接手：正在等待或正在载入"));
    return list;
}
