/* SPDX-License-Identifier: Apache-2.0 */
/* Server-sent events, as the HTML standard section 9.2.6 parses them: bytes in any pieces, one call
 * per complete event.  Comments (heartbeats) are swallowed; the caller sees them as bytes. */
#pragma once
#include "core/buf.h"

enum { HY_SSE_EVENT_CAP = 4 * 1024 * 1024 }; /* an event above this is dropped, not delivered cut */

struct hy_sse {
    struct hy_buf line, type, data, id;
    bool skip_lf; /* the last byte was CR */
    void (*event)(void *user, struct hy_str id, struct hy_str type, struct hy_str data);
    void *user;
};

void hy_sse_init(struct hy_sse *s,
                 void (*event)(void *user, struct hy_str id, struct hy_str type,
                               struct hy_str data),
                 void *user);
void hy_sse_release(struct hy_sse *s);
void hy_sse_restart(struct hy_sse *s); /* a new connection; the last id is kept */
void hy_sse_feed(struct hy_sse *s, struct hy_str bytes);
