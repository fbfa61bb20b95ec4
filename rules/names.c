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

int hy_name_need(struct hy_str s, const char *const *names, struct hy_pos pos, struct hy_diag *d)
{
    int i = hy_name_index(names, s);
    const char *near = i < 0 ? hy_near_name(s, names, count(names)) : NULL;

    if (i >= 0)
        return i;
    if (near)
        hy_diag_at(d, pos, "不认识“" HY_STR_FMT "”，是不是“%s”？", HY_STR_ARG(s), near);
    else
        hy_diag_at(d, pos, "不认识“" HY_STR_FMT "”", HY_STR_ARG(s));
    return -1;
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
