/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/duty_route.h"

#include "core/mem.h"
#include "rules/lexicon.h"
#include "rules/lexicon_refs.h"
#include "rules/names.h"
#include "rules/places.h"
#include "rules/rules.h"

#include <stdio.h>
#include <string.h>

struct raw_when {
    struct hy_texts units, places, topics, levels, kinds, classes;
};
struct raw_rung {
    int64_t after;
    int to;
};
struct raw_branch {
    struct hy_pos pos;
    char *name;
    struct raw_when when;
    struct hy_texts to, instead_of, also;
    struct hy_rows escalation, branches;
    bool everyone, more;
};

#define WHEN(k, f, h) {.key = k, .type = HY_Y_TEXTS, .offset = offsetof(struct raw_when, f), .help = h}
static const struct hy_y_key when_keys[] = {
    WHEN("units", units, "责任单位的编号"),
    WHEN("places", places, "区划代码；写前几位就包括下级"),
    WHEN("topics", topics, "话题编号"),
    WHEN("levels", levels, "级别 1-4，unknown 是还没定"),
    WHEN("kinds", kinds, "事项种类"),
    WHEN("classes", classes, "urgent normal digest"),
    {0},
};
static const struct hy_y_schema when_schema = {sizeof(struct raw_when), when_keys, NULL};

static const struct hy_y_key rung_keys[] = {
    {.key = "after", .type = HY_Y_DURATION, .offset = offsetof(struct raw_rung, after),
     .required = true, .help = "发出后多久无人确认"},
    {.key = "to", .type = HY_Y_NAME, .offset = offsetof(struct raw_rung, to), .required = true,
     .names = hy_post_name, .help = "再提醒谁"},
    {0},
};
static const struct hy_y_schema rung_schema = {sizeof(struct raw_rung), rung_keys, NULL};

#define BRANCH(k, t, f) .key = k, .type = t, .offset = offsetof(struct raw_branch, f)
static const struct hy_y_key branch_keys[] = {
    {BRANCH("name", HY_Y_TEXT, name), .required = true, .help = "这一条叫什么"},
    {BRANCH("when", HY_Y_MAP, when), .sub = &when_schema, .help = "什么情况；写了的都要符合"},
    {BRANCH("to", HY_Y_TEXTS, to), .help = "提醒谁：人员编号或岗位"},
    {BRANCH("for", HY_Y_TEXTS, instead_of), .help = "代替哪些岗位，不写就是 duty"},
    {BRANCH("also", HY_Y_TEXTS, also), .help = "另外还提醒谁"},
    {BRANCH("everyone", HY_Y_BOOL, everyone), .help = "要不要每个人都签收"},
    {BRANCH("escalation", HY_Y_LIST, escalation), .sub = &rung_schema, .help = "另一套逐级提醒"},
    {BRANCH("routes", HY_Y_LIST, branches), .sub = &hy_branch_schema, .help = "更细的分派"},
    {BRANCH("more", HY_Y_BOOL, more), .help = "符合以后还看不看下面的"},
    {BRANCH("", HY_Y_POS, pos)},
    {0},
};
const struct hy_y_schema hy_branch_schema = {sizeof(struct raw_branch), branch_keys, NULL};

/* ---- does a row hold? ---- */

static bool has(const struct hy_texts *list, struct hy_str s)
{
    for (size_t i = 0; i < list->n; i++)
        if (hy_str_is(s, list->v[i]))
            return true;
    return false;
}

static bool has_prefix(const struct hy_texts *list, struct hy_str code)
{
    for (size_t i = 0; i < list->n; i++)
        if (hy_str_starts(code, hy_str(list->v[i])))
            return true;
    return false;
}

static bool any(const struct hy_texts *list, const struct hy_str *v, size_t n,
                bool (*fits)(const struct hy_texts *, struct hy_str))
{
    for (size_t i = 0; i < n; i++)
        if (fits(list, v[i]))
            return true;
    return false;
}

static struct hy_str level_text(int level)
{
    static const char *const names[] = {"unknown", "1", "2", "3", "4"};

    return hy_str(names[level >= 0 && level <= 4 ? level : 0]);
}

/* What stands in the way, in the words of duty.yaml; NULL: nothing. */
static const char *hindrance(const struct raw_when *w, const struct hy_about *a)
{
    struct hy_str level = level_text(a->level), class = hy_str(hy_urgency_name[a->urgency]);

    if (w->kinds.n && !has(&w->kinds, a->kind))
        return "kinds";
    if (w->levels.n && !has(&w->levels, level))
        return "levels";
    if (w->classes.n && !has(&w->classes, class))
        return "classes";
    if (w->units.n && !any(&w->units, a->units.v, a->units.n, has))
        return "units";
    if (w->topics.n && !any(&w->topics, a->topics.v, a->topics.n, has))
        return "topics";
    if (w->places.n && !any(&w->places, a->places.v, a->places.n, has_prefix))
        return "places";
    return NULL;
}

/* ---- the way through the tree ---- */

static void add_leaf(struct hy_routing *r, const struct hy_leaf *leaf)
{
    const struct raw_rung *e = leaf->escalation ? leaf->escalation->v : NULL;

    r->everyone |= leaf->everyone;
    if (r->escalation.n == 0)
        for (size_t i = 0; e && i < leaf->escalation->n; i++)
            hy_vec_push(&r->escalation, (struct hy_escalation){e[i].after, (enum hy_post)e[i].to});
    if (r->n < HY_LEAVES_MAX)
        r->leaf[r->n++] = *leaf;
}

static unsigned posts_in(const struct hy_texts *names)
{
    unsigned mask = 0;

    for (size_t i = 0; i < names->n; i++) {
        int post = hy_name_index(hy_post_name, hy_str(names->v[i]));
        if (post >= 0)
            mask |= 1u << post;
    }
    return mask ? mask : 1u << HY_POST_DUTY;
}

static void explain_row(struct hy_buf *out, int depth, const struct raw_branch *b, const char *not)
{
    if (out == NULL)
        return;
    hy_buf_printf(out, "%*s%s %s（duty.yaml:%d）", depth * 2, "", not ? "✗" : "✓", b->name,
                  b->pos.line);
    hy_buf_printf(out, not ? "：%s 不符\n" : "\n", not );
}

/* The settings of a row: its own before those it stands in. */
static struct hy_leaf settings(const struct raw_branch *b, const struct hy_leaf *above)
{
    struct hy_leaf s = *above;

    if (b->to.n) {
        s.to = &b->to;
        s.instead_of = posts_in(&b->instead_of);
    }
    if (b->escalation.n)
        s.escalation = &b->escalation;
    s.everyone |= b->everyone;
    return s;
}

static bool walk(const struct hy_rows *rows, const struct hy_about *about,
                 const struct hy_leaf *above, int depth, struct hy_routing *ret,
                 struct hy_buf *explain)
{
    const struct raw_branch *b = rows->v;
    bool found = false;

    for (size_t i = 0; i < rows->n; i++) {
        const char *not = hindrance(&b[i].when, about);
        explain_row(explain, depth, &b[i], not );
        if (not )
            continue;
        struct hy_leaf s = settings(&b[i], above);
        found = true;
        if (b[i].also.n)
            hy_vec_push(&ret->also, &b[i].also);
        if (!walk(&b[i].branches, about, &s, depth + 1, ret, explain))
            add_leaf(ret, &s);
        if (!b[i].more)
            break;
    }
    return found;
}

void hy_duty_route(const struct hy_duty *d, const struct hy_about *about, struct hy_routing *ret,
                   struct hy_buf *explain)
{
    struct hy_leaf none = {0};

    *ret = (struct hy_routing){0};
    walk(hy_duty_branches(d), about, &none, 0, ret, explain);
}

void hy_routing_release(struct hy_routing *r)
{
    hy_vec_release(&r->also);
    hy_vec_release(&r->escalation);
}

void hy_about_release(struct hy_about *a)
{
    hy_vec_release(&a->units);
    hy_vec_release(&a->places);
    hy_vec_release(&a->topics);
}

/* ---- people ---- */

static size_t add_one(const struct hy_person **list, size_t n, size_t max, const struct hy_person *p)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == p)
            return n;
    if (n < max)
        list[n++] = p;
    return n;
}

static size_t add_named(const struct hy_duty *d, const struct hy_texts *names,
                        const struct hy_ask *ask, const struct hy_person **ret, size_t n,
                        size_t max)
{
    for (size_t i = 0; i < names->n; i++) {
        const struct hy_person *some[64], *p = hy_duty_person(d, hy_str(names->v[i]));
        int post = hy_name_index(hy_post_name, hy_str(names->v[i]));
        if (p && !hy_rota_away(hy_duty_rota(d), ask->hand, p->id, ask->now))
            n = add_one(ret, n, max, p);
        if (p || post < 0)
            continue;
        struct hy_ask other = *ask;
        other.post = (enum hy_post)post;
        size_t got = hy_duty_who(d, &other, some, HY_COUNT(some), NULL);
        for (size_t k = 0; k < got; k++)
            n = add_one(ret, n, max, some[k]);
    }
    return n;
}

size_t hy_routing_people(const struct hy_duty *d, const struct hy_routing *r,
                         const struct hy_ask *ask, const struct hy_person **ret, size_t max)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++)
        if (r->leaf[i].to && r->leaf[i].instead_of & 1u << ask->post)
            n = add_named(d, r->leaf[i].to, ask, ret, n, max);
    if (n == 0)
        n = hy_duty_who(d, ask, ret, max, NULL);
    for (size_t i = 0; ask->post == HY_POST_DUTY && i < r->also.n; i++)
        n = add_named(d, r->also.v[i], ask, ret, n, max);
    return n;
}

/* ---- checks ---- */

static void need_names(const struct hy_texts *t, const char *const *names, struct hy_diag *diag)
{
    if (t->n)
        (void)hy_names_mask(t, names, diag);
}

static void need_who(const struct hy_duty *d, const struct hy_texts *t, struct hy_diag *diag)
{
    for (size_t i = 0; i < t->n; i++)
        if (hy_duty_person(d, hy_str(t->v[i])) == NULL &&
            hy_name_index(hy_post_name, hy_str(t->v[i])) < 0)
            hy_diag_at(diag, t->pos[i],
                       "“%s”既不是 people 里的人，也不是岗位（duty second unit_lead supervisor "
                       "leader operator）",
                       t->v[i]);
}

static void need_levels(const struct hy_texts *t, struct hy_diag *diag)
{
    static const char *const names[] = {"1", "2", "3", "4", "unknown", NULL};

    need_names(t, names, diag);
}

static void need_kinds(const struct hy_texts *t, struct hy_diag *diag)
{
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->v[i], "source") != 0 && hy_name_index(hy_matter_name, hy_str(t->v[i])) < 0)
            hy_diag_at(diag, t->pos[i], "没有“%s”这种事项；可用：emergency、opinion、message、"
                                        "document、foi、hotline、reprint、source 等",
                       t->v[i]);
}

void hy_branches_check(const struct hy_duty *d, const struct hy_rows *rows, struct hy_diag *diag)
{
    const struct raw_branch *b = rows->v;
    bool closed = false;

    for (size_t i = 0; i < rows->n; i++) {
        if (closed)
            hy_diag_at(diag, b[i].pos,
                       "前面已有一条什么情况都符合（没有 when），这一条永远轮不到；请移到它前面");
        closed |= hindrance(&b[i].when, &(struct hy_about){0}) == NULL && b[i].when.levels.n == 0 &&
                  b[i].when.classes.n == 0 && !b[i].more;
        need_who(d, &b[i].to, diag);
        need_who(d, &b[i].also, diag);
        need_names(&b[i].instead_of, hy_post_name, diag);
        need_names(&b[i].when.classes, hy_urgency_name, diag);
        need_levels(&b[i].when.levels, diag);
        need_kinds(&b[i].when.kinds, diag);
        if (b[i].instead_of.n && b[i].to.n == 0)
            hy_diag_at(diag, b[i].pos, "写了“for”就要写“to”（改为提醒谁）");
        hy_branches_check(d, &b[i].branches, diag);
    }
}

static bool is_topic(const struct hy_lexicon *l, const char *id)
{
    const struct hy_topic *t = l->topics.v;

    for (size_t i = 0; i < l->topics.n; i++)
        if (strcmp(t[i].id, id) == 0)
            return true;
    return false;
}

void hy_branches_check_refs(const struct hy_rules *r, const struct hy_rows *rows,
                            struct hy_diag *diag)
{
    const struct raw_branch *b = rows->v;

    for (size_t i = 0; i < rows->n; i++) {
        const struct raw_when *w = &b[i].when;
        for (size_t k = 0; r->lexicon && k < w->units.n; k++)
            if (hy_lexicon_unit(r->lexicon, hy_str(w->units.v[k])) == NULL)
                hy_lexicon_no_ref(r->lexicon, HY_REF_UNIT, w->units.v[k], w->units.pos[k], diag);
        for (size_t k = 0; r->lexicon && k < w->topics.n; k++)
            if (!is_topic(r->lexicon, w->topics.v[k]))
                hy_lexicon_no_ref(r->lexicon, HY_REF_TOPIC, w->topics.v[k], w->topics.pos[k], diag);
        for (size_t k = 0; r->places && k < w->places.n; k++)
            if (!hy_places_knows(r->places, w->places.v[k]))
                hy_diag_at(diag, w->places.pos[k], "区划代码表里没有“%s”", w->places.v[k]);
        hy_branches_check_refs(r, &b[i].branches, diag);
    }
}
