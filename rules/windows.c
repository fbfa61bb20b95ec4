/* SPDX-License-Identifier: Apache-2.0 */
/* Reads windows.yaml into packs.  The file's shape is checked by the schema tables; what a table
 * cannot say (names in lists, one kind of time per step, references) is checked while the plain
 * rows are turned into packs. */
#include "rules/windows.h"

#include "core/mem.h"
#include "rules/rules.h"

#include <stdio.h>
#include <unistd.h>

const char *const hy_matter_name[] = {
    [HY_MATTER_EMERGENCY] = "emergency",   [HY_MATTER_OPINION] = "opinion",
    [HY_MATTER_DOCUMENT] = "document",     [HY_MATTER_SERVICE_CHANGE] = "service_change",
    [HY_MATTER_DISCLOSURE] = "disclosure", [HY_MATTER_FOI] = "foi",
    [HY_MATTER_MESSAGE] = "message",       [HY_MATTER_HOTLINE] = "hotline",
    [HY_MATTER_REPRINT] = "reprint",       [HY_MATTER_COUNT] = NULL,
};
const char *const hy_anchor_name[] = {
    [HY_ANCHOR_OCCURRED] = "occurred",   [HY_ANCHOR_FIRST_PUBLIC] = "first_public",
    [HY_ANCHOR_DETECTED] = "detected",   [HY_ANCHOR_CONFIRMED] = "confirmed",
    [HY_ANCHOR_GRADED] = "graded",       [HY_ANCHOR_ASSIGNED] = "assigned",
    [HY_ANCHOR_SIGNED] = "signed",       [HY_ANCHOR_APPROVED] = "approved",
    [HY_ANCHOR_RECEIVED] = "received",   [HY_ANCHOR_FORMED] = "formed",
    [HY_ANCHOR_RESPONDED] = "responded", [HY_ANCHOR_COUNT] = NULL,
};
const char *const hy_anchor_label[] = {
    [HY_ANCHOR_OCCURRED] = "事发",        [HY_ANCHOR_FIRST_PUBLIC] = "首次公开传播",
    [HY_ANCHOR_DETECTED] = "系统发现",    [HY_ANCHOR_CONFIRMED] = "人工确认",
    [HY_ANCHOR_GRADED] = "定级",          [HY_ANCHOR_ASSIGNED] = "交办",
    [HY_ANCHOR_SIGNED] = "签发",          [HY_ANCHOR_APPROVED] = "完成审批",
    [HY_ANCHOR_RECEIVED] = "受理",        [HY_ANCHOR_FORMED] = "形成或变更",
    [HY_ANCHOR_RESPONDED] = "上一次发布",
};
const char *const hy_act_name[] = {
    [HY_ACT_RELEASE] = "release",   [HY_ACT_CONFERENCE] = "conference",
    [HY_ACT_BRIEFING] = "briefing", [HY_ACT_INTERVIEW] = "interview",
    [HY_ACT_REPLY] = "reply",       [HY_ACT_PUBLICATION] = "publication",
    [HY_ACT_REPRINT] = "reprint",   [HY_ACT_REFERRAL] = "referral",
    [HY_ACT_COUNT] = NULL,
};
const char *const hy_act_label[] = {
    [HY_ACT_RELEASE] = "发布权威信息", [HY_ACT_CONFERENCE] = "新闻发布会",
    [HY_ACT_BRIEFING] = "吹风会",      [HY_ACT_INTERVIEW] = "接受采访",
    [HY_ACT_REPLY] = "留言答复",       [HY_ACT_PUBLICATION] = "公开",
    [HY_ACT_REPRINT] = "转载",         [HY_ACT_REFERRAL] = "移交",
};
const char *const hy_post_name[] = {
    [HY_POST_DUTY] = "duty",
    [HY_POST_SECOND] = "second",
    [HY_POST_UNIT_LEAD] = "unit_lead",
    [HY_POST_SUPERVISOR] = "supervisor",
    [HY_POST_LEADER] = "leader",
    [HY_POST_OPERATOR] = "operator",
    [HY_POST_COUNT] = NULL,
};
const char *const hy_urgency_name[] = {
    [HY_URGENT] = "urgent",
    [HY_NORMAL] = "normal",
    [HY_DIGEST] = "digest",
    [HY_URGENCY_COUNT] = NULL,
};
static const char *const upgrade_name[] = {"retroactive", "from_grading", NULL};
_Static_assert(HY_COUNT(hy_matter_name) == HY_MATTER_COUNT + 1, "name every matter");
_Static_assert(HY_COUNT(hy_anchor_name) == HY_ANCHOR_COUNT + 1, "name every anchor");
_Static_assert(HY_COUNT(hy_act_name) == HY_ACT_COUNT + 1, "name every act");

enum { UNSET = INT32_MIN };

struct raw_step {
    char *id, *at;
    int64_t after, left, share, late, day, every;
    struct hy_texts to;
    int urgency;
    struct hy_pos pos;
};
struct raw_window {
    char *id, *label, *basis, *within;
    struct hy_texts kinds, levels, anchor, ended_by;
    bool repeat;
    struct hy_rows steps;
    struct hy_pos pos;
};
struct raw_pack {
    char *id, *version, *name, *legal;
    int64_t unknown_level;
    int upgrade;
    struct hy_rows clocks;
    struct hy_pos pos;
};
struct raw_file {
    struct hy_texts use;
    struct hy_rows packs;
};

static void step_defaults(void *row)
{
    struct raw_step *s = row;

    s->after = s->left = s->share = s->late = s->day = UNSET;
    s->urgency = HY_NORMAL;
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
    {STEP("", HY_Y_POS, pos)},
    {0},
};
static const struct hy_y_schema step_schema = {sizeof(struct raw_step), step_keys, step_defaults};

#define WINDOW(k, t, f) .key = k, .type = t, .offset = offsetof(struct raw_window, f)
static const struct hy_y_key window_keys[] = {
    {WINDOW("id", HY_Y_TEXT, id), .required = true, .help = "时限编号，如 H5"},
    {WINDOW("label", HY_Y_TEXT, label), .required = true, .help = "中文名称"},
    {WINDOW("basis", HY_Y_TEXT, basis), .required = true, .help = "依据：文件和条款"},
    {WINDOW("kinds", HY_Y_TEXTS, kinds), .required = true, .help = "适用于哪类事项"},
    {WINDOW("levels", HY_Y_TEXTS, levels), .help = "适用于哪几级；不写则不论级别"},
    {WINDOW("within", HY_Y_TEXT, within), .required = true, .help = "5h、2d 或 3wd（工作日）"},
    {WINDOW("anchor", HY_Y_TEXTS, anchor), .required = true, .help = "起算点，取第一个已知的"},
    {WINDOW("ended_by", HY_Y_TEXTS, ended_by), .required = true, .help = "哪些行为算完成"},
    {WINDOW("repeat", HY_Y_BOOL, repeat), .help = "完成后重新起算"},
    {WINDOW("steps", HY_Y_LIST, steps), .sub = &step_schema, .help = "提醒"},
    {WINDOW("", HY_Y_POS, pos)},
    {0},
};
static const struct hy_y_schema window_schema = {sizeof(struct raw_window), window_keys, NULL};

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
    {PACK("clocks", HY_Y_LIST, clocks), .sub = &window_schema, .required = true, .help = "时限"},
    {PACK("", HY_Y_POS, pos)},
    {0},
};
static const struct hy_y_schema pack_schema = {sizeof(struct raw_pack), pack_keys, pack_defaults};

static const struct hy_y_key file_keys[] = {
    {.key = "use",
     .type = HY_Y_TEXTS,
     .offset = offsetof(struct raw_file, use),
     .help = "启用的规则包"},
    {.key = "packs",
     .type = HY_Y_LIST,
     .offset = offsetof(struct raw_file, packs),
     .sub = &pack_schema,
     .help = "规则包"},
    {0},
};
static const struct hy_y_schema file_schema = {sizeof(struct raw_file), file_keys, NULL};

struct hy_windows {
    HY_VEC(struct hy_pack) packs;
};

static void release_pack(struct hy_pack *p)
{
    for (size_t i = 0; i < p->n_windows; i++) {
        struct hy_window *w = &p->windows[i];
        for (size_t k = 0; k < w->n_steps; k++)
            free(w->steps[k].id);
        free(w->steps);
        free(w->id);
        free(w->label);
        free(w->basis);
    }
    free(p->windows);
    free(p->id);
    free(p->version);
    free(p->name);
    free(p->legal);
}

bool hy_within_parse(struct hy_str s, struct hy_within *ret)
{
    int64_t n;

    if (hy_str_ends(s, HY_STR("wd"))) {
        if (!hy_str_to_i64(hy_str_sub(s, 0, s.n - 2), &n) || n < 1 || n > 1000)
            return false;
        *ret = (struct hy_within){true, n};
        return true;
    }
    if (!hy_duration_parse(s, &n) || n <= 0)
        return false;
    *ret = (struct hy_within){false, n};
    return true;
}

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

static void check_steps(const struct hy_window *w, const struct raw_window *raw, struct hy_diag *d)
{
    const struct raw_step *rows = raw->steps.v;

    for (size_t i = 0; i < w->n_steps; i++)
        for (size_t k = 0; k < i; k++)
            if (hy_str_is(hy_str(w->steps[i].id), w->steps[k].id))
                hy_diag_at(d, rows[i].pos, "提醒“%s”写了两次", w->steps[i].id);
}

static struct hy_window read_window(const struct raw_window *raw, struct hy_diag *d)
{
    struct hy_window w = {.id = hy_xstrdup(raw->id ? raw->id : ""),
                          .label = hy_xstrdup(raw->label ? raw->label : ""),
                          .basis = hy_xstrdup(raw->basis ? raw->basis : ""),
                          .kinds = hy_names_mask(&raw->kinds, hy_matter_name, d),
                          .levels = read_levels(&raw->levels, d),
                          .ended_by = hy_names_mask(&raw->ended_by, hy_act_name, d),
                          .repeat = raw->repeat,
                          .n_steps = raw->steps.n};
    const struct raw_step *rows = raw->steps.v;

    if (raw->within && !hy_within_parse(hy_str(raw->within), &w.within))
        hy_diag_at(d, raw->pos, "“%s”不是时限，要写成 5h、2d 或 3wd", raw->within);
    if (hy_str_find_char(hy_str(w.id), '/', 0) != HY_NPOS || hy_str_is(hy_str(w.id), "-"))
        hy_diag_at(d, raw->pos, "时限编号里不能有“/”，也不能只是“-”");
    read_anchors(&raw->anchor, &w, d);
    w.steps = hy_xcalloc(w.n_steps + 1, sizeof(*w.steps));
    for (size_t i = 0; i < w.n_steps; i++)
        w.steps[i] = read_step(&rows[i], d);
    check_steps(&w, raw, d);
    return w;
}

static struct hy_pack read_pack(const struct raw_pack *raw, struct hy_diag *d)
{
    struct hy_pack p = {.id = hy_xstrdup(raw->id ? raw->id : ""),
                        .version = hy_xstrdup(raw->version ? raw->version : ""),
                        .name = hy_xstrdup(raw->name ? raw->name : ""),
                        .legal = hy_xstrdup(raw->legal ? raw->legal : ""),
                        .unknown_level = raw->unknown_level,
                        .upgrade = (enum hy_upgrade)raw->upgrade,
                        .n_windows = raw->clocks.n};
    const struct raw_window *rows = raw->clocks.v;

    p.windows = hy_xcalloc(p.n_windows + 1, sizeof(*p.windows));
    for (size_t i = 0; i < p.n_windows; i++) {
        p.windows[i] = read_window(&rows[i], d);
        for (size_t k = 0; k < i; k++)
            if (hy_str_is(hy_str(p.windows[k].id), p.windows[i].id))
                hy_diag_at(d, rows[i].pos, "时限“%s”写了两次", p.windows[i].id);
    }
    return p;
}

static struct hy_pack *find(const struct hy_windows *w, struct hy_str id)
{
    for (size_t i = 0; i < w->packs.n; i++)
        if (hy_str_is(id, w->packs.v[i].id))
            return &w->packs.v[i];
    return NULL;
}

static void put_pack(struct hy_windows *w, struct hy_pack p)
{
    struct hy_pack *there = find(w, hy_str(p.id));

    if (there == NULL) {
        hy_vec_push(&w->packs, p);
        return;
    }
    p.in_use = there->in_use;
    release_pack(there);
    *there = p;
}

static void put_use(struct hy_windows *w, const struct hy_texts *use, struct hy_diag *d)
{
    if (use->n == 0)
        return;
    for (size_t i = 0; i < w->packs.n; i++)
        w->packs.v[i].in_use = false;
    for (size_t i = 0; i < use->n; i++) {
        struct hy_pack *p = find(w, hy_str(use->v[i]));
        if (p)
            p->in_use = true;
        else
            hy_diag_at(d, use->pos[i], "没有规则包“%s”", use->v[i]);
    }
}

static void put_file(struct hy_windows *w, const struct raw_file *raw, struct hy_diag *d)
{
    const struct raw_pack *rows = raw->packs.v;

    for (size_t i = 0; i < raw->packs.n; i++)
        put_pack(w, read_pack(&rows[i], d));
    put_use(w, &raw->use, d);
}

int hy_windows_add_text(struct hy_windows *w, struct hy_str text, const char *name,
                        struct hy_diag *d, struct hy_err *err)
{
    struct raw_file raw = {0};
    int rc = hy_yaml_load_text(text, name, &file_schema, &raw, d, err);

    put_file(w, &raw, d);
    hy_yaml_release(&file_schema, &raw);
    return rc;
}

size_t hy_windows_count(const struct hy_windows *w)
{
    return w->packs.n;
}

const struct hy_pack *hy_windows_at(const struct hy_windows *w, size_t i)
{
    return &w->packs.v[i];
}

const struct hy_pack *hy_windows_pack(const struct hy_windows *w, struct hy_str id)
{
    return find(w, id);
}

const struct hy_window *hy_pack_window(const struct hy_pack *p, struct hy_str id)
{
    for (size_t i = 0; i < p->n_windows; i++)
        if (hy_str_is(id, p->windows[i].id))
            return &p->windows[i];
    return NULL;
}

struct hy_windows *hy_windows_new(void)
{
    return hy_xcalloc(1, sizeof(struct hy_windows));
}

void hy_windows_free(struct hy_windows *w)
{
    if (w == NULL)
        return;
    for (size_t i = 0; i < w->packs.n; i++)
        release_pack(&w->packs.v[i]);
    hy_vec_release(&w->packs);
    free(w);
}

static int load(const char *from, bool national, void **section, struct hy_diag *d,
                struct hy_err *err)
{
    char path[1024];
    struct raw_file raw = {0};
    int rc;

    (void)national;
    if (*section == NULL)
        *section = hy_windows_new();
    snprintf(path, sizeof(path), "%s/windows.yaml", from);
    if (access(path, F_OK) < 0)
        return HY_OK; /* an office need not add to the national packs */
    rc = hy_yaml_load(path, &file_schema, &raw, d, err);
    put_file(*section, &raw, d);
    hy_yaml_release(&file_schema, &raw);
    return rc;
}

static void free_section(void *section)
{
    hy_windows_free(section);
}

const struct hy_section hy_section_windows = {
    .name = "windows",
    .offset = offsetof(struct hy_rules, windows),
    .load = load,
    .free = free_section,
    .file = "windows.yaml",
    .schema = &file_schema,
};
