/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence: what a fetch brought, packed for the archive role (stream hy:captures).
 *
 * A capture is one page as it came: `meta`, an object that says where it was asked for, where it
 * was found after which redirects, status and headers, when, and the SHA-256 of its decoded bytes;
 * and `body`, those bytes as a zstd frame.  The item that was read from it is named when it is
 * stored (hy_captures_name).  A thread may be read from two pages; then there are two captures.
 * Pure. */
#pragma once
#include "core/item.h"
#include "core/vec.h"
#include "crawler/fetch/http.h"

enum { HY_HOPS_MAX = HY_FETCH_MAX_REDIRECTS };

struct hy_capture {
    json_t *meta;       /* owned */
    struct hy_buf body; /* zstd; empty: there was none, or it is not kept */
};
struct hy_captures {
    HY_VEC(struct hy_capture) v;
};

/* Remember a redirect on the way to a page; *hops is an array, made when it is NULL. */
void hy_capture_hop(json_t **hops, const struct hy_fetch_result *r);
/* Add the page of `r`; `hops` (may be NULL) led to it. */
void hy_captures_add(struct hy_captures *c, const struct hy_fetch_result *r, const json_t *hops,
                     hy_wall fetched);
/* Add a capture without a page: what is known of the item came from elsewhere (`from`, "feed"). */
void hy_captures_add_bare(struct hy_captures *c, const char *from, hy_wall fetched);
/* All pages were read for this item, which was found as `requested`; the last one carries its title
 * and text. */
void hy_captures_name(struct hy_captures *c, const struct hy_item *it, const char *requested);
void hy_captures_release(struct hy_captures *c);

/* Pages that are shown with status 200 in the place of one that was taken away ("该帖已被删除"):
 * short, and saying so.  How long the text is tells it from an article about a deleted post. */
bool hy_capture_is_tombstone(struct hy_str title, struct hy_str text);
