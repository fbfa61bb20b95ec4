/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a feed: no crash, every text valid UTF-8 and free of active markup.
 * Covers: crawler/feed/feed crawler/feed/mend crawler/feed/charset crawler/page/html_text */
#include "core/utf8.h"
#include "crawler/feed/feed.h"
#include "crawler/page/html_text.h"

#include <stdlib.h>

static void check(const char *s)
{
    struct hy_buf again = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_text_defuse(hy_str(s), &again);
    if (!hy_utf8_valid(hy_str(s)) || !hy_str_eq(hy_buf_view(&again), hy_str(s)))
        abort();
    hy_buf_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hy_err err = HY_ERR_INIT;
    HY_CLEANUP(hy_feed_freep) struct hy_feed *f = NULL;
    struct hy_str bytes = hy_str_n((const char *)data, size);

    if (hy_feed_parse(bytes, HY_STR("http://a.example/feed"), hy_str(""), &f, &err) < 0)
        return 0;
    check(f->title);
    for (size_t i = 0; i < f->n; i++) {
        check(f->entries[i].id);
        check(f->entries[i].url);
        check(f->entries[i].title);
        check(f->entries[i].summary);
        check(f->entries[i].text);
    }
    return 0;
}
