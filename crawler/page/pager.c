/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/page/pager.h"

#include "core/mem.h"
#include "core/url.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PAGES = 100000 };

/* "12", "... 12", "[12]": the number a pager's link shows; 0 if it shows something else. */
static int64_t number_of(struct hy_str text)
{
    int64_t v = 0;
    size_t digits = 0;

    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (isalpha(c) || digits > 6)
            return 0;
        if (isdigit(c)) {
            v = v * 10 + (c - '0');
            digits++;
        }
    }
    return digits && digits <= 6 && text.n - digits <= 8 ? v : 0;
}

static bool is_number(struct hy_str s, int64_t v)
{
    int64_t n;

    return hy_str_to_i64(s, &n) && n == v;
}

/* Where two addresses differ, widened to whole runs of digits: [from, a.n - tail) of a, and of b. */
struct run {
    size_t from, tail;
};

static struct run run_of(struct hy_str a, struct hy_str b)
{
    size_t head = 0, tail = 0;

    while (head < a.n && head < b.n && a.p[head] == b.p[head])
        head++;
    while (head > 0 && isdigit((unsigned char)b.p[head - 1])) /* back to the start of the run */
        head--;
    while (tail < a.n - head && tail < b.n - head && a.p[a.n - 1 - tail] == b.p[b.n - 1 - tail])
        tail++;
    while (tail > 0 && isdigit((unsigned char)b.p[b.n - tail])) /* forward to its end */
        tail--;
    return (struct run){head, tail};
}

/* Are the two addresses alike but for one run of digits, which in `b` is `v`? */
static bool differ_in_one_number(struct hy_str a, struct hy_str b, int64_t v)
{
    struct run r = run_of(a, b);
    int64_t ours;

    return hy_str_to_i64(hy_str_sub(a, r.from, a.n - r.tail), &ours) && ours < v &&
           is_number(hy_str_sub(b, r.from, b.n - r.tail), v);
}

/* Page one without a number: ?page=12 is added to it. */
static bool adds_page(struct hy_str a, struct hy_str b, int64_t v)
{
    static const char *const names[] = {"page=", "p=", "pn=", "pageno=", "pg="};

    if (!hy_str_starts(b, a) || b.n < a.n + 4)
        return false;
    struct hy_str rest = hy_str_sub(b, a.n + 1, b.n); /* behind '?' or '&' */
    for (size_t i = 0; i < HY_COUNT(names); i++) {
        struct hy_str name = hy_str(names[i]);
        if (hy_str_starts(rest, name) && is_number(hy_str_sub(rest, name.n, rest.n), v))
            return true;
    }
    return false;
}

static struct hy_str without_fragment(struct hy_str url)
{
    size_t hash = hy_str_find_char(url, '#', 0);

    return hy_str_sub(url, 0, hash == HY_NPOS ? url.n : hash);
}

char *hy_pager_last(const struct hy_dom *d, struct hy_str url)
{
    char *best = NULL;
    int64_t most = 1;

    url = without_fragment(url);
    for (uint32_t i = 0; i < d->n; i++) {
        if (d->node[i].tag != HY_TAG_A)
            continue;
        struct hy_buf text = HY_BUF_INIT(64);
        hy_dom_text(d, i, &text);
        int64_t v = text.overflow ? 0 : number_of(hy_buf_view(&text));
        hy_buf_release(&text);
        if (v <= most || v > MAX_PAGES)
            continue;
        char *abs = hy_url_resolve(url, hy_dom_attr(d, i, "href"));
        struct hy_str other = without_fragment(hy_str(abs));
        if (abs && (differ_in_one_number(url, other, v) || adds_page(url, other, v))) {
            free(best);
            best = HY_TAKE(abs);
            best[other.n] = '\0';
            most = v;
        }
        free(abs);
    }
    return best;
}

/* Where in `last` its page number stands; an empty view: nowhere. */
static struct hy_str number_in(struct hy_str first, struct hy_str last)
{
    static const char digits[] = "0123456789";
    struct run r = run_of(first, last);
    struct hy_str number = hy_str_sub(last, r.from, last.n - r.tail);
    int64_t v, ours;

    if (hy_str_to_i64(number, &v) && hy_str_to_i64(hy_str_sub(first, r.from, first.n - r.tail), &ours))
        return number;
    size_t from = last.n;
    while (from > 0 && strchr(digits, last.p[from - 1]))
        from--;
    number = hy_str_sub(last, from, last.n);
    return hy_str_to_i64(number, &v) && adds_page(first, last, v) ? number : hy_str("");
}

int64_t hy_pager_number(struct hy_str first, struct hy_str last)
{
    int64_t v = 0;

    first = without_fragment(first);
    return hy_str_to_i64(number_in(first, last), &v) && v <= MAX_PAGES ? v : 0;
}

char *hy_pager_page(struct hy_str first, struct hy_str last, int64_t k)
{
    struct hy_str number = number_in(without_fragment(first), last);
    size_t head = (size_t)(number.p - last.p), behind = head + number.n;

    return hy_xasprintf(HY_STR_FMT "%lld" HY_STR_FMT, HY_STR_ARG(hy_str_sub(last, 0, head)),
                        (long long)k, HY_STR_ARG(hy_str_sub(last, behind, last.n)));
}
