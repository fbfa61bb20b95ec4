/* SPDX-License-Identifier: Apache-2.0 */
/* Errors as values: a negative code and one sentence a person can act on.
 *
 * A function that can fail returns 0 or a negative enum hy_code and takes `struct hy_err *err`
 * last.  `err` is never NULL and is untouched on success.  The text has a fixed size, so that
 * reporting a failure cannot itself fail.  Callees say what went wrong, callers add where
 * (hy_wrap), and the role that decides what to do about it logs it - once. */
#pragma once

#define HY_MUST_CHECK __attribute__((warn_unused_result))
#define HY_PRINTF(f, a) __attribute__((format(printf, f, a)))

enum hy_code {
    HY_OK = 0,
    HY_E_USAGE = -1,    /* the caller asked for something that does not exist */
    HY_E_PARSE = -2,    /* input from outside is malformed */
    HY_E_TOOBIG = -3,   /* input from outside exceeds a stated limit */
    HY_E_IO = -4,       /* file, socket or process */
    HY_E_REDIS = -5,    /* Redis unreachable or answered with an error */
    HY_E_STATE = -6,    /* not possible in the present state */
    HY_E_NOTFOUND = -7, /* the named thing does not exist */
    HY_E_DENIED = -8,   /* not allowed for this role, address or rule */
    HY_E_TIMEOUT = -9,  /* a deadline passed */
};

struct hy_err {
    enum hy_code code;
    char msg[240]; /* UTF-8, cut at a character boundary */
};

#define HY_ERR_INIT ((struct hy_err){HY_OK, ""})

/* Set and return: `return hy_fail(err, HY_E_PARSE, "unknown key \"%s\"", key);` */
int hy_fail(struct hy_err *err, enum hy_code code, const char *fmt, ...) HY_PRINTF(3, 4);
/* The same with ": <strerror>" of the current errno; the code is HY_E_IO. */
int hy_fail_errno(struct hy_err *err, const char *fmt, ...) HY_PRINTF(2, 3);
/* Put context before the message that is there and return its code. */
int hy_wrap(struct hy_err *err, const char *fmt, ...) HY_PRINTF(2, 3);

/* "parse", "io", ...: stable names, used in JSON answers. */
const char *hy_code_name(enum hy_code code);

/* An impossible state of our own making: say where and abort. */
_Noreturn void hy_bug_at(const char *file, int line, const char *fmt, ...) HY_PRINTF(3, 4);
#define hy_bug(...) hy_bug_at(__FILE__, __LINE__, __VA_ARGS__)
