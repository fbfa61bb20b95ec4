/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions over stated numbers, as people write them: deaths >= 3, 受伤 < 10, loss_yuan >= 1000万.
 * Pure data; whether an item fulfils one is the score's business. */
#pragma once
#include "core/vec.h"
#include "rules/yaml.h"

/* In the order of the facts an item states (enum hy_fact_kind of the analyzer). */
enum hy_quantity {
    HY_QUANTITY_DEATHS,
    HY_QUANTITY_INJURED,
    HY_QUANTITY_MISSING,
    HY_QUANTITY_TRAPPED,
    HY_QUANTITY_EVACUATED,
    HY_QUANTITY_LOSS_YUAN,
    HY_QUANTITY_COUNT
};

/* least <= number <= most.  A range ("3至5人") fulfils it when all of it does: what is certain. */
struct hy_quantity_test {
    int quantity; /* enum hy_quantity */
    int64_t least, most;
    struct hy_pos pos;
};
struct hy_quantity_tests {
    struct hy_quantity_test *v;
    size_t n, room;
};

/* For HY_Y_CUSTOM rows: a list of conditions; a single one is a list of one. */
void hy_quantity_read(const struct hy_y_node *n, void *field, struct hy_diag *d);
void hy_quantity_release(void *field);
