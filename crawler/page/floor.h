/* SPDX-License-Identifier: Apache-2.0 */
/* One floor of a forum thread: its time, its text, and how it is found on a page that has no other.
 * A new thread has nothing that repeats; what tells its floor is an element called a post that
 * holds a time and most of the page's text. */
#pragma once
#include "crawler/page/thread.h"

/* Where times of floors stand on a page, looked up once: floors may nest and be thousands. */
struct hy_floor_times {
    uint32_t
        *node; /* per node: the next one at or behind whose attribute is a time; dom->n: none */
    uint32_t *line; /* per line: the same for lines; view->n: none */
};

void hy_floor_times_find(const struct hy_view *v, struct hy_floor_times *ret);
/* `quoted`: one flag a node (quote.h); the time of what a floor quotes is not its own. */
void hy_floor_times_skip(struct hy_floor_times *t, const struct hy_view *v, const bool *quoted);
void hy_floor_times_release(struct hy_floor_times *t);
/* The time of the floor below `node`; `ret_node`: where it stands.  Dates of registration and of
 * the last change are not it; an attribute with the whole time is preferred to "3 小时前". */
bool hy_floor_time(const struct hy_view *v, const struct hy_floor_times *t, uint32_t node,
                   struct hy_when *ret, uint32_t *ret_node);
/* The oldest below `node` that says its year. */
bool hy_floor_oldest_time(const struct hy_view *v, const struct hy_floor_times *t, uint32_t node,
                          struct hy_when *ret);
/* The first time in the lines [first, last) that stands in no sentence. */
bool hy_floor_line_time(const struct hy_view *v, const struct hy_floor_times *t, uint32_t first,
                        uint32_t last, struct hy_when *ret);
/* `surely`: the page itself says that it is a forum, not its address alone. */
bool hy_floor_only(const struct hy_view *v, const struct hy_floor_times *t, const struct hy_body *b,
                   bool surely, struct hy_floor *ret);
/* A name and the time of a post, "某人 2024-5-3 08:45 3楼" or with a link to the writer: who wrote
 * it is not kept.  Text goes on behind its times: "2024年5月3日下午3点我家停水" is none. */
bool hy_line_is_stamp(const struct hy_view *v, uint32_t i);
/* What forum software writes around and into posts: log-in hints, credits, edit marks. */
bool hy_line_is_furniture(const struct hy_line *l);
