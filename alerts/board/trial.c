/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of rule folders.  A rule folder has files and folders of files, nothing deeper; links are
 * followed only by reading them. */
#include "alerts/board/trial.h"

#include "core/buf.h"
#include "core/mem.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 4 << 20, EDIT_MAX = 48 << 10, DEPTH = 2 };

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

const char *hy_trial_objection(const struct hy_trial_edit *edit)
{
    struct hy_str rest = edit->file, part;
    int parts = 0;

    if (edit->text.n > EDIT_MAX)
        return "一次最多试 48 KB";
    if (!hy_str_ends(edit->file, HY_STR(".yaml")) || edit->file.n > 80)
        return "规则文件的名字应以 .yaml 结尾";
    rest.n -= 5;
    while (hy_str_cut(&rest, '/', &part)) {
        if (part.n == 0 || ++parts > DEPTH)
            return "规则文件的名字不对";
        for (size_t i = 0; i < part.n; i++)
            if (!is_name_char(part.p[i]))
                return "规则文件的名字只用小写字母、数字、- 和 _";
    }
    return parts ? NULL : "规则文件的名字不对";
}

/* ---- walking ---- */

/* Called for each file with its path and its name below the folder. */
typedef int (*file_fn)(const char *path, const char *name, void *user, struct hy_err *err);

static int walk(const char *dir, const char *below, int depth, file_fn fn, void *user,
                struct hy_err *err)
{
    DIR *d = opendir(dir);
    const struct dirent *e;
    int rc = HY_OK;

    if (d == NULL)
        return hy_fail_errno(err, "%s", dir);
    while (rc == HY_OK && (e = readdir(d)) != NULL) {
        HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/%s", dir, e->d_name);
        HY_CLEANUP(hy_freep) char *name = hy_xasprintf("%s%s", below, e->d_name);
        HY_CLEANUP(hy_freep) char *deeper = hy_xasprintf("%s/", name);
        struct stat st;
        if (e->d_name[0] == '.' || stat(path, &st) < 0)
            continue;
        if (S_ISREG(st.st_mode) && st.st_size <= FILE_MAX)
            rc = fn(path, name, user, err);
        else if (S_ISDIR(st.st_mode) && depth < DEPTH)
            rc = walk(path, deeper, depth + 1, fn, user, err);
    }
    closedir(d);
    return rc;
}

static bool is_rule_file(const char *name)
{
    return hy_str_ends(hy_str(name), HY_STR(".yaml")) ||
           hy_str_ends(hy_str(name), HY_STR(".tsv"));
}

static int take_text(const char *path, const char *name, void *user, struct hy_err *err)
{
    struct hy_buf text = HY_BUF_INIT(FILE_MAX + 1);
    json_t *o = user;
    int rc = HY_OK;

    if (!hy_str_ends(hy_str(name), HY_STR(".yaml")))
        return HY_OK;
    rc = hy_buf_read_file(&text, path, err);
    if (rc == HY_OK)
        hy_json_set_str(o, name, hy_buf_view(&text));
    hy_buf_release(&text);
    return rc;
}

int hy_trial_files(const char *dir, json_t **ret, struct hy_err *err)
{
    json_t *o = json_object();

    if (walk(dir, "", 1, take_text, o, err) < 0) {
        json_decref(o);
        return err->code;
    }
    *ret = o;
    return HY_OK;
}

/* ---- copying ---- */

static int write_file(const char *path, struct hy_str text, const char *mode, struct hy_err *err)
{
    FILE *f = fopen(path, mode);
    bool ok = f && fwrite(text.p, 1, text.n, f) == text.n;

    if (f && fclose(f) != 0)
        ok = false;
    return ok ? HY_OK : hy_fail_errno(err, "%s", path);
}

static void make_folder_of(const char *path)
{
    HY_CLEANUP(hy_freep) char *dir = hy_xstrdup(path);
    char *slash = strrchr(dir, '/');

    if (slash) {
        *slash = '\0';
        mkdir(dir, 0700); /* what went wrong is told by whoever writes into it */
    }
}

static int copy_file(const char *path, const char *name, void *user, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *to = hy_xasprintf("%s/%s", (const char *)user, name);
    struct hy_buf text = HY_BUF_INIT(FILE_MAX + 1);
    int rc = HY_OK;

    if (!is_rule_file(name))
        return HY_OK;
    make_folder_of(to);
    rc = hy_buf_read_file(&text, path, err);
    if (rc == HY_OK)
        rc = write_file(to, hy_buf_view(&text), "w", err);
    hy_buf_release(&text);
    return rc;
}

static int apply(const char *dir, const struct hy_trial_edit *edit, struct hy_err *err)
{
    HY_CLEANUP(hy_freep)
    char *path = hy_xasprintf("%s/" HY_STR_FMT, dir, HY_STR_ARG(edit->file));
    struct hy_buf text = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    if (edit->text.n == 0)
        return HY_OK;
    if (edit->append)
        hy_buf_char(&text, '\n');
    hy_buf_str(&text, edit->text);
    hy_buf_char(&text, '\n');
    make_folder_of(path);
    int rc = write_file(path, hy_buf_view(&text), edit->append ? "a" : "w", err);
    hy_buf_release(&text);
    return rc;
}

int hy_trial_make(const char *rules, const char *data, const struct hy_trial_edit *edit, char **ret,
                  struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *dir = hy_xasprintf("%s/trial-XXXXXX", data);

    if (mkdtemp(dir) == NULL)
        return hy_fail_errno(err, "%s", dir);
    if (walk(rules, "", 1, copy_file, dir, err) < 0 || apply(dir, edit, err) < 0) {
        hy_trial_remove(dir);
        return err->code;
    }
    *ret = HY_TAKE(dir);
    return HY_OK;
}

static void remove_below(const char *dir, int depth)
{
    DIR *d = opendir(dir);
    const struct dirent *e;

    while (d && (e = readdir(d)) != NULL) {
        HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/%s", dir, e->d_name);
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (unlink(path) < 0 && depth < DEPTH + 1)
            remove_below(path, depth + 1);
    }
    if (d)
        closedir(d);
    rmdir(dir);
}

void hy_trial_remove(const char *dir)
{
    if (dir)
        remove_below(dir, 1);
}
