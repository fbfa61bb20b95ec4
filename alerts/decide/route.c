/* SPDX-License-Identifier: Apache-2.0 */
/* Four steps, each asked whether it has anything to say; the first that holds in the order of the
 * matter leads, the others support.  A policy is explained by the department that made it; all else
 * is led by the place, or by the level above it when it is grave or in several places at once. */
#include "alerts/decide/route.h"

#include "core/mem.h"
#include "rules/duty.h"
#include "rules/lexicon.h"
#include "rules/office.h"
#include "rules/places.h"
#include "rules/rules.h"

#include <stdlib.h>
#include <string.h>

enum step { TERRITORIAL, LINE, UPPER, DUTY, STEP_COUNT };
enum { COUNTY_DIGITS = 6, CITY_DIGITS = 4, MAX_LINE = 3, MAX_SUPPORT = 4, MAX_CALL = 4 };
enum { GRAVE = 2, IS_POLICY = 50 };

static const struct {
    const char *id, *label;
} names[STEP_COUNT] = {
    [TERRITORIAL] = {"territorial", "属地"},
    [LINE] = {"line", "主管"},
    [UPPER] = {"upper", "上级"},
    [DUTY] = {"duty", "值班"},
};

struct routing {
    const struct hy_rules *rules;
    const json_t *doc, *score;
    hy_wall now;
    json_t *units[STEP_COUNT]; /* empty: the step does not hold */
    char *why[STEP_COUNT];
};

static const json_t *either(const json_t *a, const json_t *b)
{
    return a && !json_is_null(a) ? a : b;
}

/* ---- units ---- */

static bool is_listed(const json_t *list, struct hy_str name)
{
    const json_t *u;
    size_t i;

    json_array_foreach (list, i, u)
        if (hy_str_eq(hy_json_str(u, "name"), name))
            return true;
    return false;
}

static void add_unit(json_t *list, const char *id, const char *name)
{
    if (is_listed(list, hy_str(name)))
        return;
    json_t *u = json_object();
    json_object_set_new(u, "id", id ? json_string(id) : json_null());
    json_object_set_new(u, "name", json_string(name));
    json_array_append_new(list, u);
}

static bool names_division(const char *name, const char *division)
{
    return hy_str_has(hy_str(name), hy_str(division));
}

/* The government of a division as topics.yaml calls it: a unit whose name or another name of it has
 * the division's and is a government's. */
static const struct hy_unit *government_of(const struct hy_lexicon *l, const char *division)
{
    const struct hy_unit *u = l->units.v;

    for (size_t i = 0; i < l->units.n; i++) {
        if (!hy_str_has(hy_str(u[i].name), HY_STR("政府")) &&
            !hy_str_has(hy_str(u[i].name), HY_STR("街道")) &&
            !hy_str_has(hy_str(u[i].name), HY_STR("管委会")))
            continue;
        if (names_division(u[i].name, division))
            return &u[i];
    }
    return NULL;
}

static void add_government(const struct routing *r, enum step step, const char *division)
{
    const struct hy_unit *u = government_of(r->rules->lexicon, division);
    bool street = hy_str_ends(hy_str(division), HY_STR("街道"));
    HY_CLEANUP(hy_freep) char *name = hy_xasprintf("%s%s", division, street ? "办事处" : "人民政府");

    add_unit(r->units[step], u ? u->id : NULL, u ? u->name : name);
}

/* ---- where ---- */

/* Codes of the own counties, or of what is finer in them; all others are none of ours. */
static bool is_own(const struct routing *r, struct hy_str code)
{
    struct hy_str own = hy_str(hy_places_own_code(r->rules->places));

    return code.n > own.n ? hy_str_starts(code, own) : code.n && hy_str_eq(code, own);
}

static const json_t *places_of(const struct routing *r)
{
    return either(json_object_get(r->doc, "places"), json_object_get(r->score, "places"));
}

/* Counties (or the parts of a county office) that are named, each once, in the order named. */
static size_t own_parts(const struct routing *r, char parts[][13], size_t max)
{
    size_t own = strlen(hy_places_own_code(r->rules->places)), n = 0, i;
    size_t digits = own >= COUNTY_DIGITS ? 9 : own >= CITY_DIGITS ? COUNTY_DIGITS : CITY_DIGITS;
    const json_t *p;

    json_array_foreach (places_of(r), i, p) {
        struct hy_str code = hy_json_str(p, "code");
        bool there = false;
        if (!is_own(r, code) || code.n < digits || n == max)
            continue;
        code.n = digits;
        for (size_t k = 0; k < n; k++)
            there = there || hy_str_is(code, parts[k]);
        if (!there)
            snprintf(parts[n++], sizeof(parts[0]), HY_STR_FMT, HY_STR_ARG(code));
    }
    return n;
}

enum { MAX_PARTS = 4 };

static void find_territorial(struct routing *r)
{
    char parts[MAX_PARTS][13];
    size_t n = own_parts(r, parts, MAX_PARTS);
    const char *name = NULL;

    for (size_t i = 0; i < n; i++) {
        const char *division = hy_places_name_of(r->rules->places, parts[i]);
        if (division == NULL)
            continue;
        name = name ? name : division;
        add_government(r, TERRITORIAL, division);
    }
    r->why[TERRITORIAL] = name ? hy_xasprintf("文中说的是%s%s", name, n > 1 ? "等地" : "")
                               : hy_xasprintf("没有说到本地的哪个县（区）或乡镇");
}

/* ---- whose business ---- */

/* The reason of a proposed unit in words: 类型“火灾”, 话题“供水”. */
static char *reason_of(const struct hy_lexicon *l, struct hy_str why)
{
    const struct hy_word_group *g = l->groups.v;
    const struct hy_topic *t = hy_lexicon_topic(l, why);

    if (t)
        return hy_xasprintf("话题“%s”", t->name);
    for (size_t i = 0; i < l->groups.n; i++)
        if (g[i].event_type && hy_str_is(why, g[i].event_type))
            return hy_xasprintf("类型“%s”", g[i].name ? g[i].name : g[i].event_type);
    return hy_xasprintf("文中点到这个单位");
}

static void find_line(struct routing *r)
{
    const json_t *proposed = either(json_object_get(json_object_get(r->doc, "units"), "proposed"),
                                    json_object_get(r->score, "units"));
    const json_t *u;
    size_t i;

    json_array_foreach (proposed, i, u) {
        HY_CLEANUP(hy_freep) char *id = hy_str_dup(hy_json_str(u, "id"));
        HY_CLEANUP(hy_freep) char *name = hy_str_dup(hy_json_str(u, "name"));
        if (json_array_size(r->units[LINE]) == MAX_LINE)
            break;
        if (i == 0)
            r->why[LINE] = reason_of(r->rules->lexicon, hy_json_str(u, "why"));
        add_unit(r->units[LINE], id, name);
    }
    if (r->why[LINE] == NULL)
        r->why[LINE] = hy_xasprintf("看不出归哪个部门管");
}

/* ---- how high ---- */

static int64_t level_of(const struct routing *r)
{
    int64_t level = hy_json_int(r->doc, "level", 0);

    level = level ? level : hy_json_int(r->doc, "level_proposed", 0);
    return level ? level : hy_json_int(r->score, "level", 0);
}

static void find_upper(struct routing *r)
{
    static const char *const labels[] = {"", "特别重大", "重大"};
    const struct hy_office *office = r->rules->office;
    char parts[MAX_PARTS][13];
    int64_t level = level_of(r);
    size_t n = own_parts(r, parts, MAX_PARTS);
    bool grave = level >= 1 && level <= GRAVE;
    const char *own = hy_places_name_of(r->rules->places, hy_places_own_code(r->rules->places));

    if (!grave && n < 2) {
        r->why[UPPER] = hy_xasprintf("不到重大级别，也只涉及一处，不必上提");
        return;
    }
    if (own)
        add_government(r, UPPER, own);
    else if (office)
        add_unit(r->units[UPPER], NULL, office->name);
    if (grave)
        r->why[UPPER] = hy_xasprintf("%s级别，由上一级牵头，并按规定上报", labels[level]);
    else
        r->why[UPPER] = hy_xasprintf("涉及 %zu 个地方，由上一级牵头", n);
}

/* ---- or else ---- */

static void find_duty(struct routing *r)
{
    const struct hy_unit *u = hy_lexicon_unit(r->rules->lexicon, HY_STR("government_office"));
    const struct hy_office *office = r->rules->office;

    if (office)
        add_unit(r->units[DUTY], NULL, office->name);
    else if (u)
        add_unit(r->units[DUTY], u->id, u->name);
    r->why[DUTY] = hy_xasprintf("以上都没有着落时，由值班室接下并转办");
}

/* ---- together ---- */

static bool is_policy(const struct routing *r)
{
    const json_t *sums = r->score;

    return hy_json_num(sums, "policy", 0) >= IS_POLICY &&
           hy_json_num(sums, "emergency", 0) < hy_json_num(sums, "policy", 0);
}

static enum step leading(const struct routing *r)
{
    static const enum step usual[] = {UPPER, TERRITORIAL, LINE, DUTY};
    static const enum step policy[] = {LINE, UPPER, TERRITORIAL, DUTY};
    const enum step *order = is_policy(r) ? policy : usual;

    for (size_t i = 0; i < HY_COUNT(usual); i++)
        if (json_array_size(r->units[order[i]]))
            return order[i];
    return DUTY;
}

/* Who is to be rung up: the lead's people, else who is on duty. */
static json_t *people_of(const struct routing *r, const json_t *lead)
{
    const struct hy_person *who[MAX_CALL];
    json_t *list = json_array();
    struct hy_ask ask = {.unit = hy_json_str(lead, "id"), .now = r->now};

    ask.post = ask.unit.n ? HY_POST_UNIT_LEAD : HY_POST_DUTY;
    if (r->rules->duty == NULL)
        return list;
    size_t n = hy_duty_who(r->rules->duty, &ask, who, MAX_CALL, NULL);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_string(who[i]->name));
    return list;
}

static json_t *support_of(const struct routing *r, enum step lead, const json_t *leader)
{
    json_t *support = json_array(), *u;
    size_t i;

    for (int s = 0; s < DUTY; s++)
        json_array_foreach (r->units[s], i, u)
            if ((s != (int)lead || i > 0) && json_array_size(support) < MAX_SUPPORT &&
                !hy_str_eq(hy_json_str(u, "name"), hy_json_str(leader, "name")) &&
                !is_listed(support, hy_json_str(u, "name")))
                json_array_append(support, u);
    return support;
}

static json_t *step_json(const struct routing *r, enum step s, enum step lead)
{
    json_t *o = json_object();

    json_object_set_new(o, "step", json_string(names[s].id));
    json_object_set_new(o, "holds", json_boolean(json_array_size(r->units[s]) > 0));
    json_object_set_new(o, "lead", json_boolean(s == lead));
    json_object_set(o, "units", r->units[s]);
    json_object_set_new(o, "why", json_string(r->why[s]));
    return o;
}

json_t *hy_route(const struct hy_rules *rules, const json_t *doc, hy_wall now)
{
    static void (*const find[STEP_COUNT])(struct routing *) = {
        [TERRITORIAL] = find_territorial,
        [LINE] = find_line,
        [UPPER] = find_upper,
        [DUTY] = find_duty,
    };
    struct routing r = {rules, doc, json_object_get(doc, "score"), now, {NULL}, {NULL}};
    json_t *out = json_object(), *steps = json_array();

    for (int s = 0; s < STEP_COUNT; s++) {
        r.units[s] = json_array();
        find[s](&r);
    }
    enum step lead = leading(&r);
    json_t *leader = json_array_get(r.units[lead], 0);
    json_object_set(out, "lead", leader ? leader : json_null());
    json_object_set_new(out, "support", support_of(&r, lead, leader));
    json_object_set_new(out, "call", people_of(&r, leader));
    for (int s = 0; s < STEP_COUNT; s++) {
        json_array_append_new(steps, step_json(&r, (enum step)s, lead));
        json_decref(r.units[s]);
        free(r.why[s]);
    }
    json_object_set_new(out, "steps", steps);
    return out;
}

/* ---- for people ---- */

static void print_names(const json_t *units, struct hy_buf *out)
{
    const json_t *u;
    size_t i;

    json_array_foreach (units, i, u)
        hy_buf_printf(out, "%s" HY_STR_FMT, i ? "、" : "", HY_STR_ARG(hy_json_str(u, "name")));
}

static void print_step(const json_t *o, const char *label, struct hy_buf *out)
{
    bool holds = hy_json_bool(o, "holds");

    hy_buf_printf(out, "  %s%s  ", label, hy_json_bool(o, "lead") ? "（牵头）" : "        ");
    print_names(json_object_get(o, "units"), out);
    hy_buf_printf(out, "%s" HY_STR_FMT "\n", holds ? "：" : "——",
                  HY_STR_ARG(hy_json_str(o, "why")));
}

void hy_route_print(const json_t *route, bool explain, struct hy_buf *out)
{
    const json_t *steps = json_object_get(route, "steps"), *call = json_object_get(route, "call");
    size_t i;
    json_t *o;

    hy_buf_printf(out, "建议牵头：" HY_STR_FMT,
                  HY_STR_ARG(hy_json_str(json_object_get(route, "lead"), "name")));
    if (json_array_size(json_object_get(route, "support"))) {
        hy_buf_puts(out, "；配合：");
        print_names(json_object_get(route, "support"), out);
    }
    json_array_foreach (call, i, o)
        hy_buf_printf(out, "%s%s", i ? "、" : "；请联系：", json_string_value(o));
    hy_buf_puts(out, "\n");
    json_array_foreach (steps, i, o)
        if (explain)
            print_step(o, names[i].label, out);
    if (explain)
        hy_buf_puts(out, "  只是建议，由人交办：huiying incident assign ID 单位编号 --as 谁\n");
}
