/* SPDX-License-Identifier: Apache-2.0 */
/* The pattern is cut into parts, each a list of alternatives (plain text is a list of one); then
 * one counter a part runs through all combinations, the last part fastest. */
#include "rules/variants.h"

#include "core/buf.h"
#include "core/mem.h"

enum { MAX_PARTS = 8, MAX_CHOICES = 64, MAX_FORM = 512 };

struct part {
    struct hy_str choice[MAX_CHOICES];
    size_t n;
};
struct pattern {
    struct part part[MAX_PARTS];
    size_t n;
};

enum sign { PLAIN, OPEN, BAR, CLOSE };

/* The sign at the head of s, and how many bytes it takes. */
static enum sign sign_at(struct hy_str s, size_t *ret_len)
{
    static const struct {
        const char *text;
        enum sign sign;
    } signs[] = {{"(", OPEN}, {"（", OPEN}, {"|", BAR}, {"｜", BAR}, {")", CLOSE}, {"）", CLOSE}};

    for (size_t i = 0; i < HY_COUNT(signs); i++)
        if (hy_str_starts(s, hy_str(signs[i].text))) {
            *ret_len = hy_str(signs[i].text).n;
            return signs[i].sign;
        }
    *ret_len = 1;
    return PLAIN;
}

/* Into a part of its own when `fresh`, else one more alternative of the last. */
static bool put(struct pattern *p, struct hy_str text, bool fresh)
{
    if (fresh && p->n == MAX_PARTS)
        return false;
    struct part *part = &p->part[fresh ? p->n++ : p->n - 1];
    if (part->n == MAX_CHOICES)
        return false;
    part->choice[part->n++] = text;
    return true;
}

static const char *cut(struct hy_str s, struct pattern *p)
{
    static const char *const too_many = "括号或“|”太多，请分成几个词写";
    size_t from = 0, len;
    bool inside = false, first = true;

    for (size_t at = 0; at < s.n; at += len) {
        enum sign sign = sign_at(hy_str_sub(s, at, s.n), &len);
        if (sign == PLAIN)
            continue;
        if ((sign == OPEN) == inside)
            return inside ? "括号里不能再有括号" : "“|”和“)”要写在括号里，如 拖欠(工资|货款)";
        struct hy_str text = hy_str_sub(s, from, at);
        if ((inside || text.n) && !put(p, text, !inside || first))
            return too_many;
        first = sign == OPEN;
        inside = sign != CLOSE;
        from = at + len;
    }
    if (inside)
        return "括号没有写完，缺“)”";
    return from == s.n || put(p, hy_str_sub(s, from, s.n), true) ? NULL : too_many;
}

static size_t count_of(const struct pattern *p)
{
    size_t n = 1;

    for (size_t i = 0; i < p->n && n <= HY_VARIANTS_MAX; i++)
        n *= p->part[i].n;
    return n;
}

static bool next(const struct pattern *p, size_t *at)
{
    for (size_t i = p->n; i-- > 0;) {
        if (++at[i] < p->part[i].n)
            return true;
        at[i] = 0;
    }
    return false;
}

const char *hy_variants(struct hy_str pattern, void (*take)(struct hy_str form, void *user),
                        void *user)
{
    struct pattern p = {.n = 0};
    const char *wrong = cut(pattern, &p);
    size_t at[MAX_PARTS] = {0};

    if (wrong)
        return wrong;
    if (count_of(&p) > HY_VARIANTS_MAX)
        return "展开以后超过 200 个词，请分成几个词写";
    do {
        HY_CLEANUP(hy_buf_release) struct hy_buf form = HY_BUF_INIT(MAX_FORM);
        for (size_t i = 0; i < p.n; i++)
            hy_buf_str(&form, p.part[i].choice[at[i]]);
        if (form.overflow)
            return "这个词太长了";
        take(hy_buf_view(&form), user);
    } while (next(&p, at));
    return NULL;
}
