/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers for the values that documents are counted by (sources, places, topics, states), so that a
 * facet record has a fixed size.  A number is never given twice; 0 is "none", also for what comes
 * when the 65,535 numbers of a kind are used up. */
#pragma once
#include "archive/db.h"

enum hy_name_kind {
    HY_NAME_SOURCE,
    HY_NAME_PLACE, /* division codes */
    HY_NAME_TOPIC,
    HY_NAME_STATE, /* of incidents */
    HY_NAME_KIND_COUNT
};
extern const char hy_names_schema[];

struct hy_name {
    char *value; /* "990102" */
    char *label; /* 清溪县; "" when nobody said it */
};

struct hy_names;
struct hy_names *hy_names_new(struct hy_db *db);
void hy_names_free(struct hy_names *n);

/* Forget what was read: after a rollback.  It is read again when it is asked for. */
void hy_names_forget(struct hy_names *n);
/* Number of a value, a new one when it has none; in the caller's transaction. */
HY_MUST_CHECK int hy_names_number(struct hy_names *n, enum hy_name_kind kind, struct hy_str value,
                                  struct hy_str label, uint16_t *ret, struct hy_err *err);
/* Read what other processes have added. */
HY_MUST_CHECK int hy_names_refresh(struct hy_names *n, struct hy_err *err);
size_t hy_names_count(const struct hy_names *n, enum hy_name_kind kind); /* numbers are below */
/* NULL for 0 and for what is not known. */
const struct hy_name *hy_names_at(const struct hy_names *n, enum hy_name_kind kind, size_t number);
