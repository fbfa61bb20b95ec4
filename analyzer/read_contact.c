/* SPDX-License-Identifier: Apache-2.0 */
/* Phone numbers and URLs. */
#include "analyzer/read_parts.h"

#include "core/mem.h"
#include "core/utf8.h"

/* ---- phones: a run of digits and separators that no date, amount or serial number explains ----
 */

static bool is_phone_sep(uint32_t c)
{
    return c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' || c == '/';
}

static bool is_word(uint32_t c)
{
    return hy_is_digit(c) || hy_is_ascii_alpha(c) || c == '#' || c == '=' || c == '*';
}

/* "ext 123", "x123", "转8001" */
static size_t extension(const struct hy_chars *t, size_t i)
{
    static struct hy_wordlist words = {.list = {"ext.", "ext", "x", "X", "转", "分机", NULL}};
    size_t at = hy_skip_spaces(t, i), len = hy_wordlist_at(t, at, &words, NULL), from;

    if (len == 0)
        return i;
    from = at = hy_skip_spaces(t, at + len);
    while (at < t->n && hy_is_digit(t->c[at]) && at - from < 6)
        at++;
    return at > from ? at : i;
}

struct run {
    size_t end; /* behind the last digit */
    size_t digits, groups, longest;
    int open; /* parentheses */
    bool spaced, dotted, slashed;
};

static struct run scan_run(const struct hy_chars *t, size_t i)
{
    struct run r = {.end = i};
    size_t group = 0, seps = 0;
    bool spaced = false, dotted = false, slashed = false; /* since the last digit */

    for (size_t j = i + (t->c[i] == '+'); j < t->n && r.digits < 20; j++) {
        uint32_t c = t->c[j];
        if (hy_is_digit(c)) {
            r.digits++;
            r.groups += group == 0;
            if (++group > r.longest)
                r.longest = group;
            r.end = j + 1;
            r.spaced |= spaced;
            r.dotted |= dotted;
            r.slashed |= slashed;
            seps = 0;
            continue;
        }
        if (c == '+' && j == i + 1 && t->c[i] == '(')
            continue;
        if (!is_phone_sep(c) || ++seps > 3)
            break;
        if (group == 11 && c == ' ' && t->c[j - 11] == '1') /* one mobile number after another */
            break;
        spaced |= c == ' ';
        dotted |= c == '.';
        slashed |= c == '/';
        r.open += (c == '(') - (c == ')');
        group = 0;
    }
    return r;
}

static bool looks_like_phone(const struct hy_chars *t, size_t i, const struct run *r)
{
    uint32_t after = r->end < t->n ? t->c[r->end] : 0;
    const char *name;
    double factor;
    bool plus = t->c[i] == '+' || t->c[i] == '(';

    if (r->digits < 6 || r->digits > 18 || r->longest > 13 || is_word(after))
        return false;
    if (r->dotted && (r->groups < 3 || r->longest > 4))
        return false;
    if (r->slashed && t->c[i] != '+')
        return false;
    if (hy_unit_at(t, r->end, &name, &factor) || after == '%' || hy_han_unit(after) >= 1e4 ||
        after == 0x5E74 || after == 0x6708)
        return false;
    if (r->groups == 1 && !plus)
        return (r->digits >= 7 && r->digits <= 13) || (r->digits == 6 && t->c[i] == '0');
    if (r->digits < 7)
        return plus;
    return !(r->groups == 2 && t->c[i] != '0' && !plus && r->digits < 8);
}

static bool is_date_run(const struct hy_chars *t, size_t i, const struct run *r)
{
    size_t first = 0;

    while (i + first < t->n && hy_is_digit(t->c[i + first]))
        first++;
    if (r->groups == 3 && first == 4 && (t->c[i] == '1' || t->c[i] == '2') && r->digits <= 8)
        return true;
    bool years =
        r->groups == 2 && first == 4 && r->digits == 8 && (t->c[i] == '1' || t->c[i] == '2');
    return years && !r->spaced;
}

static bool phone_at(const struct hy_chars *t, size_t i, struct hy_reading *ret)
{
    uint32_t before = i > 0 ? t->c[i - 1] : 0;
    struct run r;

    if (hy_is_digit(before) || hy_is_ascii_alpha(before) || before == '.' || before == '+' ||
        before == '=' || before == '*' || before == '/' ||
        (before == '-' && i > 1 && is_word(t->c[i - 2]) && t->c[i - 2] != '#'))
        return false;
    r = scan_run(t, i);
    if (!looks_like_phone(t, i, &r) || is_date_run(t, i, &r))
        return false;
    if (t->c[i] == '(' && r.open > 0)
        return false;
    *ret = (struct hy_reading){.kind = HY_READ_PHONE, .start = i, .end = extension(t, r.end)};
    return true;
}

/* ---- URLs ---- */

static bool is_url_char(uint32_t c)
{
    static const char extra[] = "-._~:/?#[]@!$&'()*+,;=%";

    if (c >= 0x80 || c <= ' ')
        return false;
    if (hy_is_digit(c) || hy_is_ascii_alpha(c))
        return true;
    for (size_t i = 0; extra[i]; i++)
        if ((uint32_t)extra[i] == c)
            return true;
    return false;
}

/* Written by hand, so a comma may have been folded from a full-width one: it ends a URL. */
static size_t url_end(const struct hy_chars *t, size_t i)
{
    size_t end = i;

    while (end < t->n && is_url_char(t->c[end]) && t->c[end] != ',' && t->c[end] != ';')
        end++;
    while (end > i && (t->c[end - 1] == '.' || t->c[end - 1] == ':' || t->c[end - 1] == '!' ||
                       t->c[end - 1] == '?' || t->c[end - 1] == ')' || t->c[end - 1] == '\''))
        end--;
    return end;
}

static bool is_host_char(uint32_t c)
{
    return hy_is_digit(c) || hy_is_ascii_alpha(c) || c == '-' || c == '.';
}

/* abc.com without a scheme: only with a name that cannot be anything else at its end. */
static bool bare_host(const struct hy_chars *t, size_t i, size_t *ret_end)
{
    static struct hy_wordlist tops = {.list = {".com", ".cn", ".net", ".org", ".gov", ".edu",
                                               ".com.cn", ".gov.cn", ".org.cn", ".net.cn", ".info",
                                               ".cc", NULL}};
    size_t end = i, which;

    while (end < t->n && is_host_char(t->c[end]))
        end++;
    while (end > i && (t->c[end - 1] == '.' || t->c[end - 1] == '-'))
        end--;
    size_t len = hy_wordlist_before(t, end, &tops, &which);
    if (len == 0 || end - len <= i || (end < t->n && (t->c[end] == '@')))
        return false;
    *ret_end = end < t->n && (t->c[end] == '/' || t->c[end] == ':' || t->c[end] == '?')
                   ? url_end(t, end)
                   : end;
    return true;
}

static bool url_at(const struct hy_chars *t, size_t i, struct hy_reading *ret)
{
    static struct hy_wordlist schemes = {.list = {"http://", "https://", "ftp://", NULL}};
    size_t len = hy_wordlist_at(t, i, &schemes, NULL), end;
    uint32_t before = i > 0 ? t->c[i - 1] : 0;

    if (is_host_char(before) || before == '@' || before == '/')
        return false;
    if (len)
        end = url_end(t, i);
    else if (!bare_host(t, i, &end))
        return false;
    *ret = (struct hy_reading){.kind = HY_READ_URL, .start = i, .end = end};
    return end > i + len;
}

void hy_read_contacts(const struct hy_chars *t, hy_reading_vec *out)
{
    struct hy_reading r;

    for (size_t i = 0; i < t->n; i++) {
        uint32_t c = t->c[i];
        bool url = (hy_is_ascii_alpha(c) || hy_is_digit(c)) && url_at(t, i, &r);
        if (url || ((hy_is_digit(c) || c == '+' || c == '(') && phone_at(t, i, &r))) {
            hy_vec_push(out, r);
            i = r.end - 1;
        }
    }
}
