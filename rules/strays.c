/* SPDX-License-Identifier: Apache-2.0 */
/* Only names that look like rules are told of: a README, a copy ending in ~ or .bak is nobody's
 * mistake.  What is read stands in the sections' tables. */
#include "rules/strays.h"

#include "core/mem.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FILES = 24 };

/* The longest that fits counts.  A text beside the rules is a note of somebody's, one in a folder
 * of word lists was meant to be read. */
static const char *const endings[] = {".yaml.txt", ".yml.txt", ".yaml", ".yml", ".txt"};

/* `name` without an ending of rules; "" when it has none. */
static struct hy_str stem_of(struct hy_str name, bool in_folder)
{
    for (size_t i = 0; i < HY_COUNT(endings) - !in_folder; i++)
        if (hy_str_ends(name, hy_str(endings[i])))
            return hy_str_sub(name, 0, name.n - strlen(endings[i]));
    return hy_str("");
}

/* The files of `dir` itself that are read, and the folders whose .yaml files are. */
static size_t readable(const struct hy_section *const *sections, size_t n,
                       const char *files[MAX_FILES], const char *folders[MAX_FILES],
                       size_t *ret_folders)
{
    size_t files_n = 0;

    *ret_folders = 0;
    files[files_n++] = "topics.yaml"; /* beside lexicon/, of the same section */
    for (size_t i = 0; i < n; i++) {
        if (sections[i]->file == NULL)
            continue;
        if (hy_str_ends(hy_str(sections[i]->file), HY_STR("/")))
            folders[(*ret_folders)++] = sections[i]->file;
        else
            files[files_n++] = sections[i]->file;
    }
    return files_n;
}

static void look_at(const char *dir, const char *name, const char *const *files, size_t n,
                    struct hy_diag *d)
{
    struct hy_str stem = stem_of(hy_str(name), n == 0);
    HY_CLEANUP(hy_freep) char *right = NULL;
    const char *near;

    if (stem.n == 0 || name[0] == '.')
        return;
    for (size_t i = 0; i < n; i++)
        if (strcmp(files[i], name) == 0)
            return;
    right = hy_xasprintf(HY_STR_FMT ".yaml", HY_STR_ARG(stem));
    near = n ? hy_near_name(hy_str(right), files, n) : right;
    hy_diag_warn(d, (struct hy_pos){0}, "文件 %s/%s 没有用到%s%s%s", dir, name,
                 near ? "：文件名是不是应为“" : "：没有叫这个名字的规则文件", near ? near : "",
                 near ? "”？" : "");
}

static int in_order(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Whatever is not among `files`; with none of them, whatever does not end in .yaml. */
static void look_through(const char *dir, const char *const *files, size_t n, struct hy_diag *d)
{
    struct dirent **at;
    int count = scandir(dir, &at, NULL, in_order);

    for (int i = 0; i < count; i++) {
        if (n || !hy_str_ends(hy_str(at[i]->d_name), HY_STR(".yaml")))
            look_at(dir, at[i]->d_name, files, n, d);
        free(at[i]);
    }
    if (count >= 0)
        free(at);
}

void hy_rules_warn_of_strays(const char *dir, const struct hy_section *const *sections,
                             size_t n_sections, struct hy_diag *d)
{
    const char *files[MAX_FILES], *folders[MAX_FILES];
    size_t n_folders, n = readable(sections, n_sections, files, folders, &n_folders);

    look_through(dir, files, n, d);
    for (size_t i = 0; i < n_folders; i++) {
        HY_CLEANUP(hy_freep)
        char *below = hy_xasprintf("%s/%.*s", dir, (int)strlen(folders[i]) - 1, folders[i]);
        look_through(below, NULL, 0, d);
    }
}
