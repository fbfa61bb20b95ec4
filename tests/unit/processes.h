/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a process has forked. */
#pragma once
#include "core/str.h"

#include <stdio.h>
#include <sys/types.h>

/* The first child of a process, 0: it has none. */
static inline pid_t child_of(pid_t parent)
{
    char path[64], text[64] = "";

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)parent, (int)parent);
    FILE *f = fopen(path, "re");
    if (f && fgets(text, sizeof(text), f) == NULL)
        text[0] = '\0';
    if (f)
        fclose(f);
    int64_t pid = 0;
    struct hy_str first = hy_str(text);
    first = hy_str_trim(hy_str_sub(first, 0, hy_str_find(first, HY_STR(" "), 0)));
    return hy_str_to_i64(first, &pid) ? (pid_t)pid : 0;
}
