/* SPDX-License-Identifier: Apache-2.0 */
/* What the benches of the analyzer read and draw. */
#pragma once
#include "core/mem.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t seed = 42;

static inline uint32_t draw(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(((seed >> 32) * below) >> 32);
}

/* Processor time of this process in microseconds: what others do on the machine does not count. */
static inline double cpu_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* A whole file and a NUL; exits when it cannot be read. */
static inline char *read_all(const char *path, size_t *ret_n)
{
    FILE *f = fopen(path, "rb");
    size_t room = 1 << 20, n = 0, got;
    char *p = hy_xmalloc(room);

    if (f == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
    while ((got = fread(p + n, 1, room - n - 1, f)) > 0)
        if ((n += got) == room - 1)
            p = hy_xrealloc(p, room *= 2);
    fclose(f);
    p[n] = '\0';
    *ret_n = n;
    return p;
}
