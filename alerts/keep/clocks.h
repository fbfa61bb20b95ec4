/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of deciding about clocks: what is known (clocks_known.c), one obligation as it is stored
 * in its document (decide_obligation.c), when obligations open, end and are superseded
 * (decide_clocks.c), and who hears of it (clocks_tell.c).
 *
 * What is stored lasts: within, anchor, basis and version stay readable when the rules have long
 * changed. */
#pragma once
#include "alerts/keep/decide.h"
#include "alerts/keep/obligation.h"

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
