/* SPDX-License-Identifier: Apache-2.0 */
/* Reads duty.yaml and answers who holds a post now.  Whose turn it is stands in rules/rota.c. */
#include "rules/duty.h"

#include "core/mem.h"
#include "rules/duty_route.h"
#include "rules/lexicon.h"
#include "rules/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *const hy_role_name[] = {
    [HY_ROLE_MONITOR] = "monitor",   [HY_ROLE_DUTY] = "duty",
    [HY_ROLE_ANALYST] = "analyst",   [HY_ROLE_EDITOR] = "editor",
    [HY_ROLE_APPROVER] = "approver", [HY_ROLE_SUPERVISOR] = "supervisor",
    [HY_ROLE_AUDITOR] = "auditor",   [HY_ROLE_ADMIN] = "admin",
    [HY_ROLE_COUNT] = NULL,
};
const char *const hy_role_label[] = {
    [HY_ROLE_MONITOR] = "监测员", [HY_ROLE_DUTY] = "值班员",      [HY_ROLE_ANALYST] = "研判员",
    [HY_ROLE_EDITOR] = "拟稿人",  [HY_ROLE_APPROVER] = "审签人",  [HY_ROLE_SUPERVISOR] = "主管",
    [HY_ROLE_AUDITOR] = "审计",   [HY_ROLE_ADMIN] = "系统管理员",
};
_Static_assert(HY_COUNT(hy_role_name) == HY_ROLE_COUNT + 1, "name every role");
#define SNOOZE_MAX_MS (2 * HY_HOUR_MS)
#define SNOOZE_MS (30 * HY_MINUTE_MS)
#define AHEAD_MS (7 * HY_DAY_MS)
#define AHEAD_MAX_MS (62 * HY_DAY_MS)
enum { SNOOZES = 2 };
enum channel { CHANNEL_DESKTOP, CHANNEL_BOARD, CHANNEL_MAIL, CHANNEL_WEBHOOK };
static const char *const channel_name[] = {"desktop", "board", "mail", "webhook", NULL};

struct raw_person {
    char *id, *name, *unit, *mail, *webhook;
    struct hy_texts roles, channels;
    struct hy_pos pos;
};
struct raw_unit {
    struct hy_pos pos;
    char *unit;
    struct hy_texts lead;
};
struct raw_posts {
    struct hy_texts supervisor, leader, unit_lead, operator;
    struct hy_rows units;
};
struct raw_escalation {
    int64_t after;
    int to;
};
struct raw_acknowledge {
    int64_t expires;
    struct hy_texts everyone;
};
struct raw_snooze {
    int64_t longest, times;
    struct hy_pos pos;
};
/* One file as it stands; it is kept as it is, so that names and positions stay together. */
struct hy_duty {
    struct hy_rows people;
    struct hy_rota rota;
    struct raw_posts posts;
    struct hy_rows escalation;
    struct hy_mailer mailer;
    struct hy_rows hooks; /* of struct hy_hook */
    int64_t look_ahead;
    struct hy_rows branches;
    struct raw_acknowledge acknowledge;
    struct raw_snooze snooze;
    /* derived */
    HY_VEC(struct hy_person) list; /* borrows the texts of `people` */
    HY_VEC(struct hy_escalation) steps;
    unsigned everyone; /* bit set of levels */
};

#define PERSON(k, t, f) .key = k, .type = t, .offset = offsetof(struct raw_person, f)
static const struct hy_y_key person_keys[] = {
    {PERSON("id", HY_Y_TEXT, id), .required = true, .help = "人员编号，与登录账号相同"},
    {PERSON("name", HY_Y_TEXT, name), .required = true, .help = "姓名"},
    {PERSON("roles", HY_Y_TEXTS, roles), .help = "角色"},
    {PERSON("unit", HY_Y_TEXT, unit), .help = "所在单位的编号"},
    {PERSON("channels", HY_Y_TEXTS, channels), .help = "提醒方式"},
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
    {FILE_KEY("look_ahead", HY_Y_DURATION, look_ahead), .help = "提前多久报告值班表的空缺"},
    {FILE_KEY("mail", HY_Y_MAP, mailer), .sub = &hy_mailer_schema, .help = "发信服务器"},
    {FILE_KEY("webhooks", HY_Y_LIST, hooks), .sub = &hy_hook_schema,
     .help = "群机器人、短信网关等接口"},
    {0},
};
static const struct hy_y_schema file_schema = {sizeof(struct hy_duty), file_keys, file_defaults};

/* What a channel of a person needs is there. */
static void check_channels(const struct hy_duty *duty, const struct raw_person *p,
                           unsigned channels, struct hy_diag *d)
{
    if (channels & 1u << CHANNEL_MAIL && duty->mailer.pos.file == NULL)
        hy_diag_at(d, p->pos, "“%s”要收邮件，但是没有写发信服务器（mail）", p->id);
    if (channels & 1u << CHANNEL_MAIL && !hy_is_mail_address(hy_str(p->mail)))
        hy_diag_at(d, p->pos, "“%s”要收邮件，“mail”应为邮箱地址", p->id);
    if (channels & 1u << CHANNEL_WEBHOOK &&
        (p->webhook == NULL || hy_duty_hook(duty, hy_str(p->webhook)) == NULL))
        hy_diag_at(d, p->pos, "“%s”要经机器人提醒，“webhook”应为 webhooks 里的一个编号", p->id);
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
        unsigned channels = hy_names_mask(&p->channels, channel_name, d);
        check_channels(duty, p, channels, d);
        hy_vec_push(
            &duty->list,
            (struct hy_person){.id = p->id,
                               .name = p->name,
                               .roles = hy_names_mask(&p->roles, hy_role_name, d),
                               .unit = p->unit,
                               .mail = channels & 1u << CHANNEL_MAIL ? p->mail : NULL,
                               .webhook = channels & 1u << CHANNEL_WEBHOOK ? p->webhook : NULL,
                               .channels = p->channels});
    }
}

static void need_person(const struct hy_duty *duty, const char *id, struct hy_pos pos,
                        struct hy_diag *d)
{
    if (id && hy_duty_person(duty, hy_str(id)) == NULL)
        hy_diag_at(d, pos, "people 里没有“%s”", id);
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

size_t hy_duty_count(const struct hy_duty *d)
{
    return d->list.n;
}

const struct hy_person *hy_duty_at(const struct hy_duty *d, size_t i)
{
    return &d->list.v[i];
}

const struct hy_person *hy_duty_person(const struct hy_duty *d, struct hy_str id)
{
    for (size_t i = 0; i < d->list.n; i++)
        if (hy_str_is(id, d->list.v[i].id))
            return &d->list.v[i];
    return NULL;
}

const struct hy_mailer *hy_duty_mailer(const struct hy_duty *d)
{
    return d->mailer.pos.file ? &d->mailer : NULL;
}

size_t hy_duty_hooks(const struct hy_duty *d, const struct hy_hook **ret)
{
    *ret = d->hooks.v;
    return d->hooks.n;
}

const struct hy_hook *hy_duty_hook(const struct hy_duty *d, struct hy_str id)
{
    const struct hy_hook *h = d->hooks.v;

    for (size_t i = 0; i < d->hooks.n; i++)
        if (h[i].id && hy_str_is(id, h[i].id))
            return &h[i];
    return NULL;
}

size_t hy_duty_escalations(const struct hy_duty *d, const struct hy_escalation **ret)
{
    *ret = d->steps.v;
    return d->steps.n;
}

bool hy_duty_turn(const struct hy_duty *d, const struct hy_hand *hand, hy_wall now,
                  struct hy_shift *ret)
{
    struct hy_watch w;
    bool any = hy_rota_at(&d->rota, hand, now, &w);

    *ret = (struct hy_shift){.from = w.from,
                            .to = w.to,
                            .duty = hy_duty_person(d, hy_str(w.duty)),
                            .second = hy_duty_person(d, hy_str(w.second)),
                            .why = w.why,
                            .duty_away = w.duty_away,
                            .second_away = w.second_away};
    return any;
}

static const struct hy_texts *lead_of(const struct hy_duty *d, struct hy_str unit)
{
    const struct raw_unit *u = d->posts.units.v;

    for (size_t i = 0; i < d->posts.units.n; i++)
        if (u[i].unit && hy_str_is(unit, u[i].unit))
            return &u[i].lead;
    return &d->posts.unit_lead;
}

static bool is_away(const struct hy_duty *d, const struct hy_ask *ask, const struct hy_person *p)
{
    return hy_rota_away(&d->rota, ask->hand, p->id, ask->now) != NULL;
}

static size_t admins(const struct hy_duty *d, const struct hy_ask *ask,
                     const struct hy_person **ret, size_t max)
{
    size_t n = 0;

    for (size_t i = 0; i < d->list.n && n < max; i++)
        if (d->list.v[i].roles & 1u << HY_ROLE_ADMIN && !is_away(d, ask, &d->list.v[i]))
            ret[n++] = &d->list.v[i];
    return n;
}

/* The list that duty.yaml writes for a post. */
static const struct hy_texts *written(const struct hy_duty *d, enum hy_post post,
                                      struct hy_str unit)
{
    static const struct hy_texts none = {0};

    switch (post) {
    case HY_POST_OPERATOR:
        return &d->posts.operator;
    case HY_POST_UNIT_LEAD:
        return lead_of(d, unit);
    case HY_POST_SUPERVISOR:
        return &d->posts.supervisor;
    case HY_POST_LEADER:
        return &d->posts.leader;
    default:
        return &none;
    }
}

/* The people of one post, without falling to another. */
static size_t holders(const struct hy_duty *d, const struct hy_ask *ask, enum hy_post post,
                      const struct hy_person **ret, size_t max)
{
    const struct hy_texts *ids = written(d, post, ask->unit);
    struct hy_shift turn = {0};
    size_t n = 0;

    if (post == HY_POST_DUTY || post == HY_POST_SECOND) {
        hy_duty_turn(d, ask->hand, ask->now, &turn);
        const struct hy_person *p = post == HY_POST_DUTY ? turn.duty : turn.second;
        if (p && max > 0)
            ret[n++] = p;
        return n;
    }
    if (post == HY_POST_OPERATOR && ids->n == 0)
        return admins(d, ask, ret, max);
    for (size_t i = 0; i < ids->n && n < max; i++) {
        const struct hy_person *p = hy_duty_person(d, hy_str(ids->v[i]));
        if (p && !is_away(d, ask, p))
            ret[n++] = p;
    }
    return n;
}

/* Where the alarm of a post goes that nobody holds; HY_POST_COUNT: nowhere. */
static const enum hy_post falls_to[HY_POST_COUNT] = {
    [HY_POST_DUTY] = HY_POST_SECOND,          [HY_POST_SECOND] = HY_POST_UNIT_LEAD,
    [HY_POST_UNIT_LEAD] = HY_POST_SUPERVISOR, [HY_POST_SUPERVISOR] = HY_POST_LEADER,
    [HY_POST_LEADER] = HY_POST_COUNT,         [HY_POST_OPERATOR] = HY_POST_SUPERVISOR,
};

size_t hy_duty_who(const struct hy_duty *d, const struct hy_ask *ask, const struct hy_person **ret,
                   size_t max, bool *ret_gap)
{
    enum hy_post post = ask->post;
    size_t n = 0;

    while (post < HY_POST_COUNT && (n = holders(d, ask, post, ret, max)) == 0)
        post = falls_to[post];
    if (ret_gap)
        *ret_gap = post != ask->post;
    return n;
}

const struct hy_rota *hy_duty_rota(const struct hy_duty *d)
{
    return &d->rota;
}

const struct hy_rows *hy_duty_branches(const struct hy_duty *d)
{
    return &d->branches;
}

int64_t hy_duty_ack_expires_ms(const struct hy_duty *d)
{
    return d->acknowledge.expires;
}

bool hy_duty_all_acknowledge(const struct hy_duty *d, int level)
{
    return level > 0 && d->everyone & 1u << level;
}

int64_t hy_duty_snooze_ms(const struct hy_duty *d, int64_t *ret_times)
{
    *ret_times = d->snooze.times;
    return d->snooze.longest;
}

int64_t hy_duty_ahead_ms(const struct hy_duty *d)
{
    return d->look_ahead ? HY_MIN(d->look_ahead, AHEAD_MAX_MS) : AHEAD_MS;
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
        hy_diag_at(d, pos, "没有编号为“%s”的单位（单位写在 topics.yaml 里）", unit);
}

static void check(const struct hy_rules *r, struct hy_diag *d)
{
    const struct raw_person *p = r->duty->people.v;
    const struct raw_unit *u = r->duty->posts.units.v;

    if (r->office && r->duty->people.n == 0)
        hy_diag_warn(d, (struct hy_pos){0}, "没有值班表（duty.yaml），提醒没有人收");
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
