/* SPDX-License-Identifier: Apache-2.0 */
#include "core/mem.h"

#include "core/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *p, size_t n)
{
    if (p == NULL)
        hy_bug("out of memory asking for %zu bytes", n);
    return p;
}

void *hy_xmalloc(size_t n)
{
    return must(malloc(n ? n : 1), n);
}

void *hy_xcalloc(size_t count, size_t size)
{
    return must(calloc(count ? count : 1, size ? size : 1), count * size);
}

void *hy_xrealloc(void *p, size_t n)
{
    return must(realloc(p, n ? n : 1), n);
}

char *hy_xstrdup(const char *s)
{
    return s ? must(strdup(s), strlen(s)) : NULL;
}

char *hy_xstrndup(const char *s, size_t n)
{
    char *p = hy_xmalloc(n + 1);

    if (n)
        memcpy(p, s, n);
    p[n] = '\0';
    return p;
}

char *hy_xasprintf(const char *fmt, ...)
{
    char *p = NULL;
    va_list ap;

    va_start(ap, fmt);
    if (vasprintf(&p, fmt, ap) < 0)
        hy_bug("out of memory formatting");
    va_end(ap);
    return p;
}

void hy_freep(void *p)
{
    free(*(void **)p);
}
