/* SPDX-License-Identifier: Apache-2.0 */
/* The publish time as pages tell it to machines: metadata, elements for times, the address, values
 * in scripts.  Each name has its worth in a table; who is right is decided in date.c. */
#include "crawler/page/date_parts.h"

#include "core/mem.h"
#include "core/url_percent.h"

#include <string.h>

/* The first date in a value that should be one. */
static void add_value(struct hy_date_search *s, struct hy_str value, const char *from, int score,
                      struct hy_str key)
{
    struct hy_when w;
    struct hy_when_how how = s->read;
    size_t at = 0, n = s->n;

    how.compact = true;
    if (value.n && value.n <= HY_DATE_VALUE && hy_when_next(value, &at, how, &w))
        hy_date_add_(s, &w, from, score, value);
    if (s->n > n)
        s->c[n].key = key;
}

/* -- metadata ------------------------------------------------------------------------------- */

static const struct {
    const char *name; /* of <meta name|property|itemprop>, without "-_.:" and in lower case */
    int score;
} meta_rows[] = {
    {"articlepublishedtime", 88},
    {"ogpublishedtime", 85},
    {"datepublished", 85},
    {"publishedtime", 80},
    {"pubdate", 85},
    {"publishdate", 85},
    {"publicationdate", 85},
    {"publishtime", 85},
    {"publisheddate", 80},
    {"pubtime", 80},
    {"dcdateissued", 80},
    {"dctermscreated", 70},
    {"dcdate", 65},
    {"dctermsdate", 65},
    {"dctermsissued", 75},
    {"date", 60},
    {"articledate", 70},
    {"sailthrudate", 75},
    {"parselypubdate", 80},
    {"citationpublicationdate", 75},
    {"citationdate", 65},
    {"datecreated", 65},
    {"created", 55},
    {"articlecreated", 70},
    {"weiboarticlecreateat", 80},
    {"firstpublished", 80},
    {"originalpublicationdate", 85},
    {"releasedate", 60},
    {"articleupdatedtime", 35},
    {"articlemodifiedtime", 40},
    {"ogupdatedtime", 40},
    {"datemodified", 40},
    {"lastmodified", 30},
    {"revised", 30},
    {"timestamp", 45},
    {"dcdatecreated", 70},
    {"rnewsdatepublished", 80},
    {"cxenseparserecspublishtime", 80},
    {"bttime", 60},
    {"itempublished", 70},
    {"displaydate", 70},
    {"videoreleasedate", 55},
    {"bookreleasedate", 30},
    {"dcdatemodified", 35},
    {"dateupdate", 62},
    {"dctermsmodified", 35},
};

static int meta_score(struct hy_str name)
{
    char key[40];
    size_t n = 0;

    if (name.n == 0)
        return 0;
    for (size_t i = 0; i < name.n && n < sizeof(key) - 1; i++) {
        char c = (char)(name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] | 32 : name.p[i]);
        if (!hy_char_in(c, "-_.: "))
            key[n++] = c;
    }
    key[n] = '\0';
    for (size_t i = 0; i < HY_COUNT(meta_rows); i++)
        if (strcmp(meta_rows[i].name, key) == 0)
            return meta_rows[i].score;
    return 0;
}

static void from_meta_tags(struct hy_date_search *s)
{
    static const char *const names[] = {"property", "name", "itemprop", "http-equiv"};
    const struct hy_dom *d = s->v->dom;

    for (uint32_t i = 0; i < d->n; i++) {
        if (d->node[i].tag != HY_TAG_META)
            continue;
        int score = 0;
        struct hy_str name = {0};
        for (size_t k = 0; k < HY_COUNT(names); k++) {
            struct hy_str one = hy_dom_attr(d, i, names[k]);
            if (meta_score(one) <= score)
                continue;
            score = meta_score(one);
            name = one;
        }
        if (score)
            add_value(s, hy_dom_attr(d, i, "content"), "meta", score, name);
    }
}

/* Elements that carry a machine-readable time. */
static void from_time_tags(struct hy_date_search *s)
{
    const struct hy_dom *d = s->v->dom;
    int seen = 0;

    for (uint32_t i = 1; i < d->n; i++) {
        const struct hy_node *n = &d->node[i];
        struct hy_str prop = hy_dom_attr(d, i, "itemprop");
        int score = meta_score(prop);
        if (n->tag != HY_TAG_TIME && n->tag != HY_TAG_ABBR && score == 0)
            continue;
        if (n->tag == HY_TAG_META || s->v->zone[i] == HY_ZONE_HIDDEN)
            continue;
        struct hy_str value = hy_dom_attr(d, i, n->tag == HY_TAG_ABBR ? "title" : "datetime");
        if (value.n == 0)
            value = hy_dom_attr(d, i, "content");
        if (value.n == 0 && i + 1 < n->end)
            value = d->node[i + 1].text;
        if (score == 0)
            score = hy_dom_has_attr(d, i, "pubdate")    ? 80
                    : hy_dom_is_called(d, i, "updated") ? 45
                                                        : 66;
        if (n->tag == HY_TAG_TIME)
            score -= HY_MIN(3 * seen++, 24); /* the first is the article's, later ones of others */
        if (s->v->zone[i] == HY_ZONE_NOISE)
            score -= 15;
        add_value(s, hy_str_trim(value), "time", score,
                  prop.n ? prop : hy_str(hy_tag_name((enum hy_tag)n->tag)));
    }
}

/* -- the address ---------------------------------------------------------------------------- */

static bool url_digits(struct hy_str s, size_t i, size_t n, int *ret)
{
    int v = 0;

    if (i + n > s.n)
        return false;
    for (size_t k = 0; k < n; k++) {
        if (s.p[i + k] < '0' || s.p[i + k] > '9')
            return false;
        v = v * 10 + (s.p[i + k] - '0');
    }
    *ret = v;
    return true;
}

static bool url_digit_at(struct hy_str s, size_t i)
{
    return i < s.n && s.p[i] >= '0' && s.p[i] <= '9';
}

/* 2019/09/07, 2019-09/07, 2019/0907, 20190907 as parts of the path. */
static bool url_date(struct hy_str s, size_t i, struct hy_when *w)
{
    size_t k = i + 4;

    *w = (struct hy_when){.precision = HY_PREC_DAY};
    if (!url_digits(s, i, 4, &w->year) || (i && url_digit_at(s, i - 1)))
        return false;
    bool sep = k < s.n && hy_char_in(s.p[k], "/-_");
    k += sep;
    if (!url_digits(s, k, 2, &w->month)) {
        if (!sep || !url_digits(s, k, 1, &w->month) || url_digit_at(s, k + 1))
            return false;
        k--;
    }
    k += 2;
    bool sep2 = k < s.n && hy_char_in(s.p[k], "/-_");
    k += sep2;
    if (!url_digits(s, k, 2, &w->day)) {
        if (!sep2 || !url_digits(s, k, 1, &w->day))
            return false;
        k--;
    }
    if (url_digit_at(s, k + 2) && !(!sep && k + 2 - i == 8))
        return false;
    return w->year >= 1995 && w->year <= 2099 && hy_date_exists(w->year, w->month, w->day);
}

/* 29-10-2021, 29.10.2021 */
static bool url_date_day_first(struct hy_str s, size_t i, struct hy_when *w)
{
    *w = (struct hy_when){.precision = HY_PREC_DAY};
    return (i == 0 || !url_digit_at(s, i - 1)) && url_digits(s, i, 2, &w->day) && i + 10 <= s.n &&
           hy_char_in(s.p[i + 2], "-._") && s.p[i + 5] == s.p[i + 2] &&
           url_digits(s, i + 3, 2, &w->month) && url_digits(s, i + 6, 4, &w->year) &&
           !url_digit_at(s, i + 10) && w->year >= 1995 && w->year <= 2099 &&
           hy_date_exists(w->year, w->month, w->day);
}

static void from_url(struct hy_date_search *s, struct hy_str url, int score)
{
    struct hy_when w;
    size_t start = hy_str_find(url, HY_STR("://"), 0);

    for (size_t i = start == HY_NPOS ? 0 : start + 3; i < url.n; i++)
        if (url_date(url, i, &w) || url_date_day_first(url, i, &w)) {
            hy_date_add_(s, &w, "url", score, url);
            return;
        }
}

/* -- scripts -------------------------------------------------------------------------------- */

static const struct {
    const char *key;
    int score;
} script_keys[] = {
    {"datePublished", 60},   {"publishTime", 72},   {"publish_time", 72}, {"publishDate", 66},
    {"publish_date", 66},    {"pubDate", 66},       {"pubTime", 66},      {"pubtime", 66},
    {"pubdate", 66},         {"publishedAt", 62},   {"published_at", 62}, {"createTime", 56},
    {"create_time", 56},     {"publishedDate", 62}, {"datetime", 48},     {"releaseTime", 56},
    {"var ct ", 70},         {"oriCreateTime", 68}, {"articleTime", 60},  {"newsTime", 60},
    {"first_published", 62}, {"datePosted", 62},
};

/* Seconds or milliseconds since 1970. */
static bool epoch_value(struct hy_str v, struct hy_when *w)
{
    int64_t n;

    if ((v.n != 10 && v.n != 13) || !hy_str_to_i64(v, &n) || n < 0)
        return false;
    struct hy_civil c = hy_civil_of((hy_wall){v.n == 10 ? n * 1000 : n}, HY_CST);
    *w = (struct hy_when){.year = c.year,
                          .month = c.month,
                          .day = c.day,
                          .hour = c.hour,
                          .minute = c.minute,
                          .second = c.second,
                          .offset_min = HY_CST,
                          .has_offset = true,
                          .precision = HY_PREC_SECOND};
    return c.year >= 1995 && c.year <= 2099;
}

/* key" : "value" or key = 'value': what follows the sign, without its quotes. */
static struct hy_str value_behind(struct hy_str s, size_t i)
{
    while (i < s.n && hy_char_in(s.p[i], "\"'\\ \t"))
        i++;
    if (i >= s.n || (s.p[i] != ':' && s.p[i] != '='))
        return (struct hy_str){0};
    i++;
    while (i < s.n && hy_char_in(s.p[i], "\"'\\ \t"))
        i++;
    size_t end = i;
    while (end < s.n && end - i < 40 && !hy_char_in(s.p[end], "\"'\\,;}<\n"))
        end++;
    return hy_str_sub(s, i, end);
}

/* A call in the text that writes a date: <script>show("2020/04/17 01:43")</script>. */
static void from_inline_calls(struct hy_date_search *s)
{
    struct hy_str html = s->how->html, open = HY_STR("<script>");
    int found = 0;

    for (size_t at = hy_str_find(html, open, 0); at != HY_NPOS && found < 3;
         at = hy_str_find(html, open, at + open.n)) {
        struct hy_str body = hy_str_sub(html, at + open.n, at + open.n + HY_DATE_VALUE);
        size_t end = hy_str_find(body, HY_STR("</script"), 0), from = 0;
        struct hy_when w;
        if (end != HY_NPOS && hy_when_next(hy_str_sub(body, 0, end), &from, s->read, &w))
            hy_date_add_(s, &w, "text", 58 - 6 * found++, hy_str_sub(body, 0, end));
    }
}

static void from_script(struct hy_date_search *s, struct hy_str body, int *found)
{
    for (size_t k = 0; k < HY_COUNT(script_keys); k++) {
        struct hy_str key = hy_str(script_keys[k].key);
        for (size_t at = hy_str_find(body, key, 0); at != HY_NPOS && found[k] < 2;
             at = hy_str_find(body, key, at + key.n)) {
            struct hy_str value = value_behind(body, at + key.n);
            struct hy_when w;
            size_t from = 0;
            if (value.n < 8)
                continue;
            size_t n = s->n;
            if (epoch_value(value, &w) || hy_when_next(value, &from, s->read, &w))
                hy_date_add_(s, &w, "meta", script_keys[k].score - 10 * found[k]++, value);
            if (s->n > n)
                s->c[n].key = key;
        }
    }
}

static void from_scripts(struct hy_date_search *s)
{
    struct hy_str html = s->how->html, open = HY_STR("<script"), close = HY_STR("</script");
    int found[HY_COUNT(script_keys)] = {0};

    for (size_t at = hy_str_find(html, open, 0); at != HY_NPOS;) {
        size_t end = hy_str_find(html, close, at);
        from_script(s, hy_str_sub(html, at + open.n, end), found);
        at = end == HY_NPOS ? end : hy_str_find(html, open, end);
    }
}

void hy_date_from_marks_(struct hy_date_search *s, const struct hy_meta *m)
{
    add_value(s, m->published, "jsonld", 90, HY_STR("datePublished"));
    from_meta_tags(s);
    from_time_tags(s);
    from_url(s, s->how->url, 58);
    if (s->how->url.n == 0)
        from_url(s, m->canonical, 55);
    from_scripts(s);
    from_inline_calls(s);
}
