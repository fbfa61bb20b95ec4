/* SPDX-License-Identifier: Apache-2.0 */
/* Which snapshots there are beside a mirror, what they build on, which may go; and which line of the
 * journal speaks for one. */
#include "alerts/keep/snapshot_file.h"

#include "core/mem.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEADER_MAX = 4096 };

char *hy_snapshot_path(const char *mirror, int64_t seq)
{
    return hy_xasprintf("%s" HY_SNAPSHOT_MARK "%012lld", mirror, (long long)seq);
}

static const json_t *args_of(const json_t *entry)
{
    return json_object_get(json_object_get(entry, "data"), "args");
}

bool hy_snapshot_states(const json_t *entry)
{
    return hy_str_is(hy_json_str(entry, "type"), "keeper") &&
           hy_str_is(hy_json_str(args_of(entry), "event"), "state");
}

bool hy_snapshot_is_stated(const json_t *entry, const char *digest)
{
    return hy_snapshot_states(entry) && hy_str_is(hy_json_str(args_of(entry), "digest"), digest);
}

/* ---- which there are ---- */

static int newest_first(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x < y) - (x > y);
}

void hy_snapshot_list(const char *mirror, struct hy_snapshot_list *ret)
{
    HY_CLEANUP(hy_freep) char *pattern = hy_xasprintf("%s" HY_SNAPSHOT_MARK "*", mirror);
    glob_t g = {0};
    size_t skip = strlen(mirror) + sizeof(HY_SNAPSHOT_MARK) - 1;
    int64_t seq;

    *ret = (struct hy_snapshot_list){0};
    if (glob(pattern, GLOB_NOSORT, NULL, &g) == 0)
        for (size_t i = 0; i < g.gl_pathc; i++)
            if (hy_str_to_i64(hy_str(g.gl_pathv[i] + skip), &seq) && seq > 0)
                hy_vec_push(ret, seq);
    globfree(&g);
    if (ret->n)
        qsort(ret->v, ret->n, sizeof(*ret->v), newest_first);
}

/* What the header says; 0 when there is none. */
static int64_t base_of(const char *mirror, int64_t seq, off_t *ret_size)
{
    HY_CLEANUP(hy_freep) char *path = hy_snapshot_path(mirror, seq);
    HY_CLEANUP(hy_json_freep) json_t *header = NULL;
    char text[HEADER_MAX];
    struct hy_err ignored = HY_ERR_INIT;
    struct stat st;
    FILE *f = fopen(path, "re");
    int64_t base = 0;

    *ret_size = 0;
    if (f == NULL)
        return 0;
    if (fstat(fileno(f), &st) == 0)
        *ret_size = st.st_size;
    if (fgets(text, sizeof(text), f) && hy_json_parse(hy_str(text), &header, &ignored) == HY_OK)
        base = hy_json_int(header, "base", 0);
    fclose(f);
    return base;
}

int64_t hy_snapshot_base(const char *mirror, int64_t newest)
{
    off_t size, changes = 0, whole = 0;
    size_t n = 0;

    for (int64_t seq = newest; seq > 0 && n < HY_SNAPSHOT_CHAIN; n++) {
        int64_t base = base_of(mirror, seq, &size);
        *(base ? &changes : &whole) += size;
        seq = base;
    }
    return n == 0 || n == HY_SNAPSHOT_CHAIN || changes > whole / 2 ? 0 : newest;
}

/* What a writer that was killed has left; there is only one at a time. */
static void remove_unfinished(const char *mirror)
{
    HY_CLEANUP(hy_freep) char *pattern = hy_xasprintf("%s" HY_SNAPSHOT_MARK "*.new", mirror);
    glob_t g = {0};

    if (glob(pattern, GLOB_NOSORT, NULL, &g) == 0)
        for (size_t i = 0; i < g.gl_pathc; i++)
            unlink(g.gl_pathv[i]);
    globfree(&g);
}

static bool consists_of(const char *mirror, int64_t seq, int64_t part)
{
    off_t ignored;

    for (int n = 0; seq > 0 && n <= HY_SNAPSHOT_CHAIN; n++) {
        if (seq == part)
            return true;
        seq = base_of(mirror, seq, &ignored);
    }
    return false;
}

void hy_snapshot_prune(const char *mirror, int64_t newest, int64_t before)
{
    struct hy_snapshot_list list;

    hy_snapshot_list(mirror, &list);
    for (size_t i = 0; i < list.n; i++) {
        HY_CLEANUP(hy_freep) char *path = hy_snapshot_path(mirror, list.v[i]);
        if (!consists_of(mirror, newest, list.v[i]) && !consists_of(mirror, before, list.v[i]))
            unlink(path);
    }
    hy_vec_release(&list);
    remove_unfinished(mirror);
}
