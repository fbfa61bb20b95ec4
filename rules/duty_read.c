/* SPDX-License-Identifier: Apache-2.0 */
/* Reads duty.yaml: its schema, what must agree inside the file and with the other files. */
#include "rules/duty_file.h"

#include "core/mem.h"
#include "rules/duty_route.h"
#include "rules/lexicon.h"
#include "rules/lexicon_refs.h"
#include "rules/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SNOOZE_MAX_MS (2 * HY_HOUR_MS)
#define SNOOZE_MS (30 * HY_MINUTE_MS)
#define FALLBACK_MS (3 * HY_MINUTE_MS)
#define UNSEEN_MIN_MS HY_MINUTE_MS /* a screen needs a moment */
enum { SNOOZES = 2 };
#define MAIL (1u << HY_WAY_MAIL)
#define WEBHOOK (1u << HY_WAY_WEBHOOK)

#define PERSON(k, t, f) .key = k, .type = t, .offset = offsetof(struct raw_person, f)
static const struct hy_y_key person_keys[] = {
    {PERSON("id", HY_Y_TEXT, id), .required = true, .help = "人员编号，与登录账号相同"},
    {PERSON("name", HY_Y_TEXT, name), .required = true, .help = "姓名"},
    {PERSON("roles", HY_Y_TEXTS, roles), .help = "角色"},
    {PERSON("unit", HY_Y_TEXT, unit), .help = "所在单位的编号"},
    {PERSON("channels", HY_Y_TEXTS, channels), .help = "提醒方式"},
    {PERSON("fallback", HY_Y_TEXTS, fallback),
     .help = "备用的提醒方式：前面的发不出去或一直没有显示时改用；mail 或 webhook"},
    {PERSON("mail", HY_Y_TEXT, mail), .help = "邮箱"},
    {PERSON("webhook", HY_Y_TEXT, webhook), .help = "发到哪个机器人：webhooks 里的编号"},
    {PERSON("", HY_Y_POS, pos)},
    {0},
};
static const struct hy_y_schema person_schema = {sizeof(struct raw_person), person_keys, NULL};

static const struct hy_y_key unit_keys[] = {
    {.key = "", .type = HY_Y_POS, .offset = offsetof(struct raw_unit, pos)},
    {.key = "unit",
     .type = HY_Y_TEXT,
     .offset = offsetof(struct raw_unit, unit),
     .required = true,
     .help = "单位编号"},
    {.key = "lead",
     .type = HY_Y_TEXTS,
     .offset = offsetof(struct raw_unit, lead),
     .required = true,
     .help = "负责人"},
    {0},
};
static const struct hy_y_schema unit_schema = {sizeof(struct raw_unit), unit_keys, NULL};

#define POSTS(k, t, f) .key = k, .type = t, .offset = offsetof(struct raw_posts, f)
static const struct hy_y_key posts_keys[] = {
    {POSTS("supervisor", HY_Y_TEXTS, supervisor), .help = "主管（督办）"},
    {POSTS("leader", HY_Y_TEXTS, leader), .help = "主要负责人"},
    {POSTS("unit_lead", HY_Y_TEXTS, unit_lead), .help = "没有单独写明的单位的负责人"},
    {POSTS("operator", HY_Y_TEXTS, operator), .help = "管程序和来源的人；不写就是系统管理员"},
    {POSTS("units", HY_Y_LIST, units), .sub = &unit_schema, .help = "各单位负责人"},
    {0},
};
static const struct hy_y_schema posts_schema = {sizeof(struct raw_posts), posts_keys, NULL};

static const struct hy_y_key escalation_keys[] = {
    {.key = "after",
     .type = HY_Y_DURATION,
     .offset = offsetof(struct raw_escalation, after),
     .required = true,
     .help = "发出后多久无人确认"},
    {.key = "to",
     .type = HY_Y_NAME,
     .offset = offsetof(struct raw_escalation, to),
     .required = true,
     .names = hy_post_name,
     .help = "再提醒谁"},
    {0},
};
static const struct hy_y_schema escalation_schema = {sizeof(struct raw_escalation), escalation_keys,
                                                     NULL};

static const struct hy_y_key acknowledge_keys[] = {
    {.key = "expires",
     .type = HY_Y_DURATION,
     .offset = offsetof(struct raw_acknowledge, expires),
     .help = "签收后多久还没有回应记录就作废；不写就不作废"},
    {.key = "everyone",
     .type = HY_Y_TEXTS,
     .offset = offsetof(struct raw_acknowledge, everyone),
     .help = "哪些级别（1-4）收到提醒的人都要签收"},
    {0},
};
static const struct hy_y_schema acknowledge_schema = {sizeof(struct raw_acknowledge),
                                                      acknowledge_keys, NULL};
static const struct hy_y_key snooze_keys[] = {
    {.key = "longest", .type = HY_Y_POS, .offset = offsetof(struct raw_snooze, pos)},
    {.key = "longest",
     .type = HY_Y_DURATION,
     .offset = offsetof(struct raw_snooze, longest),
     .help = "一次最多推迟多久，默认 30m"},
    {.key = "times",
     .type = HY_Y_INT,
     .offset = offsetof(struct raw_snooze, times),
     .min = 0,
     .max = 10,
     .help = "一件事最多推迟几次，默认 2；0 是不许"},
    {0},
};
static void snooze_defaults(void *row)
{
    *(struct raw_snooze *)row = (struct raw_snooze){.longest = SNOOZE_MS, .times = SNOOZES};
}
static const struct hy_y_schema snooze_schema = {sizeof(struct raw_snooze), snooze_keys,
                                                 snooze_defaults};

static const struct hy_y_key not_shown_keys[] = {
    {.key = "fallback", .type = HY_Y_POS, .offset = offsetof(struct raw_not_shown, pos)},
    {.key = "fallback",
     .type = HY_Y_DURATION,
     .offset = offsetof(struct raw_not_shown, fallback),
     .help = "紧急提醒多久没有显示就改用备用方式（people 的 fallback），默认 3m"},
    {.key = "escalate",
     .type = HY_Y_DURATION,
     .offset = offsetof(struct raw_not_shown, escalate),
     .help = "紧急提醒多久没有在任何人那里显示就提前逐级提醒；不写就等没人签收"},
    {0},
};
static const struct hy_y_schema not_shown_schema = {sizeof(struct raw_not_shown), not_shown_keys,
                                                    NULL};

static void file_defaults(void *row)
{
    struct hy_duty *d = row;

    if (d->snooze.longest == 0)
        snooze_defaults(&d->snooze);
}

#define FILE_KEY(k, t, f) .key = k, .type = t, .offset = offsetof(struct hy_duty, f)
static const struct hy_y_key file_keys[] = {
    {FILE_KEY("people", HY_Y_LIST, people), .sub = &person_schema, .required = true,
     .help = "人员"},
    {FILE_KEY("rota", HY_Y_MAP, rota), .sub = &hy_rota_schema, .required = true, .help = "值班表"},
    {FILE_KEY("posts", HY_Y_MAP, posts), .sub = &posts_schema, .help = "岗位"},
    {FILE_KEY("escalation", HY_Y_LIST, escalation), .sub = &escalation_schema,
     .help = "无人确认时逐级提醒"},
    {FILE_KEY("routes", HY_Y_LIST, branches), .sub = &hy_branch_schema,
     .help = "按单位、地点、话题、级别分派给谁"},
    {FILE_KEY("acknowledge", HY_Y_MAP, acknowledge), .sub = &acknowledge_schema,
     .help = "签收的规矩"},
    {FILE_KEY("snooze", HY_Y_MAP, snooze), .sub = &snooze_schema, .help = "推迟提醒的限度"},
    {FILE_KEY("not_shown", HY_Y_MAP, not_shown), .sub = &not_shown_schema,
     .help = "提醒没有显示时怎么办"},
    {FILE_KEY("look_ahead", HY_Y_DURATION, look_ahead), .help = "提前多久报告值班表的空缺"},
    {FILE_KEY("mail", HY_Y_MAP, mailer), .sub = &hy_mailer_schema, .help = "发信服务器"},
    {FILE_KEY("webhooks", HY_Y_LIST, hooks), .sub = &hy_hook_schema,
     .help = "群机器人、短信网关等接口"},
    {0},
};
static const struct hy_y_schema file_schema = {sizeof(struct hy_duty), file_keys, file_defaults};

/* What a channel of a person needs is there. */
static void check_channels(const struct hy_duty *duty, const struct raw_person *p,
                           const struct hy_person *is, struct hy_diag *d)
{
    unsigned channels = is->first | is->fallback;

    if (channels & MAIL && duty->mailer.pos.file == NULL)
        hy_diag_at(d, p->pos, "“%s”要收邮件，但是没有写发信服务器（mail）", p->id);
    if (channels & MAIL && !hy_is_mail_address(hy_str(p->mail)))
        hy_diag_at(d, p->pos, "“%s”要收邮件，“mail”应为邮箱地址", p->id);
    if (channels & WEBHOOK &&
        (p->webhook == NULL || hy_duty_hook(duty, hy_str(p->webhook)) == NULL))
        hy_diag_at(d, p->pos, "“%s”要经机器人提醒，“webhook”应为 webhooks 里的一个编号", p->id);
    if (is->fallback & ~(MAIL | WEBHOOK))
        hy_diag_at(d, p->pos, "“%s”的备用方式（fallback）只能是 mail、webhook；看板和桌面本来就有",
                   p->id);
    const struct hy_hook *hook =
        is->fallback & WEBHOOK && p->webhook ? hy_duty_hook(duty, hy_str(p->webhook)) : NULL;
    if (hook && hook->class_mask & 1u << HY_URGENT)
        hy_diag_at(d, p->pos,
                   "“%s”的备用机器人“%s”本来就收全部紧急提醒，等于没有备用；把它的 classes 写成 [none]",
                   p->id, p->webhook);
    if (is->fallback & is->first)
        hy_diag_at(d, p->pos, "“%s”的备用方式（fallback）已经写在 channels 里，等于没有备用", p->id);
}

static void read_people(struct hy_duty *duty, struct hy_diag *d)
{
    const struct raw_person *rows = duty->people.v;

    duty->list.n = 0;
    for (size_t i = 0; i < duty->people.n; i++) {
        const struct raw_person *p = &rows[i];
        if (p->id == NULL || p->name == NULL)
            continue; /* the schema has reported it */
        if (hy_duty_person(duty, hy_str(p->id)))
            hy_diag_at(d, p->pos, "人员“%s”写了两次", p->id);
        struct hy_person is = {.id = p->id,
                               .name = p->name,
                               .roles = hy_names_mask(&p->roles, hy_role_name, d),
                               .unit = p->unit,
                               .first = hy_names_mask(&p->channels, hy_way_name, d),
                               .fallback = hy_names_mask(&p->fallback, hy_way_name, d)};
        check_channels(duty, p, &is, d);
        is.mail = (is.first | is.fallback) & MAIL ? p->mail : NULL;
        is.webhook = (is.first | is.fallback) & WEBHOOK ? p->webhook : NULL;
        duty->fallback |= is.fallback != 0;
        hy_vec_push(&duty->list, is);
    }
}

static void check_not_shown(struct hy_duty *duty, struct hy_diag *d)
{
    struct raw_not_shown *n = &duty->not_shown;

    if (n->fallback == 0)
        n->fallback = FALLBACK_MS;
    if (n->fallback < UNSEEN_MIN_MS || (n->escalate && n->escalate < UNSEEN_MIN_MS))
        hy_diag_at(d, n->pos, "“not_shown”里的时间至少 1m，弹窗显示出来也要一会儿");
    if (n->escalate && duty->fallback && n->escalate <= n->fallback)
        hy_diag_at(d, n->pos, "“not_shown”要先试备用方式（fallback）再逐级提醒（escalate），"
                              "escalate 要比 fallback 长");
}

static void need_person(const struct hy_duty *duty, const char *id, struct hy_pos pos,
                        struct hy_diag *d)
{
    if (id && hy_duty_person(duty, hy_str(id)) == NULL)
        hy_rota_report_nobody(id, pos, d);
}

static void need_people(const struct hy_duty *duty, const struct hy_texts *ids, struct hy_diag *d)
{
    for (size_t i = 0; i < ids->n; i++)
        need_person(duty, ids->v[i], ids->pos[i], d);
}

static bool is_person(const void *user, struct hy_str id)
{
    return hy_duty_person(user, id) != NULL;
}

static unsigned level_mask(const struct hy_texts *levels, struct hy_diag *d)
{
    unsigned mask = 0;

    for (size_t i = 0; i < levels->n; i++) {
        const char *t = levels->v[i];
        if (t[0] >= '1' && t[0] <= '4' && t[1] == '\0')
            mask |= 1u << (t[0] - '0');
        else
            hy_diag_at(d, levels->pos[i], "“%s”不是级别，应为 1 到 4", t);
    }
    return mask;
}

static void derive(struct hy_duty *duty, struct hy_diag *d)
{
    const struct raw_escalation *e = duty->escalation.v;
    const struct raw_unit *u = duty->posts.units.v;
    struct hy_hook *hooks = duty->hooks.v;

    hy_mailer_derive(&duty->mailer, d);
    for (size_t i = 0; i < duty->hooks.n; i++)
        hy_hook_derive(&hooks[i], d);
    read_people(duty, d);
    if (duty->rota.pos.file)
        hy_rota_derive(&duty->rota, is_person, duty, d);
    need_people(duty, &duty->posts.supervisor, d);
    need_people(duty, &duty->posts.leader, d);
    need_people(duty, &duty->posts.unit_lead, d);
    need_people(duty, &duty->posts.operator, d);
    for (size_t i = 0; i < duty->posts.units.n; i++)
        need_people(duty, &u[i].lead, d);
    hy_branches_check(duty, &duty->branches, d);
    duty->everyone = level_mask(&duty->acknowledge.everyone, d);
    if (duty->snooze.longest > SNOOZE_MAX_MS)
        hy_diag_at(d, duty->snooze.pos, "“snooze”一次最多推迟 2h，更久的提醒等于没有提醒");
    check_not_shown(duty, d);
    duty->steps.n = 0;
    for (size_t i = 0; i < duty->escalation.n; i++)
        hy_vec_push(&duty->steps, (struct hy_escalation){e[i].after, (enum hy_post)e[i].to});
}

int hy_duty_add_text(struct hy_duty *duty, struct hy_str text, const char *name, struct hy_diag *d,
                     struct hy_err *err)
{
    int rc = hy_yaml_load_text(text, name, &file_schema, duty, d, err);

    derive(duty, d);
    return rc;
}

struct hy_duty *hy_duty_new(void)
{
    return hy_xcalloc(1, sizeof(struct hy_duty));
}

void hy_duty_free(struct hy_duty *d)
{
    if (d == NULL)
        return;
    hy_vec_release(&d->list);
    hy_vec_release(&d->steps);
    hy_rota_release(&d->rota);
    hy_yaml_release(&file_schema, d);
    free(d);
}

static int load(const char *from, bool national, void **section, struct hy_diag *d,
                struct hy_err *err)
{
    char path[1024];
    int rc;

    (void)national;
    if (*section == NULL)
        *section = hy_duty_new();
    snprintf(path, sizeof(path), "%s/duty.yaml", from);
    if (access(path, F_OK) < 0)
        return HY_OK;
    rc = hy_yaml_load(path, &file_schema, *section, d, err);
    derive(*section, d);
    return rc;
}

static void need_unit(const struct hy_rules *r, const char *unit, struct hy_pos pos,
                      struct hy_diag *d)
{
    if (unit && hy_lexicon_unit(r->lexicon, hy_str(unit)) == NULL)
        hy_lexicon_no_ref(r->lexicon, HY_REF_UNIT, unit, pos, d);
}

static void check(const struct hy_rules *r, struct hy_diag *d)
{
    const struct raw_person *p = r->duty->people.v;
    const struct raw_unit *u = r->duty->posts.units.v;

    if (r->office && r->duty->people.n == 0)
        hy_diag_warn(d, (struct hy_pos){0}, "没有值班表（duty.yaml），提醒没有人收；写法见《规则编写》第一节");
    hy_branches_check_refs(r, &r->duty->branches, d);
    if (r->calendar)
        hy_rota_use_calendar(&r->duty->rota, r->calendar);
    for (size_t i = 0; i < r->duty->people.n; i++)
        need_unit(r, p[i].unit, p[i].pos, d);
    for (size_t i = 0; i < r->duty->posts.units.n; i++)
        need_unit(r, u[i].unit, u[i].pos, d);
}

static void free_section(void *section)
{
    hy_duty_free(section);
}

const struct hy_section hy_section_duty = {
    .name = "duty",
    .offset = offsetof(struct hy_rules, duty),
    .load = load,
    .check = check,
    .free = free_section,
    .file = "duty.yaml",
    .schema = &file_schema,
};
