/* SPDX-License-Identifier: Apache-2.0 */
#include "core/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* snprintf cuts bytes; a message must stay valid UTF-8 because it goes into JSON answers. */
static void trim_partial_char(char *s)
{
    size_t n = strlen(s);
    size_t i = n;

    while (i > 0 && n - i < 3 && ((unsigned char)s[i - 1] & 0xC0) == 0x80)
        i--;
    if (i == 0)
        return;
    unsigned char lead = (unsigned char)s[i - 1];
    size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (n - (i - 1) < want)
        s[i - 1] = '\0';
}

static void format(char *dst, size_t size, const char *fmt, va_list ap)
{
    int n = vsnprintf(dst, size, fmt, ap);

    if (n >= (int)size)
        trim_partial_char(dst);
}

int hy_fail(struct hy_err *err, enum hy_code code, const char *fmt, ...)
{
    va_list ap;

    err->code = code;
    va_start(ap, fmt);
    format(err->msg, sizeof(err->msg), fmt, ap);
    va_end(ap);
    return code;
}

int hy_fail_errno(struct hy_err *err, const char *fmt, ...)
{
    int saved = errno;
    char what[160];
    va_list ap;

    va_start(ap, fmt);
    format(what, sizeof(what), fmt, ap);
    va_end(ap);
    return hy_fail(err, HY_E_IO, "%s: %s", what, strerror(saved));
}

int hy_wrap(struct hy_err *err, const char *fmt, ...)
{
    char inner[sizeof(err->msg)], context[160];
    va_list ap;

    memcpy(inner, err->msg, sizeof(inner));
    va_start(ap, fmt);
    format(context, sizeof(context), fmt, ap);
    va_end(ap);
    return hy_fail(err, err->code, "%s: %s", context, inner);
}

const char *hy_code_name(enum hy_code code)
{
    static const char *const names[] = {"ok",    "usage", "parse",     "too_big", "io",
                                        "redis", "state", "not_found", "denied",  "timeout"};
    size_t i = (size_t)-code;

    return i < sizeof(names) / sizeof(names[0]) ? names[i] : "unknown";
}

void hy_bug_at(const char *file, int line, const char *fmt, ...)
{
    va_list ap;

    fprintf(stderr, "BUG %s:%d: ", file, line);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    abort();
}
