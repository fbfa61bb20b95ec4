/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the answer of the reader of pages: refused, or believed and then written again as
 * something that reads the same.
 * Covers: crawler/sandbox/answer */
#include "crawler/sandbox/answer.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void item(struct hy_str in)
{
    struct hy_err err = HY_ERR_INIT;
    struct hy_item it = {0}, again = {0};
    struct hy_buf out = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    char *last = NULL;

    if (hy_answer_take_item(in, &it, &last, &err) < 0)
        return;
    hy_answer_put_item(&it, last, &out);
    if (hy_answer_take_item(hy_buf_view(&out), &again, NULL, &err) < 0 ||
        strcmp(it.text, again.text) != 0 || it.published.ms != again.published.ms ||
        it.n_replies != again.n_replies)
        abort();
    hy_item_release(&it);
    hy_item_release(&again);
    hy_buf_release(&out);
    free(last);
}

static void list(struct hy_str in)
{
    struct hy_err err = HY_ERR_INIT;
    struct hy_list *l = NULL, *again = NULL;
    struct hy_buf out = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    if (hy_answer_take_list(in, &l, &err) < 0)
        return;
    hy_answer_put_list(l, &out);
    if (hy_answer_take_list(hy_buf_view(&out), &again, &err) < 0 || l->n != again->n ||
        strcmp(l->why, again->why) != 0)
        abort();
    hy_list_free(l);
    hy_list_free(again);
    hy_buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    item(hy_str_n((const char *)data, size));
    list(hy_str_n((const char *)data, size));
    return 0;
}
