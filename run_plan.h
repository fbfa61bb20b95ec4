/* SPDX-License-Identifier: Apache-2.0 */
/* What `huiying run` is going to run: the offices of a directory, where their things are and their
 * boards listen, and one member per process.  Nothing is started here; whatever is wrong with rules
 * or addresses is said before anything is. */
#pragma once
#include "core/err.h"
#include "core/vec.h"
#include "rules/office.h"
#include "rules/rules.h"

#define HY_RUN_LISTEN "127.0.0.1:8787"

struct hy_run_role {
    const char *name;
    bool listens; /* gets --listen */
    bool common;  /* of several offices: one more works for all of them */
};

/* One process: a role for an office, or for all. */
struct hy_run_member {
    const struct hy_run_role *role;
    const struct hy_office *office;     /* NULL: for all of several */
    const char *config, *data, *listen; /* borrowed from the place; listen NULL: it does not */
    char *name;                         /* "board", "board/qingxi" */
    char *env; /* its Redis, by whoever runs it; NULL: another was named, and all use that */
};

/* An office of several, and where its things are. */
struct hy_run_place {
    char *data;
    const char *config, *listen;
};

struct hy_run_plan {
    const char *config;      /* borrowed */
    struct hy_rules **rules; /* of each office */
    struct hy_run_place *places;
    size_t n;
    bool several;
    HY_VEC(struct hy_run_member) members; /* in the order they are started */
};

/* Broken rules, and offices that contradict each other, are printed on stderr as `check` does. */
HY_MUST_CHECK int hy_run_plan_load(struct hy_run_plan *p, const char *config, struct hy_err *err);
/* Is this ADDRESS:PORT, and free?  The board would say the same, but only after Redis and three
 * roles have been started for it. */
HY_MUST_CHECK int hy_run_listen_check(const char *text, struct hy_err *err);
/* Where each board listens: of one office by `listen` (may be NULL), else as office.yaml says. */
HY_MUST_CHECK int hy_run_plan_listen(struct hy_run_plan *p, const char *listen, struct hy_err *err);
/* The parts of the data directory `data`, made when they are not there. */
HY_MUST_CHECK int hy_run_plan_places(struct hy_run_plan *p, const char *data, struct hy_err *err);
/* The processes; `data` and the places must live as long. */
void hy_run_plan_members(struct hy_run_plan *p, const char *data);
void hy_run_plan_release(struct hy_run_plan *p);
