/* SPDX-License-Identifier: Apache-2.0 */
/* Which character encoding bytes are in, and the bytes as valid UTF-8.
 *
 * Names are those of the WHATWG Encoding standard ("UTF-8", "gb18030", "Big5", "windows-1252").
 * The order of evidence is ours, not the browser's, because Chinese pages lie about themselves:
 * BOM, then strict UTF-8 validation of the whole input (GB text of eight Han or more never passes
 * it), then the declared charset (HTTP, meta), then GB18030.  Decoding never fails: what cannot be
 * decoded becomes U+FFFD, where and as often as in browsers for UTF-8, GB18030 and Big5. */
#pragma once
#include "core/buf.h"

enum hy_charset_from {
    HY_CHARSET_BOM,
    HY_CHARSET_HTTP,
    HY_CHARSET_META,
    HY_CHARSET_CONTENT,  /* the bytes themselves decided */
    HY_CHARSET_FALLBACK, /* nothing decided */
    HY_CHARSET_FROM_COUNT
};
extern const char *const hy_charset_from_name[HY_CHARSET_FROM_COUNT];

struct hy_charset {
    const char *name; /* static, never NULL */
    enum hy_charset_from from;
};

/* Canonical name of a label in any case and with white space around it, or NULL. */
const char *hy_charset_of_label(struct hy_str label);
/* The charset parameter of a Content-Type value as canonical name, or NULL. */
const char *hy_charset_of_content_type(struct hy_str content_type);
/* What a <meta> in the first 1024 bytes declares (prescan of the HTML standard), or NULL. */
const char *hy_charset_of_meta(struct hy_str html);

/* `content_type` may be empty.  `html` false (feeds, plain text) leaves out the meta prescan. */
struct hy_charset hy_charset_sniff(struct hy_str bytes, struct hy_str content_type, bool html);

/* Append `bytes` as valid UTF-8, without a BOM.  `name` must come from this module.  What does not
 * fit under the cap of `out` is dropped (out->overflow). */
void hy_charset_decode(const char *name, struct hy_str bytes, struct hy_buf *out);
/* Load what decoding needs of any encoding now, for processes that may not open files later. */
void hy_charset_load_all(void);
