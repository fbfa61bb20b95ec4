/* SPDX-License-Identifier: Apache-2.0 */
/* The scan in front of the parser: HTML without the bodies of scripts, styles and comments, which
 * are a third of a news page and cost the parser as much as text.  It also looks for what makes
 * the parser quadratic.  Linear, no tree. */
#pragma once
#include "core/buf.h"

/* Append to `out`; JSON-LD scripts keep their body.  HY_E_TOOBIG: a tag has too many attributes or
 * elements nest too deep. */
HY_MUST_CHECK int hy_slim(struct hy_str html, struct hy_buf *out, struct hy_err *err);
