/* SPDX-License-Identifier: Apache-2.0 */
/* Turns the rows of windows.yaml into packs, and reports what a schema cannot say: names in lists,
 * one kind of time per step, references. */
#include "rules/windows_raw.h"

#include "core/mem.h"
#include "core/vec.h"

#include <stdlib.h>
#include <string.h>

/* "10:00" as minutes of the day, -1 when it is not a time of day. */
static int64_t minute_of(struct hy_str s)
{
    struct hy_str hour;
    int64_t h, m;

    if (!hy_str_cut(&s, ':', &hour) || !hy_str_to_i64(hour, &h) || !hy_str_to_i64(s, &m))
        return -1;
    return h >= 0 && h <= 24 && m >= 0 && m < 60 && h * 60 + m <= 1440 ? h * 60 + m : -1;
}

/* Which one of the five ways to say when; reports none or several. */
static void read_when(const struct raw_step *raw, struct hy_step *s, struct hy_diag *d)
{
    const int64_t values[] = {[HY_WHEN_AFTER] = raw->after,
                              [HY_WHEN_LEFT] = raw->left,
                              [HY_WHEN_SHARE] = raw->share,
                              [HY_WHEN_LATE] = raw->late,
                              [HY_WHEN_DAY] = raw->day};
    int given = 0;

    for (size_t i = 0; i < HY_COUNT(values); i++) {
        if (values[i] == UNSET)
            continue;
        given++;
        s->when = (enum hy_when)i;
        s->n = values[i];
    }
    if (given != 1)
        hy_diag_at(d, raw->pos, "提醒“%s”要写且只写 after、left、share、late、day 中的一个",
                   raw->id ? raw->id : "");
}

static struct hy_step read_step(const struct raw_step *raw, struct hy_diag *d)
{
    struct hy_step s = {.id = hy_xstrdup(raw->id ? raw->id : ""),
                        .every_ms = raw->every,
                        .to = hy_names_mask(&raw->to, hy_post_name, d),
                        .unless = hy_names_mask(&raw->unless, hy_unless_name, d),
                        .urge = raw->urge,
                        .urgency = (enum hy_urgency)raw->urgency};

    read_when(raw, &s, d);
    if (hy_str_find_char(hy_str(s.id), '/', 0) != HY_NPOS)
        hy_diag_at(d, raw->pos, "提醒的名称里不能有“/”");
    if (raw->every && raw->every < HY_MINUTE_MS)
        hy_diag_at(d, raw->pos, "every 不能短于一分钟");
    if ((s.when == HY_WHEN_DAY) != (raw->at != NULL))
        hy_diag_at(d, raw->pos, "day 和 at 要一起写");
    if (raw->at && (s.minute = minute_of(hy_str(raw->at))) < 0)
        hy_diag_at(d, raw->pos, "“%s”不是一天里的时刻，要写成 \"10:00\"", raw->at);
    return s;
}

static unsigned read_levels(const struct hy_texts *texts, struct hy_diag *d)
{
    unsigned mask = 0;

    for (size_t i = 0; i < texts->n; i++) {
        int64_t level;
        if (hy_str_to_i64(hy_str(texts->v[i]), &level) && level >= 1 && level <= 4)
            mask |= 1u << level;
        else
            hy_diag_at(d, texts->pos[i], "级别只有 1（特别重大）到 4（一般）");
    }
    return mask;
}

static void read_anchors(const struct hy_texts *texts, struct hy_window *w, struct hy_diag *d)
{
    for (size_t i = 0; i < texts->n; i++) {
        int at = hy_name_need(hy_str(texts->v[i]), hy_anchor_name, texts->pos[i], d);
        if (at < 0)
            continue;
        if (w->n_anchors == HY_ANCHOR_COUNT) {
            hy_diag_at(d, texts->pos[i], "起算点重复");
            return;
        }
        w->anchors[w->n_anchors++] = (enum hy_anchor)at;
    }
}

static void check_steps(const struct hy_step *steps, size_t n, struct hy_pos pos, struct hy_diag *d)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (hy_str_is(hy_str(steps[i].id), steps[k].id))
                hy_diag_at(d, pos, "提醒“%s”写了两次", steps[i].id);
}

static const struct hy_reminder *find_reminder(const struct hy_reminders *list, const char *id)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->v[i].id, id) == 0)
            return &list->v[i];
    return NULL;
}

static void copy_steps(const struct hy_step *from, size_t n, struct hy_step *to)
{
    for (size_t i = 0; i < n; i++) {
        to[i] = from[i];
        to[i].id = hy_xstrdup(from[i].id);
    }
}

static void read_steps(const struct raw_window *raw, struct hy_window *w,
                       const struct hy_reminders *reminders, struct hy_diag *d)
{
    const struct raw_step *rows = raw->steps.v;
    const struct hy_reminder *shared = raw->remind ? find_reminder(reminders, raw->remind) : NULL;
    size_t n = shared ? shared->n : 0;

    if (raw->remind && shared == NULL)
        hy_diag_at(d, raw->pos, "reminders 里没有“%s”", raw->remind);
    w->n_steps = n + raw->steps.n;
    w->steps = hy_xcalloc(w->n_steps + 1, sizeof(*w->steps));
    copy_steps(shared ? shared->steps : NULL, n, w->steps);
    for (size_t i = 0; i < raw->steps.n; i++)
        w->steps[n + i] = read_step(&rows[i], d);
    check_steps(w->steps, w->n_steps, raw->pos, d);
}

static void read_within(const char *text, struct hy_pos pos, struct hy_within *ret,
                        struct hy_diag *d)
{
    if (text && !hy_within_parse(hy_str(text), ret))
        hy_diag_at(d, pos, "“%s”不是时限，要写成 5h、2d、3wd、30cd 或 3mo", text);
}

static struct hy_variant *variants_of(const struct raw_variants *raw, bool levels,
                                      struct hy_diag *d)
{
    struct hy_variant *v = hy_xcalloc(raw->n + 1, sizeof(*v));

    for (size_t i = 0; i < raw->n; i++) {
        v[i].key = hy_xstrdup(raw->v[i].key);
        read_within(raw->v[i].within, raw->v[i].pos, &v[i].within, d);
        if (levels && (strlen(v[i].key) != 1 || v[i].key[0] < '1' || v[i].key[0] > '4'))
            hy_diag_at(d, raw->v[i].pos, "级别只有 1（特别重大）到 4（一般）");
    }
    return v;
}

static struct hy_texts texts_of(const struct hy_texts *raw)
{
    struct hy_texts t = {.n = raw->n};

    t.v = hy_xcalloc(raw->n + 1, sizeof(*t.v));
    for (size_t i = 0; i < raw->n; i++)
        t.v[i] = hy_xstrdup(raw->v[i]);
    return t;
}

/* "03-31" */
static bool read_until(const char *text, struct hy_window *w)
{
    struct hy_str rest = hy_str(text), month;
    int64_t m, day;

    if (!hy_str_cut(&rest, '-', &month) || !hy_str_to_i64(month, &m) ||
        !hy_str_to_i64(rest, &day) || !hy_date_exists(2024, (int)m, (int)day))
        return false;
    w->until_month = (int)m;
    w->until_day = (int)day;
    return true;
}

/* A duty of every period has no anchor of its own; everything else needs one, and a limit. */
static void read_period(const struct raw_window *raw, struct hy_window *w, struct hy_diag *d)
{
    bool periodic = w->kinds == 1u << HY_MATTER_PERIODIC;

    w->period = (enum hy_period)raw->period;
    w->with_period = periodic && raw->within == NULL && raw->until == NULL;
    if ((w->kinds & 1u << HY_MATTER_PERIODIC) && !periodic)
        hy_diag_at(d, raw->pos, "定期工作（periodic）要单独写一条");
    if (periodic != (w->period != HY_PERIOD_NONE))
        hy_diag_at(d, raw->pos, "kinds: [periodic] 和 period 要一起写");
    if (raw->until && (!periodic || raw->within || !read_until(raw->until, w)))
        hy_diag_at(d, raw->pos,
                   "until 只用于定期工作，写成月和日，如 \"03-31\"，并且不与 within 同写");
    if (periodic) {
        w->anchors[0] = HY_ANCHOR_PERIOD;
        w->n_anchors = 1;
    }
    if (!periodic && (raw->within == NULL || raw->anchor.n == 0))
        hy_diag_at(d, raw->pos, "时限“%s”要写 within 和 anchor", w->id);
}

static struct hy_window read_window(const struct raw_window *raw,
                                    const struct hy_reminders *reminders, struct hy_diag *d)
{
    struct hy_window w = {
        .id = hy_xstrdup(raw->id ? raw->id : ""),
        .label = hy_xstrdup(raw->label ? raw->label : ""),
        .basis = hy_xstrdup(raw->basis ? raw->basis : ""),
        .kinds = hy_names_mask(&raw->kinds, hy_matter_name, d),
        .levels = read_levels(&raw->levels, d),
        .dispositions = hy_names_mask(&raw->dispositions, hy_disposition_name, d),
        .types = texts_of(&raw->types),
        .by_type = variants_of(&raw->by_type, false, d),
        .by_level = variants_of(&raw->by_level, true, d),
        .n_by_type = raw->by_type.n,
        .n_by_level = raw->by_level.n,
        .ended_by = hy_names_mask(&raw->ended_by, hy_act_name, d),
        .need = raw->need,
        .repeat = raw->repeat,
        .earlier = raw->earlier,
        .counts_end = raw->counts == 1,
        .pausable = raw->pausable,
        .shift = raw->shift,
        .units = texts_of(&raw->units),
    };

    read_within(raw->within, raw->pos, &w.within, d);
    read_within(raw->extend, raw->pos, &w.extend, d);
    if (raw->extend && w.extend.unit != w.within.unit)
        hy_diag_at(d, raw->pos, "extend 要和 within 用同样的单位");
    if (hy_str_find_char(hy_str(w.id), '/', 0) != HY_NPOS || hy_str_is(hy_str(w.id), "-"))
        hy_diag_at(d, raw->pos, "时限编号里不能有“/”，也不能只是“-”");
    read_anchors(&raw->anchor, &w, d);
    read_period(raw, &w, d);
    read_steps(raw, &w, reminders, d);
    return w;
}

struct hy_pack hy_windows_read_pack(const struct hy_windows_file *f, size_t at,
                                    const struct hy_reminders *reminders, struct hy_diag *d)
{
    const struct raw_pack *raw = (const struct raw_pack *)f->packs.v + at;
    struct hy_pack p = {.id = hy_xstrdup(raw->id ? raw->id : ""),
                        .version = hy_xstrdup(raw->version ? raw->version : ""),
                        .name = hy_xstrdup(raw->name ? raw->name : ""),
                        .legal = hy_xstrdup(raw->legal ? raw->legal : ""),
                        .unknown_level = raw->unknown_level,
                        .upgrade = (enum hy_upgrade)raw->upgrade,
                        .day_ends = raw->day_ends ? minute_of(hy_str(raw->day_ends)) : 1440,
                        .n_windows = raw->clocks.n};
    const struct raw_window *rows = raw->clocks.v;

    if (p.day_ends <= 0)
        hy_diag_at(d, raw->pos, "day_ends 要写成时刻，如 \"24:00\"、\"17:30\"");
    p.windows = hy_xcalloc(p.n_windows + 1, sizeof(*p.windows));
    for (size_t i = 0; i < p.n_windows; i++) {
        p.windows[i] = read_window(&rows[i], reminders, d);
        for (size_t k = 0; k < i; k++)
            if (hy_str_is(hy_str(p.windows[k].id), p.windows[i].id))
                hy_diag_at(d, rows[i].pos, "时限“%s”写了两次", p.windows[i].id);
    }
    return p;
}

void hy_steps_free(struct hy_step *steps, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(steps[i].id);
    free(steps);
}

void hy_reminders_copy(const struct hy_reminders *from, struct hy_reminders *to)
{
    for (size_t i = 0; i < from->n; i++) {
        struct hy_reminder r = {hy_xstrdup(from->v[i].id),
                                hy_xcalloc(from->v[i].n + 1, sizeof(struct hy_step)), from->v[i].n};
        copy_steps(from->v[i].steps, r.n, r.steps);
        hy_vec_push(to, r);
    }
}

void hy_reminders_release(struct hy_reminders *r)
{
    for (size_t i = 0; i < r->n; i++) {
        hy_steps_free(r->v[i].steps, r->v[i].n);
        free(r->v[i].id);
    }
    hy_vec_release(r);
}

void hy_windows_read_reminders(const struct hy_windows_file *f, struct hy_reminders *ret,
                               struct hy_diag *d)
{
    const struct raw_reminder *rows = f->reminders.v;

    for (size_t i = 0; i < f->reminders.n; i++) {
        const struct raw_step *steps = rows[i].steps.v;
        struct hy_reminder r = {hy_xstrdup(rows[i].id ? rows[i].id : ""),
                                hy_xcalloc(rows[i].steps.n + 1, sizeof(struct hy_step)),
                                rows[i].steps.n};
        for (size_t k = 0; k < r.n; k++)
            r.steps[k] = read_step(&steps[k], d);
        check_steps(r.steps, r.n, rows[i].pos, d);
        struct hy_reminder *old = (struct hy_reminder *)find_reminder(ret, r.id);
        if (old == NULL) {
            hy_vec_push(ret, r);
            continue;
        }
        hy_steps_free(old->steps, old->n);
        free(old->id);
        *old = r;
    }
}
