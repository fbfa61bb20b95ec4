/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a page: parsed or refused, and the item is valid text.
 * Covers: crawler/page/page crawler/page/slim crawler/page/dom crawler/page/view
 * Covers: crawler/page/body crawler/page/title crawler/page/meta crawler/page/thread
 * Covers: crawler/page/floor crawler/page/date crawler/page/extract
 * Covers: crawler/page/quote crawler/page/letter crawler/page/letter_label */
#include "core/utf8.h"
#include "crawler/page/extract.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hy_page *page;
    struct hy_extract_how how = {.url = hy_str("http://bbs.example/thread-1"),
                                 .fetched = (hy_wall){INT64_C(1795417200000)},
                                 .offset_min = HY_CST};
    struct hy_err err = HY_ERR_INIT;
    struct hy_item it;

    if (page == NULL)
        page = hy_page_new();
    if (hy_page_load(page, hy_str_n((const char *)data, size), hy_str(""), &err) < 0)
        return 0;
    const struct hy_dom *d = hy_page_dom(page);
    for (uint32_t i = 1; i < d->n; i++)
        if (d->node[i].parent >= i || d->node[i].end <= i || d->node[i].end > d->n)
            abort();
    hy_extract(page, &how, &it);
    if (!hy_utf8_valid(hy_str(it.text)) || !hy_utf8_valid(hy_str(it.title)))
        abort();
    hy_item_release(&it);
    return 0;
}
