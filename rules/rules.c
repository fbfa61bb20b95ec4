/* SPDX-License-Identifier: Apache-2.0 */
/* The table of sections, and the order in which a directory is read: every section's national file,
 * then the office's, then - when nothing was wrong so far - the references between them. */
#include "rules/rules.h"

#include "core/mem.h"
#include "rules/calendar.h"
#include "rules/duty.h"
#include "rules/experts.h"
#include "rules/levels.h"
#include "rules/lexicon.h"
#include "rules/office.h"
#include "rules/offices.h"
#include "rules/places.h"
#include "rules/sources.h"
#include "rules/strays.h"
#include "rules/windows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Places first: others ask them whether a code exists. */
static const struct hy_section *const sections[] = {
    &hy_section_places,   &hy_section_office, &hy_section_sources, &hy_section_windows,
    &hy_section_calendar, &hy_section_duty,   &hy_section_levels,  &hy_section_lexicon,
    &hy_section_experts,
};

const struct hy_section *const *hy_rules_sections(size_t *ret_n)
{
    *ret_n = HY_COUNT(sections);
    return sections;
}

/* -- sections ------------------------------------------------------------------------------- */

static void **slot(struct hy_rules *r, const struct hy_section *s)
{
    return (void **)(void *)((char *)r + s->offset);
}

static void free_sections(struct hy_rules *r)
{
    for (size_t i = 0; i < HY_COUNT(sections); i++)
        if (*slot(r, sections[i]))
            sections[i]->free(*slot(r, sections[i]));
}

/* One section from one directory.  Whatever goes wrong is in d afterwards. */
static void load_section(struct hy_rules *r, const struct hy_section *s, const char *from,
                         bool national, struct hy_diag *d)
{
    struct hy_err err = HY_ERR_INIT;
    size_t before = hy_diag_errors(d);
    int rc = s->load(from, national, slot(r, s), d, &err);

    if (rc < 0 && hy_diag_errors(d) == before)
        hy_diag_at(d, (struct hy_pos){0}, "%s: %s", s->name, err.msg);
}

static void load_dir(struct hy_rules *r, const char *from, bool national, struct hy_diag *d)
{
    if (!hy_rules_is_dir(from)) {
        hy_diag_at(d, (struct hy_pos){0}, "没有规则目录 %s（%s）", from,
                   national ? "全国规则；可用环境变量 HUIYING_NATIONAL 指定" : "用 -c 指定");
        return;
    }
    if (!national && hy_offices_several(from)) {
        hy_diag_at(d, (struct hy_pos){0},
                   "%s 里是几个单位的规则，请用 -c 写其中一个单位的目录（数据目录也写它的：--data "
                   "数据目录/offices/编号）",
                   from);
        return;
    }
    for (size_t i = 0; i < HY_COUNT(sections); i++)
        load_section(r, sections[i], from, national, d);
    if (!national)
        hy_rules_warn_of_strays(from, sections, HY_COUNT(sections), d);
}

static void check_references(const struct hy_rules *r, struct hy_diag *d)
{
    for (size_t i = 0; i < HY_COUNT(sections); i++)
        if (sections[i]->check)
            sections[i]->check(r, d);
}

static int first_mistake(const struct hy_diag *d, struct hy_err *err)
{
    HY_CLEANUP(hy_buf_release) struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    size_t more = hy_diag_errors(d) - 1;

    hy_diag_first(d, &b);
    hy_fail(err, HY_E_PARSE, HY_STR_FMT, HY_STR_ARG(hy_buf_view(&b)));
    return more ? hy_wrap(err, "%zu 处错误，第一处", more + 1) : err->code;
}

/* -- the nation's --------------------------------------------------------------------------- */

struct hy_national {
    struct hy_rules rules; /* sections as the national files alone have them */
    char *dir;
    struct hy_diag *diag; /* owned: positions of rows point into it; NULL: the caller's outlives us */
    size_t users;
    void *kept; /* made of the rules by others */
    void (*free_kept)(void *);
};

bool hy_national_is_shared(const struct hy_national *n)
{
    return n->diag != NULL;
}

void **hy_national_keep(struct hy_national *n, void (*free_kept)(void *))
{
    n->free_kept = free_kept;
    return &n->kept;
}

const struct hy_rules *hy_national_rules(const struct hy_national *n)
{
    return &n->rules;
}

static void national_drop(struct hy_national **n)
{
    if (*n == NULL || --(*n)->users > 0)
        return;
    if ((*n)->kept)
        (*n)->free_kept((*n)->kept);
    free_sections(&(*n)->rules);
    hy_diag_free((*n)->diag);
    free((*n)->dir);
    free(*n);
}

/* Those beside an office's directory, or NULL's.  Whatever goes wrong is in d. */
static struct hy_national *national_load(const char *office, struct hy_diag *d)
{
    struct hy_national *n = hy_xcalloc(1, sizeof(*n));
    char dir[4096];

    n->users = 1;
    n->dir = hy_xstrdup(hy_rules_national_dir(office, dir, sizeof(dir)));
    load_dir(&n->rules, n->dir, true, d);
    for (size_t i = 0; i < HY_COUNT(sections) && hy_diag_errors(d) == 0; i++)
        if (sections[i]->ready)
            sections[i]->ready(*slot(&n->rules, sections[i]));
    hy_diag_version(d, n->rules.version);
    return n;
}

/* -- an office's over them ------------------------------------------------------------------ */

static void begin_sections(struct hy_rules *r, struct hy_national *n, struct hy_diag *d)
{
    for (size_t i = 0; i < HY_COUNT(sections); i++) {
        const struct hy_section *s = sections[i];
        const void *national = *slot(&n->rules, s);
        if (s->over && national) /* it is missing when its files are broken */
            *slot(r, s) = s->over(national);
        else if (s->over == NULL)
            load_section(r, s, n->dir, true, d);
    }
}

static int load_over(struct hy_national *n, const char *dir, struct hy_rules **ret,
                     struct hy_diag *d, struct hy_err *err)
{
    HY_CLEANUP(hy_rules_freep) struct hy_rules *r = hy_xcalloc(1, sizeof(*r));

    r->dir = hy_xstrdup(dir);
    r->national = n;
    n->users++;
    begin_sections(r, n, d);
    if (dir)
        load_dir(r, dir, false, d);
    if (hy_diag_errors(d) == 0) /* half-read rows are not fit to be compared */
        check_references(r, d);
    if (hy_diag_errors(d))
        return first_mistake(d, err);
    hy_diag_version(d, r->version);
    *ret = HY_TAKE(r);
    return HY_OK;
}

int hy_rules_load_over(struct hy_national *n, const char *dir, struct hy_rules **ret,
                       struct hy_diag *d, struct hy_err *err)
{
    if (!hy_national_is_shared(n))
        hy_bug("the national rules of hy_rules_load() are for one set alone");
    hy_diag_follow(d, n->diag);
    return load_over(n, dir, ret, d, err);
}

/* A set of its own: the caller's d has the mistakes of both. */
int hy_rules_load(const char *dir, struct hy_rules **ret, struct hy_diag *d, struct hy_err *err)
{
    HY_CLEANUP(national_drop) struct hy_national *n = national_load(dir, d);

    return load_over(n, dir, ret, d, err);
}

static int load_each(struct hy_national *n, const char *const *dirs, size_t count,
                     struct hy_rules **ret, struct hy_err *err)
{
    for (size_t i = 0; i < count; i++) {
        HY_CLEANUP(hy_diag_freep) struct hy_diag *d = hy_diag_new();
        if (hy_rules_load_over(n, dirs[i], &ret[i], d, err) == HY_OK)
            continue;
        while (i-- > 0) {
            hy_rules_free(ret[i]);
            ret[i] = NULL;
        }
        return err->code;
    }
    return HY_OK;
}

int hy_rules_load_many(const char *const *dirs, size_t n, struct hy_rules **ret,
                       struct hy_err *err)
{
    struct hy_diag *d = hy_diag_new();
    HY_CLEANUP(national_drop) struct hy_national *national = national_load(n ? dirs[0] : NULL, d);

    national->diag = d;
    if (hy_diag_errors(d))
        return first_mistake(d, err);
    return load_each(national, dirs, n, ret, err);
}

int hy_rules_open(const char *dir, struct hy_rules **ret, struct hy_err *err)
{
    HY_CLEANUP(hy_diag_freep) struct hy_diag *d = hy_diag_new();
    HY_CLEANUP(hy_buf_release) struct hy_buf out = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    int rc = hy_rules_load(dir, ret, d, err);

    if (rc == HY_OK || hy_diag_errors(d) == 0) /* warnings alone are for huiying check */
        return rc;
    hy_diag_print(d, &out);
    fwrite(out.p, 1, out.n, stderr);
    return hy_fail(err, (enum hy_code)rc, "规则有误，请先改正以上各处");
}

struct hy_rules *hy_rules_ref(struct hy_rules *r)
{
    r->refs++;
    return r;
}

void hy_rules_free(struct hy_rules *r)
{
    if (r == NULL || r->refs-- > 0)
        return;
    free_sections(r);
    national_drop(&r->national);
    free(r->dir);
    free(r);
}
