/* SPDX-License-Identifier: Apache-2.0 */
#include "core/redis_url.h"

#include "core/buf.h"
#include "core/mem.h"
#include "core/str.h"

#include <stdlib.h>
#include <string.h>

enum { SECRET_CAP = 4096 };

void hy_redis_address_release(struct hy_redis_address *t)
{
    free(t->path);
    free(t->host);
    free(t->user);
    free(t->password);
    free(t->master);
    for (size_t i = 0; i < t->sentinels.n; i++)
        free(t->sentinels.v[i].host);
    hy_vec_release(&t->sentinels);
    for (size_t i = 0; i < t->seeds.n; i++)
        free(t->seeds.v[i].host);
    hy_vec_release(&t->seeds);
    *t = (struct hy_redis_address){0};
}

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c ? strchr(digits, c | 0x20) : NULL;

    return at ? (int)(at - digits) : -1;
}

static char *percent_decode(struct hy_str s)
{
    char *out = hy_xmalloc(s.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        bool coded = s.p[i] == '%' && i + 2 < s.n;
        int hi = coded ? hex_digit(s.p[i + 1]) : -1, lo = coded ? hex_digit(s.p[i + 2]) : -1;
        if (hi >= 0 && lo >= 0) {
            out[n++] = (char)(hi << 4 | lo);
            i += 2;
        } else {
            out[n++] = s.p[i];
        }
    }
    out[n] = '\0';
    return out;
}

static void parse_credentials(struct hy_str s, struct hy_redis_address *t)
{
    struct hy_str user;

    hy_str_cut(&s, ':', &user);
    if (user.n)
        t->user = percent_decode(user);
    if (s.n)
        t->password = percent_decode(s);
}

static bool parse_host(struct hy_str s, int otherwise, struct hy_redis_host *ret)
{
    size_t close = s.n && s.p[0] == '[' ? hy_str_find_char(s, ']', 0) : HY_NPOS;
    struct hy_str host = s, port = {0};
    int64_t n = otherwise;

    if (close != HY_NPOS) { /* [IPv6] */
        host = hy_str_sub(s, 1, close);
        port = hy_str_sub(s, close + 1, s.n);
        if (port.n && port.p[0] != ':')
            return false;
        port = hy_str_sub(port, 1, port.n);
    } else {
        hy_str_cut(&s, ':', &host);
        port = s;
    }
    if (host.n == 0 || (port.n && (!hy_str_to_i64(port, &n) || n < 1 || n > 65535)))
        return false;
    *ret = (struct hy_redis_host){hy_str_dup(host), (int)n};
    return true;
}

/* Takes [USER:PASSWORD@] off the front. */
static struct hy_str cut_credentials(struct hy_str authority, struct hy_redis_address *t)
{
    size_t at = HY_NPOS;

    for (size_t i = 0; i < authority.n; i++)
        if (authority.p[i] == '@')
            at = i; /* the last: a password may hold one */
    if (at == HY_NPOS)
        return authority;
    parse_credentials(hy_str_sub(authority, 0, at), t);
    return hy_str_sub(authority, at + 1, authority.n);
}

static bool parse_db(struct hy_str s, struct hy_redis_address *t)
{
    return s.n == 0 || (hy_str_to_i64(s, &t->db) && t->db >= 0);
}

static bool parse_tcp(struct hy_str s, struct hy_redis_address *t)
{
    struct hy_redis_host host;
    struct hy_str authority = {0};

    hy_str_cut(&s, '/', &authority);
    if (!parse_db(s, t) || !parse_host(cut_credentials(authority, t), 6379, &host))
        return false;
    t->host = host.host;
    t->port = host.port;
    return true;
}

static bool parse_cluster(struct hy_str s, struct hy_redis_address *t)
{
    struct hy_str hosts = cut_credentials(s, t), one;

    while (hosts.n) {
        struct hy_redis_host host;
        hy_str_cut(&hosts, ',', &one);
        if (!parse_host(one, 6379, &host))
            return false;
        hy_vec_push(&t->seeds, host);
    }
    return t->seeds.n > 0;
}

static bool parse_sentinel(struct hy_str s, struct hy_redis_address *t)
{
    struct hy_str authority = {0}, name = {0}, one;

    hy_str_cut(&s, '/', &authority);
    hy_str_cut(&s, '/', &name);
    if (name.n == 0 || !parse_db(s, t))
        return false;
    t->master = percent_decode(name);
    authority = cut_credentials(authority, t);
    while (authority.n) {
        struct hy_redis_host host;
        hy_str_cut(&authority, ',', &one);
        if (!parse_host(one, 26379, &host))
            return false;
        hy_vec_push(&t->sentinels, host);
    }
    return t->sentinels.n > 0;
}

/* /PATH or USER:PASSWORD@/PATH: the path begins at the first slash, so a credential writes %2F. */
static bool parse_local(struct hy_str s, struct hy_redis_address *t)
{
    size_t slash = hy_str_find_char(s, '/', 0);

    if (slash == HY_NPOS || slash + 1 == s.n || (slash > 0 && s.p[slash - 1] != '@'))
        return false;
    if (slash > 0)
        parse_credentials(hy_str_sub(s, 0, slash - 1), t);
    t->path = hy_str_dup(hy_str_sub(s, slash, s.n));
    return true;
}

static const struct {
    const char *scheme;
    bool (*parse)(struct hy_str rest, struct hy_redis_address *t);
} forms[] = {{"unix://", parse_local},
             {"redis://", parse_tcp},
             {"sentinel://", parse_sentinel},
             {"cluster://", parse_cluster}};

static bool begins_address(struct hy_str s)
{
    for (size_t i = 0; i < HY_COUNT(forms); i++)
        if (hy_str_starts(s, hy_str(forms[i].scheme)))
            return true;
    return false;
}

/* The message never shows the URL: it may hold a password. */
int hy_redis_address_parse(const char *url, struct hy_redis_address *ret, struct hy_err *err)
{
    struct hy_str s = hy_str(url);
    struct hy_redis_address t = {0};
    bool good = false;

    for (size_t i = 0; i < HY_COUNT(forms); i++)
        if (hy_str_starts(s, hy_str(forms[i].scheme)))
            good = forms[i].parse(hy_str_sub(s, strlen(forms[i].scheme), s.n), &t);
    if (!good) {
        hy_redis_address_release(&t);
        return hy_fail(err, HY_E_USAGE,
                       "not a Redis URL (unix://[USER:PASSWORD@]/PATH, "
                       "redis://[USER:PASSWORD@]HOST:PORT[/DB], "
                       "sentinel://[USER:PASSWORD@]HOST:PORT,.../NAME or, for offices, "
                       "cluster://[USER:PASSWORD@]HOST:PORT,...)");
    }
    *ret = t;
    return HY_OK;
}

/* ---- two places ---- */

void hy_redis_places_release(struct hy_redis_places *p)
{
    hy_redis_address_release(&p->crawl);
    hy_redis_address_release(&p->offices);
    p->apart = false;
}

/* The space in front of the second address; a path may hold others. */
static size_t second_at(struct hy_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == ' ' && begins_address(hy_str_sub(s, i + 1, s.n)))
            return i;
    return s.n;
}

typedef int (*address_fn)(const char *url, struct hy_redis_address *ret, struct hy_err *err);

static int places_by(address_fn read_one, const char *url, struct hy_redis_places *ret,
                     struct hy_err *err)
{
    struct hy_str both = hy_str(url);
    struct hy_redis_places p = {0};
    size_t at = second_at(both);
    HY_CLEANUP(hy_freep) char *crawl = hy_str_dup(hy_str_sub(both, 0, at));
    HY_CLEANUP(hy_freep) char *offices = hy_str_dup(hy_str_trim(hy_str_sub(both, at, both.n)));

    p.apart = offices[0] != '\0';
    int rc = read_one(crawl, &p.crawl, err);
    if (rc == HY_OK && p.crawl.seeds.n)
        rc = hy_fail(err, HY_E_USAGE,
                     "a cluster holds the offices (--offices cluster://...); the crawl needs a "
                     "Redis of its own (--redis URL)");
    if (rc == HY_OK && p.apart)
        rc = read_one(offices, &p.offices, err);
    if (rc < 0) {
        hy_redis_places_release(&p);
        return rc;
    }
    *ret = p;
    return HY_OK;
}

int hy_redis_check_url(const char *url, struct hy_err *err)
{
    struct hy_redis_places p;

    if (places_by(hy_redis_address_parse, url, &p, err) < 0)
        return err->code;
    hy_redis_places_release(&p);
    return HY_OK;
}

int hy_redis_address_open(const char *url, struct hy_redis_address *ret, struct hy_err *err)
{
    const char *path = getenv("HUIYING_REDIS_PASSWORD_FILE");
    struct hy_buf b = HY_BUF_INIT(SECRET_CAP);
    struct hy_redis_address t;

    if (hy_redis_address_parse(url, &t, err) < 0)
        return err->code;
    if (path && *path && t.password == NULL) {
        if (hy_buf_read_file(&b, path, err) < 0) {
            hy_buf_release(&b);
            hy_redis_address_release(&t);
            return hy_wrap(err, "Redis password file");
        }
        t.password = hy_str_dup(hy_str_trim(hy_buf_view(&b)));
        hy_buf_release(&b);
    }
    *ret = t;
    return HY_OK;
}

int hy_redis_places_open(const char *url, struct hy_redis_places *ret, struct hy_err *err)
{
    return places_by(hy_redis_address_open, url, ret, err);
}
