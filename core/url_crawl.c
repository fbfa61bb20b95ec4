/* SPDX-License-Identifier: Apache-2.0 */
/* What a crawler wants of URLs beyond the standard: origins, one form per page, who owns a host. */
#include "core/buf.h"
#include "core/mem.h"
#include "core/url.h"
#include "core/url_percent.h"

#include <stdlib.h>
#include <string.h>

char *hy_url_origin(const struct hy_url *u)
{
    struct hy_str scheme = hy_url_scheme(u), host = hy_url_host(u);

    if (!hy_url_is_http(u))
        return hy_xstrdup("null");
    if (u->port >= 0)
        return hy_xasprintf(HY_STR_FMT "://" HY_STR_FMT ":%d", HY_STR_ARG(scheme), HY_STR_ARG(host),
                            u->port);
    return hy_xasprintf(HY_STR_FMT "://" HY_STR_FMT, HY_STR_ARG(scheme), HY_STR_ARG(host));
}

char *hy_url_resolve(struct hy_str base, struct hy_str ref)
{
    struct hy_err ignored = HY_ERR_INIT;
    struct hy_url b = {0}, u = {0};
    char *href = NULL;

    if (base.n && hy_url_parse(base, NULL, &b, &ignored) < 0)
        return NULL;
    if (hy_url_parse(ref, base.n ? &b : NULL, &u, &ignored) == HY_OK && hy_url_is_http(&u))
        href = HY_TAKE(u.href);
    hy_url_release(&b);
    hy_url_release(&u);
    return href;
}

/* -- canonical form ------------------------------------------------------------------------- */

/* Parameters that say how somebody came to the page, never which page it is. */
static const char *const tracking[] = {
    "gclid",        "fbclid",   "msclkid",      "dclid",        "yclid",           "igshid",
    "mc_cid",       "mc_eid",   "spm",          "scm",          "share_token",     "sharefrom",
    "share_from",   "shareuid", "share_source", "share_medium", "timestamp_share", "isappinstalled",
    "weixin_share", "wxshare",  "_ga",          "_gl",          "ref_src",         "from_source",
};

/* Session ids by name alone. */
static const char *const session_names[] = {
    "phpsessid", "jsessionid", "aspsessionid", "asp.net_sessionid", "cfid",
    "cftoken",   "sessionid",  "session_id",   "sess_id",
};

static bool listed(struct hy_str name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (hy_str_ieq(name, hy_str(list[i])))
            return true;
    return false;
}

/* A value no person would write: at least 16 hex digits or letters and digits mixed. */
static bool is_token(struct hy_str v)
{
    size_t digits = 0, letters = 0;

    for (size_t i = 0; i < v.n; i++) {
        char c = v.p[i] | 32;
        if (v.p[i] >= '0' && v.p[i] <= '9')
            digits++;
        else if (c >= 'a' && c <= 'z')
            letters++;
        else
            return false;
    }
    return v.n >= 16 && digits && letters;
}

static bool is_short_session_name(struct hy_str name)
{
    return hy_str_ieq(name, HY_STR("sid")) || hy_str_ieq(name, HY_STR("s")) ||
           hy_str_ieq(name, HY_STR("session")) || hy_str_ieq(name, HY_STR("sess"));
}

static bool is_noise(struct hy_str parameter)
{
    struct hy_str value = parameter, name;

    hy_str_cut(&value, '=', &name);
    if (name.n > 4 && hy_str_ieq(hy_str_sub(name, 0, 4), HY_STR("utm_")))
        return true;
    return listed(name, tracking, HY_COUNT(tracking)) ||
           listed(name, session_names, HY_COUNT(session_names)) ||
           (is_short_session_name(name) && is_token(value));
}

/* ";jsessionid=..." in front of the query. */
static struct hy_str path_without_session(struct hy_str path)
{
    size_t at = hy_str_find_char(path, ';', 0);

    for (; at != HY_NPOS; at = hy_str_find_char(path, ';', at + 1)) {
        struct hy_str rest = hy_str_sub(path, at + 1, path.n), name;
        if (hy_str_cut(&rest, '=', &name) && listed(name, session_names, HY_COUNT(session_names)))
            return hy_str_sub(path, 0, at);
    }
    return path;
}

char *hy_url_canonical(const struct hy_url *u)
{
    struct hy_buf out = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_str query = hy_url_query(u), one;
    char sign = '?';

    if (!hy_url_is_http(u))
        return hy_str_dup(hy_str_n(u->href, u->hash));
    HY_CLEANUP(hy_freep) char *origin = hy_url_origin(u);
    hy_buf_puts(&out, origin);
    hy_buf_str(&out, path_without_session(hy_url_path(u)));
    query = hy_str_sub(query, 1, query.n);
    while (query.n && hy_str_cut(&query, '&', &one)) {
        if (one.n == 0 || is_noise(one))
            continue;
        hy_buf_char(&out, sign);
        hy_buf_str(&out, one);
        sign = '&';
    }
    return hy_buf_take(&out);
}

static const char *const phone_labels[] = {"m", "wap", "3g", "mobile", "h5"};

char *hy_url_desktop(struct hy_str canonical)
{
    size_t scheme = hy_str_find(canonical, HY_STR("://"), 0);
    struct hy_str host, label;

    if (scheme == HY_NPOS)
        return NULL;
    struct hy_str rest = hy_str_sub(canonical, scheme + 3, canonical.n);
    host = hy_str_sub(rest, 0, hy_str_find_char(rest, '/', 0));
    struct hy_str site = hy_url_registrable(host);
    if (!hy_str_cut(&host, '.', &label) || !listed(label, phone_labels, HY_COUNT(phone_labels)) ||
        !hy_str_eq(host, site))
        return NULL; /* m.bbs.example.cn may be anybody's */
    return hy_xasprintf(HY_STR_FMT "://www." HY_STR_FMT, HY_STR_ARG(hy_str_sub(canonical, 0, scheme)),
                        HY_STR_ARG(hy_str_sub(rest, label.n + 1, rest.n)));
}

/* -- registrable domain --------------------------------------------------------------------- */

static const char *const second_levels[] = {
    "com", "net", "org", "gov", "edu", "mil", "ac", "co", "ne", "or", "go", "idv", "gob",
};

/* Regions of China as second level (bj.cn, sh.cn, ...) are two letters below .cn. */
static bool is_second_level(struct hy_str label, struct hy_str top)
{
    if (top.n != 2)
        return false;
    if (hy_str_is(top, "cn") && label.n == 2)
        return true;
    return listed(label, second_levels, HY_COUNT(second_levels));
}

static size_t label_start(struct hy_str host, size_t end)
{
    while (end && host.p[end - 1] != '.')
        end--;
    return end;
}

struct hy_str hy_url_registrable(struct hy_str host)
{
    size_t top = label_start(host, host.n);

    if (top == 0 || host.p[0] == '[' || (host.p[top] >= '0' && host.p[top] <= '9'))
        return host;
    size_t second = label_start(host, top - 1);
    if (second == 0)
        return host;
    bool deep = is_second_level(hy_str_sub(host, second, top - 1), hy_str_sub(host, top, host.n));
    return hy_str_sub(host, deep ? label_start(host, second - 1) : second, host.n);
}
