/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/page/thread.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/vec.h"
#include "crawler/page/floor.h"
#include "crawler/page/quote.h"
#include "crawler/page/repeat.h"

#include <stdlib.h>
#include <string.h>

enum {
    MIN_FLOORS = 2,
    MAX_FLOORS = 2000,
    MAX_SHORT = 500,     /* floors of few words beside them */
    MIN_FLOOR_WORTH = 4, /* weight of prose in a member that counts */
    MIN_POSTS = 3,       /* of a blog's front page */
    POST_WORTH = 100,
    MAX_MAKES = 8,
    ABOVE = 4, /* lines over an opening post in which its time may stand */
};
#define MIN_COVER 0.4 /* share of the page's prose that the floors must hold */

/* -- does the page belong to a forum? ------------------------------------------------------- */

static const char *const url_marks[] = {
    "forum",      "thread",     "viewtopic", "showtopic",   "topic",       "bbs",
    "tieba.",     "/t/",        "/d/",       "/discussion", "discuss",     "/questions/",
    "community.", "/comments/", "/post/",    "boards.",     "/board",      "luntan",
    "shequ",      "read.php",   "/qa/",      "answers.",    "/community/", "/s/",
    "item?id=",   "/question/",
};
/* Of these, what only a thread's address holds. */
static const char *const thread_marks[] = {"viewtopic", "showtopic", "showthread", "viewthread",
                                           "thread-",   "/thread/",  "/threads/",  "read.php",
                                           "/topic/",   "tieba.",    "topic.php",  "dispbbs"};
static const char *const generator_marks[] = {
    "Discuz", "phpBB", "vBulletin", "Discourse", "XenForo", "MyBB",    "phpwind", "NodeBB",
    "Flarum", "SMF",   "Invision",  "IPS",       "Vanilla", "bbPress", "FluxBB",  "PunBB",
};
static const char *const types[] = {"DiscussionForumPosting", "QAPage", "Question"};
static const char *const words[] = {"楼主", "沙发",       "板凳", "发帖", "回帖",     "跟帖",
                                    "版主", "只看该作者", "楼层", "论坛", "倒序看帖", "回复本帖"};

static bool has_one(struct hy_str s, const char *const *list, size_t n)
{
    for (size_t i = 0; s.n && i < n; i++)
        if (hy_str_has(s, hy_str(list[i])))
            return true;
    return false;
}

/* How many different words of forums stand in short lines? */
static size_t forum_words(const struct hy_view *v)
{
    size_t found = 0;

    for (size_t k = 0; k < HY_COUNT(words); k++)
        for (uint32_t i = 0; i < v->n; i++)
            if (v->line[i].weight < 30 && hy_str_has(v->line[i].text, hy_str(words[k]))) {
                found++;
                break;
            }
    return found;
}

static bool says_forum(const struct hy_meta *m, size_t spoken)
{
    return has_one(m->generator, generator_marks, HY_COUNT(generator_marks)) ||
           has_one(m->type, types, HY_COUNT(types)) || spoken >= 3;
}

/* -- elements that repeat ------------------------------------------------------------------- */

struct member {
    uint64_t kind; /* hash of tag, depth and class words */
    uint32_t node;
};

static bool may_be_floor(enum hy_tag tag)
{
    return tag == HY_TAG_DIV || tag == HY_TAG_ARTICLE || tag == HY_TAG_SECTION ||
           tag == HY_TAG_LI || tag == HY_TAG_TABLE || tag == HY_TAG_TR || tag == HY_TAG_DL ||
           tag == HY_TAG_TBODY || tag == HY_TAG_OTHER;
}

/* Class without digits and without the words that alternate from floor to floor. */
static void add_kind(struct hy_str classes, struct hy_buf *key)
{
    static const char *const varying[] = {"odd", "even",         "first", "last", "alt", "bg",
                                          "op",  "topicstarter", "staff", "new",  "row", "hidden"};
    struct hy_str one;
    int kept = 0;

    while (classes.n && kept < 2 && hy_str_cut(&classes, ' ', &one)) {
        bool skip = one.n == 0;
        for (size_t i = 0; i < HY_COUNT(varying); i++)
            skip =
                skip || (one.n <= strlen(varying[i]) + 1 && hy_str_starts(one, hy_str(varying[i])));
        if (skip)
            continue;
        hy_buf_char(key, '.');
        for (size_t i = 0; i < one.n && i < 40; i++)
            if (one.p[i] < '0' || one.p[i] > '9')
                hy_buf_char(key, one.p[i]);
        kept++;
    }
}

/* Tag, class words and the letters that ids begin with; floors stand at one depth. */
static uint64_t kind_of(const struct hy_dom *d, uint32_t i, struct hy_buf *key)
{
    struct hy_str id = hy_dom_attr(d, i, "id");

    hy_buf_clear(key);
    hy_buf_printf(key, "%u/%u", d->node[i].tag, d->node[i].depth);
    add_kind(hy_dom_attr(d, i, "class"), key);
    hy_buf_char(key, '#');
    for (size_t k = 0; k < id.n && (id.p[k] < '0' || id.p[k] > '9') && k < 20; k++)
        hy_buf_char(key, id.p[k]);
    return hy_hash64(hy_buf_view(key));
}

/* Tag and class words, wherever it stands; 0 without any. */
static uint64_t make_of(const struct hy_dom *d, uint32_t i, struct hy_buf *key)
{
    hy_buf_clear(key);
    add_kind(hy_dom_attr(d, i, "class"), key);
    if (key->n == 0)
        return 0;
    hy_buf_printf(key, "/%u", d->node[i].tag);
    return hy_hash64(hy_buf_view(key));
}

static int by_kind(const void *a, const void *b)
{
    const struct member *x = a, *y = b;

    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return x->node < y->node ? -1 : x->node > y->node;
}

/* Prose below each node, comments included. */
static uint32_t *worth_of(const struct hy_view *v, enum hy_zone zone)
{
    uint32_t *worth = hy_xcalloc(v->dom->n + 1, sizeof(*worth));

    for (uint32_t i = 0; i < v->n; i++)
        worth[v->line[i].block] += hy_line_prose(&v->line[i], zone);
    for (uint32_t i = v->dom->n; i-- > 1;)
        worth[v->dom->node[i].parent] += worth[i];
    return worth;
}

/* -- floors --------------------------------------------------------------------------------- */

struct group {
    size_t from, to; /* members */
    uint32_t worth;
    size_t full; /* members with text: rows of signatures and buttons are no floors */
    size_t dated;
};

/* Sums up a group of members; false when too few of them look like floors. */
static bool judge(const struct hy_view *v, const struct hy_floor_times *t, const uint32_t *worth,
                  const struct member *m, struct group *g)
{
    size_t n = HY_MIN(g->to - g->from, (size_t)20);

    for (size_t i = g->from; i < g->to; i++) {
        g->worth += worth[m[i].node];
        g->full += worth[m[i].node] >= MIN_FLOOR_WORTH;
    }
    if (g->full < MIN_FLOORS)
        return false;
    for (size_t i = g->from; i < g->from + n; i++) {
        struct hy_when w;
        uint32_t at;
        g->dated += hy_floor_time(v, t, m[i].node, &w, &at);
    }
    return 2 * g->dated >= n && g->dated >= MIN_FLOORS;
}

/* Of groups that hold as much, the one with more members (the floors, not their wrappers), then the
 * one with more times: texts have those of what they quote. */
static bool is_better(const struct group *a, const struct group *b)
{
    if (a->full != b->full)
        return a->full > b->full;
    if (a->to - a->from != b->to - b->from)
        return a->to - a->from > b->to - b->from;
    return a->dated > b->dated;
}

static struct group best_group(const struct hy_view *v, const struct hy_floor_times *t,
                               const uint32_t *worth, const struct member *m, size_t n)
{
    struct group best = {0};

    for (size_t from = 0, to; from < n; from = to) {
        for (to = from; to < n && m[to].kind == m[from].kind; to++)
            ;
        if (to - from < MIN_FLOORS || to - from > MAX_FLOORS)
            continue;
        struct group g = {.from = from, .to = to};
        uint32_t sum = 0;
        for (size_t i = from; i < to; i++)
            sum += worth[m[i].node];
        if (10 * sum < 9 * best.worth || !judge(v, t, worth, m, &g))
            continue;
        if (10 * sum > 11 * best.worth || is_better(&g, &best))
            best = g;
    }
    return best;
}

static void add_floor(const struct hy_view *v, const struct hy_floor_times *t, uint32_t node,
                      struct hy_thread *ret)
{
    struct hy_floor *f = &ret->floor[ret->n];

    *f = (struct hy_floor){.first = hy_view_line_at(v, node),
                           .last = hy_view_line_at(v, v->dom->node[node].end)};
    if (ret->n && f->first < ret->floor[ret->n - 1].last) /* floors nest where answers do */
        ret->floor[ret->n - 1].last = f->first;
    f->has_when = hy_floor_time(v, t, node, &f->when, &f->time_node);
    if (f->last > f->first)
        ret->n++;
}

static bool *quotes_in(const struct hy_view *v, const struct member *m, size_t n)
{
    struct hy_floor *floor = hy_xcalloc(n, sizeof(*floor));

    for (size_t i = 0; i < n; i++)
        floor[i] = (struct hy_floor){.first = hy_view_line_at(v, m[i].node),
                                     .last = hy_view_line_at(v, v->dom->node[m[i].node].end)};
    bool *quotes = hy_quote_elements(v, floor, n);
    free(floor);
    return quotes;
}

/* The makes of a floor and of the elements inside that hold most of it, outermost first. */
static size_t makes_of(const struct hy_view *v, const uint32_t *worth, uint32_t floor,
                       struct hy_buf *key, uint64_t *ret)
{
    size_t n = 0;

    for (uint32_t i = floor; i < v->dom->node[floor].end && n < MAX_MAKES; i++)
        if (may_be_floor(v->dom->node[i].tag) && 2 * worth[i] > worth[floor] &&
            (ret[n] = make_of(v->dom, i, key)))
            n++;
    return n;
}

/* A question stands in an element of its own above its answers ("#question", "#answers"), at
 * another depth, but has the make of one, or holds something that has: that element in front, or 0.
 */
static uint32_t question_of(const struct hy_view *v, const uint32_t *worth, uint32_t floor)
{
    struct hy_buf key = HY_BUF_INIT(400);
    uint64_t makes[MAX_MAKES];
    size_t n = makes_of(v, worth, floor, &key, makes);
    uint32_t found = 0;

    for (uint32_t i = 1; n && found == 0 && i < floor; i++) {
        if (worth[i] < 3 * MIN_FLOOR_WORTH || v->dom->node[i].end > floor ||
            !may_be_floor(v->dom->node[i].tag))
            continue;
        uint64_t make = make_of(v->dom, i, &key);
        for (size_t k = 0; make && k < n; k++)
            found = make == makes[k] ? i : found;
    }
    hy_buf_release(&key);
    return found;
}

/* Its time is the oldest of those that stand in it: whoever commented on it or mended it came
 * later. */
static void add_question(const struct hy_view *v, const struct hy_floor_times *t,
                         const uint32_t *worth, uint32_t floor, struct hy_thread *ret)
{
    uint32_t question = question_of(v, worth, floor);

    if (question == 0)
        return;
    add_floor(v, t, question, ret);
    if (ret->n)
        ret->floor[0].has_when = hy_floor_oldest_time(v, t, question, &ret->floor[0].when);
}

/* An opening post of another make stands in front and is the page's main text. */
static void add_main_text(const struct hy_view *v, const struct hy_floor_times *t,
                          const struct hy_body *b, uint32_t floor, struct hy_thread *ret)
{
    uint32_t start = hy_view_line_at(v, floor), before = 0;
    struct hy_floor *f = &ret->floor[0];

    for (uint32_t i = b->first; i < b->last && i < start; i++)
        before += b->keep[i] ? hy_line_prose(&v->line[i], b->zone) : 0;
    if (before < 3 * MIN_FLOOR_WORTH || b->first >= start)
        return;
    *f = (struct hy_floor){.first = b->first, .last = HY_MIN(b->last, start)};
    f->has_when = hy_floor_line_time(v, t, f->first - HY_MIN(f->first, ABOVE), start, &f->when);
    ret->n = 1;
}

/* -- floors of few words -------------------------------------------------------------------- */

/* The make of the innermost element with class words around the longest line of prose that is not
 * quoted, or 0. */
static uint64_t place_in(const struct hy_view *v, const bool *quotes, uint32_t floor,
                         enum hy_zone zone, struct hy_buf *key)
{
    uint32_t last = hy_view_line_at(v, v->dom->node[floor].end), most = 0, at = floor;
    uint64_t make = 0;

    for (uint32_t i = hy_view_line_at(v, floor); i < last; i++) {
        uint32_t prose = quotes[v->line[i].block] ? 0 : hy_line_prose(&v->line[i], zone);
        at = prose > most ? v->line[i].block : at;
        most = HY_MAX(most, prose);
    }
    for (; at > floor && make == 0; at = v->dom->node[at].parent)
        make = make_of(v->dom, at, key);
    return make;
}

/* Where most floors have their text. */
static uint64_t place_of_text(const struct hy_view *v, const bool *quotes, const struct member *m,
                              size_t n, enum hy_zone zone, struct hy_buf *key)
{
    struct {
        uint64_t make;
        size_t n;
    } place[MAX_MAKES] = {0};
    size_t places = 0, best = 0;

    for (size_t i = 0, k; i < n; i++) {
        uint64_t make = place_in(v, quotes, m[i].node, zone, key);
        for (k = 0; k < places && place[k].make != make; k++)
            ;
        if (k == MAX_MAKES)
            continue;
        places = HY_MAX(places, k + 1);
        place[k].make = make;
        best = ++place[k].n > place[best].n ? k : best;
    }
    return place[best].make;
}

struct shorts {
    const struct hy_view *v;
    const struct hy_floor_times *times;
    const uint32_t *worth;
    enum hy_zone zone;
    uint64_t kind, place; /* of a floor, and of its text inside */
    struct hy_buf *key;
    size_t left; /* so many more are taken */
};

/* "听说死了三个人" reads as a name or a button and is worth nothing, but stands where the other
 * floors have their text, in an element like theirs with a time of its own.  Nothing else of it is
 * taken: the lines around are names and ranks. */
static void add_short_floors(struct shorts *s, uint32_t from, uint32_t to, struct hy_thread *ret)
{
    const struct hy_view *v = s->v;

    for (uint32_t i = from; s->place && s->left && i < to; i++) {
        struct hy_when when;
        uint32_t at, text = i + 1, end = v->dom->node[i].end;
        if (s->worth[i] || !may_be_floor(v->dom->node[i].tag) || v->zone[i] > s->zone ||
            kind_of(v->dom, i, s->key) != s->kind || !hy_floor_time(v, s->times, i, &when, &at))
            continue;
        while (text < end && make_of(v->dom, text, s->key) != s->place)
            text++;
        if (text == end)
            continue;
        s->left--;
        ret->floor[ret->n++] = (struct hy_floor){.first = hy_view_line_at(v, text),
                                                 .last = hy_view_line_at(v, v->dom->node[text].end),
                                                 .whole = true,
                                                 .has_when = true,
                                                 .when = when};
    }
}

static void collect(const struct hy_view *v, const struct hy_floor_times *t,
                    const struct hy_body *b, const uint32_t *worth, const bool *quotes,
                    const struct member *m, size_t n, struct hy_thread *ret)
{
    enum hy_zone zone = HY_MAX(HY_ZONE_COMMENT, b->zone);
    struct hy_buf key = HY_BUF_INIT(400);
    struct shorts shorts = {v, t, worth, zone, m[0].kind, 0, &key, MAX_SHORT};

    shorts.place = place_of_text(v, quotes, m, n, zone, &key);
    ret->floor = hy_xcalloc(1 + n + MAX_SHORT, sizeof(*ret->floor));
    add_question(v, t, worth, m[0].node, ret);
    if (ret->n == 0)
        add_main_text(v, t, b, m[0].node, ret);
    for (size_t i = 0; i < n; i++) {
        add_floor(v, t, m[i].node, ret);
        add_short_floors(&shorts, m[i].node + 1, i + 1 < n ? m[i + 1].node : v->dom->n, ret);
    }
    for (size_t i = 0; i < ret->n; i++)
        ret->floor[i].zone = zone;
    hy_buf_release(&key);
}

static void collect_only(const struct hy_view *v, const struct hy_floor_times *t,
                         const struct hy_body *b, bool surely, struct hy_thread *ret)
{
    ret->floor = hy_xcalloc(1, sizeof(*ret->floor));
    ret->n = hy_floor_only(v, t, b, surely, ret->floor);
}

/* Without the marks of a forum: several long texts in a row, and nothing in front of them that the
 * others could be comments on. */
static bool are_posts(const struct hy_view *v, const struct hy_body *b, const uint32_t *worth,
                      const struct member *m, size_t n)
{
    uint32_t start = hy_view_line_at(v, m[0].node);
    size_t full = 0;

    for (uint32_t i = b->first; i < b->last && i < start; i++)
        if (b->keep[i] && hy_line_prose(&v->line[i], b->zone))
            return false;
    for (size_t i = 0; i < n; i++)
        full += worth[m[i].node] >= POST_WORTH;
    return full >= MIN_POSTS && worth[m[0].node] >= POST_WORTH && 2 * full >= n;
}

/* The time of a floor that stood in the head of what it quotes ("张三 发表于 ...") is not its own.
 */
static void mend_times(const struct hy_view *v, const struct hy_floor_times *t,
                       struct hy_thread *ret)
{
    for (size_t k = 0; k < ret->n; k++) {
        struct hy_floor *f = &ret->floor[k];
        if (!f->has_when || f->whole || v->dom->node[f->time_node].tag != HY_TAG_TEXT ||
            !ret->quoted[hy_view_line_at(v, f->time_node)])
            continue;
        f->has_when = false;
        for (uint32_t i = f->first; i < f->last && !f->has_when; i++)
            f->has_when = !ret->quoted[i] && hy_floor_line_time(v, t, i, i + 1, &f->when);
    }
}

void hy_thread_find(const struct hy_view *v, const struct hy_meta *m, const struct hy_body *b,
                    struct hy_str url, struct hy_thread *ret)
{
    HY_VEC(struct member) members = {0};
    struct hy_floor_times times;
    struct hy_buf key = HY_BUF_INIT(400);

    struct hy_str address = url.n ? url : m->canonical;
    size_t spoken = forum_words(v);
    bool surely = says_forum(m, spoken);
    bool leads_to_thread = has_one(address, thread_marks, HY_COUNT(thread_marks));
    *ret = (struct hy_thread){.is_forum = surely || leads_to_thread ||
                                          has_one(address, url_marks, HY_COUNT(url_marks))};
    enum hy_zone zone = HY_MAX(HY_ZONE_COMMENT, b->zone);
    uint32_t *worth = worth_of(v, zone);
    for (uint32_t i = 1; i < v->dom->n; i++)
        if (may_be_floor(v->dom->node[i].tag) && v->zone[i] <= zone && worth[i])
            hy_vec_push(&members, (struct member){kind_of(v->dom, i, &key), i});
    if (members.n)
        qsort(members.v, members.n, sizeof(*members.v), by_kind);
    bool *quotes = NULL;
    hy_floor_times_find(v, &times);
    struct group g = best_group(v, &times, worth, members.v, members.n);
    if (g.worth && g.worth > MIN_COVER * worth[0] &&
        (ret->is_forum || are_posts(v, b, worth, members.v + g.from, g.to - g.from))) {
        quotes = quotes_in(v, members.v + g.from, g.to - g.from);
        hy_floor_times_skip(&times, v, quotes);
        collect(v, &times, b, worth, quotes, members.v + g.from, g.to - g.from, ret);
    } else if (surely || leads_to_thread || (ret->is_forum && spoken >= 2))
        collect_only(v, &times, b, surely, ret);
    if (quotes == NULL)
        quotes = hy_quote_elements(v, ret->floor, ret->n);
    ret->quoted = hy_quote_find(v, quotes, ret->floor, ret->is_forum ? ret->n : 0);
    mend_times(v, &times, ret);
    ret->repeated = hy_repeat_find(v, ret->quoted, ret->floor, ret->n);
    hy_floor_times_release(&times);
    hy_vec_release(&members);
    hy_buf_release(&key);
    free(quotes);
    free(worth);
}

void hy_thread_release(struct hy_thread *t)
{
    free(t->floor);
    free(t->quoted);
    free(t->repeated);
    *t = (struct hy_thread){0};
}
