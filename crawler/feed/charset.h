/* SPDX-License-Identifier: Apache-2.0 */
/* Which encoding an XML document is in, and its bytes as UTF-8.  Knows what crawler/charset (the
 * rules of HTML) does not: the XML declaration, UTF-16 and UTF-32 without a BOM, and the encodings
 * that feeds may name although browsers do not know them (through iconv). */
#pragma once
#include "core/buf.h"

enum { HY_XML_LABEL_SIZE = 40 };

/* Append the document as valid UTF-8 without BOM and write the name of its encoding to `label`.
 * Order: BOM or byte pattern of "<", valid UTF-8 with non-ASCII characters, HTTP, XML declaration,
 * the bytes themselves.  Never fails; what cannot be decoded becomes U+FFFD. */
void hy_xml_decode(struct hy_str bytes, struct hy_str content_type, struct hy_buf *out,
                   char label[HY_XML_LABEL_SIZE]);
