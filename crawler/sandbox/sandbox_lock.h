/* SPDX-License-Identifier: Apache-2.0 */
/* Closing the doors of a process.  Private to sandbox*.c. */
#pragma once
#include "core/err.h"

/* Everything but 0, 1, 2 and `keep` is closed; 0, 1, 2 lead nowhere; the environment is wiped. */
void hy_sandbox_forget_(int keep);
/* No way back: limits, landlock, seccomp. */
HY_MUST_CHECK int hy_sandbox_lock_(struct hy_err *err);
