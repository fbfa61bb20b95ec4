/* SPDX-License-Identifier: Apache-2.0 */
/* From files and directories to structs: read, parse, walk. */
#include "core/mem.h"
#include "rules/yaml_tree.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_FILE = 8 << 20 };

int hy_yaml_load_text(struct hy_str text, const char *name, const struct hy_y_schema *schema,
                      void *into, struct hy_diag *d, struct hy_err *err)
{
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();
    size_t before = hy_diag_errors(d);
    struct hy_pos file = hy_diag_file(d, name, text, true);
    const struct hy_y_node *root = hy_yaml_tree(text, file, arena, d);

    if (root)
        hy_y_walk(root, schema, into, d);
    else
        hy_y_init(schema, into);
    if (hy_diag_errors(d) > before)
        return hy_fail(err, HY_E_PARSE, "%s: %zu mistakes", name, hy_diag_errors(d) - before);
    return HY_OK;
}

/* strerror() is English. */
static const char *why_unread(int e)
{
    return e == ENOENT   ? "没有这个文件"
           : e == EACCES ? "没有读它的权限；用 ls -l 看一看，让运行本程序的用户能读"
           : e == EISDIR ? "这是一个目录，应当是文件"
                         : "磁盘或文件系统出错";
}

static int read_rule_file(const char *path, struct hy_buf *b, struct hy_diag *d, struct hy_err *err)
{
    int rc = hy_buf_read_file(b, path, err);

    if (rc == HY_OK)
        return rc;
    struct hy_pos pos = hy_diag_file(d, path, hy_str(""), false);
    if (rc == HY_E_TOOBIG)
        hy_diag_at(d, pos, "文件太大（最多 %d MB）", MAX_FILE >> 20);
    else
        hy_diag_at(d, pos, "文件读不了：%s", why_unread(errno));
    return rc;
}

int hy_yaml_load(const char *path, const struct hy_y_schema *schema, void *into, struct hy_diag *d,
                 struct hy_err *err)
{
    HY_CLEANUP(hy_buf_release) struct hy_buf b = HY_BUF_INIT(MAX_FILE);

    if (read_rule_file(path, &b, d, err) < 0)
        return err->code;
    return hy_yaml_load_text(hy_buf_view(&b), path, schema, into, d, err);
}

static int is_yaml(const struct dirent *e)
{
    return e->d_name[0] != '.' && hy_str_ends(hy_str(e->d_name), HY_STR(".yaml"));
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); /* not the locale's order: versions depend on it */
}

static int load_dir(const char *path, const struct hy_y_schema *schema, void *into,
                    struct hy_diag *d, struct hy_err *err)
{
    struct dirent **names;
    int n = scandir(path, &names, is_yaml, by_bytes), rc = HY_OK;

    if (n < 0)
        return hy_fail_errno(err, "cannot read %s", path);
    for (int i = 0; i < n; i++) {
        HY_CLEANUP(hy_freep) char *file = hy_xasprintf("%s%s", path, names[i]->d_name);
        if (hy_yaml_load(file, schema, into, d, err) < 0)
            rc = err->code; /* go on: all mistakes at once */
        free(names[i]);
    }
    free(names);
    return rc;
}

int hy_yaml_load_from(const char *dir, const char *file, bool required,
                      const struct hy_y_schema *schema, void *into, struct hy_diag *d,
                      struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/%s", dir, file);
    bool is_dir = hy_str_ends(hy_str(file), HY_STR("/"));
    struct stat st;

    if (stat(path, &st) < 0 && errno == ENOENT && !required) {
        hy_y_init(schema, into);
        return HY_OK;
    }
    if (!is_dir || stat(path, &st) < 0)
        return hy_yaml_load(path, schema, into, d, err);
    return load_dir(path, schema, into, d, err);
}
