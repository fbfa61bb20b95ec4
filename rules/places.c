/* SPDX-License-Identifier: Apache-2.0 */
/* Loads the names of places and answers which of them starts at a position of a text.
 *
 * The table of divisions is one file, read as a whole and cut in place: every name and code points
 * into it.  How names are made of it stands in places_names.c. */
#include "rules/places_parts.h"

#include "core/buf.h"
#include "core/mem.h"
#include "core/trie.h"
#include "rules/office.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TABLE_BYTES = 8 << 20 };

#define DIV(field) offsetof(struct division_row, field)
#define LOC(field) offsetof(struct local_row, field)
#define FIL(field) offsetof(struct places_file, field)

static const struct hy_y_key division_keys[] = {
    {"", HY_Y_POS, DIV(pos)},
    {"code", HY_Y_TEXT, DIV(code), .required = true,
     .help = "区划代码：省2位、市4位、县6位、乡镇9位"},
    {"name", HY_Y_TEXT, DIV(name), .required = true, .help = "全称"},
    {"also", HY_Y_TEXTS, DIV(also), .help = "简称、别称"},
    {0},
};
static const struct hy_y_schema division_schema = {sizeof(struct division_row), division_keys,
                                                   NULL};
static const struct hy_y_key local_keys[] = {
    {"", HY_Y_POS, LOC(pos)},
    {"name", HY_Y_TEXT, LOC(name), .required = true, .help = "本地地名：园区、小区、道路、村"},
    {"in", HY_Y_TEXT, LOC(in), .required = true, .help = "所在区划的代码"},
    {"also", HY_Y_TEXTS, LOC(also), .help = "别称"},
    {"near", HY_Y_TEXTS, LOC(near), .help = "同名歧义时，附近须出现其中之一"},
    {0},
};
static const struct hy_y_schema local_schema = {sizeof(struct local_row), local_keys, NULL};
static const struct hy_y_key file_keys[] = {
    {"nation", HY_Y_TEXTS, FIL(nation), .help = "指全国的词"},
    {"regions", HY_Y_TEXTS, FIL(regions), .help = "没有代码的国内地区"},
    {"guarded", HY_Y_TEXTS, FIL(guarded), .help = "也是常用词的地名，须有上下文"},
    {"stop", HY_Y_TEXTS, FIL(stop), .help = "含地名但不指地点的词"},
    {"foreign", HY_Y_TEXTS, FIL(foreign), .help = "国外地名"},
    {"divisions", HY_Y_LIST, FIL(divisions), .sub = &division_schema, .help = "补充的区划"},
    {"local", HY_Y_LIST, FIL(local), .sub = &local_schema, .help = "本地地名"},
    {0},
};
static const struct hy_y_schema file_schema = {sizeof(struct places_file), file_keys, NULL};

static int load_table(struct hy_places *p, const char *from, struct hy_diag *d, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/divisions.tsv", from);
    struct hy_buf b = HY_BUF_INIT(MAX_TABLE_BYTES);
    int rc = hy_buf_read_file(&b, path, err);

    if (rc < 0) {
        hy_buf_release(&b);
        return rc;
    }
    hy_diag_file(d, path, hy_buf_view(&b), false); /* the version covers it */
    free(p->table);
    p->table = hy_buf_take(&b);
    return HY_OK;
}

static int load(const char *from, bool national, void **section, struct hy_diag *d,
                struct hy_err *err)
{
    struct hy_places *p = *section;

    if (p == NULL)
        p = *section = hy_xcalloc(1, sizeof(*p));
    if (national && load_table(p, from, d, err) < 0)
        return err->code;
    return hy_yaml_load_from(from, "places.yaml", national, &file_schema, &p->file, d, err);
}

/* "330100" as the office writes it -> "3301". */
static void own_code(struct hy_places *p, const char *division)
{
    size_t n = strlen(division);

    if (n >= sizeof(p->own))
        n = sizeof(p->own) - 1;
    memcpy(p->own, division, n);
    p->own[n] = '\0';
    while (n == 6 || n == 4) {
        if (p->own[n - 1] != '0' || p->own[n - 2] != '0')
            break;
        p->own[n -= 2] = '\0';
    }
}

static void check_codes(const struct hy_places *p, struct hy_diag *d)
{
    const struct division_row *rows = p->file.divisions.v;
    const struct local_row *local = p->file.local.v;

    for (size_t i = 0; i < p->file.divisions.n; i++)
        if (rows[i].code && places_level(rows[i].code) == HY_DIV_NONE)
            hy_diag_at(d, rows[i].pos, "区划代码“%s”应为2、4、6或9位", rows[i].code);
    for (size_t i = 0; i < p->file.local.n; i++)
        if (local[i].in && !hy_places_knows(p, local[i].in))
            hy_diag_at(d, local[i].pos, "没有代码为“%s”的区划", local[i].in);
}

static void check(const struct hy_rules *r, struct hy_diag *d)
{
    struct hy_places *p = r->places;

    if (r->office && r->office->division)
        own_code(p, r->office->division);
    places_build(p);
    check_codes(p->national, d);
    check_codes(p, d);
}

/* Before any office's: their names are looked up in it. */
static void ready(void *national)
{
    places_build(national);
}

static void *over(const void *national)
{
    struct hy_places *p = hy_xcalloc(1, sizeof(*p));

    p->national = national;
    return p;
}

static void release(void *section)
{
    struct hy_places *p = section;

    if (p == NULL)
        return;
    hy_yaml_release(&file_schema, &p->file);
    for (size_t i = 0; i < p->made.n; i++)
        free(p->made.v[i]);
    hy_vec_release(&p->made);
    hy_vec_release(&p->names);
    hy_trie_free(p->trie);
    hy_trie_free(p->codes);
    hy_trie_free(p->guards);
    free(p->table);
    free(p);
}

const struct hy_section hy_section_places = {
    .name = "places",
    .offset = offsetof(struct hy_rules, places),
    .load = load,
    .over = over,
    .ready = ready,
    .check = check,
    .free = release,
    .file = "places.yaml",
    .schema = &file_schema,
};

/* ---- questions ---- */

const struct hy_name *hy_places_names(const struct hy_places *p, size_t *ret_n)
{
    const struct hy_places *of = p->national ? p->national : p;

    *ret_n = of->names.n;
    return of->names.v;
}

const struct hy_name *hy_places_own_names(const struct hy_places *p, size_t *ret_n)
{
    *ret_n = p->national ? p->names.n : 0;
    return p->names.v;
}

struct hy_place_tries hy_places_tries(const struct hy_places *p)
{
    return p->national ? (struct hy_place_tries){p->national->trie, p->trie}
                       : (struct hy_place_tries){p->trie, NULL};
}

/* The longest of one layer that is longer than *length. */
static const struct hy_name *match_in(const struct hy_places *p, const uint32_t *c, size_t n,
                                      size_t max, size_t *length)
{
    uint32_t value = 0;
    size_t found = p->trie ? hy_trie_longest(p->trie, c, n, max, &value) : 0;

    if (found <= *length)
        return NULL;
    *length = found;
    return &p->names.v[value - 1];
}

const struct hy_name *hy_places_match(const struct hy_places *p, const uint32_t *c, size_t n,
                                      size_t at, size_t max, size_t *ret_length)
{
    size_t length = 0; /* the office's first: its meanings of a text are all meanings */
    const struct hy_name *own = match_in(p, c + at, n - at, max, &length);
    const struct hy_name *longer =
        p->national ? match_in(p->national, c + at, n - at, max, &length) : NULL;

    if (length)
        *ret_length = length;
    return longer ? longer : own;
}

static const struct hy_name *by_code(const struct hy_places *p, const char *code)
{
    uint32_t at = *code ? places_value(p->codes, hy_str(code)) : 0;

    if (at)
        return &p->names.v[at - 1];
    return p->national ? by_code(p->national, code) : NULL;
}

const char *hy_places_name_of(const struct hy_places *p, const char *code)
{
    const struct hy_name *n = by_code(p, code);

    return n ? n->text : NULL;
}

bool hy_places_knows(const struct hy_places *p, const char *code)
{
    return by_code(p, code) != NULL;
}

bool hy_places_knows_written(const struct hy_places *p, const char *written)
{
    struct hy_str code = hy_str(written);
    char text[13];

    while (code.n > 2 && code.n <= 6 && hy_str_ends(code, HY_STR("00")))
        code.n -= 2;
    snprintf(text, sizeof(text), HY_STR_FMT, HY_STR_ARG(code));
    return hy_places_knows(p, text);
}

const char *hy_places_own_code(const struct hy_places *p)
{
    return p->own;
}
