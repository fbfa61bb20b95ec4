/* SPDX-License-Identifier: Apache-2.0 */
/* The store of the archive, DATA/archive:
 *
 *     lock         flock()ed by the one who writes
 *     archive.db   items, captures, incidents, the search index (archive/db.h)
 *     pages/       the bytes of captured pages (archive/blobs.h)
 *
 * What it keeps:
 *     item      every scored item, once, in its newest version: `body` = title '\n' text, whose
 *               SHA-256 is the item's `hash`; `doc` = the rest of its JSON, score included
 *     version   bodies of items that changed, and of captures whose item never came
 *     capture   one visit of a page that brought something: first, changed, gone; with `seen`, when
 *               it was last found the same
 *     incident  the keeper's document, and which items belong to it (pin)
 *
 * Texts and pages expire (archive/expire.h) unless an incident pins them.
 *
 * One process writes (archive/archive.c), in transactions; everything here is idempotent, so what
 * was in a transaction that failed may be given again.  Any number of processes read. */
#pragma once
#include "archive/blobs.h"
#include "archive/db.h"
#include "core/chain.h"
#include "core/json.h"

struct hy_store;

enum hy_store_mode { HY_STORE_READ, HY_STORE_WRITE };

/* `dir`: DATA/archive.  HY_E_NOTFOUND: no archive there (to read); HY_E_STATE: another process
 * writes, or the store is of a newer program. */
HY_MUST_CHECK int hy_store_open(const char *dir, enum hy_store_mode mode, struct hy_store **ret,
                                struct hy_err *err);
void hy_store_close(struct hy_store *s); /* NULL is a no-op */
HY_DEFINE_FREEP(struct hy_store, hy_store_close)
struct hy_db *hy_store_db(struct hy_store *s);
struct hy_blobs *hy_store_blobs(struct hy_store *s);

/* -- writing; between begin and commit --------------------------------------------------------- */

/* After a commit that succeeded everything is on disk; one that failed has rolled back. */
HY_MUST_CHECK int hy_store_begin(struct hy_store *s, struct hy_err *err);
HY_MUST_CHECK int hy_store_commit(struct hy_store *s, struct hy_err *err);
void hy_store_rollback(struct hy_store *s);

/* A scored item.  The same version again changes nothing; an older one neither.  HY_E_PARSE: no
 * item (no id, or text that is not its hash's). */
HY_MUST_CHECK int hy_store_item(struct hy_store *s, const json_t *item, hy_wall now,
                                struct hy_err *err);
/* A capture as it came over hy:captures.  HY_E_PARSE: malformed, or bytes that are not those of its
 * sha256. */
HY_MUST_CHECK int hy_store_capture(struct hy_store *s, const json_t *meta, struct hy_str body,
                                   hy_wall now, struct hy_err *err);
/* The keeper's document of an incident: pins its items, and is itself found by searches. */
HY_MUST_CHECK int hy_store_incident(struct hy_store *s, const json_t *doc, hy_wall now,
                                    struct hy_err *err);
/* Beyond what the document names: an item that belongs to it (a document names 500 at most), and
 * why it was dismissed. */
HY_MUST_CHECK int hy_store_pin(struct hy_store *s, struct hy_str incident, struct hy_str item,
                               struct hy_err *err);
HY_MUST_CHECK int hy_store_reason(struct hy_store *s, struct hy_str incident, struct hy_str reason,
                                  struct hy_err *err);
/* How far the journal of an office has been read. */
HY_MUST_CHECK int hy_store_set_cursor(struct hy_store *s, const char *office,
                                      const struct hy_head *head, struct hy_err *err);

/* -- reading ----------------------------------------------------------------------------------- */

HY_MUST_CHECK int hy_store_cursor(struct hy_store *s, const char *office, struct hy_head *ret,
                                  struct hy_err *err);

enum hy_evidence_kind { HY_EVIDENCE_TEXT, HY_EVIDENCE_PAGE };
/* What hashes to `hash`: the text of an item or response (title '\n' text, the `hash` of items and
 * of the evidence in the journal), or the bytes of a page.  HY_E_NOTFOUND: never here, or expired;
 * HY_E_USAGE: no hash. */
HY_MUST_CHECK int hy_store_get(struct hy_store *s, struct hy_str hash, enum hy_evidence_kind *ret,
                               struct hy_buf *out, struct hy_err *err);
/* Captures in the order of time, of an item, or all that name a hash: [{"item","at","change",
 * "part","parts","sha256","hash","seen","page":bool,"meta":{..}}], `page`: its bytes are still
 * here.  New reference; empty when there are none. */
HY_MUST_CHECK int hy_store_captures_of_item(struct hy_store *s, struct hy_str item, json_t **ret,
                                            struct hy_err *err);
HY_MUST_CHECK int hy_store_captures_of_hash(struct hy_store *s, struct hy_str hash, json_t **ret,
                                            struct hy_err *err);
/* An item as it was scored, with title and text while they are kept; `incident` added when it
 * belongs to one.  HY_E_NOTFOUND. */
HY_MUST_CHECK int hy_store_get_item(struct hy_store *s, struct hy_str id, json_t **ret,
                                    struct hy_err *err);
/* The keeper's document as last read, and the ids of all its items.  HY_E_NOTFOUND. */
HY_MUST_CHECK int hy_store_get_incident(struct hy_store *s, struct hy_str id, json_t **ret_doc,
                                        json_t **ret_items, struct hy_err *err);
