/* SPDX-License-Identifier: Apache-2.0 */
/* The model: which reminders an incident must bring, by its level, and what ends them. */
#pragma once
#include "tests/scenario/model/world.h"

enum ends { BY_ANY = 1, BY_ANSWER = 2, BY_DISMISSAL = 4 };
enum base { FROM_OPEN, FROM_PUBLIC, FROM_ANSWER };
static const struct rule {
    const char *step;
    int levels; /* bit set */
    enum base base;
    int64_t after_min, every_min;
    unsigned ends;
    bool even_if_past; /* told also when its time is past already when the clock opens */
} model[] = {
    {"-/open", 30, FROM_OPEN, 0, 0, 0, true},
    {"-/unacked-1", 30, FROM_OPEN, 10, 0, BY_ANY, false},
    {"-/unacked-2", 30, FROM_OPEN, 20, 0, BY_ANY, false},
    {"-/unacked-3", 30, FROM_OPEN, 40, 0, BY_ANY, false},
    {"H5/supervisor-2h", 6, FROM_PUBLIC, 120, 0, BY_ANSWER | BY_DISMISSAL, false},
    {"H5/left-2h", 6, FROM_PUBLIC, 180, 0, BY_ANSWER | BY_DISMISSAL, false},
    {"H5/left-1h", 6, FROM_PUBLIC, 240, 0, BY_ANSWER | BY_DISMISSAL, false},
    {"H5/left-15m", 6, FROM_PUBLIC, 285, 0, BY_ANSWER | BY_DISMISSAL, false},
    {"H5/late", 6, FROM_PUBLIC, 300, 120, BY_ANSWER | BY_DISMISSAL, true},
    {"H24/plan-8h", 6, FROM_PUBLIC, 8 * 60, 0, BY_DISMISSAL, false},
    {"H24/confirm-16h", 6, FROM_PUBLIC, 16 * 60, 0, BY_DISMISSAL, false},
    {"H24/left-2h", 6, FROM_PUBLIC, 22 * 60, 0, BY_DISMISSAL, false},
    {"H24/late", 6, FROM_PUBLIC, 24 * 60, 720, BY_DISMISSAL, true},
    {"H48/half", 24, FROM_PUBLIC, 24 * 60, 0, BY_ANSWER | BY_DISMISSAL, false},
    {"H48/three-quarters", 24, FROM_PUBLIC, 36 * 60, 0, BY_ANSWER | BY_DISMISSAL, false},
    {"H48/nine-tenths", 24, FROM_PUBLIC, 2592, 0, BY_ANSWER | BY_DISMISSAL, false},
    {"H48/late", 24, FROM_PUBLIC, 48 * 60, 1440, BY_ANSWER | BY_DISMISSAL, true},
    {"CONT/left-2h", 30, FROM_ANSWER, 22 * 60, 0, BY_DISMISSAL, false},
    {"CONT/late", 30, FROM_ANSWER, 24 * 60, 1440, BY_DISMISSAL, true},
};
