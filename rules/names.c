/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/names.h"

int hy_name_index(const char *const *names, struct hy_str s)
{
    for (int i = 0; names[i]; i++)
        if (hy_str_is(s, names[i]))
            return i;
    return -1;
}

static size_t count(const char *const *names)
{
    size_t n = 0;

    while (names[n])
        n++;
    return n;
}

void hy_name_report(const char *key, struct hy_str s, const char *const *names, struct hy_pos pos,
                    struct hy_diag *d)
{
    HY_CLEANUP(hy_buf_release) struct hy_buf all = HY_BUF_INIT(400);
    const char *near = hy_near_name(s, names, count(names)), *quote = key[0] ? "”" : "";

    for (size_t i = 0; names[i]; i++)
        hy_buf_printf(&all, "%s%s", i ? "、" : "", names[i]);
    hy_diag_at(d, pos, "%s%s%s不认识“%s”%s%s%s；可用：" HY_STR_FMT "%s", key[0] ? "“" : "", key,
               quote, HY_SHOWN(s), near ? "，是不是“" : "", near ? near : "", near ? "”" : "",
               HY_STR_ARG(hy_buf_view(&all)), all.overflow ? "……" : "");
}

int hy_name_need(struct hy_str s, const char *const *names, struct hy_pos pos, struct hy_diag *d)
{
    int i = hy_name_index(names, s);

    if (i < 0)
        hy_name_report("", s, names, pos, d);
    return i;
}

unsigned hy_names_mask(const struct hy_texts *texts, const char *const *names, struct hy_diag *d)
{
    unsigned mask = 0;

    for (size_t i = 0; i < texts->n; i++) {
        int at = hy_name_need(hy_str(texts->v[i]), names, texts->pos[i], d);
        if (at >= 0)
            mask |= 1u << at;
    }
    return mask;
}
