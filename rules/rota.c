/* SPDX-License-Identifier: Apache-2.0 */
/* Turns are arithmetic on days and hand-overs, so the plan has no end.  A stretch of the plan is
 * cut wherever a change or an absence begins or ends: whoever walks from `to` to `to` sees every
 * state. */
#include "rules/rota.h"

#include "core/mem.h"
#include "core/utf8.h"
#include "rules/calendar.h"

#include <string.h>

enum { DAYS_KNOWN_MAX = 366 * 12 };

struct raw_turn {
    struct hy_change is; /* its times are of overrides only */
    struct hy_pos pos;
};
struct raw_away {
    struct hy_absence is;
    struct hy_pos pos;
};

#define TURN(k, t, f) .key = k, .type = t, .offset = offsetof(struct raw_turn, f)
static const struct hy_y_key turn_keys[] = {
    {TURN("duty", HY_Y_TEXT, is.duty), .required = true, .help = "值班员"},
    {TURN("second", HY_Y_TEXT, is.second), .help = "备班"},
    {TURN("", HY_Y_POS, pos)},
    {0},
};
static const struct hy_y_schema turn_schema = {sizeof(struct raw_turn), turn_keys, NULL};
static const struct hy_y_key override_keys[] = {
    {TURN("from", HY_Y_TIME, is.from), .required = true, .help = "从何时起"},
    {TURN("to", HY_Y_TIME, is.to), .required = true, .help = "到何时止"},
    {TURN("duty", HY_Y_TEXT, is.duty), .help = "值班员；不写就照轮班"},
    {TURN("second", HY_Y_TEXT, is.second), .help = "备班；不写就照轮班"},
    {TURN("why", HY_Y_TEXT, is.why), .help = "原因"},
    {TURN("", HY_Y_POS, pos)},
    {0},
};
static const struct hy_y_schema override_schema = {sizeof(struct raw_turn), override_keys, NULL};

#define AWAY(k, t, f) .key = k, .type = t, .offset = offsetof(struct raw_away, f)
static const struct hy_y_key away_keys[] = {
    {AWAY("who", HY_Y_TEXT, is.who), .required = true, .help = "谁不在"},
    {AWAY("from", HY_Y_TIME, is.from), .required = true, .help = "从何时起"},
    {AWAY("to", HY_Y_TIME, is.to), .required = true, .help = "到何时止"},
    {AWAY("why", HY_Y_TEXT, is.why), .help = "原因"},
    {AWAY("", HY_Y_POS, pos)},
    {0},
};
static const struct hy_y_schema away_schema = {sizeof(struct raw_away), away_keys, NULL};

static void rota_defaults(void *row)
{
    ((struct hy_rota *)row)->days = 1;
}

#define ROTA(k, t, f) .key = k, .type = t, .offset = offsetof(struct hy_rota, f)
static const struct hy_y_key rota_keys[] = {
    {ROTA("handover", HY_Y_TEXTS, handover), .required = true,
     .help = "交班时刻，如 \"08:30\"；一天几班就写几个"},
    {ROTA("start", HY_Y_DATE, start), .required = true, .help = "第一班的第一天"},
    {ROTA("days", HY_Y_INT, days), .min = 1, .max = 31, .help = "一班几天"},
    {ROTA("turns", HY_Y_LIST, turns), .sub = &turn_schema, .required = true, .help = "轮班"},
    {ROTA("holidays", HY_Y_LIST, holidays), .sub = &turn_schema, .help = "休息日另排的轮班"},
    {ROTA("overrides", HY_Y_LIST, overrides), .sub = &override_schema, .help = "换班"},
    {ROTA("away", HY_Y_LIST, away), .sub = &away_schema, .help = "谁何时不在"},
    {ROTA("", HY_Y_POS, pos)},
    {0},
};
const struct hy_y_schema hy_rota_schema = {sizeof(struct hy_rota), rota_keys, rota_defaults};

/* ---- reading ---- */

struct checker {
    bool (*is_person)(const void *user, struct hy_str id);
    const void *user;
    struct hy_diag *d;
};

void hy_rota_report_nobody(const char *id, struct hy_pos pos, struct hy_diag *d)
{
    size_t at = 0;

    hy_diag_at(d, pos, "people 里没有“%s”%s", id,
               hy_is_han(hy_utf8_next(hy_str(id), &at)) ? "：这里写编号（id），不写姓名" : "");
}

static void need_person(const struct checker *c, const char *id, struct hy_pos pos)
{
    if (id && !c->is_person(c->user, hy_str(id)))
        hy_rota_report_nobody(id, pos, c->d);
}

static void check_turns(const struct checker *c, const struct hy_rows *rows)
{
    const struct raw_turn *t = rows->v;

    for (size_t i = 0; i < rows->n; i++) {
        need_person(c, t[i].is.duty, t[i].pos);
        need_person(c, t[i].is.second, t[i].pos);
        if (t[i].is.duty && t[i].is.second && strcmp(t[i].is.duty, t[i].is.second) == 0)
            hy_diag_at(c->d, t[i].pos, "值班员和备班是同一个人“%s”，没人应答时就找不到第二个人",
                       t[i].is.duty);
    }
}

static void check_overrides(const struct checker *c, const struct hy_rota *r)
{
    const struct raw_turn *t = r->overrides.v;
    const struct raw_away *a = r->away.v;

    check_turns(c, &r->overrides);
    for (size_t i = 0; i < r->overrides.n; i++) {
        if (t[i].is.to.ms <= t[i].is.from.ms)
            hy_diag_at(c->d, t[i].pos, "换班的结束不晚于开始");
        if (t[i].is.duty == NULL && t[i].is.second == NULL)
            hy_diag_at(c->d, t[i].pos, "换班要写明换成谁：duty（值班员）或 second（备班）");
    }
    for (size_t i = 0; i < r->away.n; i++) {
        need_person(c, a[i].is.who, a[i].pos);
        if (a[i].is.to.ms <= a[i].is.from.ms)
            hy_diag_at(c->d, a[i].pos, "“away”的结束不晚于开始");
    }
}

static bool parse_minute(struct hy_str s, int64_t *ret)
{
    struct hy_str hour;
    int64_t h, m;

    if (!hy_str_cut(&s, ':', &hour) || !hy_str_to_i64(hour, &h) || !hy_str_to_i64(s, &m) || h < 0 ||
        h > 23 || m < 0 || m > 59)
        return false;
    *ret = h * 60 + m;
    return true;
}

static void read_handovers(struct hy_rota *r, struct hy_diag *d)
{
    const struct hy_texts *t = &r->handover;

    r->n_handovers = 0;
    if (t->n > HY_HANDOVERS_MAX)
        hy_diag_at(d, t->pos[HY_HANDOVERS_MAX], "一天最多交班 %d 次", HY_HANDOVERS_MAX);
    for (size_t i = 0; i < t->n && i < HY_HANDOVERS_MAX; i++) {
        int64_t minute;
        if (!parse_minute(hy_str(t->v[i]), &minute))
            hy_diag_at(d, t->pos[i], "“%s”不是交班时刻，要写成 \"08:30\"", t->v[i]);
        else if (r->n_handovers > 0 && minute <= r->minute[r->n_handovers - 1])
            hy_diag_at(d, t->pos[i], "交班时刻要从早到晚写");
        else
            r->minute[r->n_handovers++] = minute;
    }
    if (r->n_handovers == 0)
        r->minute[r->n_handovers++] = 0;
}

void hy_rota_derive(struct hy_rota *r, bool (*is_person)(const void *user, struct hy_str id),
                    const void *user, struct hy_diag *d)
{
    struct checker c = {is_person, user, d};

    read_handovers(r, d);
    r->days = HY_MAX(r->days, 1);
    if (r->days > 1 && r->n_handovers > 1)
        hy_diag_at(d, r->pos, "一天交班几次时，一班不能有几天（days 要写 1 或不写）");
    if (r->days > 1 && r->holidays.n)
        hy_diag_at(d, r->pos, "休息日另排（holidays）时，一班只能是一天（days 要写 1 或不写）");
    check_turns(&c, &r->turns);
    check_turns(&c, &r->holidays);
    check_overrides(&c, r);
}

void hy_rota_use_calendar(struct hy_rota *r, const struct hy_calendar *c)
{
    struct hy_err unknown = HY_ERR_INIT;
    int32_t n = 0;
    bool works;

    hy_vec_release(&r->days_off);
    if (r->holidays.n == 0)
        return;
    for (int64_t i = 0; i < DAYS_KNOWN_MAX; i++) {
        hy_vec_push(&r->days_off, n);
        if (hy_calendar_is_workday(c, r->start + i, &works, &unknown) < 0)
            break;
        n += !works;
    }
}

void hy_rota_release(struct hy_rota *r)
{
    hy_vec_release(&r->days_off);
}

bool hy_rota_has_second(const struct hy_rota *r)
{
    const struct raw_turn *t = r->turns.v;

    for (size_t i = 0; i < r->turns.n; i++)
        if (t[i].is.second)
            return true;
    return false;
}

/* ---- whose turn it is ---- */

static int64_t days_off_before(const struct hy_rota *r, int64_t i)
{
    if (r->days_off.n == 0)
        return 0;
    return r->days_off.v[HY_MIN((size_t)i, r->days_off.n - 1)];
}

static hy_wall moment(int64_t day, int64_t minute)
{
    return (hy_wall){day * HY_DAY_MS + (minute - HY_CST) * HY_MINUTE_MS};
}

/* The row for the shift of a day; days off have rows of their own where there are any. */
static const struct raw_turn *row_of(const struct hy_rota *r, int64_t i, int64_t shift)
{
    int64_t off = days_off_before(r, i), shifts = (int64_t)r->n_handovers;
    bool is_off = days_off_before(r, i + 1) > off;
    const struct hy_rows *rows = is_off ? &r->holidays : &r->turns;
    int64_t day = is_off ? off : i - off;

    if (r->days > 1)
        day = i / r->days;
    return &((const struct raw_turn *)rows->v)[(size_t)(day * shifts + shift) % rows->n];
}

/* The turn by arithmetic alone. */
static bool turn_at(const struct hy_rota *r, hy_wall now, struct hy_watch *ret)
{
    int64_t local = now.ms + HY_CST * HY_MINUTE_MS;
    int64_t day = (local - (((local % HY_DAY_MS) + HY_DAY_MS) % HY_DAY_MS)) / HY_DAY_MS;
    int64_t minute = (local - day * HY_DAY_MS) / HY_MINUTE_MS;
    int64_t shifts = (int64_t)r->n_handovers, shift = shifts - 1;
    const struct raw_turn *row;

    *ret = (struct hy_watch){.from = {INT64_MIN}, .to = {INT64_MAX}};
    if (r->turns.n == 0 || shifts == 0)
        return false;
    while (shift >= 0 && r->minute[shift] > minute)
        shift--;
    if (shift < 0) {
        day--;
        shift = shifts - 1;
    }
    if (day < r->start) {
        ret->to = moment(r->start, r->minute[0]);
        return false;
    }
    int64_t first = day - (day - r->start) % r->days;
    row = row_of(r, day - r->start, shift);
    ret->from = moment(first, r->minute[shift]);
    ret->to = shift + 1 < shifts ? moment(first, r->minute[shift + 1])
                                 : moment(first + r->days, r->minute[0]);
    ret->duty = row->is.duty;
    ret->second = row->is.second;
    return true;
}

/* Cut the stretch at a span's bounds; is `now` inside of it? */
static bool cut(struct hy_watch *w, hy_wall now, hy_wall from, hy_wall to)
{
    bool inside = now.ms >= from.ms && now.ms < to.ms;

    if (to.ms <= from.ms)
        return false;
    if (inside || now.ms >= to.ms)
        w->from.ms = HY_MAX(w->from.ms, inside ? from.ms : to.ms);
    if (inside || now.ms < from.ms)
        w->to.ms = HY_MIN(w->to.ms, inside ? to.ms : from.ms);
    return inside;
}

static bool change(struct hy_watch *w, hy_wall now, const struct hy_change *c)
{
    bool whole = c->duty && c->second;

    if (whole && now.ms >= c->from.ms && now.ms < c->to.ms) { /* the plan below does not matter */
        *w = (struct hy_watch){c->from, c->to, c->duty, c->second, c->why, NULL, NULL};
        return true;
    }
    if (!cut(w, now, c->from, c->to))
        return false;
    w->duty = c->duty ? c->duty : w->duty;
    w->second = c->second ? c->second : w->second;
    w->why = c->why;
    return true;
}

static bool change_all(const struct hy_rota *r, const struct hy_hand *hand, hy_wall now,
                       struct hy_watch *w)
{
    const struct raw_turn *t = r->overrides.v;
    bool any = false;

    for (size_t i = 0; i < r->overrides.n; i++)
        any |= change(w, now, &t[i].is);
    for (size_t i = 0; hand && i < hand->changes.n; i++)
        any |= change(w, now, &hand->changes.v[i]);
    return any;
}

static bool is_same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static const struct hy_absence *absence(const struct hy_rota *r, const struct hy_hand *hand,
                                        size_t i)
{
    if (i < r->away.n)
        return &((const struct raw_away *)r->away.v)[i].is;
    i -= r->away.n;
    return hand && i < hand->away.n ? &hand->away.v[i] : NULL;
}

bool hy_rota_at(const struct hy_rota *r, const struct hy_hand *hand, hy_wall now,
                struct hy_watch *ret)
{
    const struct hy_absence *a;
    bool any = turn_at(r, now, ret);

    any |= change_all(r, hand, now, ret);
    for (size_t i = 0; (a = absence(r, hand, i)); i++) {
        bool duty = is_same(a->who, ret->duty), second = is_same(a->who, ret->second);
        if ((!duty && !second) || !cut(ret, now, a->from, a->to))
            continue;
        if (duty)
            ret->duty_away = a;
        if (second)
            ret->second_away = a;
    }
    if (ret->duty_away)
        ret->duty = NULL;
    if (ret->second_away)
        ret->second = NULL;
    return any;
}

const struct hy_absence *hy_rota_away(const struct hy_rota *r, const struct hy_hand *hand,
                                      const char *who, hy_wall now)
{
    const struct hy_absence *a;

    for (size_t i = 0; (a = absence(r, hand, i)); i++)
        if (is_same(a->who, who) && now.ms >= a->from.ms && now.ms < a->to.ms)
            return a;
    return NULL;
}

/* ---- what people changed ---- */

static bool is_in_force(const json_t *row)
{
    return hy_str_is(hy_json_str(row, "state"), "active");
}

void hy_hand_read(const json_t *doc, struct hy_hand *ret)
{
    size_t i;
    json_t *o;

    *ret = (struct hy_hand){0};
    json_array_foreach (json_object_get(doc, "changes"), i, o)
        if (is_in_force(o))
            hy_vec_push(&ret->changes,
                        (struct hy_change){hy_json_time(o, "from"), hy_json_time(o, "to"),
                                           json_string_value(json_object_get(o, "duty")),
                                           json_string_value(json_object_get(o, "second")),
                                           json_string_value(json_object_get(o, "why"))});
    json_array_foreach (json_object_get(doc, "away"), i, o)
        if (is_in_force(o))
            hy_vec_push(&ret->away,
                        (struct hy_absence){hy_json_time(o, "from"), hy_json_time(o, "to"),
                                            json_string_value(json_object_get(o, "who")),
                                            json_string_value(json_object_get(o, "why"))});
}
