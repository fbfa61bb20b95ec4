/* SPDX-License-Identifier: Apache-2.0 */
/* A line read where it stands is the line that jansson reads: the same refusals, the same bytes
 * written with a member more, the same item.
 * Covers: core/json_line */
#include "core/item.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct hy_json_member more[] = {
    {.key = {"rules", 5}, .json = {"1", 1}},
    {.key = {"score", 5}, .json = {"{}", 2}},
};

static void check_written(const struct hy_json_line *l, const json_t *tree)
{
    struct hy_buf ours = HY_BUF_INIT(HY_BUF_UNBOUNDED), theirs = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_json_line_write(l, more, HY_COUNT(more), &ours);
    hy_json_write_with(tree, more, HY_COUNT(more), &theirs);
    if (!hy_str_eq(hy_buf_view(&ours), hy_buf_view(&theirs)))
        abort();
    hy_buf_clear(&ours);
    hy_json_line_put(l, "id", &ours);
    const json_t *id = json_object_get(tree, "id");
    HY_CLEANUP(hy_freep) char *text = id ? hy_json_text(id) : hy_xstrdup("null");
    if (!hy_str_is(hy_buf_view(&ours), text))
        abort();
    hy_buf_release(&ours);
    hy_buf_release(&theirs);
}

static void check_item(const struct hy_json_line *l, const json_t *tree, struct hy_arena *arena)
{
    struct hy_item ours = {0}, theirs = {0};
    struct hy_err err = HY_ERR_INIT, same = HY_ERR_INIT;
    int rc = hy_item_from_line(l, arena, &ours, &err);

    if (rc != hy_item_from_json(tree, &theirs, &same) || strcmp(err.msg, same.msg) != 0)
        abort();
    if (rc < 0)
        return;
    HY_CLEANUP(hy_json_freep) json_t *a = hy_item_to_json(&ours);
    HY_CLEANUP(hy_json_freep) json_t *b = hy_item_to_json(&theirs);
    if (!json_equal(a, b))
        abort();
    hy_item_release(&theirs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hy_str text = {(const char *)data, size};
    struct hy_err err = HY_ERR_INIT, same = HY_ERR_INIT;
    struct hy_json_line line = {0};
    json_t *tree = NULL;
    struct hy_arena *arena = hy_arena_new();
    int rc = hy_json_line_read(text, arena, &line, &err), want = hy_json_parse(text, &tree, &same);

    if ((rc == HY_OK) != (want == HY_OK && json_is_object(tree)))
        abort();
    if (rc == HY_OK) {
        check_written(&line, tree);
        check_item(&line, tree, arena);
    }
    hy_json_line_release(&line);
    hy_arena_free(arena);
    json_decref(tree);
    return 0;
}
