/* SPDX-License-Identifier: Apache-2.0 */
/* Everything about one incident in one file, for an inspector who does not want to believe us:
 *
 *     README.txt            what is in it, in Chinese: the pages with addresses and times
 *     VERIFY.txt            how to check it with sha256sum and jq, and what that proves
 *     manifest.json         every file with its SHA-256; whom, when, from which journal
 *     SHA256SUMS            the same for sha256sum -c
 *     incident.json         the incident as the keeper had it last
 *     journal/lines.jsonl   the journal's lines about it, as written
 *     journal/chain.jsonl   {"seq","prev","hash"} of every line from the first of them to the
 *                           journal's end: their place in the chain, without what others did
 *     captures.jsonl        every visit of its pages
 *     texts/HASH.txt        title '\n' text, named by the hash that the journal has
 *     pages/HASH.html       bytes of pages as fetched (.xml .json .pdf .bin)
 *     pages.warc.gz         the same for readers of web archives (archive/warc.h)
 *     changes/ITEM.txt      what changed from visit to visit
 *
 * Incidents that were merged into it are part of it.  The same archive and journal give the same
 * bytes but for the time it was made. */
#pragma once
#include "archive/pack.h"
#include "archive/store.h"

/* Gives every line of the journal in order (without '\n') to `each`, whose failure ends it. */
typedef int (*hy_line_fn)(struct hy_str line, void *user, struct hy_err *err);
struct hy_lines_of { /* where the journal is read from */
    int (*read)(void *from, hy_line_fn each, void *user, struct hy_err *err);
    void *from;
};

struct hy_package_counts {
    size_t items, captures, pages, texts, lines;
    size_t missing; /* texts and pages that captures name and that are not kept any more */
};
/* HY_E_NOTFOUND: no such incident in the archive or no line about it in the journal; HY_E_STATE:
 * the journal's chain is broken (where, in err). */
HY_MUST_CHECK int hy_package_write(struct hy_store *s, struct hy_str incident,
                                   const struct hy_lines_of *journal, struct hy_pack *out,
                                   hy_wall made, struct hy_package_counts *ret, struct hy_err *err);
