/* SPDX-License-Identifier: Apache-2.0 */
/* Reads windows.yaml into packs.  The file's shape is checked by the schema tables; what a table
 * cannot say (names in lists, one kind of time per step, references) is checked while the plain
 * rows are turned into packs. */
#include "rules/windows_parts.h"

#include "core/mem.h"
#include "core/vec.h"

#include <stdlib.h>
#include <string.h>

static const char *const upgrade_name[] = {"retroactive", "from_grading", NULL};
enum { UNSET = INT32_MIN };

struct raw_step {
    char *id, *at;
    int64_t after, left, share, late, day, every;
    struct hy_texts to, unless;
    int urgency;
    bool urge;
    struct hy_pos pos;
};
struct raw_variant { /* of by_type and by_level: the texts as they stand */
    char *key, *within;
    struct hy_pos pos;
};
struct raw_variants {
    struct raw_variant *v;
    size_t n, room;
};
struct raw_reminder {
    char *id;
    struct hy_rows steps;
    struct hy_pos pos;
};
struct raw_window {
    char *id, *label, *basis, *within, *extend, *until, *remind;
    struct hy_texts kinds, levels, dispositions, types, anchor, ended_by, units;
    struct raw_variants by_type, by_level;
    int64_t need;
    int period, counts;
    bool repeat, earlier, pausable, shift;
    struct hy_rows steps;
    struct hy_pos pos;
};
struct raw_pack {
    char *id, *version, *name, *legal, *day_ends;
    int64_t unknown_level;
    int upgrade;
    struct hy_rows clocks;
    struct hy_pos pos;
};

static void step_defaults(void *row)
{
    struct raw_step *s = row;

    s->after = s->left = s->share = s->late = s->day = UNSET;
    s->urgency = HY_NORMAL;
}

static void window_defaults(void *row)
{
    ((struct raw_window *)row)->need = 1;
    ((struct raw_window *)row)->shift = true;
}

/* "{consult: 3wd, hard: 15wd}" */
static void read_variants(const struct hy_y_node *n, void *field, struct hy_diag *d)
{
    struct raw_variants *list = field;

    if (hy_y_kind(n) != HY_Y_MAPPING) {
        hy_diag_at(d, hy_y_pos(n, d), "要写成“名称: 时限”，如 {consult: 3wd}");
        return;
    }
    for (size_t i = 0; i < hy_y_count(n); i++) {
        struct hy_str key;
        const struct hy_y_node *v = hy_y_at(n, i, &key);
        struct hy_str within = hy_y_kind(v) == HY_Y_SCALAR ? hy_y_scalar(v) : HY_STR("");
        hy_vec_push(list,
                    (struct raw_variant){hy_str_dup(key), hy_str_dup(within), hy_y_pos(v, d)});
    }
}

static void free_variants(void *field)
{
    struct raw_variants *list = field;

    for (size_t i = 0; i < list->n; i++) {
        free(list->v[i].key);
        free(list->v[i].within);
    }
    hy_vec_release(list);
}

static void pack_defaults(void *row)
{
    ((struct raw_pack *)row)->unknown_level = 1;
}

#define STEP(k, t, f) .key = k, .type = t, .offset = offsetof(struct raw_step, f)
static const struct hy_y_key step_keys[] = {
    {STEP("id", HY_Y_TEXT, id), .required = true, .help = "提醒的名称，在时限内不重复"},
    {STEP("after", HY_Y_DURATION, after), .help = "起算后多久"},
    {STEP("left", HY_Y_DURATION, left), .help = "到期前多久"},
    {STEP("share", HY_Y_INT, share), .min = 1, .max = 100, .help = "时限过去百分之几"},
    {STEP("late", HY_Y_DURATION, late), .help = "到期后多久"},
    {STEP("day", HY_Y_INT, day), .min = -60, .max = 60, .help = "距到期日的工作日数"},
    {STEP("at", HY_Y_TEXT, at), .help = "与 day 同用：当天几点几分"},
    {STEP("every", HY_Y_DURATION, every), .help = "触发后每隔多久重复，直到时限结束"},
    {STEP("to", HY_Y_TEXTS, to), .required = true, .help = "提醒谁"},
    {STEP("class", HY_Y_NAME, urgency), .names = hy_urgency_name, .help = "提醒的紧急程度"},
    {STEP("unless", HY_Y_TEXTS, unless),
     .help = "已经做到就不提醒：assigned 已交办、drafted 已拟稿、approved 稿件已审签"},
    {STEP("urge", HY_Y_BOOL, urge), .help = "第一次触发时记一条督办"},
    {STEP("", HY_Y_POS, pos)},
    {0},
};
static const struct hy_y_schema step_schema = {sizeof(struct raw_step), step_keys, step_defaults};

#define REMINDER(k, t, f) .key = k, .type = t, .offset = offsetof(struct raw_reminder, f)
static const struct hy_y_key reminder_keys[] = {
    {REMINDER("id", HY_Y_TEXT, id), .required = true, .help = "编号"},
    {REMINDER("steps", HY_Y_LIST, steps), .sub = &step_schema, .required = true, .help = "提醒"},
    {REMINDER("", HY_Y_POS, pos)},
    {0},
};
static const struct hy_y_schema reminder_schema = {sizeof(struct raw_reminder), reminder_keys,
                                                   NULL};

#define WINDOW(k, t, f) .key = k, .type = t, .offset = offsetof(struct raw_window, f)
static const char *const counts_name[] = {"start", "end", NULL};
static const struct hy_y_key window_keys[] = {
    {WINDOW("id", HY_Y_TEXT, id), .required = true, .help = "时限编号，如 H5"},
    {WINDOW("label", HY_Y_TEXT, label), .required = true, .help = "中文名称"},
    {WINDOW("basis", HY_Y_TEXT, basis), .required = true, .help = "依据：文件和条款"},
    {WINDOW("kinds", HY_Y_TEXTS, kinds), .required = true, .help = "适用于哪类事项"},
    {WINDOW("levels", HY_Y_TEXTS, levels), .help = "适用于哪几级；不写则不论级别"},
    {WINDOW("types", HY_Y_TEXTS, types), .help = "适用于哪几种：事件类别、留言种类等；不写则不论"},
    {WINDOW("dispositions", HY_Y_TEXTS, dispositions), .help = "适用于哪几种处置分类"},
    {WINDOW("within", HY_Y_TEXT, within),
     .help = "5h、2d、3wd（工作日）、30cd（自然日）或 3mo（月）"},
    {WINDOW("by_type", HY_Y_CUSTOM, by_type), .custom = read_variants, .custom_free = free_variants,
     .help = "某几种另有时限，如 {consult: 3wd}"},
    {WINDOW("by_level", HY_Y_CUSTOM, by_level), .custom = read_variants,
     .custom_free = free_variants, .help = "某几级另有时限，如 {1: 30cd}"},
    {WINDOW("anchor", HY_Y_TEXTS, anchor), .help = "起算点，取第一个已知的"},
    {WINDOW("ended_by", HY_Y_TEXTS, ended_by), .required = true, .help = "哪些行为算完成"},
    {WINDOW("need", HY_Y_INT, need), .min = 1, .max = 366, .help = "要做几次，默认 1"},
    {WINDOW("repeat", HY_Y_BOOL, repeat), .help = "完成后重新起算"},
    {WINDOW("earlier", HY_Y_BOOL, earlier), .help = "起算以前做过的也算完成"},
    {WINDOW("counts", HY_Y_NAME, counts), .names = counts_name,
     .help = "发布会按开始（start，默认）还是结束（end）算"},
    {WINDOW("pausable", HY_Y_BOOL, pausable), .help = "征求意见的时间不计算在内"},
    {WINDOW("shift", HY_Y_BOOL, shift),
     .help = "按自然日、月计的，最后一天放假就顺延到下一个工作日，默认是"},
    {WINDOW("extend", HY_Y_TEXT, extend), .help = "经批准可以延长多久，如 20wd"},
    {WINDOW("period", HY_Y_NAME, period), .names = hy_period_name,
     .help = "定期工作的周期：month、quarter、half、year"},
    {WINDOW("until", HY_Y_TEXT, until), .help = "定期工作：周期结束后到哪一天，如 \"03-31\""},
    {WINDOW("units", HY_Y_TEXTS, units), .help = "定期工作由哪些单位各做一份；不写就是本单位"},
    {WINDOW("remind", HY_Y_TEXT, remind), .help = "共用的提醒：reminders 里的编号"},
    {WINDOW("steps", HY_Y_LIST, steps), .sub = &step_schema, .help = "提醒"},
    {WINDOW("", HY_Y_POS, pos)},
    {0},
};
static const struct hy_y_schema window_schema = {sizeof(struct raw_window), window_keys,
                                                 window_defaults};

#define PACK(k, t, f) .key = k, .type = t, .offset = offsetof(struct raw_pack, f)
static const struct hy_y_key pack_keys[] = {
    {PACK("id", HY_Y_TEXT, id), .required = true, .help = "规则包编号"},
    {PACK("version", HY_Y_TEXT, version), .required = true, .help = "版本，事件会记住它"},
    {PACK("name", HY_Y_TEXT, name), .required = true, .help = "名称"},
    {PACK("legal", HY_Y_TEXT, legal), .help = "依据的文件"},
    {PACK("unknown_level", HY_Y_INT, unknown_level), .min = 1, .max = 4,
     .help = "级别未定时暂按几级起算"},
    {PACK("upgrade", HY_Y_NAME, upgrade), .names = upgrade_name,
     .help = "升级后的时限从原起算点（retroactive）还是从定级（from_grading）算"},
    {PACK("day_ends", HY_Y_TEXT, day_ends),
     .help = "按日计的时限最后一天到几点，默认 \"24:00\"，也可写下班时刻"},
    {PACK("clocks", HY_Y_LIST, clocks), .sub = &window_schema, .required = true, .help = "时限"},
    {PACK("", HY_Y_POS, pos)},
    {0},
};
static const struct hy_y_schema pack_schema = {sizeof(struct raw_pack), pack_keys, pack_defaults};

static const struct hy_y_key file_keys[] = {
    {.key = "use",
     .type = HY_Y_TEXTS,
     .offset = offsetof(struct hy_windows_file, use),
     .help = "启用的规则包"},
    {.key = "dispositions",
     .type = HY_Y_TEXTS,
     .offset = offsetof(struct hy_windows_file, dispositions),
     .help = "使用哪几种处置分类；不写就是全国的"},
    {.key = "consult",
     .type = HY_Y_TEXTS,
     .offset = offsetof(struct hy_windows_file, consult),
     .help = "哪些级别（1-4）交办以前应先会商，不写就是 1、2；none 是都不要求。没有会商只提示，不拦"},
    {.key = "reminders",
     .type = HY_Y_LIST,
     .offset = offsetof(struct hy_windows_file, reminders),
     .sub = &reminder_schema,
     .help = "几种时限共用的提醒"},
    {.key = "packs",
     .type = HY_Y_LIST,
     .offset = offsetof(struct hy_windows_file, packs),
     .sub = &pack_schema,
     .help = "规则包"},
    {0},
};
const struct hy_y_schema hy_windows_schema = {sizeof(struct hy_windows_file), file_keys, NULL};

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
                                hy_xcalloc(from->v[i].n + 1, sizeof(struct hy_step)),
                                from->v[i].n};
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
