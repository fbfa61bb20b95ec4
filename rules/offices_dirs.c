/* SPDX-License-Identifier: Apache-2.0 */
/* The directories of an installation for one office or several. */
#include "rules/offices.h"

#include "core/mem.h"
#include "core/vec.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool has_office(const char *dir)
{
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/office.yaml", dir);

    return access(path, F_OK) == 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int hy_offices_names(const char *dir, struct hy_texts *ret, struct hy_err *err)
{
    HY_VEC(char *) names = {0};
    DIR *d = opendir(dir);

    if (d == NULL)
        return hy_fail_errno(err, "%s", dir);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        HY_CLEANUP(hy_freep) char *below = hy_xasprintf("%s/%s", dir, e->d_name);
        if (e->d_name[0] != '.' && has_office(below))
            hy_vec_push(&names, hy_xstrdup(e->d_name));
    }
    closedir(d);
    if (names.n)
        qsort(names.v, names.n, sizeof(*names.v), by_name);
    *ret = (struct hy_texts){.v = names.v, .n = names.n};
    return HY_OK;
}

void hy_offices_names_release(struct hy_texts *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->v[i]);
    free(t->v);
    *t = (struct hy_texts){0};
}

bool hy_offices_several(const char *dir)
{
    struct hy_texts names = {0};
    struct hy_err ignored = HY_ERR_INIT;
    bool several = !has_office(dir) && hy_offices_names(dir, &names, &ignored) == HY_OK && names.n;

    hy_offices_names_release(&names);
    return several;
}
