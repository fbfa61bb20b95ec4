/* SPDX-License-Identifier: Apache-2.0 */
/* Where notices go beside the board and the desktop: a mail server and group robots or gateways
 * (the sections `mail` and `webhooks` of duty.yaml).
 *
 *     mail:
 *       host: smtp.example.gov.cn
 *       port: 587                       # default: 587, with tls: always 465
 *       tls: starttls                   # starttls always never
 *       user: xinwenban
 *       password_file: /etc/huiying/mail.password      # mode 0600
 *       from: xinwenban@example.gov.cn
 *       classes: [urgent, normal]       # which notices; default urgent and normal; none: only what
 *                                       # is sent to it by name (a person's webhook or fallback)
 *       give_up: 30m                    # how long to try
 *     webhooks:
 *       - id: duty-group
 *         kind: dingtalk                # json wecom dingtalk feishu
 *         url: https://...
 *         secret_file: secrets/duty-group   # relative to the office's directory
 *
 * Secrets stand in files of their own, because rule files are read by many and kept in version
 * control.  Of a robot of 企业微信 the secret is the `key` of its address, which may then be left
 * out of `url`. */
#pragma once
#include "rules/yaml.h"

enum hy_hook_kind { HY_HOOK_JSON, HY_HOOK_WECOM, HY_HOOK_DINGTALK, HY_HOOK_FEISHU, HY_HOOK_COUNT };
enum hy_mail_tls { HY_MAIL_STARTTLS, HY_MAIL_ALWAYS, HY_MAIL_NEVER };
extern const char *const hy_hook_kind_name[HY_HOOK_COUNT + 1];

struct hy_hook {
    struct hy_pos pos;
    char *id, *url;
    char *secret_file, *ca_file; /* NULL: none; the system's authorities */
    int kind;                    /* enum hy_hook_kind */
    struct hy_texts classes;
    unsigned class_mask; /* bit set of enum hy_urgency */
    int64_t give_up_ms;
};
struct hy_mailer {
    struct hy_pos pos; /* pos.file NULL: there is no such section */
    char *host, *user, *password_file, *from, *ca_file;
    int64_t port; /* never 0 */
    int tls;      /* enum hy_mail_tls */
    struct hy_texts classes;
    unsigned class_mask;
    int64_t give_up_ms;
};

extern const struct hy_y_schema hy_hook_schema, hy_mailer_schema;
/* Fill what follows from what was written, and report what the schema cannot know. */
void hy_hook_derive(struct hy_hook *h, struct hy_diag *d);
void hy_mailer_derive(struct hy_mailer *m, struct hy_diag *d);
/* "a@b" without spaces, quotes and anything that could end a header or a command. */
bool hy_is_mail_address(struct hy_str s);
