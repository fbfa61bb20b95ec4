/* SPDX-License-Identifier: Apache-2.0 */
/* Paths of URLs, and what stands behind them: segments with dots and escaped dots, drive letters of
 * file URLs, opaque paths, query and fragment. */
#include "core/url_parts.h"
#include "core/url_percent.h"

bool hy_url_is_drive_letter_(struct hy_str s)
{
    return s.n == 2 && hy_url_is_alpha_(s.p[0]) && (s.p[1] == ':' || s.p[1] == '|');
}

bool hy_url_starts_with_drive_letter_(struct hy_str s)
{
    return s.n >= 2 && hy_url_is_drive_letter_(hy_str_sub(s, 0, 2)) &&
           (s.n == 2 || hy_char_in(s.p[2], "/\\?#"));
}

/* Is the path "/C:", which ".." must not leave? */
bool hy_url_is_drive_path_(struct hy_str path)
{
    return path.n == 3 && path.p[0] == '/' && hy_url_is_alpha_(path.p[1]) && path.p[2] == ':';
}

void hy_url_shorten_(struct hy_url_parts *u)
{
    struct hy_str path = hy_buf_view(&u->path);

    if (path.n == 0 || (u->file && hy_url_is_drive_path_(path)))
        return;
    size_t n = path.n;
    while (n && path.p[n - 1] != '/')
        n--;
    u->path.n = n ? n - 1 : 0;
}

/* 0, or how many dots the segment stands for, escaped dots included. */
static int dots(struct hy_str s)
{
    int n = 0;

    for (size_t i = 0; i < s.n; n++) {
        if (s.p[i] == '.')
            i++;
        else if (hy_str_ieq(hy_str_sub(s, i, i + 3), HY_STR("%2e")))
            i += 3;
        else
            return 0;
    }
    return n <= 2 ? n : 0;
}

static void add_segment(struct hy_url_parts *u, struct hy_str segment, bool last)
{
    int n = dots(segment);

    if (n == 2)
        hy_url_shorten_(u);
    if (n) {
        if (last)
            hy_buf_char(&u->path, '/');
        return;
    }
    hy_buf_char(&u->path, '/');
    if (u->file && u->path.n == 1 && hy_url_is_drive_letter_(segment)) {
        hy_buf_char(&u->path, segment.p[0]);
        hy_buf_char(&u->path, ':');
        return;
    }
    hy_percent_encode(segment, HY_PERCENT_PATH, &u->path);
}

/* Query and fragment of `s`, which starts with '?', '#' or is empty. */
void hy_url_parse_tail_(struct hy_url_parts *u, struct hy_str s)
{
    if (s.n && s.p[0] == '?') {
        size_t hash = hy_str_find_char(s, '#', 0);
        struct hy_str query = hy_str_sub(s, 1, hash);
        hy_url_set_(&u->query, HY_STR("?"));
        hy_percent_encode(query, u->special ? HY_PERCENT_SPECIAL_QUERY : HY_PERCENT_QUERY,
                          &u->query);
        s = hash == HY_NPOS ? (struct hy_str){0} : hy_url_from_(s, hash);
    }
    if (s.n && s.p[0] == '#') {
        hy_url_set_(&u->hash, HY_STR("#"));
        hy_percent_encode(hy_url_from_(s, 1), HY_PERCENT_FRAGMENT, &u->hash);
    }
}

/* `s` without its leading slash: segments up to '?' or '#', then the tail. */
void hy_url_parse_path_(struct hy_url_parts *u, struct hy_str s)
{
    for (size_t i = 0;;) {
        size_t start = i;
        while (i < s.n && !hy_url_is_slash_(u, s.p[i]) && s.p[i] != '?' && s.p[i] != '#')
            i++;
        bool slash = hy_url_slash_at_(u, s, i);
        add_segment(u, hy_str_sub(s, start, i), !slash);
        if (!slash) {
            hy_url_parse_tail_(u, hy_url_from_(s, i));
            return;
        }
        i++;
    }
}

/* "Path start state": behind an authority. */
void hy_url_parse_path_start_(struct hy_url_parts *u, struct hy_str s)
{
    if (hy_url_slash_at_(u, s, 0))
        hy_url_parse_path_(u, hy_url_from_(s, 1));
    else if (u->special)
        hy_url_parse_path_(u, s);
    else
        hy_url_parse_tail_(u, s);
}

void hy_url_parse_opaque_path_(struct hy_url_parts *u, struct hy_str s)
{
    size_t end = 0;

    u->opaque = true;
    while (end < s.n && s.p[end] != '?' && s.p[end] != '#')
        end++;
    bool space = end < s.n && end && s.p[end - 1] == ' '; /* must not be lost before a tail */
    hy_percent_encode(hy_str_sub(s, 0, space ? end - 1 : end), HY_PERCENT_C0, &u->path);
    if (space)
        hy_buf_puts(&u->path, "%20");
    hy_url_parse_tail_(u, hy_url_from_(s, end));
}
