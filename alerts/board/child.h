/* SPDX-License-Identifier: Apache-2.0 */
/* Our own commands as short-lived processes beside the board: `score`, `backtest`, `check`.  Work
 * that takes long or reads what a person pasted never runs on the loop, and when it dies only its
 * request is lost.
 *
 * Input and output are anonymous files, so nobody ever waits for a pipe, and how far the
 * child has read its input is its progress. */
#pragma once
#include "core/loop.h"
#include "core/str.h"

struct hy_child;

struct hy_child_job {
    const char *const *args; /* behind the program's name, NULL-terminated: "score", "--explain" */
    struct hy_str input;     /* copied */
    int input_fd;            /* instead of `input`: what hy_child_output_fd() gave; -1: none */
    const char *dir;         /* files are made here, on disk; NULL: in memory */
    int64_t timeout_ms;      /* killed after this */
    /* Exactly once, unless the child is freed first.  `status`: exit status, -1 when it was killed
     * or died.  Views are valid until the return; the child frees itself afterwards. */
    void (*done)(int status, struct hy_str out, struct hy_str errors, void *user);
    void *user;
};

/* HY_E_IO: no process could be started; `done` is not called then. */
HY_MUST_CHECK int hy_child_start(struct hy_loop *l, const struct hy_child_job *job,
                                 struct hy_child **ret, struct hy_err *err);
double hy_child_progress(const struct hy_child *c); /* 0..1 of the input read */
/* Only within `done`: the file with the output, for the next child's input.  The caller closes it. */
int hy_child_output_fd(const struct hy_child *c);
void hy_child_free(struct hy_child *c); /* kills it; NULL is a no-op; not within `done` */
