/* SPDX-License-Identifier: Apache-2.0 */
#include "analyzer/tune_files.h"

#include "core/mem.h"
#include "rules/amend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TUNED "lexicon/tuned.yaml"
#define TOPICS "topics.yaml"

static const char tuned_head[] =
    "# 由 huiying tune 按本单位的研判结论提出、经人确认的权重。编号相同的一条代替全国的那一条；\n"
    "# 删掉一条，就恢复全国的权重。\n\ngroups:\n";

static int read_file(const char *path, char **ret, struct hy_err *err)
{
    FILE *f = fopen(path, "re");
    struct hy_buf b = HY_BUF_INIT(8 * 1024 * 1024);
    char block[16384];
    size_t n;

    if (f == NULL && errno == ENOENT) {
        *ret = hy_xstrdup("");
        return HY_OK;
    }
    if (f == NULL)
        return hy_fail_errno(err, "%s", path);
    while ((n = fread(block, 1, sizeof(block), f)) > 0)
        hy_buf_str(&b, hy_str_n(block, n));
    fclose(f);
    *ret = hy_str_dup(hy_buf_view(&b));
    hy_buf_release(&b);
    return HY_OK;
}

static char *join(const char *dir, const char *path)
{
    size_t n = strlen(dir);

    return hy_xasprintf("%s%s%s", dir, n && dir[n - 1] == '/' ? "" : "/", path);
}

/* The file of this path, read at first use. */
static int file_of(struct hy_tune_files *f, const char *dir, const char *path,
                   struct hy_tune_file **ret, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *full = join(dir, path);
    char *text;

    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->v[i].path, path) == 0) {
            *ret = &f->v[i];
            return HY_OK;
        }
    if (read_file(full, &text, err) < 0)
        return err->code;
    f->v = hy_xrealloc(f->v, (f->n + 1) * sizeof(*f->v));
    *ret = &f->v[f->n++];
    **ret = (struct hy_tune_file){hy_xstrdup(path), text, hy_xstrdup(text)};
    return HY_OK;
}

static void replace(char **text, struct hy_buf *b)
{
    free(*text);
    *text = hy_str_dup(hy_buf_view(b));
    hy_buf_release(b);
}

static int set_row(struct hy_tune_file *f, const struct hy_tune_change *c, struct hy_err *err)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    if (hy_amend_row(hy_str(f->after), c->id, c->key, c->to, &b, err) < 0) {
        hy_buf_release(&b);
        return hy_wrap(err, "%s", f->path);
    }
    replace(&f->after, &b);
    return HY_OK;
}

static void set_threshold(struct hy_tune_file *f, const struct hy_tune_change *c)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_amend_map(hy_str(f->after), "alerts", c->key, c->to, &b);
    replace(&f->after, &b);
}

/* The national row, as it stands there, unless it was taken over before. */
static int take_over(struct hy_tune_file *f, const struct hy_tune_change *c, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *national = NULL;
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    if (hy_amend_find_row(hy_str(f->after), c->id).n)
        return HY_OK;
    if (read_file(c->pos.file, &national, err) < 0)
        return err->code;
    struct hy_str row = hy_amend_find_row(hy_str(national), c->id);
    if (row.n == 0)
        return hy_fail(err, HY_E_STATE, "%s 里找不到编号为“%s”的一条", c->pos.file, c->id);
    hy_buf_str(&b, hy_str(*f->after ? f->after : tuned_head));
    hy_buf_str(&b, row);
    if (row.p[row.n - 1] != '\n')
        hy_buf_char(&b, '\n');
    replace(&f->after, &b);
    return HY_OK;
}

/* Path below `dir`, or NULL when the file lies elsewhere. */
static const char *below(const char *dir, const char *file)
{
    size_t n = strlen(dir);

    if (file == NULL || strncmp(file, dir, n) != 0)
        return NULL;
    file += n;
    if (n && dir[n - 1] != '/' && *file != '/')
        return NULL;
    while (*file == '/')
        file++;
    return file;
}

static int add_change(struct hy_tune_files *f, const char *dir, const struct hy_tune_change *c,
                      struct hy_err *err)
{
    const char *own = c->id ? below(dir, c->pos.file) : TOPICS;
    struct hy_tune_file *file = NULL;

    if (file_of(f, dir, own ? own : TUNED, &file, err) < 0)
        return err->code;
    if (c->id == NULL) {
        set_threshold(file, c);
        return HY_OK;
    }
    if (own == NULL && take_over(file, c, err) < 0)
        return err->code;
    return set_row(file, c, err);
}

int hy_tune_files_make(const char *dir, const struct hy_tune_change *changes, size_t n,
                       struct hy_tune_files *ret, struct hy_err *err)
{
    struct hy_tune_files f = {0};

    for (size_t i = 0; i < n; i++)
        if (add_change(&f, dir, &changes[i], err) < 0) {
            hy_tune_files_release(&f);
            return err->code;
        }
    *ret = f;
    return HY_OK;
}

void hy_tune_files_release(struct hy_tune_files *f)
{
    for (size_t i = 0; i < f->n; i++) {
        free(f->v[i].path);
        free(f->v[i].before);
        free(f->v[i].after);
    }
    free(f->v);
    *f = (struct hy_tune_files){0};
}

void hy_tune_files_diff(const struct hy_tune_files *f, struct hy_buf *out)
{
    for (size_t i = 0; i < f->n; i++)
        hy_amend_diff(f->v[i].path, hy_str(f->v[i].before), hy_str(f->v[i].after), out);
}

/* ---- applying ---- */

/* Beside the file and renamed, so that a reload never reads half of it. */
static int write_file(const char *dir, const char *path, const char *text, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *full = join(dir, path);
    HY_CLEANUP(hy_freep) char *fresh = hy_xasprintf("%s.new", full);
    FILE *f;

    if (*text == '\0') { /* it was not there before */
        unlink(full);
        return HY_OK;
    }
    if (strchr(path, '/')) {
        HY_CLEANUP(hy_freep) char *folder = join(dir, "lexicon");
        if (mkdir(folder, 0755) < 0 && errno != EEXIST)
            return hy_fail_errno(err, "%s", folder);
    }
    f = fopen(fresh, "we");
    if (f == NULL)
        return hy_fail_errno(err, "%s", fresh);
    bool ok = fwrite(text, 1, strlen(text), f) == strlen(text);
    ok = fclose(f) == 0 && ok;
    if (!ok || rename(fresh, full) < 0)
        return hy_fail_errno(err, "%s", full);
    return HY_OK;
}

static int check(const char *dir, struct hy_err *err)
{
    HY_CLEANUP(hy_rules_freep) struct hy_rules *rules = NULL;

    return hy_rules_open(dir, &rules, err);
}

int hy_tune_files_apply(const char *dir, const struct hy_tune_files *f, struct hy_err *err)
{
    struct hy_err ignored = HY_ERR_INIT;
    int rc = HY_OK;

    for (size_t i = 0; rc == HY_OK && i < f->n; i++)
        rc = write_file(dir, f->v[i].path, f->v[i].after, err);
    if (rc == HY_OK)
        rc = check(dir, err);
    for (size_t i = 0; rc < 0 && i < f->n; i++)
        if (write_file(dir, f->v[i].path, f->v[i].before, &ignored) < 0)
            return hy_wrap(err, "%s 没能恢复原样，请检查", f->v[i].path);
    return rc;
}
