/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of deciding about clocks: what is known (clocks_known.c), one obligation as it is stored
 * in its document (clocks_row.c), when obligations open, end and are superseded
 * (clocks.c), and who hears of it (clocks_tell.c).
 *
 * What is stored lasts: within, anchor, basis and version stay readable when the rules have long
 * changed. */
#pragma once
#include "alerts/decide/decide.h"
#include "alerts/decide/obligation.h"

/* Bring the obligations in line with what is known now (level, times, responses): opens, ends,
 * supersedes.  `why` is kept with what is superseded.  Emits at most one `clocks` entry. */
void hy_clocks_refresh(struct hy_decide *d, struct hy_str incident, const char *why);
/* The same, and whoever is at work is told of the clocks that began: for changes that no page tells
 * of (opened again, put together, classes). */
void hy_clocks_renew(struct hy_decide *d, struct hy_str incident, const char *why);
/* The same because the level changed: what opens is marked (升级, 降级), and told unless a page
 * follows. */
void hy_clocks_regrade(struct hy_decide *d, struct hy_str incident, const char *why, bool tell);
/* {pack: version} of the packs in use: a document keeps it and goes on with those versions. */
json_t *hy_clocks_packs(const struct hy_rules *rules);
/* An open incident has a clock in working days that cannot be counted, because a year's calendar is
 * missing; *why names clock and year. */
bool hy_clocks_uncounted(const json_t *doc, const struct hy_rules *rules, struct hy_err *why);
/* An open document whose clock in working days could not be counted when it should have begun, and
 * can be now.  Refresh it. */
bool hy_clocks_awaited(const json_t *doc, const struct hy_rules *rules);
/* Would anything be owed for these classes of disposition if they were set now? */
bool hy_clocks_owed(struct hy_decide *d, const json_t *doc, unsigned dispositions);
/* Which clocks a document with these members has by the rules, for people who think of changing
 * one: [{"clock","label","anchor","start","due","basis"}].  New reference. */
json_t *hy_clocks_preview(const json_t *doc, const struct hy_rules *rules);
/* The incident ends: what is still open is superseded. */
void hy_clocks_stop(struct hy_decide *d, struct hy_str incident, const char *why);

/* ---- for the files of the clocks ---- */

/* A new obligation of the document; `old` (may be NULL) is what it takes the place of: reminders
 * that went out for it lately are not sent again.  New reference. */
json_t *hy_clock_open(const struct hy_decide *d, const json_t *doc, const struct hy_obligation *f,
                      const json_t *old);
void hy_clock_supersede(const struct hy_decide *d, json_t *o, const char *why);
/* The recorded response that ends it, or NULL while there is none. */
const json_t *hy_clock_end_of(const json_t *doc, const json_t *o);
void hy_clock_end(json_t *o, const json_t *response);
bool hy_clock_is(const json_t *o, const char *state);

enum { HY_FACTS_MAX = 32 };
struct hy_facts { /* a case with what its lists borrow; views into the document */
    struct hy_case c;
    struct hy_pause pauses[HY_FACTS_MAX];
    struct hy_extension extensions[HY_FACTS_MAX];
    struct hy_version versions[HY_FACTS_MAX];
};
void hy_facts_of(const json_t *doc, struct hy_facts *ret); /* ret is zeroed */

struct hy_clocks_news {
    struct hy_decide *d;
    json_t *doc;     /* as it is with the change */
    json_t *changed; /* obligations of it that changed */
    json_t *begun;   /* of those: what began and takes no other's place */
    const char *why;
};
struct hy_clock_moved { /* a clock that goes on with another end */
    hy_wall due;        /* that it had */
    const char *clock;
};
/* At once when the new end is earlier; whoever planned by the old one hears of it. */
void hy_clocks_tell_moved(const struct hy_clocks_news *news, struct hy_str incident,
                          const struct hy_clock_moved *moved);
/* All that began, in one notice; nothing began: nothing is told. */
void hy_clocks_tell_begun(const struct hy_clocks_news *news, struct hy_str incident);
