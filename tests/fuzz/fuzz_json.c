/* SPDX-License-Identifier: Apache-2.0 */
/* What parses is written in one canonical form, byte for byte that of jansson's own writer, which
 * parses to the same form; items made of any object never break.
 * Covers: core/item core/json core/json_splice */
#include "core/item.h"
#include "core/json_splice.h"
#include "core/mem.h"
#include "core/vec.h"

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

/* Every other member has another value, the lists among them one element more; and one is new.  The
 * text made of the old one is that of the new object. */
static void check_splice(json_t *o, const char *was)
{
    HY_VEC(struct hy_json_change) changes = {0};
    HY_CLEANUP(hy_buf_release) struct hy_buf out = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    const char *key;
    json_t *v;
    int n = 0;

    if (!json_is_object(o))
        return;
    json_object_set_new(o, "m", json_array());
    hy_vec_push(&changes, ((struct hy_json_change){"m", HY_JSON_WHOLE}));
    json_object_foreach (o, key, v) {
        if (n++ % 2)
            continue;
        bool list = json_array_size(v) > 0;
        hy_vec_push(&changes, ((struct hy_json_change){key, list ? 0 : HY_JSON_WHOLE}));
        if (!list) {
            json_object_set_new(o, key, json_pack("[i,{}]", n));
            continue;
        }
        json_array_set_new(v, 0, json_pack("{s:i}", "n", n));
        json_array_append_new(v, json_true());
        hy_vec_push(&changes, ((struct hy_json_change){key, (int64_t)json_array_size(v) - 1}));
    }
    HY_CLEANUP(hy_freep) char *want = hy_json_text(o);
    if (hy_json_splice(hy_str(was), o, changes.v, changes.n, &out) && strcmp(out.p, want) != 0)
        abort();
    hy_vec_release(&changes);
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
    check_splice(again, text);
    free(text);
    free(same);
    json_decref(v);
    json_decref(again);
    return 0;
}
