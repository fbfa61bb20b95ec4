/* SPDX-License-Identifier: Apache-2.0 */
/* Makes XML out of what feeds really contain.  Pure, linear in its input. */
#pragma once
#include "core/buf.h"

/* Always done before parsing: the XML declaration, comments, processing instructions and the
 * document type go away; CDATA becomes escaped text; HTML's named references and simple entities of
 * the document type become characters (once: their text is not read again, so nothing can blow up);
 * stray "&" and characters that XML forbids are repaired.  `out` bounds the result. */
void hy_feed_prepare(struct hy_str text, struct hy_buf *out);

/* Done when the prepared text is still not well-formed: tags are balanced, attributes quoted,
 * everything is wrapped into one root element named HY_FEED_MENDED. */
void hy_feed_mend(struct hy_str prepared, struct hy_buf *out);
#define HY_FEED_MENDED "hy-mended"
