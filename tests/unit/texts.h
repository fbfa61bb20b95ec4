/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of the golden cases, for tests that want many of them: every line of
 * tests/golden/score and tests/golden/titles as title and text. */
#pragma once
#include "core/buf.h"
#include "core/mem.h"
#include "core/str.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text_pair {
    char *title, *text;
};
struct text_pairs {
    struct text_pair *v;
    size_t n, room;
};

static inline void texts_add_line(struct text_pairs *out, struct hy_str line, bool verdict_first)
{
    struct hy_str title, rest = line, verdict;

    if (line.n == 0 || line.p[0] == '#')
        return;
    if (verdict_first && !hy_str_cut(&rest, ' ', &verdict))
        return;
    hy_str_cut(&rest, '|', &title);
    if (out->n == out->room) {
        out->room = out->room ? out->room * 2 : 64;
        out->v = hy_xrealloc(out->v, out->room * sizeof(*out->v));
    }
    out->v[out->n++] =
        (struct text_pair){hy_str_dup(hy_str_trim(title)), hy_str_dup(hy_str_trim(rest))};
}

static inline void texts_read(struct text_pairs *out, const char *path, bool verdict_first)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_err err = HY_ERR_INIT;
    struct hy_str line, rest;

    if (hy_buf_read_file(&b, path, &err) < 0)
        hy_bug("%s", err.msg);
    rest = hy_buf_view(&b);
    while (rest.n) {
        hy_str_cut(&rest, '\n', &line);
        texts_add_line(out, line, verdict_first);
    }
    hy_buf_release(&b);
}

static inline void texts_of_folder(struct text_pairs *out, const char *folder, bool verdict_first)
{
    struct dirent **names;
    int n = scandir(folder, &names, NULL, alphasort);

    if (n < 0)
        hy_bug("no folder %s", folder);
    for (int i = 0; i < n; i++) {
        HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/%s", folder, names[i]->d_name);
        if (hy_str_ends(hy_str(path), HY_STR(".txt")))
            texts_read(out, path, verdict_first);
        free(names[i]);
    }
    free(names);
}

/* Tests run in the source tree. */
static inline struct text_pairs texts_load(void)
{
    struct text_pairs out = {0};

    texts_of_folder(&out, "tests/golden/score", false);
    texts_of_folder(&out, "tests/golden/titles", true);
    return out;
}

static inline void texts_free(struct text_pairs *t)
{
    for (size_t i = 0; i < t->n; i++) {
        free(t->v[i].title);
        free(t->v[i].text);
    }
    free(t->v);
}
