/* SPDX-License-Identifier: Apache-2.0 */
/* One process that judges for many offices: each is the office of a city or county of the national
 * table, with local names, words, units and a source of its own.  Per item: who can it concern, read
 * it once, score it for those.  And what an office costs: its rules, its part of the index, its
 * scorer, in time and memory. */
#pragma once
#include "analyzer/concern.h"
#include "analyzer/score.h"
#include "rules/places.h"
#include "rules/rules.h"

#include <malloc.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/items.h"
#include "tests/unit/offices.h"

struct fleet {
    size_t n;
    char **dirs;
    struct hy_rules **rules;
    struct hy_scorer **scorers;
    struct hy_concern *concern;
    uint32_t *candidates;
};

static double allocated_kb(void)
{
    struct mallinfo2 m = mallinfo2();

    return (double)(m.uordblks + m.hblkhd) / 1024;
}

static double ms_since(double start)
{
    return (cpu_us() - start) / 1000;
}

/* The i-th of n offices, of divisions spread over the table. */
static char *one_of(const char *parent, const struct hy_name *const *seats, size_t n_seats,
                    size_t i, size_t n)
{
    const struct hy_name *at = seats[i * n_seats / n];
    char id[32], division[16];

    snprintf(id, sizeof(id), "office-%zu", i);
    snprintf(division, sizeof(division), "%.6s%s", at->code, strlen(at->code) == 4 ? "00" : "");
    HY_CLEANUP(hy_freep)
    char *places = hy_xasprintf("local:\n  - {name: %s老街, in: \"%s\"}\n"
                                "  - {name: %s化工厂, in: \"%s\"}\n"
                                "  - {name: 人民医院, in: \"%s\", near: [%s]}\n",
                                at->text, at->code, at->text, at->code, at->code, at->text);
    HY_CLEANUP(hy_freep)
    char *lexicon = hy_xasprintf("groups:\n  - {id: local, purpose: hardship, weight: 20, words: "
                                 "[%s公交停运, %s旧改, %s供暖不热, 停水停电]}\n",
                                 at->text, at->text, at->text);
    HY_CLEANUP(hy_freep)
    char *topics = hy_xasprintf("units:\n  - {id: city_management, name: %s城市管理局, aliases: "
                                "[%s城管局]}\n  - {id: own_water, name: %s水务公司}\n",
                                at->text, at->text, at->text);
    return make_office(parent, &(struct made_office){.id = id,
                                                     .division = division,
                                                     .places = places,
                                                     .lexicon = lexicon,
                                                     .topics = topics,
                                                     .source = id});
}

static size_t seats_of(const struct hy_places *p, const struct hy_name **ret)
{
    size_t n, found = 0;
    const struct hy_name *names = hy_places_names(p, &n);

    for (size_t i = 0; i < n; i++)
        if (names[i].kind == HY_NAME_DIVISION && !names[i].shortened &&
            (names[i].level == HY_DIV_CITY || names[i].level == HY_DIV_COUNTY))
            ret[found++] = &names[i];
    return found;
}

static void make_directories(struct fleet *f, const struct hy_rules *national, const char *parent)
{
    size_t n;
    const struct hy_name **seats =
        hy_places_names(national->places, &n) ? hy_xcalloc(n, sizeof(*seats)) : NULL;
    size_t n_seats = seats_of(national->places, seats);

    for (size_t i = 0; i < f->n; i++)
        f->dirs[i] = one_of(parent, seats, n_seats, i, f->n);
    free(seats);
}

static void judge_one(struct fleet *f, const struct hy_item *item, struct hy_arena *arena,
                      size_t *judged)
{
    hy_arena_reset(arena);
    size_t n = hy_concern_find(f->concern, item, arena, f->candidates);
    const struct hy_reading *r = n ? hy_score_read(f->scorers[0], item, arena) : NULL;

    for (size_t i = 0; i < n; i++)
        *judged += hy_score_reading(f->scorers[f->candidates[i]], r, item, arena) != NULL;
}

static double judge_all(struct fleet *f, const struct items *list, size_t *judged)
{
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();
    double best = 0;

    for (int round = 0; round < 3; round++) {
        double start = cpu_us();
        *judged = 0;
        for (size_t i = 0; i < list->n; i++)
            judge_one(f, &list->item[i], arena, judged);
        double us = ms_since(start) * 1000 / (double)list->n;
        best = best > 0 && best < us ? best : us;
    }
    return best;
}

static void fleet_new(struct fleet *f)
{
    struct hy_err err = HY_ERR_INIT;
    double kb = allocated_kb(), each = 1.0 / (double)f->n;
    double start = cpu_us();

    if (hy_rules_load_many((const char *const *)f->dirs, f->n, f->rules, &err) < 0)
        hy_bug("%s", err.msg);
    fprintf(stderr, "%zu offices: rules %.2f ms and %.1f KB each, ", f->n, ms_since(start) * each,
            (allocated_kb() - kb) * each);
    start = cpu_us();
    f->concern = hy_concern_new((const struct hy_rules *const *)f->rules, f->n);
    fprintf(stderr, "index %.1f ms and %.1f MB in all, ", ms_since(start),
            (double)hy_concern_bytes(f->concern) / 1e6);
    kb = allocated_kb();
    start = cpu_us();
    for (size_t i = 0; i < f->n; i++)
        f->scorers[i] = hy_scorer_new(f->rules[i]);
    fprintf(stderr, "scorers %.2f ms and %.1f KB each, ", ms_since(start) * each,
            (allocated_kb() - kb) * each);
}

static void fleet_free(struct fleet *f, const char *parent)
{
    hy_concern_free(f->concern);
    for (size_t i = 0; i < f->n; i++) {
        hy_scorer_free(f->scorers[i]);
        hy_rules_free(f->rules[i]);
        unmake_office(f->dirs[i]);
    }
    rmdir(parent);
    free(f->dirs);
    free(f->rules);
    free(f->scorers);
    free(f->candidates);
}

/* peer: items a second for the national rules alone. */
static void measure_offices(const struct hy_rules *national, const char *what,
                            const struct items *list, size_t n, double peer)
{
    struct fleet f = {n, hy_xcalloc(n, sizeof(char *)), hy_xcalloc(n, sizeof(struct hy_rules *)),
                      hy_xcalloc(n, sizeof(struct hy_scorer *)), NULL,
                      hy_xcalloc(n, sizeof(uint32_t))};
    char parent[] = "/tmp/hy-bench-XXXXXX", dir[256], metric[64];

    if (mkdtemp(parent) == NULL)
        return;
    setenv("HUIYING_NATIONAL", hy_rules_national_dir(NULL, dir, sizeof(dir)), 1);
    make_directories(&f, national, parent);
    fleet_new(&f);
    size_t judged;
    double us = judge_all(&f, list, &judged);
    fprintf(stderr, "%.2f candidates an item\n", (double)judged / (double)list->n);
    snprintf(metric, sizeof(metric), "offices_%zu_items_s", n);
    print(what, metric, 1e6 / us, "items/s", "national", peer, 1e6 / us / peer);
    fleet_free(&f, parent);
}
