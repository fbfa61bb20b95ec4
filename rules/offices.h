/* SPDX-License-Identifier: Apache-2.0 */
/* The offices of one installation, for the two roles that work for all of them: one crawl visits
 * what any office watches, and every item is judged by every office's rules.  All other roles belong
 * to one office each and load its directory alone (rules/rules.h).
 *
 * A directory with an office.yaml is one office.  Without one it holds several, each in a directory
 * of its own:
 *
 *     offices/national/          may be here; else where hy_rules_national_dir() says
 *     offices/qingxi/office.yaml ...
 *     offices/qingshan/office.yaml ...
 */
#pragma once
#include "core/str.h"
#include "rules/rules.h"
#include "rules/sources.h"

/* Which office wants a source, and as what. */
struct hy_wish {
    size_t office; /* into hy_offices.at */
    const struct hy_source *source; /* as that office calls it */
};

/* An address that is visited once, whoever wants it.  `as` is the first wish's source with the
 * limits that suit all: the longest gap, the shortest visit_min and visit_max; official when it is
 * anybody's own channel. */
struct hy_common_source {
    char *id; /* of one office alone: its own id; of several: "<host>-<hash of the address>", which
               * stays the same whoever joins or leaves */
    struct hy_source as; /* borrows its texts, but for the id */
    struct hy_wish *wishes;
    size_t n_wishes;
};

struct hy_offices {
    struct hy_rules **at; /* by the names of their directories */
    size_t n;
    bool several; /* also when there is only one directory by now */
    size_t kept;  /* of at: those whose files are broken now, and which stay as they were */
    char version[17];                 /* names the rules of all */
    struct hy_common_source *sources; /* that are enabled */
    size_t n_sources;
    struct hy_map *by_id; /* id -> struct hy_common_source */
};

/* Names of the directories below `dir` that hold an office, sorted; none: `dir` is no directory of
 * several offices.  Release with hy_offices_names_release. */
HY_MUST_CHECK int hy_offices_names(const char *dir, struct hy_texts *ret, struct hy_err *err);
void hy_offices_names_release(struct hy_texts *t);
/* Does `dir` hold several offices? */
bool hy_offices_several(const char *dir);

/* `before`: what is in force (NULL at a start): an office whose files are broken keeps what it had,
 * and costs the others nothing; without it a broken office is HY_E_PARSE.  Mistakes are logged. */
HY_MUST_CHECK int hy_offices_load(const char *dir, const struct hy_offices *before,
                                  struct hy_offices **ret, struct hy_err *err);
void hy_offices_free(struct hy_offices *o); /* NULL is a no-op */
HY_DEFINE_FREEP(struct hy_offices, hy_offices_free)

/* What is wrong between offices: an id that stands twice, a superior and a subordinate that do not
 * name each other, two boards at one address.  Writes one sentence a line; the number of them. */
size_t hy_offices_conflicts(struct hy_rules *const *at, size_t n, struct hy_buf *out);

/* NULL: nobody watches it any more. */
const struct hy_common_source *hy_offices_source(const struct hy_offices *o, struct hy_str id);
/* As office number `office` calls it; NULL: it does not watch it. */
const struct hy_source *hy_common_source_of(const struct hy_common_source *s, size_t office);
/* The office that answers for the crawler towards sites: the first without a superior. */
const struct hy_office *hy_offices_first(const struct hy_offices *o);
/* The id of the only office, for what is told about a role; NULL when it works for several. */
const char *hy_offices_only(const struct hy_offices *o);
