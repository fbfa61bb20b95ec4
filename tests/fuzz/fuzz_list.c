/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a list page, a JSON list and a selector: no crash, absolute http links, valid text.
 * Covers: crawler/page/list crawler/page/select crawler/page/pager */
#include "core/utf8.h"
#include "crawler/page/list.h"
#include "crawler/page/page.h"
#include "crawler/page/pager.h"

#include <stdlib.h>

static void check(const struct hy_list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        struct hy_str url = hy_str(l->v[i].url);
        bool http = hy_str_starts(url, HY_STR("http://")) || hy_str_starts(url, HY_STR("https://"));
        if (!http || !hy_utf8_valid(hy_str(l->v[i].title)))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hy_page *page;
    struct hy_err err = HY_ERR_INIT;
    struct hy_str bytes = hy_str_n((const char *)data, size), url = HY_STR("http://a.example/l/");
    struct hy_list_hints hints = {
        .forum = size % 2, .now = {INT64_C(1795400000000)}, .zone_min = HY_CST};
    HY_CLEANUP(hy_list_freep) struct hy_list *json = NULL;

    if (page == NULL)
        page = hy_page_new();
    if (hy_list_json(bytes, url, &hints, &json, &err) == HY_OK)
        check(json);
    if (hy_page_load(page, bytes, HY_STR("text/html"), &err) < 0)
        return 0;
    free(hy_pager_last(hy_page_dom(page), url));
    struct hy_list *l = hy_list_html(hy_page_dom(page), url, &hints);
    check(l);
    hy_list_free(l);
    HY_CLEANUP(hy_freep) char *selector = hy_str_dup(hy_str_sub(bytes, 0, 40));
    hints.item = selector;
    l = hy_list_html(hy_page_dom(page), url, &hints);
    check(l);
    hy_list_free(l);
    return 0;
}
