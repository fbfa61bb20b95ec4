/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a floor: which of its lines somebody wrote there. */
#include "core/quote.h"
#include "crawler/page/floor.h"
#include "crawler/page/quote.h"
#include "crawler/page/thread.h"

/* Names and ranks stand in short lines in front of the first prose. */
static bool is_wanted(const struct hy_view *v, uint32_t i, enum hy_zone zone, bool begun)
{
    const struct hy_line *l = &v->line[i];

    if (l->zone > zone || hy_line_is_button(l) || hy_line_is_info(l) || hy_line_is_furniture(l))
        return false;
    if (l->link_weight && 5 * l->link_weight >= 4 * l->weight && l->stops == 0)
        return false;
    if (hy_line_is_stamp(v, i))
        return false;
    if (begun)
        return l->weight > 0;
    return !l->heading && (hy_line_prose(l, zone) || l->weight >= 10);
}

/* Without the lines of `dropped`, which may be NULL. */
static void add_lines(const struct hy_view *v, const struct hy_thread *t, const struct hy_floor *f,
                      const bool *dropped, bool own, struct hy_buf *out)
{
    size_t start = out->n;
    bool begun = f->whole, any = false;

    for (uint32_t i = f->first; i < f->last; i++)
        any = any || (is_wanted(v, i, f->zone, false) && !(dropped && dropped[i]));
    for (uint32_t i = f->first; i < f->last; i++) {
        if ((dropped && dropped[i]) || !is_wanted(v, i, f->zone, begun || !any))
            continue;
        begun = true;
        if (t->quoted[i] == HY_QUOTE_HEAD || (own && t->quoted[i]))
            continue;
        if (out->n > start)
            hy_buf_char(out, '\n');
        if (t->quoted[i])
            hy_buf_str(out, HY_STR(HY_QUOTE_MARK));
        hy_buf_str(out, t->quoted[i] ? hy_quote_words(v->line[i].text) : v->line[i].text);
    }
}

void hy_thread_text(const struct hy_view *v, const struct hy_thread *t, size_t i, bool own,
                    struct hy_buf *out)
{
    size_t start = out->n;

    add_lines(v, t, &t->floor[i], t->repeated, own, out);
    if (out->n == start) /* what many write ("支持") is what they say when they say nothing else */
        add_lines(v, t, &t->floor[i], NULL, own, out);
}

bool hy_thread_quotes(const struct hy_thread *t, size_t i)
{
    for (uint32_t k = t->floor[i].first; k < t->floor[i].last; k++)
        if (t->quoted[k])
            return true;
    return false;
}
