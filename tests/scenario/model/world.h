/* SPDX-License-Identifier: Apache-2.0 */
/* The made-up office and what it runs on: its incidents and what it does about them, keepers, Redis
 * and everything outside, and the clock. */
#pragma once
#include "core/vec.h"
#include "tests/scenario/model/desk.h"
#include "tests/scenario/model/outside.h"
#include "tests/scenario/play.h"
#include "tests/scenario/proxy.h"

enum {
    INCIDENTS = 60,
    ARRIVE_H = 40, /* they arrive in the first hours */
    SPAN_H = 60,
    TICK_MIN = 20,
    ALONE_H = 10, /* so long at most without settling: the delivery sends nothing that is a day old */
    KEEPERS = 2,
    RESEND_MS = 1500,
    HEALTHY_S = 60,
    LATE_FROM_MS = 1000,
    SET_BACK_MS = 5 * 60 * 1000, /* by less the keeper takes no notice of it */
};

/* A command: what the model needs to know of when it took effect. */
struct act {
    const char *verb; /* NULL: none */
    char id[40];
    char *text;
    int64_t sent_at_ms;       /* real time, of the newest sending */
    hy_wall published;        /* what it says */
    int64_t settled_before;   /* newest clock at which all was settled when it was sent first */
    int64_t max_at_answer;    /* highest clock of its stretch when its answer was seen */
    size_t stretch;           /* in which the answer was seen */
    bool sent, answered, ok;
};
enum fate { NOTHING, ACK, NOTES, ANSWER, ACK_ANSWER, DISMISS, FATES };
static const char *const deeds[FATES][3] = {
    [ACK] = {"ack"},         [NOTES] = {"note", "note", "note"}, [ANSWER] = {"respond"},
    [ACK_ANSWER] = {"ack", "respond"}, [DISMISS] = {"dismiss"},
};
struct incident {
    char id[32], *hit;
    int level;
    hy_wall arrives, published, deed_at;
    int64_t sent_at_ms;
    struct act acts[3];
    size_t next; /* of acts */
};

/* A moment at which everything was well and nothing was left to do. */
struct settled {
    int64_t clock, max;
    size_t stretch;
};

/* The clock was set back: here one stretch of time ends and the next begins, inside which it only goes
 * forward. */
struct turn {
    int64_t to;
    size_t notices; /* how many there were */
    bool mended;    /* the keeper says that it has seen it */
};

struct world {
    struct play p;
    struct proxy proxy;
    struct outside outside;
    struct desk desk;
    struct keeper keepers[KEEPERS];
    bool frozen[KEEPERS];
    struct incident *all;
    int n, probes, wipes;
    char unseen[128]; /* a notice that the officer's screen has not shown */
    int64_t max_clock; /* of this stretch */
    HY_VEC(struct settled) settled;
    HY_VEC(struct turn) turns;
    size_t redis_full_deaths, lost_receipts;
    int64_t keeper_peak_kb, redis_peak_kb; /* memory, at the moments all was settled */
    bool verbose, with_desk; /* with_desk: slower, so only where there is time */
};
static struct world world; /* p.mend() has to find it */

static inline int64_t real_ms(void)
{
    return hy_mono_now().us / 1000;
}

/* How long it may take until all is well again.  A big office has more to read and to write after a
 * wipe. */
static inline int64_t patience_ms(const struct world *w)
{
    return HEALTHY_S * INT64_C(1000) + w->n * INT64_C(25);
}

static inline void move_clock(struct world *w, int64_t ms)
{
    set_clock(&w->p, hy_wall_add_ms(w->p.now, ms));
    w->max_clock = ms < 0 ? w->p.now.ms : HY_MAX(w->max_clock, w->p.now.ms);
}
