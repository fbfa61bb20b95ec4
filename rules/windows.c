/* SPDX-License-Identifier: Apache-2.0 */
/* The packs an office has, by id and version.  windows_read.c makes them from the file. */
#include "core/mem.h"
#include "core/vec.h"
#include "rules/rules.h"
#include "rules/windows_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct hy_windows {
    HY_VEC(struct hy_pack) packs;
    struct hy_reminders reminders;
    unsigned dispositions;
    unsigned consult; /* bit set of levels; bit 0: it was written */
    const struct hy_windows *national; /* whose packs and reminders are on loan; NULL: nobody's */
};

static void release_variants(struct hy_variant *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(v[i].key);
    free(v);
}

static void release_texts(struct hy_texts *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->v[i]);
    free(t->v);
    free(t->pos);
}

static void release_pack(struct hy_pack *p)
{
    for (size_t i = 0; i < p->n_windows; i++) {
        struct hy_window *w = &p->windows[i];
        hy_steps_free(w->steps, w->n_steps);
        release_variants(w->by_type, w->n_by_type);
        release_variants(w->by_level, w->n_by_level);
        release_texts(&w->types);
        release_texts(&w->units);
        free(w->id);
        free(w->label);
        free(w->basis);
    }
    free(p->windows);
    free(p->id);
    free(p->version);
    free(p->name);
    free(p->legal);
}

static bool is_lent(const struct hy_windows *w, const struct hy_pack *p)
{
    for (size_t i = 0; w->national && i < w->national->packs.n; i++)
        if (w->national->packs.v[i].id == p->id)
            return true;
    return false;
}

/* The newest version of a pack is the one read last. */
static struct hy_pack *find(const struct hy_windows *w, struct hy_str id)
{
    for (size_t i = w->packs.n; i-- > 0;)
        if (hy_str_is(id, w->packs.v[i].id))
            return &w->packs.v[i];
    return NULL;
}

static struct hy_pack *find_version(const struct hy_windows *w, struct hy_str id,
                                    struct hy_str version)
{
    for (size_t i = 0; i < w->packs.n; i++)
        if (hy_str_is(id, w->packs.v[i].id) && hy_str_is(version, w->packs.v[i].version))
            return &w->packs.v[i];
    return NULL;
}

/* Another version stands beside the old one and takes its place for what begins now; the same
 * version replaces it whole. */
static void put_pack(struct hy_windows *w, struct hy_pack p)
{
    struct hy_pack *newest = find(w, hy_str(p.id));
    struct hy_pack *same = find_version(w, hy_str(p.id), hy_str(p.version));

    p.in_use = newest && newest->in_use;
    if (newest)
        newest->in_use = false;
    if (same) { /* moved to the end: it is the newest now */
        if (!is_lent(w, same))
            release_pack(same);
        memmove(same, same + 1, (size_t)(w->packs.v + w->packs.n - (same + 1)) * sizeof(*same));
        w->packs.n--;
    }
    hy_vec_push(&w->packs, p);
}

static void put_use(struct hy_windows *w, const struct hy_texts *use, struct hy_diag *d)
{
    if (use->n == 0)
        return;
    for (size_t i = 0; i < w->packs.n; i++)
        w->packs.v[i].in_use = false;
    for (size_t i = 0; i < use->n; i++) {
        struct hy_pack *p = find(w, hy_str(use->v[i]));
        if (p)
            p->in_use = true;
        else
            hy_diag_at(d, use->pos[i], "没有规则包“%s”", use->v[i]);
    }
}

static const char *const consult_name[] = {"none", "1", "2", "3", "4", NULL};

static void put_file(struct hy_windows *w, const struct hy_windows_file *raw, struct hy_diag *d)
{
    hy_windows_read_reminders(raw, &w->reminders, d);
    for (size_t i = 0; i < raw->packs.n; i++)
        put_pack(w, hy_windows_read_pack(raw, i, &w->reminders, d));
    put_use(w, &raw->use, d);
    if (raw->dispositions.n)
        w->dispositions = hy_names_mask(&raw->dispositions, hy_disposition_name, d);
    if (raw->consult.n)
        w->consult = hy_names_mask(&raw->consult, consult_name, d) | 1u;
}

int hy_windows_add_text(struct hy_windows *w, struct hy_str text, const char *name,
                        struct hy_diag *d, struct hy_err *err)
{
    struct hy_windows_file raw = {0};
    int rc = hy_yaml_load_text(text, name, &hy_windows_schema, &raw, d, err);

    put_file(w, &raw, d);
    hy_yaml_release(&hy_windows_schema, &raw);
    return rc;
}

size_t hy_windows_count(const struct hy_windows *w)
{
    return w->packs.n;
}

const struct hy_pack *hy_windows_at(const struct hy_windows *w, size_t i)
{
    return &w->packs.v[i];
}

const struct hy_pack *hy_windows_pack(const struct hy_windows *w, struct hy_str id)
{
    return find(w, id);
}

const struct hy_pack *hy_windows_version(const struct hy_windows *w, struct hy_str id,
                                         struct hy_str version)
{
    return find_version(w, id, version);
}

unsigned hy_windows_dispositions(const struct hy_windows *w)
{
    return w->dispositions ? w->dispositions : (1u << HY_DISPOSITION_COUNT) - 1;
}

bool hy_windows_consult(const struct hy_windows *w, int level)
{
    unsigned levels = w->consult ? w->consult : 1u << 1 | 1u << 2;

    return level > 0 && levels & 1u << level;
}

const struct hy_window *hy_pack_window(const struct hy_pack *p, struct hy_str id)
{
    for (size_t i = 0; i < p->n_windows; i++)
        if (hy_str_is(id, p->windows[i].id))
            return &p->windows[i];
    return NULL;
}

struct hy_windows *hy_windows_new(void)
{
    return hy_xcalloc(1, sizeof(struct hy_windows));
}

void hy_windows_free(struct hy_windows *w)
{
    if (w == NULL)
        return;
    for (size_t i = 0; i < w->packs.n; i++)
        if (!is_lent(w, &w->packs.v[i]))
            release_pack(&w->packs.v[i]);
    hy_reminders_release(&w->reminders);
    hy_vec_release(&w->packs);
    free(w);
}

static int load(const char *from, bool national, void **section, struct hy_diag *d,
                struct hy_err *err)
{
    char path[1024];
    struct hy_windows_file raw = {0};
    int rc;

    (void)national;
    if (*section == NULL)
        *section = hy_windows_new();
    snprintf(path, sizeof(path), "%s/windows.yaml", from);
    if (access(path, F_OK) < 0)
        return HY_OK; /* an office need not add to the national packs */
    rc = hy_yaml_load(path, &hy_windows_schema, &raw, d, err);
    put_file(*section, &raw, d);
    hy_yaml_release(&hy_windows_schema, &raw);
    return rc;
}

/* A clock is known by its id alone in an incident, so two packs in use must not share one. */
static void check(const struct hy_rules *r, struct hy_diag *d)
{
    const struct hy_windows *w = r->windows;

    for (size_t i = 0; i < w->packs.n; i++)
        for (size_t k = 0; w->packs.v[i].in_use && k < w->packs.v[i].n_windows; k++)
            for (size_t j = 0; j < i; j++) {
                const char *id = w->packs.v[i].windows[k].id;
                if (w->packs.v[j].in_use && hy_pack_window(&w->packs.v[j], hy_str(id)))
                    hy_diag_at(
                        d, (struct hy_pos){0},
                        "windows.yaml: 启用的规则包“%s”和“%s”都有时限“%s”，请改其中一个的编号",
                        w->packs.v[j].id, w->packs.v[i].id, id);
            }
}

/* Packs are borrowed; the few reminders are copied, because one of the same name gives way. */
static void *over(const void *national)
{
    const struct hy_windows *from = national;
    struct hy_windows *w = hy_windows_new();

    w->national = from;
    w->dispositions = from->dispositions;
    w->consult = from->consult;
    for (size_t i = 0; i < from->packs.n; i++)
        hy_vec_push(&w->packs, from->packs.v[i]);
    hy_reminders_copy(&from->reminders, &w->reminders);
    return w;
}

static void free_section(void *section)
{
    hy_windows_free(section);
}

const struct hy_section hy_section_windows = {
    .name = "windows",
    .offset = offsetof(struct hy_rules, windows),
    .load = load,
    .over = over,
    .check = check,
    .free = free_section,
    .file = "windows.yaml",
    .schema = &hy_windows_schema,
};
