/* SPDX-License-Identifier: Apache-2.0 */
/* Captured pages in the form web archives have: WARC 1.1 (ISO 28500:2017), one gzip member per
 * record, so that any reader of web archives opens them and each record can be read by itself.
 *
 * We keep pages decoded, so of an answer's headers Content-Encoding, Transfer-Encoding and
 * Content-Length are renamed to X-Archive-Orig-..., and a true Content-Length is added, as other
 * archives do.  The same capture always gives the same bytes: record ids are derived from it. Pure.
 */
#pragma once
#include "core/buf.h"
#include "core/json.h"

/* The first record of a file; `about`: a line for people. */
void hy_warc_info(const char *file, hy_wall made, const char *about, struct hy_buf *out);
/* A capture as hy_store_captures_of_item() gives it, with the bytes of its page (empty: gone, or
 * not kept): a `response` record, and a `metadata` record with everything we know of the visit. */
void hy_warc_capture(const json_t *capture, struct hy_str page, struct hy_buf *out);
/* The text that was taken out of it (title '\n' text): a `conversion` record. */
void hy_warc_text(const json_t *capture, struct hy_str text, struct hy_buf *out);
