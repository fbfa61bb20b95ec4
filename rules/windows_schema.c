/* SPDX-License-Identifier: Apache-2.0 */
/* The shape of windows.yaml: its keys, their types, bounds, defaults and the help that `huiying
 * check` and the guide print. */
#include "rules/windows_raw.h"

#include "core/mem.h"
#include "core/vec.h"

#include <stdlib.h>

static const char *const upgrade_name[] = {"retroactive", "from_grading", NULL};

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
     .help =
         "哪些级别（1-4）交办以前应先会商，不写就是 1、2；none 是都不要求。没有会商只提示，不拦"},
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
