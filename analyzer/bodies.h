/* SPDX-License-Identifier: Apache-2.0 */
/* Every government body an item names, recognised by how such names are built:
 *
 *     [place | 国家 | 中国 | 市 | 省 ...] [matter ...] head
 *
 * where head is 局 委 厅 部 署 办 政府 法院 ... ; plus aliases that have no such form (央行,
 * 国务院, 警方). A head needs a matter or a place that makes it a public body: 市教育局 yes, 邮局
 * and 饭局 no. */
#pragma once
#include "analyzer/places.h"

struct hy_body {
    struct hy_str name; /* as written */
    struct hy_span span;
    struct hy_str matter; /* 教育, 公安, ...: what routing looks up; empty for 市政府 */
    const char *code;     /* division it belongs to when its name says so, else "" */
};
struct hy_body_list {
    const struct hy_body *v; /* in text order, title first; in the arena */
    size_t n;
};

struct hy_body_list hy_bodies_find(struct hy_arena *arena, const struct hy_doc *doc,
                                   const struct hy_place_list *places);
/* [{name,field,start,end}].  New reference. */
void hy_bodies_write(const struct hy_body_list *list, const struct hy_doc *doc,
                     struct hy_buf *out); /* JSON */
