/* SPDX-License-Identifier: Apache-2.0 */
/* What a page says about itself outside its text: <title>, <meta>, JSON-LD, <link>.  Views into the
 * page, or into the hy_meta for JSON-LD. */
#pragma once
#include "core/json.h"
#include "crawler/page/dom.h"

enum { HY_META_ANSWERS = 100 };

struct hy_meta {
    struct hy_str title; /* <title> */
    struct hy_str og_title, site_name, og_type;
    struct hy_str description;
    struct hy_str generator, canonical, lang;
    struct hy_str origin;    /* ContentSource of Chinese government sites */
    struct hy_str headline;  /* JSON-LD */
    struct hy_str published; /* JSON-LD datePublished of an article, posting or page */
    struct hy_str body;      /* JSON-LD articleBody: plain text of the main text, often cut */
    struct hy_str type;      /* JSON-LD @type of the page's main thing */
    struct hy_str answer[HY_META_ANSWERS]; /* JSON-LD comments and answers, in page order */
    size_t n_answers;
    json_t *owned[8]; /* parsed JSON-LD blocks */
    size_t n_owned;
};

void hy_meta_read(const struct hy_dom *d, struct hy_meta *ret);
void hy_meta_release(struct hy_meta *m);
