/* SPDX-License-Identifier: Apache-2.0 */
/* huiying duty route: who would be told of such a matter, by the tree in duty.yaml, and why. */
#include "alerts/keep/cmd_duty.h"

#include "core/mem.h"
#include "rules/duty_route.h"
#include "rules/names.h"

#include <stdio.h>

static void add_list(struct hy_about *a, int which, const char *text)
{
    struct hy_str rest = hy_str(text), one;

    while (rest.n && hy_str_cut(&rest, ',', &one)) {
        if (which == 'u')
            hy_vec_push(&a->units, one);
        else if (which == 'p')
            hy_vec_push(&a->places, one);
        else
            hy_vec_push(&a->topics, one);
    }
}

static int read_about(const struct hy_duty_opts *o, struct hy_about *a, enum hy_post *post,
                      struct hy_err *err)
{
    int class = o->class ? hy_name_index(hy_urgency_name, hy_str(o->class)) : HY_URGENT;
    int p = o->post ? hy_name_index(hy_post_name, hy_str(o->post)) : HY_POST_DUTY;
    int64_t level = 0;

    if (class < 0 || p < 0)
        return hy_fail(err, HY_E_USAGE, "--class is urgent, normal or digest; --post is duty, "
                                        "second, unit_lead, supervisor, leader or operator");
    if (o->level && (!hy_str_to_i64(hy_str(o->level), &level) || level < 1 || level > 4))
        return hy_fail(err, HY_E_USAGE, "--level is 1 to 4");
    *a = (struct hy_about){.kind = hy_str(o->kind ? o->kind : "emergency"),
                           .level = (int)level,
                           .urgency = (enum hy_urgency)class};
    add_list(a, 'u', o->unit);
    add_list(a, 'p', o->place);
    add_list(a, 't', o->topic);
    *post = (enum hy_post)p;
    return HY_OK;
}

/* "；3 分钟没有显示或者发不出去，改用邮件 a@b" */
static void print_fallback(const struct hy_duty *d, const struct hy_person *p)
{
    printf("；%lld 分钟没有显示或者发不出去，改用",
           (long long)(hy_duty_fallback_ms(d) / HY_MINUTE_MS));
    if (p->fallback & 1u << HY_WAY_MAIL && p->mail)
        printf("邮件 %s", p->mail);
    if (p->fallback & 1u << HY_WAY_WEBHOOK && p->webhook)
        printf("%s机器人 %s", p->fallback & 1u << HY_WAY_MAIL ? "、" : "", p->webhook);
}

static void print_told(const struct hy_duty *d, const struct hy_person *p, enum hy_urgency urgency)
{
    const struct hy_mailer *m = hy_duty_mailer(d);

    printf("  %s（%s）：看板、桌面", p->name, p->id);
    if (p->mail && p->first & 1u << HY_WAY_MAIL && m && m->class_mask & 1u << urgency)
        printf("、邮件 %s", p->mail);
    if (p->webhook && p->first & 1u << HY_WAY_WEBHOOK)
        printf("、机器人 %s", p->webhook);
    if (p->fallback && urgency == HY_URGENT)
        print_fallback(d, p);
    printf("\n");
}

static void print_ladder(const struct hy_duty_job *j, const struct hy_routing *r)
{
    const struct hy_escalation *e = r->escalation.v;
    size_t n = r->escalation.n;

    if (n == 0)
        n = hy_duty_escalations(j->rules->duty, &e);
    for (size_t i = 0; i < n; i++) {
        struct hy_ask ask = {e[i].to, hy_str(j->o->unit), j->from, &j->hand};
        const struct hy_person *who[HY_DUTY_PEOPLE_MAX];
        size_t k = hy_routing_people(j->rules->duty, r, &ask, who, HY_DUTY_PEOPLE_MAX);
        printf("  %lld 分钟无人签收 → %s：", (long long)(e[i].after_ms / HY_MINUTE_MS),
               hy_post_label[e[i].to]);
        for (size_t p = 0; p < k; p++)
            printf("%s%s", p ? "、" : "", who[p]->name);
        printf("\n");
    }
}

/* Exactly the people of --expect, in any order. */
static bool is_expected(const char *expect, const struct hy_person *const *who, size_t n)
{
    struct hy_str rest = hy_str(expect), one;
    size_t named = 0;

    while (rest.n && hy_str_cut(&rest, ',', &one)) {
        bool found = false;
        for (size_t i = 0; i < n; i++)
            found |= hy_str_is(one, who[i]->id);
        if (!found)
            return false;
        named++;
    }
    return named == n;
}

static void print_route(struct hy_duty_job *j, const struct hy_about *about, const struct hy_routing *r,
                        enum hy_post post, const struct hy_person *const *who, size_t n)
{
    if (j->o->json) {
        json_t *people = json_array();
        HY_CLEANUP(hy_json_freep)
        json_t *o = json_pack("{s:s,s:o,s:b}", "post", hy_post_name[post], "people", people,
                              "everyone", r->everyone);
        for (size_t i = 0; i < n; i++)
            json_array_append_new(people, json_string(who[i]->id));
        hy_json_print(o);
        return;
    }
    printf("提醒“%s”时通知：\n", hy_post_label[post]);
    for (size_t i = 0; i < n; i++)
        print_told(j->rules->duty, who[i], about->urgency);
    if (n == 0)
        printf("  没有人！\n");
    if (r->everyone || hy_duty_all_acknowledge(j->rules->duty, about->level))
        printf("  每个人都要签收\n");
    if (about->urgency == HY_URGENT && hy_duty_unseen_ms(j->rules->duty) > 0)
        printf("  %lld 分钟没有在任何人的屏幕上显示，提前提醒下一级\n",
               (long long)(hy_duty_unseen_ms(j->rules->duty) / HY_MINUTE_MS));
    if (about->urgency == HY_URGENT && post == HY_POST_DUTY)
        print_ladder(j, r);
}

int hy_duty_show_route(struct hy_duty_job *j, struct hy_err *err)
{
    struct hy_buf explain = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    const struct hy_person *who[HY_DUTY_PEOPLE_MAX];
    struct hy_routing r = {0};
    struct hy_about about = {0};
    enum hy_post post = HY_POST_DUTY; /* gcc does not see that it is set */

    if (read_about(j->o, &about, &post, err) < 0)
        return err->code;
    struct hy_ask ask = {post, about.units.n ? about.units.v[0] : hy_str(""), j->from, &j->hand};
    hy_duty_route(j->rules->duty, &about, &r, &explain);
    size_t n = hy_routing_people(j->rules->duty, &r, &ask, who, HY_DUTY_PEOPLE_MAX);
    if (j->o->explain)
        printf("%s", explain.n ? explain.p : "没有写 routes，照岗位提醒\n");
    print_route(j, &about, &r, post, who, n);
    bool fine = n > 0 && (j->o->expect == NULL || is_expected(j->o->expect, who, n));
    hy_buf_release(&explain);
    hy_routing_release(&r);
    hy_about_release(&about);
    return fine ? HY_OK
                : hy_fail(err, HY_E_NOTFOUND, n ? "通知的不是 %s" : "没有人会收到%s",
                          n ? j->o->expect : "");
}
