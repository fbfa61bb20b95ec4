/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a robots.txt once, keeping the rules of the agent's own group and of "*".  Which of the two
 * counts is known only at the end of the file: the own group wins as soon as it exists anywhere.
 *
 * Where the RFC leaves room we read as the big crawlers do, since files are written for them: a
 * space may stand for the colon, common misspellings of "disallow" count, index.html means its
 * directory. */
#include "crawler/fetch/robots.h"

#include "core/arena.h"
#include "core/buf.h"
#include "core/vec.h"

#include <ctype.h>
#include <string.h>

enum { MAX_LINE = 2083 * 8, MAX_SITEMAPS = 100, MAX_RULES = 20000 };
#define MAX_DELAY_S 86400.0

enum key { USER_AGENT, ALLOW, DISALLOW, CRAWL_DELAY, SITEMAP, OTHER };
static const struct {
    const char *name;
    enum key key;
} keys[] = {
    {"user-agent", USER_AGENT}, {"useragent", USER_AGENT},    {"user agent", USER_AGENT},
    {"allow", ALLOW},           {"disallow", DISALLOW},       {"dissallow", DISALLOW},
    {"dissalow", DISALLOW},     {"disalow", DISALLOW},        {"diasllow", DISALLOW},
    {"disallaw", DISALLOW},     {"crawl-delay", CRAWL_DELAY}, {"sitemap", SITEMAP},
    {"site-map", SITEMAP},
};

struct rule {
    struct hy_str pattern; /* in the arena */
    bool allow;
};
typedef HY_VEC(struct rule) rules_vec;

enum who { GLOBAL, OWN, WHO_COUNT };
struct hy_robots {
    struct hy_arena *arena;
    rules_vec rules[WHO_COUNT];
    double delay_s[WHO_COUNT];
    bool own_exists;
    HY_VEC(const char *) sitemaps;
};

struct reader {
    struct hy_robots *r;
    struct hy_str agent;
    bool active[WHO_COUNT]; /* does the current group speak to us */
    bool in_rules;          /* a rule has been seen: the next user-agent starts a new group */
};

static enum key key_of(struct hy_str name)
{
    for (size_t i = 0; i < HY_COUNT(keys); i++)
        if (hy_str_ieq(name, hy_str(keys[i].name)))
            return keys[i].key;
    return OTHER;
}

/* The product token at the start of a user-agent value. */
static struct hy_str product_token(struct hy_str value)
{
    size_t n = 0;

    while (n < value.n &&
           (isalpha((unsigned char)value.p[n]) || value.p[n] == '_' || value.p[n] == '-'))
        n++;
    return hy_str_sub(value, 0, n);
}

static void on_agent(struct reader *rd, struct hy_str value)
{
    if (rd->in_rules)
        rd->active[GLOBAL] = rd->active[OWN] = rd->in_rules = false;
    if (value.n && value.p[0] == '*' && (value.n == 1 || isspace((unsigned char)value.p[1]))) {
        rd->active[GLOBAL] = true;
        return;
    }
    struct hy_str token = product_token(value);
    if (token.n && hy_str_ieq(token, rd->agent))
        rd->active[OWN] = rd->r->own_exists = true;
}

static bool is_hex_escape(struct hy_str s, size_t i)
{
    return s.p[i] == '%' && i + 2 < s.n && isxdigit((unsigned char)s.p[i + 1]) &&
           isxdigit((unsigned char)s.p[i + 2]);
}

/* A pattern in the form URLs are sent in: non-ASCII bytes escaped, escapes in capitals. */
static struct hy_str escape(struct hy_arena *arena, struct hy_str value)
{
    struct hy_buf out = HY_BUF_INIT(3 * MAX_LINE);

    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        if (is_hex_escape(value, i)) {
            hy_buf_printf(&out, "%%%c%c", toupper((unsigned char)value.p[i + 1]),
                          toupper((unsigned char)value.p[i + 2]));
            i += 2;
        } else if (c >= 0x80) {
            hy_buf_printf(&out, "%%%02X", c);
        } else {
            hy_buf_char(&out, (char)c);
        }
    }
    struct hy_str kept = hy_arena_str(arena, hy_buf_view(&out));
    hy_buf_release(&out);
    return kept;
}

static void add_rule(struct reader *rd, struct hy_str pattern, bool allow)
{
    for (int who = 0; who < WHO_COUNT; who++)
        if (rd->active[who] && rd->r->rules[who].n < MAX_RULES)
            hy_vec_push(&rd->r->rules[who], (struct rule){pattern, allow});
}

static void on_rule(struct reader *rd, struct hy_str value, bool allow)
{
    rd->in_rules = true;
    if (value.n == 0 || (!rd->active[GLOBAL] && !rd->active[OWN]))
        return;
    struct hy_str pattern = escape(rd->r->arena, value);
    add_rule(rd, pattern, allow);
    size_t slash = pattern.n;
    while (slash > 0 && pattern.p[slash - 1] != '/')
        slash--;
    if (allow && slash &&
        hy_str_starts(hy_str_sub(pattern, slash, pattern.n), HY_STR("index.htm"))) {
        struct hy_buf dir = HY_BUF_INIT(3 * MAX_LINE);
        hy_buf_printf(&dir, HY_STR_FMT "$", (int)slash, pattern.p);
        add_rule(rd, hy_arena_str(rd->r->arena, hy_buf_view(&dir)), true);
        hy_buf_release(&dir);
    }
}

/* "2", "0.5", "10 # seconds": digits and at most one point. */
static void on_delay(struct reader *rd, struct hy_str value)
{
    double whole = 0, scale = 0;
    size_t i = 0;

    /* not a rule of the RFC: it must not end the list of agents of its group */
    for (; i < value.n && (isdigit((unsigned char)value.p[i]) || value.p[i] == '.'); i++) {
        if (value.p[i] == '.') {
            if (scale > 0)
                return;
            scale = 1;
            continue;
        }
        whole = HY_MIN(whole * 10 + (value.p[i] - '0'), 1e12);
        scale *= 10;
    }
    if (i == 0)
        return;
    double seconds = HY_MIN(scale > 0 ? whole / scale : whole, MAX_DELAY_S);
    for (int who = 0; who < WHO_COUNT; who++)
        if (rd->active[who])
            rd->r->delay_s[who] = HY_MAX(rd->r->delay_s[who], seconds);
}

static void on_sitemap(struct reader *rd, struct hy_str value)
{
    if (value.n && rd->r->sitemaps.n < MAX_SITEMAPS)
        hy_vec_push(&rd->r->sitemaps, hy_arena_str(rd->r->arena, value).p);
}

/* "key: value # comment", or "key value" when exactly two words stand there. */
static bool split_line(struct hy_str line, struct hy_str *ret_key, struct hy_str *ret_value)
{
    size_t hash = hy_str_find_char(line, '#', 0);
    size_t sep;

    line = hy_str_trim(hy_str_sub(line, 0, hash == HY_NPOS ? line.n : hash));
    sep = hy_str_find_char(line, ':', 0);
    if (sep == HY_NPOS) {
        for (sep = 0; sep < line.n && line.p[sep] != ' ' && line.p[sep] != '\t';)
            sep++;
        struct hy_str rest = hy_str_trim(hy_str_sub(line, sep, line.n));
        if (sep == line.n || hy_str_find_char(rest, ' ', 0) != HY_NPOS ||
            hy_str_find_char(rest, '\t', 0) != HY_NPOS)
            return false;
    }
    *ret_key = hy_str_trim(hy_str_sub(line, 0, sep));
    *ret_value = hy_str_trim(hy_str_sub(line, sep + 1, line.n));
    return ret_key->n > 0;
}

static void read_line(struct reader *rd, struct hy_str line)
{
    struct hy_str key, value;

    if (!split_line(hy_str_sub(line, 0, MAX_LINE), &key, &value))
        return;
    switch (key_of(key)) {
    case USER_AGENT:
        on_agent(rd, value);
        break;
    case ALLOW:
        on_rule(rd, value, true);
        break;
    case DISALLOW:
        on_rule(rd, value, false);
        break;
    case CRAWL_DELAY:
        on_delay(rd, value);
        break;
    case SITEMAP:
        on_sitemap(rd, value);
        break;
    case OTHER:
        break;
    }
}

static struct hy_str without_bom(struct hy_str text)
{
    static const char bom[] = "\xEF\xBB\xBF";
    size_t n = 0;

    while (n < 3 && n < text.n && text.p[n] == bom[n])
        n++;
    return hy_str_sub(text, n, text.n);
}

struct hy_robots *hy_robots_parse(struct hy_str text, const char *agent)
{
    struct hy_robots *r = hy_xcalloc(1, sizeof(*r));
    struct reader rd = {.r = r, .agent = hy_str(agent)};

    r->arena = hy_arena_new();
    text = without_bom(hy_str_sub(text, 0, HY_ROBOTS_MAX));
    for (size_t at = 0; at < text.n;) { /* lines end in CR, LF or both */
        size_t end = at;
        while (end < text.n && text.p[end] != '\n' && text.p[end] != '\r')
            end++;
        read_line(&rd, hy_str_sub(text, at, end));
        at = end + 1;
    }
    return r;
}

void hy_robots_free(struct hy_robots *r)
{
    if (r == NULL)
        return;
    for (int who = 0; who < WHO_COUNT; who++)
        hy_vec_release(&r->rules[who]);
    hy_vec_release(&r->sitemaps);
    hy_arena_free(r->arena);
    free(r);
}

/* Greedy matching with one point of return: '*' matches anything, so only the last one needs to
 * be tried again.  O(path x pattern) at worst. */
static bool matches(struct hy_str path, struct hy_str pattern)
{
    bool anchored = pattern.n && pattern.p[pattern.n - 1] == '$';
    size_t n = pattern.n - anchored, i = 0, j = 0, star = HY_NPOS, back = 0;

    for (;;) {
        if (j < n && pattern.p[j] == '*') {
            star = j++;
            back = i;
        } else if (j == n && (!anchored || i == path.n)) {
            return true;
        } else if (j < n && i < path.n && pattern.p[j] == path.p[i]) {
            i++;
            j++;
        } else if (star != HY_NPOS && back < path.n) {
            i = ++back;
            j = star + 1;
        } else {
            return false;
        }
    }
}

/* Path and query as sent; "/" when there is none. */
static struct hy_str path_of(struct hy_str url)
{
    size_t at = hy_str_find(url, HY_STR("://"), 0);

    if (at != HY_NPOS)
        at += 3;
    else
        at = hy_str_starts(url, HY_STR("//")) ? 2 : 0;
    while (at < url.n && memchr("/?;#", url.p[at], 4) == NULL)
        at++;
    size_t hash = hy_str_find_char(url, '#', at);
    return hy_str_sub(url, at, hash == HY_NPOS ? url.n : hash);
}

bool hy_robots_allows(const struct hy_robots *r, struct hy_str url)
{
    const rules_vec *rules = &r->rules[r->own_exists ? OWN : GLOBAL];
    struct hy_str path = path_of(url);
    HY_CLEANUP(hy_freep) char *rooted = NULL;
    size_t best = 0;
    bool allow = true;

    if (path.n == 0 || path.p[0] != '/') {
        rooted = hy_xasprintf("/" HY_STR_FMT, HY_STR_ARG(path));
        path = hy_str(rooted);
    }
    if (hy_str_is(path, "/robots.txt"))
        return true;
    for (size_t i = 0; i < rules->n; i++) {
        const struct rule *rule = &rules->v[i];
        if (rule->pattern.n < best || (rule->pattern.n == best && !rule->allow))
            continue; /* a shorter or equally long one cannot change the answer */
        if (matches(path, rule->pattern)) {
            best = rule->pattern.n;
            allow = rule->allow;
        }
    }
    return allow;
}

int64_t hy_robots_delay_ms(const struct hy_robots *r)
{
    return (int64_t)(r->delay_s[r->own_exists ? OWN : GLOBAL] * 1000.0);
}

const char *hy_robots_sitemap(const struct hy_robots *r, size_t i)
{
    return i < r->sitemaps.n ? r->sitemaps.v[i] : NULL;
}

enum hy_robots_access hy_robots_access_of(int status)
{
    if (status >= 200 && status < 300)
        return HY_ROBOTS_RULES;
    if (status >= 400 && status < 500 && status != 429)
        return HY_ROBOTS_FREE;
    return HY_ROBOTS_WAIT;
}
