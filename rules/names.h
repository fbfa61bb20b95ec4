/* SPDX-License-Identifier: Apache-2.0 */
/* Names that stand for enum values in rule files: NULL-terminated arrays indexed by the enum. */
#pragma once
#include "rules/yaml.h"

/* Index of `s` among `names`, or -1. */
int hy_name_index(const char *const *names, struct hy_str s);
/* Bit set of a list of names; each unknown one is reported with the nearest known one. */
unsigned hy_names_mask(const struct hy_texts *texts, const char *const *names, struct hy_diag *d);
/* "“key”不认识“s”，是不是“near”；可用：..."; key "" when the message needs none. */
void hy_name_report(const char *key, struct hy_str s, const char *const *names, struct hy_pos pos,
                    struct hy_diag *d);
/* The same for one name at `pos`; -1 after reporting. */
int hy_name_need(struct hy_str s, const char *const *names, struct hy_pos pos, struct hy_diag *d);
