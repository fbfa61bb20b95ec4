/* SPDX-License-Identifier: Apache-2.0 */
/* Events of an office's live feed, with the documents put in that it only names: an incident has some
 * kilobytes, changes a hundred times, and stands under its own key anyway. */
#pragma once
#include "core/redis.h"

struct hy_feed_event { /* borrowed for the time of the call */
    struct hy_str id;   /* of the stream */
    struct hy_str type, to;
    struct hy_str data; /* as people get it; empty: for nobody (see below) */
};
struct hy_feed_events {
    struct hy_feed_event *v;
    size_t n;
};

/* Does the event name a document, and not carry it?  Former versions wrote the whole of it, and what
 * they wrote is still in the stream after an upgrade. */
bool hy_feed_names(const struct hy_feed_event *e);
/* Of the events that name the same document only the last stays, which will have the newest of it
 * anyway; the data of the others becomes empty. */
void hy_feed_thin(struct hy_feed_events events);

/* `entries` as XRANGE and XREAD give them.  Calls fn, at once where no document is named, else when
 * Redis has answered; with NULL when it does not.  A document that is not there is nobody's event:
 * Redis is being filled again, and then everybody loads anew. */
typedef void (*hy_feed_fn)(const struct hy_feed_events *events, void *user);
void hy_feed_fill(struct hy_redis *r, const char *office, const redisReply *entries, hy_feed_fn fn,
                  void *user);
