/* SPDX-License-Identifier: Apache-2.0 */
/* Why a page became this item: what `huiying extract --explain` shows to whoever looks after the
 * sources.  Recomputes from what the extractors left; decides nothing. */
#pragma once
#include "core/item.h"
#include "crawler/page/body.h"
#include "crawler/page/letter.h"
#include "crawler/page/meta.h"
#include "crawler/page/thread.h"
#include "crawler/page/view.h"

#include <stdio.h>

struct hy_explained { /* borrowed */
    const struct hy_view *view;
    const struct hy_meta *meta;
    const struct hy_body *body;
    const struct hy_thread *thread;
    const struct hy_letter *letter;
    uint32_t title; /* node of the heading, 0: none */
};

/* Adds "title", "body", "origin" and "kind" to `out`; the dates are there already (crawler/page/date.h). */
void hy_explain(const struct hy_explained *e, const struct hy_item *it, json_t *out);
/* "element" of `o`: the path to node i as one would write the selector, "div#main > ul.list". */
void hy_explain_path(json_t *o, const struct hy_dom *d, uint32_t i);
/* For people, in Chinese: the item as JSON with its "explain". */
void hy_explain_print(const json_t *item, FILE *out);
