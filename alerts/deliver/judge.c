/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer means.  The robots of 企业微信, 钉钉 and 飞书 answer 200 also when they did not
 * take the message; the truth is a code in the body.  A code nobody knows is tried again until the
 * time for trying is over.  Pure. */
#include "alerts/deliver/deliver.h"

#include "core/mem.h"
#include "core/utf8.h"

#include <stdio.h>

enum { FIRST_WAIT_MS = 2000, LAST_WAIT_MS = 300000, LIMITED_MS = 60000, WISH_MAX_MS = 600000 };

static const struct code {
    int kind, code;
    enum hy_verdict verdict;
    int64_t wait_ms;
    const char *why;
    const char *says; /* only when the message says this; such a row comes first */
} codes[] = {
    {HY_HOOK_WECOM, 45009, HY_RETRY, LIMITED_MS, "企业微信：发得太快，每分钟最多 20 条"},
    {HY_HOOK_WECOM, 93000, HY_REFUSED, 0, "企业微信：机器人网址或 key 不对"},
    {HY_HOOK_WECOM, 93004, HY_REFUSED, 0, "企业微信：机器人已停用"},
    {HY_HOOK_WECOM, 93008, HY_REFUSED, 0, "企业微信：机器人不在群里"},
    {HY_HOOK_DINGTALK, 130101, HY_RETRY, LIMITED_MS, "钉钉：发得太快，每分钟最多 20 条"},
    {HY_HOOK_DINGTALK, 410100, HY_RETRY, LIMITED_MS, "钉钉：发得太快，已被限流"},
    {HY_HOOK_DINGTALK, 90030, HY_RETRY, LAST_WAIT_MS, "钉钉：今天的次数已经用完"},
    {HY_HOOK_DINGTALK, 310000, HY_REFUSED, 0, "钉钉：时间不对，请校准本机时间",
     "invalid timestamp"},
    {HY_HOOK_DINGTALK, 310000, HY_REFUSED, 0, "钉钉：安全设置不符（签名、关键词或 IP 地址）"},
    {HY_HOOK_DINGTALK, 300001, HY_REFUSED, 0, "钉钉：access_token 不存在"},
    {HY_HOOK_DINGTALK, 300005, HY_REFUSED, 0, "钉钉：access_token 不存在"},
    {HY_HOOK_DINGTALK, 400101, HY_REFUSED, 0, "钉钉：access_token 不存在"},
    {HY_HOOK_DINGTALK, 400102, HY_REFUSED, 0, "钉钉：机器人已停用"},
    {HY_HOOK_DINGTALK, 400013, HY_REFUSED, 0, "钉钉：群已解散"},
    {HY_HOOK_FEISHU, 9499, HY_REFUSED, 0, "飞书：不认得消息的格式", "Bad Request"},
    {HY_HOOK_FEISHU, 9499, HY_RETRY, LIMITED_MS, "飞书：发得太快"},
    {HY_HOOK_FEISHU, 11232, HY_RETRY, LIMITED_MS, "飞书：发得太快"},
    {HY_HOOK_FEISHU, 19001, HY_REFUSED, 0, "飞书：机器人网址不对"},
    {HY_HOOK_FEISHU, 19021, HY_REFUSED, 0, "飞书：签名不对，或本机时间不准"},
    {HY_HOOK_FEISHU, 19022, HY_REFUSED, 0, "飞书：本机的 IP 地址不在允许的范围内"},
    {HY_HOOK_FEISHU, 19024, HY_REFUSED, 0, "飞书：消息里没有机器人要求的关键词"},
};

static const struct code *find_code(int kind, int64_t code, struct hy_str message)
{
    for (size_t i = 0; i < HY_COUNT(codes); i++)
        if (codes[i].kind == kind && codes[i].code == code &&
            (codes[i].says == NULL || hy_str_find(message, hy_str(codes[i].says), 0) != HY_NPOS))
            return &codes[i];
    return NULL;
}

/* 企业微信 and 钉钉: errcode, errmsg.  飞书: code, msg; in its older form StatusCode.  False: there is
 * none. */
static bool read_code(const json_t *o, int64_t *ret_code, struct hy_str *ret_message)
{
    static const char *const keys[][2] = {
        {"errcode", "errmsg"}, {"code", "msg"}, {"StatusCode", "StatusMessage"}};

    for (size_t i = 0; i < HY_COUNT(keys); i++) {
        const json_t *code = json_object_get(o, keys[i][0]);
        if (!json_is_integer(code))
            continue;
        *ret_code = json_integer_value(code);
        *ret_message = hy_json_str(o, keys[i][1]);
        return true;
    }
    return false;
}

static void judge_code(int kind, int64_t code, struct hy_str message, struct hy_answer *ret)
{
    const struct code *known = find_code(kind, code, message);

    if (code == 0) {
        *ret = (struct hy_answer){.verdict = HY_DELIVERED};
        return;
    }
    *ret = (struct hy_answer){.verdict = HY_RETRY};
    if (known) {
        ret->verdict = known->verdict;
        ret->wait_ms = known->wait_ms;
        snprintf(ret->why, sizeof(ret->why), "%s（代码 %lld）", known->why, (long long)code);
        return;
    }
    snprintf(ret->why, sizeof(ret->why), "对方没有接受：" HY_STR_FMT "（代码 %lld）",
             HY_STR_ARG(hy_utf8_head(message, 40)), (long long)code);
}

/* The gate before 钉钉 sends whoever is too fast away without a code of the robot's. */
static bool is_sent_away(int kind, const json_t *o)
{
    return kind == HY_HOOK_DINGTALK && hy_json_str(o, "punish").n;
}

static void judge_body(int kind, struct hy_str body, struct hy_answer *ret)
{
    HY_CLEANUP(hy_json_freep) json_t *o = NULL;
    struct hy_err err = HY_ERR_INIT;
    struct hy_str message;
    int64_t code;

    *ret = (struct hy_answer){.verdict = HY_RETRY, .unsure = true};
    if (hy_json_parse(body, &o, &err) < 0) {
        snprintf(ret->why, sizeof(ret->why), "对方的回答看不懂，不能确定是否收到");
    } else if (read_code(o, &code, &message)) {
        judge_code(kind, code, message, ret);
    } else if (is_sent_away(kind, o)) {
        *ret = (struct hy_answer){.verdict = HY_RETRY, .wait_ms = LIMITED_MS};
        snprintf(ret->why, sizeof(ret->why), "钉钉：发得太快，被挡在门外");
    } else {
        snprintf(ret->why, sizeof(ret->why), "对方的回答里没有结果代码，不能确定是否收到");
    }
}

/* A robot's own code says more than the status it comes with: 飞书 answers 400 to what is too fast
 * as well as to what it cannot read.  False: no code that is known. */
static bool judge_refusal(int kind, struct hy_str body, struct hy_answer *ret)
{
    HY_CLEANUP(hy_json_freep) json_t *o = NULL;
    struct hy_err err = HY_ERR_INIT;
    struct hy_str message;
    int64_t code;

    if (kind == HY_HOOK_JSON || hy_json_parse(body, &o, &err) < 0 ||
        !read_code(o, &code, &message) || code == 0 || find_code(kind, code, message) == NULL)
        return false;
    judge_code(kind, code, message, ret);
    return true;
}

static bool may_pass(long status)
{
    return status == 408 || status == 425 || status == 429 || status >= 500;
}

void hy_deliver_judge(int kind, long status, struct hy_str body, int64_t retry_after_ms,
                      struct hy_answer *ret)
{
    if (status >= 200 && status < 300) {
        *ret = (struct hy_answer){.verdict = HY_DELIVERED};
        if (kind != HY_HOOK_JSON)
            judge_body(kind, body, ret);
        return;
    }
    if (!may_pass(status) && judge_refusal(kind, body, ret))
        return;
    *ret = (struct hy_answer){.verdict = may_pass(status) ? HY_RETRY : HY_REFUSED};
    if (retry_after_ms > 0)
        ret->wait_ms = HY_MIN(retry_after_ms, (int64_t)WISH_MAX_MS);
    else if (status == 429)
        ret->wait_ms = LIMITED_MS;
    snprintf(ret->why, sizeof(ret->why), "对方回答 HTTP %ld%s", status,
             status == 429                    ? "（发得太快）"
             : status == 401 || status == 403 ? "（没有权限）"
             : status == 404 || status == 410 ? "（网址不对）"
             : status >= 300 && status < 400  ? "（转到别处，不跟随）"
                                              : "");
}

int64_t hy_deliver_wait_ms(int tries, int64_t wish_ms, uint64_t random)
{
    int64_t wait = FIRST_WAIT_MS;

    while (--tries > 0 && wait < LAST_WAIT_MS)
        wait *= 2;
    wait = HY_MIN(wait, (int64_t)LAST_WAIT_MS);
    wait -= (int64_t)(random % (uint64_t)(wait / 2 + 1));
    return HY_MAX(wait, wish_ms);
}
