/* SPDX-License-Identifier: Apache-2.0 */
/* One line for many ways of saying the same: 拖欠(工资|工程款|货款) are three words, (农民工|)讨薪 are
 * two.  Alternatives stand in brackets, apart by "|"; an empty one means that the part may be
 * missing; brackets do not nest.  Full-width （｜） do as well. */
#pragma once
#include "core/str.h"

enum { HY_VARIANTS_MAX = 200 };

/* Calls take() with each form; NULL when that worked, else what is wrong, as a Chinese sentence. */
const char *hy_variants(struct hy_str pattern, void (*take)(struct hy_str form, void *user),
                        void *user);
