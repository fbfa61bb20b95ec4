/* SPDX-License-Identifier: Apache-2.0 */
/* The feed of an office as server-sent events.
 *
 * One hub follows the Redis stream hy:{O}:feed and writes each event to every client that may see
 * it.  The event id is the stream id, so a browser that was away names the last one it saw
 * (Last-Event-ID) and gets everything since; a client that missed more than the stream still holds
 * is told to load anew (event `reload`).  Replies to commands are not for clients; they go to
 * on_event as all others do. */
#pragma once
#include "alerts/board/http.h"
#include "core/redis.h"

/* Append one event: "id:", "event:", "data:" lines (a data line per line of data) and the empty
 * line.  id and type may be empty. */
void hy_sse_frame(struct hy_buf *out, struct hy_str id, struct hy_str type, struct hy_str data);
/* A Redis stream id "ms-seq"; false when it is none. */
bool hy_stream_id_parse(struct hy_str s, uint64_t *ret_ms, uint64_t *ret_seq);
int hy_stream_id_cmp(struct hy_str a, struct hy_str b); /* malformed sorts first */
/* May this person see an event that is addressed to `to` (ids separated by commas or blanks, or a
 * JSON list; empty: everyone)? */
bool hy_sse_is_for(struct hy_str to, struct hy_str person);

struct hy_sse;
struct hy_sse_conf {
    struct hy_redis *redis; /* shared connection for replays */
    const char *redis_url;  /* for the hub's own blocking connection */
    const char *office;
    /* Every event of the feed, before it goes to clients. */
    void (*on_event)(struct hy_str type, struct hy_str data, void *user);
    void *user;
};
struct hy_sse *hy_sse_new(struct hy_loop *l, const struct hy_sse_conf *conf);
void hy_sse_free(struct hy_sse *s); /* after hy_http_free, which ended the clients */
/* Turn the request into a client of the hub; `person` filters what is addressed. */
void hy_sse_join(struct hy_sse *s, struct hy_http_req *req, struct hy_str person);
/* Ends the streams of a person; the browser comes back and is asked who it is. */
void hy_sse_cut(struct hy_sse *s, struct hy_str person);
size_t hy_sse_clients(const struct hy_sse *s);
