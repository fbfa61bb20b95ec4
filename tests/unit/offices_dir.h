/* SPDX-License-Identifier: Apache-2.0 */
/* A directory of several offices that a test writes file by file. */
#pragma once
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/harness.h"

static char top[64];

static inline void put(const char *office, const char *name, const char *text)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", top, office);
    (void)mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/%s/%s", top, office, name);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

static inline void make_top(void)
{
    setenv("HUIYING_NATIONAL", HY_RULES_DIR "/national", 1);
    snprintf(top, sizeof(top), "/tmp/hy-offices-XXXXXX");
    assert_non_null(mkdtemp(top));
}

static inline void remove_top(void)
{
    assert_int_equal(nftw(top, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}
