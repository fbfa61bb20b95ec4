/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/endpoint.h"

#include "core/mem.h"
#include "rules/names.h"
#include "rules/office.h"
#include "rules/windows.h"

const char *const hy_hook_kind_name[] = {
    [HY_HOOK_JSON] = "json",     [HY_HOOK_WECOM] = "wecom", [HY_HOOK_DINGTALK] = "dingtalk",
    [HY_HOOK_FEISHU] = "feishu", [HY_HOOK_COUNT] = NULL,
};
static const char *const tls_name[] = {"starttls", "always", "never", NULL};

enum { PORT_SUBMISSION = 587, PORT_TLS = 465 };
#define GIVE_UP_MS (30 * HY_MINUTE_MS)

static void hook_defaults(void *row)
{
    ((struct hy_hook *)row)->give_up_ms = GIVE_UP_MS;
}
static void mailer_defaults(void *row)
{
    ((struct hy_mailer *)row)->give_up_ms = GIVE_UP_MS;
}

#define HOOK(k, t, f) .key = k, .type = t, .offset = offsetof(struct hy_hook, f)
static const struct hy_y_key hook_keys[] = {
    {HOOK("", HY_Y_POS, pos)},
    {HOOK("id", HY_Y_TEXT, id), .required = true, .unique = true,
     .help = "编号，小写字母、数字和短横线"},
    {HOOK("kind", HY_Y_NAME, kind), .required = true, .names = hy_hook_kind_name,
     .help = "json 通用接口、wecom 企业微信、dingtalk 钉钉、feishu 飞书"},
    {HOOK("url", HY_Y_TEXT, url), .required = true, .help = "机器人或接口的网址"},
    {HOOK("secret_file", HY_Y_TEXT, secret_file),
     .help = "密钥所在的文件（权限 0600）；企业微信写网址里的 key"},
    {HOOK("ca_file", HY_Y_TEXT, ca_file), .help = "内部证书机构的证书文件"},
    {HOOK("classes", HY_Y_TEXTS, classes),
     .help = "发哪几类提醒：urgent 紧急、normal 一般、digest 汇总、none 只收指名发给它的；默认前两类"},
    {HOOK("give_up", HY_Y_DURATION, give_up_ms), .help = "多久发不出去就放弃，默认 30m"},
    {0},
};
const struct hy_y_schema hy_hook_schema = {sizeof(struct hy_hook), hook_keys, hook_defaults};

#define MAIL(k, t, f) .key = k, .type = t, .offset = offsetof(struct hy_mailer, f)
static const struct hy_y_key mailer_keys[] = {
    {MAIL("", HY_Y_POS, pos)},
    {MAIL("host", HY_Y_TEXT, host), .required = true, .help = "发信服务器"},
    {MAIL("port", HY_Y_INT, port), .min = 1, .max = 65535, .help = "端口，默认 587"},
    {MAIL("tls", HY_Y_NAME, tls), .names = tls_name,
     .help = "加密：starttls（默认）、always 一开始就加密、never 不加密"},
    {MAIL("user", HY_Y_TEXT, user), .help = "登录名"},
    {MAIL("password_file", HY_Y_TEXT, password_file), .help = "密码所在的文件（权限 0600）"},
    {MAIL("from", HY_Y_TEXT, from), .required = true, .help = "发件地址"},
    {MAIL("ca_file", HY_Y_TEXT, ca_file), .help = "内部证书机构的证书文件"},
    {MAIL("classes", HY_Y_TEXTS, classes),
     .help = "发哪几类提醒：urgent 紧急、normal 一般、digest 汇总、none 只收指名发给它的；默认前两类"},
    {MAIL("give_up", HY_Y_DURATION, give_up_ms), .help = "多久发不出去就放弃，默认 30m"},
    {0},
};
const struct hy_y_schema hy_mailer_schema = {sizeof(struct hy_mailer), mailer_keys,
                                             mailer_defaults};

static unsigned classes_of(const struct hy_texts *classes, struct hy_diag *d)
{
    static const char *const names[] = {"urgent", "normal", "digest", "none", NULL};
    unsigned mask = hy_names_mask(classes, names, d) & ((1u << HY_URGENCY_COUNT) - 1);

    return classes->n ? mask : 1u << HY_URGENT | 1u << HY_NORMAL;
}

void hy_hook_derive(struct hy_hook *h, struct hy_diag *d)
{
    h->class_mask = classes_of(&h->classes, d);
    if (h->id && !hy_rules_is_id(hy_str(h->id)))
        hy_diag_at(d, h->pos, "编号“%s”只能用小写字母、数字和短横线", h->id);
    if (h->url && !hy_rules_is_http(hy_str(h->url)))
        hy_diag_at(d, h->pos, "“url”不是网址，要以 http:// 或 https:// 开头");
    if (h->give_up_ms <= 0)
        hy_diag_at(d, h->pos, "“give_up”要大于 0");
}

bool hy_is_mail_address(struct hy_str s)
{
    size_t sign = hy_str_find_char(s, '@', 0);

    if (sign == HY_NPOS || sign == 0 || sign + 1 == s.n || s.n > 200 ||
        hy_str_find_char(s, '@', sign + 1) != HY_NPOS)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~' || hy_char_in(s.p[i], "<>()[]\\,;:\""))
            return false;
    return true;
}

void hy_mailer_derive(struct hy_mailer *m, struct hy_diag *d)
{
    if (m->pos.file == NULL)
        return;
    m->class_mask = classes_of(&m->classes, d);
    if (m->port == 0)
        m->port = m->tls == HY_MAIL_ALWAYS ? PORT_TLS : PORT_SUBMISSION;
    if (m->from && !hy_is_mail_address(hy_str(m->from)))
        hy_diag_at(d, m->pos, "“from”不是邮箱地址：%s", HY_SHOWN(hy_str(m->from)));
    for (const char *p = m->host; p && *p; p++)
        if (hy_char_in(*p, " /@?#")) {
            hy_diag_at(d, m->pos, "“host”只写服务器的名字，不带网址和端口");
            break;
        }
    if (m->user && m->password_file == NULL)
        hy_diag_at(d, m->pos, "写了“user”，还要写“password_file”");
    if (m->user && m->tls == HY_MAIL_NEVER)
        hy_diag_warn(d, m->pos, "不加密，密码会以明文传送");
    if (m->give_up_ms <= 0)
        hy_diag_at(d, m->pos, "“give_up”要大于 0");
}
