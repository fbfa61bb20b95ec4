/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/offices.h"

#include "core/hash.h"
#include "core/log.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/url.h"
#include "core/vec.h"
#include "rules/office.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* -- between offices --------------------------------------------------------------------------- */

static const struct hy_office *find(struct hy_rules *const *at, size_t n, const char *id)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(at[i]->office->id, id) == 0)
            return at[i]->office;
    return NULL;
}

static size_t same_twice(const struct hy_rules *a, const struct hy_rules *b, struct hy_buf *out)
{
    size_t n = 0;

    if (strcmp(a->office->id, b->office->id) == 0) {
        hy_buf_printf(out, "%s 和 %s：office.yaml 里的 id 都是“%s”，每个单位要有自己的编号\n", a->dir,
                      b->dir, a->office->id);
        n++;
    }
    if (a->office->listen && b->office->listen &&
        strcmp(a->office->listen, b->office->listen) == 0) {
        hy_buf_printf(out, "%s 和 %s：看板的地址（listen）都是 %s\n", a->dir, b->dir,
                      a->office->listen);
        n++;
    }
    return n;
}

static size_t bad_superior(const struct hy_rules *r, const struct hy_office *up, struct hy_buf *out)
{
    const struct hy_office *o = r->office;

    if (o->superior == NULL || (up && hy_office_subordinate(up, hy_str(o->id))))
        return 0;
    if (up == NULL)
        hy_buf_printf(out, "%s：上级单位“%s”不在这里\n", r->dir, o->superior);
    else
        hy_buf_printf(out, "%s：上级是“%s”，但它的 subordinates 里没有“%s”\n", r->dir, o->superior,
                      o->id);
    return 1;
}

static size_t bad_subordinates(const struct hy_rules *r, struct hy_rules *const *at, size_t n,
                               struct hy_buf *out)
{
    const struct hy_subordinate *s = hy_office_subordinates(r->office);
    size_t bad = 0;

    for (size_t i = 0; i < r->office->subordinates.n; i++) {
        const struct hy_office *o = find(at, n, s[i].id);
        if (o && o->superior && strcmp(o->superior, r->office->id) == 0)
            continue;
        hy_buf_printf(out, "%s：下级单位“%s”%s\n", r->dir, s[i].id,
                      o ? "没有在自己的 superior 里写本单位，看不到它的事件" : "不在这里");
        bad++;
    }
    return bad;
}

size_t hy_offices_conflicts(struct hy_rules *const *at, size_t n, struct hy_buf *out)
{
    size_t bad = 0;

    for (size_t i = 0; i < n; i++) {
        const struct hy_office *o = at[i]->office;
        for (size_t j = i + 1; j < n; j++)
            bad += same_twice(at[i], at[j], out);
        bad += bad_superior(at[i], o->superior ? find(at, n, o->superior) : NULL, out);
        bad += bad_subordinates(at[i], at, n, out);
    }
    return bad;
}

/* -- sources ----------------------------------------------------------------------------------- */

/* One address that may be reached in one way. */
static char *identity(const struct hy_source *s, const char *canonical)
{
    return hy_xasprintf("%s %d %s", hy_source_kind_name[s->kind], s->allow_private, canonical);
}

/* "bbs-qingxi-cn-1a2b3c4d": 40 characters at most, as ids are. */
static char *common_id(struct hy_str host, const char *what)
{
    char hash[HY_SHA256_HEX], name[32] = "";
    size_t n = 0;

    for (size_t i = 0; i < host.n && n < sizeof(name) - 1; i++)
        if (isalnum((unsigned char)host.p[i]) || n > 0)
            name[n++] = isalnum((unsigned char)host.p[i]) ? host.p[i] : '-';
    while (n > 0 && name[n - 1] == '-')
        name[--n] = '\0';
    return hy_xasprintf("%s-%.8s", n ? name : "source", hy_sha256_hex(hy_str(what), hash));
}

static void join(struct hy_source *all, const struct hy_source *one)
{
    all->gap_ms = HY_MAX(all->gap_ms, one->gap_ms);
    all->visit_min_ms = HY_MIN(all->visit_min_ms, one->visit_min_ms);
    all->visit_max_ms = HY_MAX(HY_MIN(all->visit_max_ms, one->visit_max_ms), all->visit_min_ms);
    all->official = all->official || one->official;
    all->discover = all->discover && one->discover;
    if (all->quiet_hours.from_min == all->quiet_hours.to_min) /* the site asked for it */
        all->quiet_hours = one->quiet_hours;
}

static void add_wish(struct hy_common_source *c, size_t office, const struct hy_source *s)
{
    c->wishes = hy_xrealloc(c->wishes, (c->n_wishes + 1) * sizeof(*c->wishes));
    c->wishes[c->n_wishes++] = (struct hy_wish){office, s};
}

struct gathering {
    HY_VEC(struct hy_common_source) list;
    struct hy_map *at; /* identity -> its place in the list, counted from 1 */
    bool several;
};

/* Of one office alone nothing is joined: what it wrote twice it gets twice. */
static size_t place_of(struct gathering *g, const struct hy_source *s)
{
    struct hy_common_source c = {.as = *s};
    struct hy_url u = {0};
    struct hy_err ignored = HY_ERR_INIT;

    if (!g->several || hy_url_parse(hy_str(s->url), NULL, &u, &ignored) < 0)
        c.id = hy_xstrdup(s->id);
    else {
        HY_CLEANUP(hy_freep) char *canonical = hy_url_canonical(&u);
        HY_CLEANUP(hy_freep) char *what = identity(s, canonical);
        size_t at = (size_t)(uintptr_t)hy_map_get(g->at, hy_str(what));
        if (at == 0) {
            c.id = common_id(hy_url_host(&u), what);
            hy_map_set(g->at, hy_str(what), (void *)(uintptr_t)(g->list.n + 1));
        }
        hy_url_release(&u);
        if (at)
            return at - 1;
    }
    c.as.id = c.id;
    hy_vec_push(&g->list, c);
    return g->list.n - 1;
}

static void gather(struct gathering *g, size_t office, const struct hy_source *s)
{
    size_t at = place_of(g, s); /* may move the list */
    struct hy_common_source *c = &g->list.v[at];

    join(&c->as, s);
    add_wish(c, office, s);
}

static void gather_all(struct hy_offices *o)
{
    struct gathering g = {.at = hy_map_new(NULL), .several = o->several};

    for (size_t i = 0; i < o->n; i++) {
        const struct hy_sources *s = o->at[i]->sources;
        for (size_t j = 0; s && j < s->rows.n; j++)
            if (hy_sources_at(s, j)->enabled)
                gather(&g, i, hy_sources_at(s, j));
    }
    o->sources = g.list.v;
    o->n_sources = g.list.n;
    o->by_id = hy_map_new(NULL);
    for (size_t i = 0; i < o->n_sources; i++)
        hy_map_set(o->by_id, hy_str(o->sources[i].id), &o->sources[i]);
    hy_map_free(g.at);
}

const struct hy_common_source *hy_offices_source(const struct hy_offices *o, struct hy_str id)
{
    return hy_map_get(o->by_id, id);
}

const struct hy_source *hy_common_source_of(const struct hy_common_source *s, size_t office)
{
    for (size_t i = 0; s && i < s->n_wishes; i++)
        if (s->wishes[i].office == office)
            return s->wishes[i].source;
    return NULL;
}

/* -- loading ----------------------------------------------------------------------------------- */

static struct hy_rules *in_force(const struct hy_offices *before, const char *dir)
{
    for (size_t i = 0; before && i < before->n; i++)
        if (strcmp(before->at[i]->dir, dir) == 0)
            return before->at[i];
    return NULL;
}

/* national: what an office before this one stands on, or NULL; the files are read once. */
static int load_one(struct hy_offices *o, const char *dir, const struct hy_offices *before,
                    struct hy_national **national, struct hy_err *err)
{
    HY_CLEANUP(hy_diag_freep) struct hy_diag *d = hy_diag_new();
    struct hy_rules *r = NULL, *old = in_force(before, dir);
    int rc = *national ? hy_rules_load_over(*national, dir, &r, d, err)
                       : hy_rules_load_many(&dir, 1, &r, err);

    if (rc == HY_OK && r->office == NULL)
        rc = hy_fail(err, HY_E_USAGE, "%s 里没有 office.yaml", dir);
    if (rc < 0) {
        hy_rules_free(r);
        hy_log(HY_ERROR, "rules_broken", HY_KV("dir", dir), HY_KV("first", err->msg),
               HY_KV("kept", old ? "yes" : "no"));
        if (old == NULL)
            return hy_wrap(err, "%s", dir);
        o->kept++;
        r = hy_rules_ref(old);
        *err = HY_ERR_INIT;
    } else
        *national = r->national;
    o->at = hy_xrealloc(o->at, (o->n + 1) * sizeof(struct hy_rules *));
    o->at[o->n++] = r;
    return HY_OK;
}

static int load_all(struct hy_offices *o, const char *dir, const struct hy_offices *before,
                    struct hy_err *err)
{
    struct hy_national *national = NULL;
    struct hy_texts names = {0};

    if (!o->several)
        return load_one(o, dir, before, &national, err);
    int rc = hy_offices_names(dir, &names, err);
    for (size_t i = 0; i < names.n && rc == HY_OK; i++) {
        HY_CLEANUP(hy_freep) char *below = hy_xasprintf("%s/%s", dir, names.v[i]);
        rc = load_one(o, below, before, &national, err);
    }
    hy_offices_names_release(&names);
    return rc;
}

static int check(const struct hy_offices *o, struct hy_err *err)
{
    HY_CLEANUP(hy_buf_release) struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    if (!o->several || hy_offices_conflicts(o->at, o->n, &b) == 0)
        return HY_OK;
    struct hy_str rest = hy_buf_view(&b), first;
    return hy_str_cut(&rest, '\n', &first)
               ? hy_fail(err, HY_E_PARSE, HY_STR_FMT, HY_STR_ARG(first))
               : HY_OK;
}

static void name_version(struct hy_offices *o)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    char hash[HY_SHA256_HEX];

    for (size_t i = 0; i < o->n; i++)
        hy_buf_printf(&b, "%s %s\n", o->at[i]->office->id, o->at[i]->version);
    snprintf(o->version, sizeof(o->version), "%.16s",
             o->several ? hy_sha256_hex(hy_buf_view(&b), hash) : o->at[0]->version);
    hy_buf_release(&b);
}

int hy_offices_load(const char *dir, const struct hy_offices *before, struct hy_offices **ret,
                    struct hy_err *err)
{
    HY_CLEANUP(hy_offices_freep) struct hy_offices *o = hy_xcalloc(1, sizeof(*o));

    o->several = hy_offices_several(dir);
    if (load_all(o, dir, before, err) < 0 || check(o, err) < 0)
        return err->code;
    name_version(o);
    gather_all(o);
    *ret = HY_TAKE(o);
    return HY_OK;
}

void hy_offices_free(struct hy_offices *o)
{
    if (o == NULL)
        return;
    for (size_t i = 0; i < o->n_sources; i++) {
        free(o->sources[i].id);
        free(o->sources[i].wishes);
    }
    for (size_t i = 0; i < o->n; i++)
        hy_rules_free(o->at[i]);
    hy_map_free(o->by_id);
    free(o->sources);
    free(o->at);
    free(o);
}

const struct hy_office *hy_offices_first(const struct hy_offices *o)
{
    for (size_t i = 0; i < o->n; i++)
        if (o->at[i]->office->superior == NULL)
            return o->at[i]->office;
    return o->at[0]->office;
}

const char *hy_offices_only(const struct hy_offices *o)
{
    return o->several ? NULL : o->at[0]->office->id;
}
