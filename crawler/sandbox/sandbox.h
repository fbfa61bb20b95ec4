/* SPDX-License-Identifier: Apache-2.0 */
/* Work on hostile bytes in a process that has nothing to lose.
 *
 *     caller ── SIGUSR1 ──> keeper ── forks again ──> worker
 *        └────────── one socket for frames, two shared areas for bytes ──────┘
 *
 * The keeper is forked before its caller holds any secret, wipes its environment and closes every
 * descriptor; from it each worker is forked.  A worker runs under a seccomp allow-list (memory and
 * the one socket), under landlock without any right where the kernel has it, and under limits.
 * What is not allowed fails with EPERM.
 *
 * One call is one piece of work, synchronous.  A worker that dies, takes longer than its CPU time
 * or does not answer costs that call; the next call has a fresh worker.  The answer is as hostile
 * as the input: the caller has to check it.
 *
 * Under sanitizers and with HY_SANDBOX=off in the environment the work runs in the caller. */
#pragma once
#include "core/buf.h"

struct hy_sandbox;

struct hy_sandbox_work {
    void *(*setup)(void);          /* once, in the keeper, before the doors close; may be NULL */
    void (*teardown)(void *state); /* only where the work runs in the caller; may be NULL */
    /* Append the answer to `out`; failure costs the call. */
    int (*run)(void *state, struct hy_str in, struct hy_buf *out, struct hy_err *err);
    size_t max_in, max_out; /* bytes */
};

/* Call it first in a process: no threads, no secrets, no open connections. `work` must be static.
 * HY_E_STATE: the kernel cannot lock a process in, and the environment does not say off. */
HY_MUST_CHECK int hy_sandbox_new(const struct hy_sandbox_work *work, struct hy_sandbox **ret,
                                 struct hy_err *err);
void hy_sandbox_free(struct hy_sandbox *s);           /* NULL is a no-op */
bool hy_sandbox_is_apart(const struct hy_sandbox *s); /* false: works in this process */
/* HY_E_TIMEOUT: over `cpu_ms`, or no answer; HY_E_STATE: it died; HY_E_TOOBIG: too much in or out;
 * HY_E_IO: no worker could be started; otherwise as the work says.  `out` is cleared first. */
HY_MUST_CHECK int hy_sandbox_call(struct hy_sandbox *s, struct hy_str in, int cpu_ms,
                                  struct hy_buf *out, struct hy_err *err);
/* The answer made no sense: the next call has a fresh worker. */
void hy_sandbox_renew(struct hy_sandbox *s);
