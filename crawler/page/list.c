/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the block of links that announces articles.
 *
 * Every link gets a signature: the tags above it, the classes of the nearest ones (without numbers
 * and words like "odd" or "active"), and which cell of a table row or which link of its parent it
 * is.  Links of one signature are one group; the groups are scored by what a reader would look at:
 * sentence-long titles, different titles and addresses, dates beside them, numbers in the address,
 * not in navigation or footers. */
#include "crawler/page/list.h"

#include "core/arena.h"
#include "core/hash.h"
#include "core/map.h"
#include "core/url.h"
#include "crawler/page/explain.h"
#include "core/utf8.h"
#include "core/vec.h"
#include "crawler/page/list_parts.h"
#include "crawler/page/select.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_CANDIDATES = 5000,
    MAX_ROW_NODES = 400,
};
#define SECOND_BEST 0.4 /* other groups that are taken too, as a share of the best one */

struct candidate {
    uint32_t node;
    struct hy_str url, title; /* in the arena */
    size_t group;
    double weight; /* how much its title looks like a headline: 0 to 1 */
    bool foreign, numbered;
};

struct group {
    uint64_t signature;
    size_t n, first; /* first: index of its first candidate */
    size_t titles, urls, foreign, numbered, dated;
    double weight, score;
    bool chrome; /* in navigation, header, footer, aside */
};

struct finder {
    const struct hy_dom *d;
    const struct hy_list_hints *hints;
    struct hy_list *list;
    struct hy_str base, host;
    HY_VEC(struct candidate) links;
    HY_VEC(struct group) groups;
};

/* -- links ------------------------------------------------------------------------------------- */

/* Canonical address of a link, or empty. */
static struct hy_str address_of(struct finder *f, struct hy_str href, struct hy_url *ret_url)
{
    struct hy_err err = HY_ERR_INIT;
    HY_CLEANUP(hy_freep) char *abs = NULL, *canonical = NULL;

    if (href.n == 0 || href.p[0] == '#')
        return hy_str("");
    abs = hy_url_resolve(f->base, href);
    if (abs == NULL || hy_url_parse(hy_str(abs), NULL, ret_url, &err) < 0)
        return hy_str("");
    canonical = hy_url_canonical(ret_url);
    return hy_arena_str(f->list->arena, hy_str(canonical));
}

static struct hy_str title_of(struct finder *f, uint32_t node)
{
    struct hy_buf b = HY_BUF_INIT(4096);
    struct hy_str attr = hy_str_trim(hy_dom_attr(f->d, node, "title"));

    hy_dom_text(f->d, node, &b);
    struct hy_str text = hy_buf_view(&b);
    bool cut = hy_str_ends(text, HY_STR("…")) || hy_str_ends(text, HY_STR("..."));
    if (cut && attr.n > text.n) /* lists shorten long titles and keep them in the attribute */
        text = attr;
    struct hy_str kept = hy_arena_str(f->list->arena, text);
    hy_buf_release(&b);
    return kept;
}

/* 0 below five characters of words, 1 from seventeen on; a Latin letter is half a character. */
static double headline_weight(struct hy_str title)
{
    double chars = 0;

    for (size_t at = 0; at < title.n;) {
        uint32_t c = hy_utf8_next(title, &at);
        chars += hy_is_han(c) ? 1 : (c < 0x80 && isalpha((int)c)) || c > 0x3000 ? 0.5 : 0;
    }
    return HY_MAX(0.0, HY_MIN(1.0, (chars - 4) / 12));
}

static bool has_number(struct hy_str url)
{
    size_t digits = 0;

    for (size_t i = hy_str_find(url, HY_STR("://"), 0) + 3; i < url.n; i++)
        digits += isdigit((unsigned char)url.p[i]) != 0;
    return digits >= 3;
}

/* -- groups ------------------------------------------------------------------------------------ */

static size_t group_of(struct finder *f, uint64_t signature)
{
    for (size_t i = 0; i < f->groups.n; i++)
        if (f->groups.v[i].signature == signature)
            return i;
    hy_vec_push(&f->groups, (struct group){.signature = signature, .first = f->links.n});
    return f->groups.n - 1;
}

static void add_candidate(struct finder *f, uint32_t node)
{
    struct hy_url u = {0};
    struct hy_str url = address_of(f, hy_dom_attr(f->d, node, "href"), &u);

    if (url.n && !hy_str_eq(url, f->base)) {
        struct candidate c = {.node = node, .url = url, .title = title_of(f, node)};
        c.weight = headline_weight(c.title);
        c.foreign = !hy_str_eq(hy_url_registrable(hy_url_host(&u)), f->host);
        c.numbered = has_number(url);
        c.group = group_of(f, hy_list_signature_(f->d, node));
        hy_vec_push(&f->links, c);
    }
    hy_url_release(&u);
}

static void collect(struct finder *f)
{
    for (uint32_t i = 0; i < f->d->n && f->links.n < MAX_CANDIDATES; i++)
        if (f->d->node[i].tag == HY_TAG_A)
            add_candidate(f, i);
}

/* The largest element around link `c` that holds no link of its group to another page. */
static uint32_t row_of(const struct finder *f, size_t c)
{
    const struct candidate *me = &f->links.v[c];
    uint32_t row = me->node, before = 0, after = f->d->n;

    for (size_t i = c; i-- > 0 && before == 0;)
        if (f->links.v[i].group == me->group && !hy_str_eq(f->links.v[i].url, me->url))
            before = f->links.v[i].node;
    for (size_t i = c + 1; i < f->links.n && after == f->d->n; i++)
        if (f->links.v[i].group == me->group && !hy_str_eq(f->links.v[i].url, me->url))
            after = f->links.v[i].node;
    while (row != 0) {
        uint32_t p = f->d->node[row].parent;
        bool fits = (before == 0 || before < p) && f->d->node[p].end <= after &&
                    f->d->node[p].end - p <= MAX_ROW_NODES && f->d->node[p].tag != HY_TAG_BODY;
        if (!fits || p == 0)
            break;
        row = p;
    }
    return row;
}

/* Text of a row, one line a text node; machine-readable attributes stand in for what people see. */
static void row_text(const struct finder *f, uint32_t row, uint32_t link, struct hy_buf *out)
{
    const struct hy_dom *d = f->d;

    for (uint32_t i = row; i < d->node[row].end; i++) {
        if (i == link) { /* dates in titles are dates of events */
            i = d->node[i].end - 1;
            continue;
        }
        struct hy_str s = d->node[i].text;
        if (d->node[i].tag != HY_TAG_TEXT) {
            s = hy_dom_attr(d, i, d->node[i].tag == HY_TAG_TIME ? "datetime" : "title");
            if (d->node[i].tag == HY_TAG_A || hy_str_find_char(s, ':', 0) == HY_NPOS)
                s = hy_str("");
        }
        s = hy_str_trim(s);
        if (s.n)
            hy_buf_printf(out, HY_STR_FMT "\n", HY_STR_ARG(s));
    }
}

static struct hy_link link_of(const struct finder *f, size_t c, uint32_t row)
{
    const struct candidate *me = &f->links.v[c];
    struct hy_buf text = HY_BUF_INIT(16384);
    struct hy_link link = {.url = me->url.p,
                           .title = me->title.p,
                           .published = HY_WALL_NONE,
                           .last_reply = HY_WALL_NONE,
                           .replies = -1};

    row_text(f, row, me->node, &text);
    hy_list_row_(hy_buf_view(&text), f->hints, &link);
    hy_buf_release(&text);
    return link;
}

static void count_group(struct finder *f, size_t g)
{
    struct group *gr = &f->groups.v[g];
    struct hy_map *titles = hy_map_new(NULL), *urls = hy_map_new(NULL);

    for (size_t i = gr->first; i < f->links.n; i++) {
        const struct candidate *c = &f->links.v[i];
        if (c->group != g)
            continue;
        gr->n++;
        gr->weight += c->weight;
        gr->foreign += c->foreign;
        gr->numbered += c->numbered;
        hy_map_set(titles, c->title, gr);
        hy_map_set(urls, c->url, gr);
        if (gr->n <= 5)
            gr->dated += hy_wall_known(link_of(f, i, row_of(f, i)).published);
    }
    gr->titles = hy_map_count(titles);
    gr->urls = hy_map_count(urls);
    gr->chrome = hy_list_in_chrome_(f->d, f->links.v[gr->first].node);
    hy_map_free(titles);
    hy_map_free(urls);
}

static void score_group(struct group *g)
{
    double n = (double)g->n;
    double different = HY_MIN((double)g->titles, (double)g->urls) / n;
    double dated = (double)g->dated / HY_MIN(n, 5.0);

    g->score = HY_MIN(g->weight, 40.0) * different * different * (0.6 + dated) *
               (0.6 + 0.6 * (double)g->numbered / n) * (1.0 - 0.7 * (double)g->foreign / n) *
               (g->chrome ? 0.2 : 1.0);
}

static void take_group(struct finder *f, size_t g)
{
    for (size_t i = f->groups.v[g].first; i < f->links.n; i++) {
        if (f->links.v[i].group != g || f->links.v[i].title.n == 0)
            continue;
        struct hy_link link = link_of(f, i, row_of(f, i));
        hy_list_add(f->list, &link);
    }
}

/* What a block is worth and why, for --explain. */
static void report_group(const struct finder *f, const struct group *g, bool taken)
{
    json_t *o = json_object();

    if (f->hints->blocks == NULL) {
        json_decref(o);
        return;
    }
    hy_explain_path(o, f->d, row_of(f, g->first));
    hy_json_set_int(o, "links", (int64_t)g->n);
    hy_json_set_int(o, "titles", (int64_t)g->titles);
    hy_json_set_int(o, "urls", (int64_t)g->urls);
    hy_json_set_int(o, "dated", (int64_t)g->dated);
    hy_json_set_int(o, "foreign", (int64_t)g->foreign);
    hy_json_set_int(o, "numbered", (int64_t)g->numbered);
    json_object_set_new(o, "chrome", json_boolean(g->chrome));
    json_object_set_new(o, "headlines", json_real(g->weight / (double)g->n));
    json_object_set_new(o, "score", json_real(g->score));
    json_object_set_new(o, "taken", json_boolean(taken));
    json_array_append_new(f->hints->blocks, o);
}

static void take_best(struct finder *f)
{
    size_t best = 0, taken = 0;

    for (size_t i = 0; i < f->groups.n; i++) {
        count_group(f, i);
        score_group(&f->groups.v[i]);
        if (f->groups.v[i].score > f->groups.v[best].score)
            best = i;
    }
    if (f->groups.n == 0 || f->groups.v[best].score < 0.5) {
        f->list->why = "no block of links looks like headlines";
        for (size_t i = 0; i < f->groups.n; i++)
            report_group(f, &f->groups.v[i], false);
        return;
    }
    for (size_t i = 0; i < f->groups.n; i++) {
        const struct group *g = &f->groups.v[i];
        bool alike = g->score >= SECOND_BEST * f->groups.v[best].score && !g->chrome &&
                     g->weight / (double)g->n > 0.3;
        report_group(f, g, i == best || alike);
        if (i == best || alike) {
            take_group(f, i);
            taken++;
        }
    }
    HY_CLEANUP(hy_freep)
    char *why = hy_xasprintf(
        "%zu links of %zu blocks; best block: %zu links, %zu dated of the first 5, "
        "score %.1f",
        f->list->n, taken, f->groups.v[best].n, f->groups.v[best].dated, f->groups.v[best].score);
    f->list->why = hy_list_keep(f->list, hy_str(why));
}

/* -- selectors --------------------------------------------------------------------------------- */

static struct hy_str selected_text(struct finder *f, uint32_t row, const char *selector,
                                   struct hy_buf *b)
{
    uint32_t at = selector ? hy_select_next(f->d, row, row, hy_str(selector)) : 0;

    if (at)
        hy_dom_text(f->d, at, b);
    return hy_buf_view(b);
}

static void take_row(struct finder *f, uint32_t row)
{
    const char *how = f->hints->link ? f->hints->link : "a[href]";
    bool itself = hy_select_matches(f->d, row, 0, HY_STR("a[href]"));
    uint32_t a = itself ? row : hy_select_next(f->d, row, row, hy_str(how));
    struct hy_url u = {0};
    struct hy_buf title = HY_BUF_INIT(4096), time = HY_BUF_INIT(4096);
    struct hy_str url = a ? address_of(f, hy_dom_attr(f->d, a, "href"), &u) : hy_str("");

    if (url.n) {
        struct hy_str text = selected_text(f, row, f->hints->title, &title);
        struct hy_link link = {
            .url = url.p, .published = HY_WALL_NONE, .last_reply = HY_WALL_NONE, .replies = -1};
        link.title = text.n ? hy_list_keep(f->list, text) : title_of(f, a).p;
        if (selected_text(f, row, f->hints->time, &time).n == 0)
            row_text(f, row, a, &time);
        hy_list_row_(hy_buf_view(&time), f->hints, &link);
        hy_list_add(f->list, &link);
    }
    hy_url_release(&u);
    hy_buf_release(&title);
    hy_buf_release(&time);
}

static void take_selected(struct finder *f)
{
    struct hy_str item = hy_str(f->hints->item);

    for (uint32_t i = 0; (i = hy_select_next(f->d, i, 0, item)) != 0; i++)
        take_row(f, i);
    f->list->why = f->list->n ? "by selector" : "the selector finds nothing";
}

/* -- the way to older entries ------------------------------------------------------------------ */

/* "下一页", "下一页 →", "Next Page»": the words, and nothing else that is worth reading. */
static bool is_label(struct hy_str text, struct hy_str word)
{
    static const char *const tails[] = {"", "»", "›", ">", "→", ">>"};

    if (!hy_str_starts(text, word))
        return false;
    struct hy_str rest = hy_str_trim(hy_str_sub(text, word.n, text.n));
    if (hy_str_starts(rest, HY_STR("Page")) || hy_str_starts(rest, HY_STR("page")))
        rest = hy_str_trim(hy_str_sub(rest, 4, rest.n));
    for (size_t i = 0; i < HY_COUNT(tails); i++)
        if (hy_str_is(rest, tails[i]))
            return true;
    return false;
}

static void find_next(struct finder *f)
{
    static const char *const words[] = {"下一页", "下页", "下一頁", "后一页", "Next",
                                        "next",   "»",    "›",      ">"};

    for (uint32_t i = 0; i < f->d->n; i++)
        if (f->d->node[i].tag == HY_TAG_LINK && hy_str_is(hy_dom_attr(f->d, i, "rel"), "next")) {
            HY_CLEANUP(hy_freep) char *url = hy_url_resolve(f->base, hy_dom_attr(f->d, i, "href"));
            f->list->next = url ? hy_list_keep(f->list, hy_str(url)) : "";
            return;
        }
    for (size_t i = 0; i < f->links.n; i++)
        for (size_t k = 0; k < HY_COUNT(words); k++)
            if (is_label(f->links.v[i].title, hy_str(words[k])) ||
                hy_str_is(hy_dom_attr(f->d, f->links.v[i].node, "rel"), "next")) {
                f->list->next = f->links.v[i].url.p;
                return;
            }
}

/* -- the whole --------------------------------------------------------------------------------- */

static struct hy_str base_of(struct finder *f, struct hy_str url)
{
    uint32_t base = hy_dom_find(f->d, 0, HY_TAG_BASE);
    struct hy_str href = base ? hy_dom_attr(f->d, base, "href") : hy_str("");
    HY_CLEANUP(hy_freep) char *abs = href.n ? hy_url_resolve(url, href) : NULL;

    return abs ? hy_arena_str(f->list->arena, hy_str(abs)) : url;
}

struct hy_list *hy_list_html(const struct hy_dom *d, struct hy_str url,
                             const struct hy_list_hints *hints)
{
    struct finder f = {.d = d, .hints = hints, .list = hy_list_new()};
    struct hy_url u = {0};
    struct hy_err err = HY_ERR_INIT;

    if (d->n == 0 || hy_url_parse(url, NULL, &u, &err) < 0) {
        f.list->why = d->n ? "the page's own address is none" : "empty page";
        return f.list;
    }
    f.base = base_of(&f, url);
    f.host = hy_arena_str(f.list->arena, hy_url_registrable(hy_url_host(&u)));
    collect(&f);
    if (hints->item)
        take_selected(&f);
    else
        take_best(&f);
    hy_list_feed_(f.list, d, f.base);
    find_next(&f);
    f.list->wall = hy_list_is_wall_(f.list, d);
    hy_url_release(&u);
    hy_vec_release(&f.links);
    hy_vec_release(&f.groups);
    return f.list;
}
