/* SPDX-License-Identifier: Apache-2.0 */
/* Memory policy: small allocations abort when memory is gone, because roles are crash-only and
 * their truth is in Redis.  Anything sized by the outside world goes through a capped type
 * (core/buf.h) and yields HY_E_TOOBIG instead. */
#pragma once
#include <stddef.h>

#define HY_COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define HY_MIN(a, b) ((a) < (b) ? (a) : (b))
#define HY_MAX(a, b) ((a) > (b) ? (a) : (b))

/* A local that owns: released when it leaves scope.  `fn` takes a pointer to the variable. */
#define HY_CLEANUP(fn) __attribute__((cleanup(fn)))
/* Hand ownership on: yields the pointer and leaves NULL behind. */
#define HY_TAKE(p)                                                                                 \
    ({                                                                                             \
        __auto_type hy_taken_ = (p);                                                               \
        (p) = NULL;                                                                                \
        hy_taken_;                                                                                 \
    })
/* Define the cleanup adapter `<type>_freep` from `<type>_free`. */
#define HY_DEFINE_FREEP(type, free_fn)                                                             \
    static inline void free_fn##p(type **p)                                                        \
    {                                                                                              \
        free_fn(*p);                                                                               \
    }

void *hy_xmalloc(size_t n);
void *hy_xcalloc(size_t count, size_t size);
void *hy_xrealloc(void *p, size_t n);
char *hy_xstrdup(const char *s); /* NULL gives NULL */
char *hy_xstrndup(const char *s, size_t n);
char *hy_xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

void hy_freep(void *p); /* for HY_CLEANUP on malloc'ed pointers */
