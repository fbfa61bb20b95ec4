/* SPDX-License-Identifier: Apache-2.0 */
/* What a reminder was about, in words of people: "unacked-1" is 无人签收，报下一人.  Pure. */
#pragma once
#include "core/json.h"

/* A step of one of the office's own windows stands as it is. */
void hy_step_label(struct hy_str step, struct hy_buf *out);
/* What stands behind the time of a line of 督办 that was written while the clock was ahead; else "". */
const char *hy_step_doubt(const json_t *line, bool english);
