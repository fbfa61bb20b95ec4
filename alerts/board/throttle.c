/* SPDX-License-Identifier: Apache-2.0 */
/* Failures per key with growing waits.  The table is bounded: when it is full, keys that have been
 * quiet for an hour are forgotten, and then any until it is half empty. */
#include "alerts/board/throttle.h"
#include "core/map.h"
#include "core/mem.h"

#include <stdlib.h>

enum { MAX_KEYS = 20000, FIRST_WAIT_S = 30, LAST_WAIT_S = 900, FORGET_S = 3600 };

struct row {
    int failures;
    hy_mono until, last;
};

struct hy_throttle {
    int grace;
    struct hy_map *rows;
};

static int64_t wait_of(int over)
{
    int64_t s = FIRST_WAIT_S;

    while (over-- > 0 && s < LAST_WAIT_S)
        s *= 2;
    return HY_MIN(s, LAST_WAIT_S);
}

/* A table without the rows that have been quiet for an hour. */
static void shrink(struct hy_throttle *t, hy_mono now)
{
    struct hy_map *kept = hy_map_new(free);
    struct hy_str key;
    void *value;

    for (size_t at = 0; hy_map_next(t->rows, &at, &key, &value);) {
        const struct row *r = value;
        if (now.us - r->last.us > FORGET_S * INT64_C(1000000) || hy_map_count(kept) > MAX_KEYS / 2)
            continue;
        struct row *copy = hy_xmalloc(sizeof(*copy));
        *copy = *r;
        hy_map_set(kept, key, copy);
    }
    hy_map_free(t->rows);
    t->rows = kept;
}

int64_t hy_throttle_wait_s(const struct hy_throttle *t, struct hy_str key, hy_mono now)
{
    const struct row *r = hy_map_get(t->rows, key);
    if (r == NULL || r->until.us <= now.us)
        return 0;
    return (r->until.us - now.us + 999999) / 1000000;
}

void hy_throttle_failed(struct hy_throttle *t, struct hy_str key, hy_mono now)
{
    struct row *r = hy_map_get(t->rows, key);

    if (r == NULL) {
        if (hy_map_count(t->rows) >= MAX_KEYS)
            shrink(t, now);
        r = hy_xcalloc(1, sizeof(*r));
        hy_map_set(t->rows, key, r);
    } else if (now.us - r->last.us > FORGET_S * INT64_C(1000000)) {
        r->failures = 0;
    }
    r->last = now;
    if (++r->failures >= t->grace)
        r->until = hy_mono_add_ms(now, wait_of(r->failures - t->grace) * HY_SECOND_MS);
}

void hy_throttle_passed(struct hy_throttle *t, struct hy_str key)
{
    hy_map_remove(t->rows, key);
}

struct hy_throttle *hy_throttle_new(int grace)
{
    struct hy_throttle *t = hy_xcalloc(1, sizeof(*t));
    t->grace = grace;
    t->rows = hy_map_new(free);
    return t;
}

void hy_throttle_free(struct hy_throttle *t)
{
    if (t == NULL)
        return;
    hy_map_free(t->rows);
    free(t);
}
