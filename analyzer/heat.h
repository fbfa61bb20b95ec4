/* SPDX-License-Identifier: Apache-2.0 */
/* How much attention an incident has, hour by hour, and how much of that is noise.  Pure: a fold
 * over its items in time order; the state is the JSON that stands in the incident (`heat`).
 *
 * An item counts for spread, not for volume:
 *
 *     weight = (own text 1, reprint 0.4) * damping + (source new to the incident) 1.5
 *              + 0.3 * log2(1 + new replies)
 *     damping = 1 / (1 + how often this source has spoken of the incident in the last hour)
 *               * 1 / (1 + copies of this very text so far / 8)
 *
 * so forty copies by one account weigh less than two papers; nothing is dropped: the raw counts
 * stand beside the heat, and what was damped is named in `floods` with the reason.  Weights fade
 * with a half-life of 12 hours: H(t) = sum of weight * 2^-((t - t_i) / 12 h).
 *
 *     heat = 100 * (1 - e^-(H * v / 20))
 *     v = 1 + min(1, surprise / 10), surprise = -log10 P(at least n items in the last hour)
 *
 * The probability is Poisson's, with the rate at which the sources that speak usually publish what
 * concerns us (their own baseline, half-life a week; a source nobody knows: one item in four days).
 * So ten items an hour are nothing unusual for ten busy forums and a storm for ten village sites.
 *
 * Example: 09:00 a forum thread: 1 + 1.5 = 2.5, nobody expected it (P(1) = 0.01, surprise 2): v =
 * 1.2, heat = 100 (1 - e^-(2.5*1.2/20)) = 14.  By 10:00 four papers reprint it: 4 * (0.4 / (1 +
 * k/8)
 * + 1.5) = 7.4, H = 9.8, five items where 0.05 were expected: surprise 8.6, v = 1.86, heat 60.  The
 * same forum's user then posts it thirty times more: damped, they add 1.1 together; heat 64, and a
 * flood "source".  Twelve hours later, nothing new: H = 5.5, v = 1, heat 24.
 *
 * The opinion level (4 low .. 1 high; not the level of the event) follows the heat of the hour: 40,
 * 60 and 80 are the borders to 3, 2 and 1, and the number of sources within three hours may raise
 * it: 5 to 3, 10 to 2, 20 to 1.  It is a proposal. */
#pragma once
#include "core/json.h"

struct hy_heat_item {
    hy_wall at;           /* when it was published, or seen when that is not known */
    struct hy_str source; /* id */
    struct hy_str text;   /* id of the item whose text it has: its own, or the one it repeats */
    bool reprint;
    bool again;          /* seen before: only its new replies count */
    int64_t new_replies; /* since the last look at this thread */
};

/* What sources usually publish: shared by all incidents of an office. */
struct hy_heat_base;
struct hy_heat_base *hy_heat_base_new(void);
void hy_heat_base_free(struct hy_heat_base *b); /* NULL is a no-op */
void hy_heat_base_add(struct hy_heat_base *b, struct hy_str source, hy_wall at);
double hy_heat_base_rate(const struct hy_heat_base *b, struct hy_str source,
                         hy_wall at); /* items an hour */

/* `heat` after one more item; `heat` NULL begins.  New reference:
 * {"value" 0..100,"peak","peak_at","at","h" (H at "at"),"items","reprints","replies","sources",
 *  "expected","surprise","opinion_level",
 *  "series":{"from","step_ms","items":[],"reprints":[],"replies":[],"heat":[]},
 *  "floods":[{"kind","n","why"}], "by_source":{..},"by_text":{..},"recent":[..]}
 * The last three are the fold's own memory, at most 40 rows each. */
json_t *hy_heat_step(const json_t *heat, const struct hy_heat_item *item,
                     const struct hy_heat_base *base);
/* Heat at a later time, when nothing came. */
double hy_heat_value(const json_t *heat, hy_wall now);
/* The opinion level from heat and sources within three hours: 1..4. */
int hy_heat_opinion_level(double value, int64_t sources);
