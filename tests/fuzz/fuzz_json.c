/* SPDX-License-Identifier: Apache-2.0 */
/* What parses is written in one canonical form, byte for byte that of jansson's own writer, which
 * parses to the same form; items made of any object never break.
 * Covers: core/item core/json */
#include "core/item.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_item(const json_t *v)
{
    struct hy_item item = {0};
    struct hy_err err = HY_ERR_INIT;

    if (hy_item_from_json(v, &item, &err) == HY_OK) {
        hy_item_hash(&item);
        json_decref(hy_item_to_json(&item));
    }
    hy_item_release(&item);
}

static void check_writer(const json_t *v, const char *ours)
{
    char *theirs =
        json_dumps(v, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));

    if (theirs == NULL || strcmp(ours, theirs) != 0)
        abort();
    free(theirs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hy_err err = HY_ERR_INIT;
    json_t *v = NULL, *again = NULL;

    if (hy_json_parse(hy_str_n((const char *)data, size), &v, &err) < 0)
        return 0;
    char *text = hy_json_text(v);
    check_writer(v, text);
    if (hy_json_parse(hy_str(text), &again, &err) < 0)
        abort();
    char *same = hy_json_text(again);
    if (strcmp(text, same) != 0)
        abort();
    check_item(v);
    free(text);
    free(same);
    json_decref(v);
    json_decref(again);
    return 0;
}
