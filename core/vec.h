/* SPDX-License-Identifier: Apache-2.0 */
/* Growable array in three macros.  `struct { ... } HY_VEC(T)` members: v (owned), n, room.
 *
 *     HY_VEC(int) xs = {0};
 *     hy_vec_push(&xs, 7);
 *     hy_vec_release(&xs);
 * Elements that own something are released by the caller before hy_vec_release(). */
#pragma once
#include "core/mem.h"

#include <stdlib.h>

#define HY_VEC(T)                                                                                  \
    struct {                                                                                       \
        T *v;                                                                                      \
        size_t n, room;                                                                            \
    }

#define hy_vec_push(vec, ...)                                                                      \
    do {                                                                                           \
        if ((vec)->n == (vec)->room) {                                                             \
            (vec)->room = (vec)->room ? (vec)->room * 2 : 8;                                       \
            (vec)->v = hy_xrealloc((vec)->v, (vec)->room * sizeof(*(vec)->v));                     \
        }                                                                                          \
        (vec)->v[(vec)->n++] = (__VA_ARGS__);                                                      \
    } while (0)

#define hy_vec_release(vec)                                                                        \
    do {                                                                                           \
        free((vec)->v);                                                                            \
        (vec)->v = NULL;                                                                           \
        (vec)->n = (vec)->room = 0;                                                                \
    } while (0)
