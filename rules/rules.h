/* SPDX-License-Identifier: Apache-2.0 */
/* All rules of one office, loaded and checked as a whole: national files first, then the office's,
 * which add to them or replace rows of the same id.
 *
 * A loaded set never changes; a reload builds a new one beside it and the role swaps the pointer
 * (all or nothing).  `version` names the exact bytes of all files that were read and is kept by
 * every incident. */
#pragma once
#include "rules/yaml.h"

struct hy_office;   /* rules/office.h    office.yaml */
struct hy_sources;  /* rules/sources.h   sources.yaml */
struct hy_lexicon;  /* rules/lexicon.h   lexicon/ *.yaml and topics.yaml */
struct hy_places;   /* rules/places.h    places.yaml and the national division table */
struct hy_levels;   /* rules/levels.h    levels.yaml */
struct hy_windows;  /* rules/windows.h   windows.yaml */
struct hy_calendar; /* rules/calendar.h  calendar/ *.yaml */
struct hy_duty;     /* rules/duty.h      duty.yaml */
struct hy_experts;  /* rules/experts.h   experts.yaml */

/* The national rules, parsed once and read-only, under any number of offices. */
struct hy_national;

struct hy_rules {
    char version[17];         /* hex of the hash over all files */
    struct hy_national *national; /* what all sections stand on; shared */
    char *dir;                /* the office's directory; NULL: national rules alone */
    struct hy_office *office; /* NULL without a directory */
    struct hy_sources *sources;
    struct hy_lexicon *lexicon;
    struct hy_places *places;
    struct hy_levels *levels;
    struct hy_windows *windows;
    struct hy_calendar *calendar;
    struct hy_duty *duty;
    struct hy_experts *experts; /* NULL without a directory */
    unsigned refs;              /* holders besides the first */
};

/* dir NULL: national rules alone, every place of the country counts as the office's own.  All
 * mistakes go to d; HY_E_PARSE when there were any (err has the first), and *ret is untouched. */
HY_MUST_CHECK int hy_rules_load(const char *dir, struct hy_rules **ret, struct hy_diag *d,
                                struct hy_err *err);
/* The rules of n offices over one set of national rules, those beside the first directory: an
 * office costs its own files alone.  All or nothing; err has the first mistake.  ret has room for n
 * sets; each is freed by hy_rules_free(), in any order. */
HY_MUST_CHECK int hy_rules_load_many(const char *const *dirs, size_t n, struct hy_rules **ret,
                                     struct hy_err *err);
/* One more office, or one that changed: `national` is rules->national of any set that
 * hy_rules_load_many() made.  d is fresh. */
HY_MUST_CHECK int hy_rules_load_over(struct hy_national *national, const char *dir,
                                     struct hy_rules **ret, struct hy_diag *d,
                                     struct hy_err *err);
/* The national rules alone, as a set; lives as long as any set over them. */
const struct hy_rules *hy_national_rules(const struct hy_national *n);
/* May more than one office stand on them? */
bool hy_national_is_shared(const struct hy_national *n);
/* One thing that somebody else makes of them once for all offices (the analyzer its tables); it is
 * freed with them.  *slot is NULL until then. */
void **hy_national_keep(struct hy_national *n, void (*free_kept)(void *));
/* The same for commands: when there were mistakes all are printed on stderr, and err only says so. */
HY_MUST_CHECK int hy_rules_open(const char *dir, struct hy_rules **ret, struct hy_err *err);
/* One holder more; each frees it once.  Not for threads. */
struct hy_rules *hy_rules_ref(struct hy_rules *r);
void hy_rules_free(struct hy_rules *r);
HY_DEFINE_FREEP(struct hy_rules, hy_rules_free)

/* What each section's file provides to rules.c.  `from` is a directory (national or office's);
 * load merges into *section, allocating it when NULL; check runs when all sections are loaded
 * without a mistake and reports broken references.  What load reports goes to d; its result is
 * negative then, and *section is freed by rules.c either way. */
struct hy_section {
    const char *name;
    size_t offset; /* of the pointer in struct hy_rules */
    int (*load)(const char *from, bool national, void **section, struct hy_diag *d,
                struct hy_err *err);
    void (*check)(const struct hy_rules *r, struct hy_diag *d); /* may be NULL */
    /* An office's section that begins as the national one, by borrowing; NULL: has no national part,
     * is loaded anew. */
    void *(*over)(const void *national);
    void (*ready)(void *national); /* the national part is read whole; may be NULL */
    void (*free)(void *section);
    /* For the table of keys in the docs (huiying check --keys); both may be NULL. */
    const char *file; /* "office.yaml", "lexicon/" */
    const struct hy_y_schema *schema;
};
/* The table of all sections, in reading order. */
const struct hy_section *const *hy_rules_sections(size_t *ret_n);
bool hy_rules_is_dir(const char *path);
/* Where the national rules are: HUIYING_NATIONAL, else national/ beside the office's directory or
 * in the installed place, else the source tree's. */
const char *hy_rules_national_dir(const char *office_dir, char *buf, size_t size);
