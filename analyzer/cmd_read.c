/* SPDX-License-Identifier: Apache-2.0 */
/* huiying read: what the readers find in each line's text. */
#include "analyzer/read.h"
#include "core/command.h"
#include "core/mem.h"
#include "core/stage.h"

struct opts {
    bool json;
};

static int read_line(json_t *line, void *user, struct hy_err *err)
{
    struct hy_arena *arena = user;
    struct hy_str text = hy_json_str(line, "text");
    json_t *spans;

    if (!json_is_string(json_object_get(line, "text")))
        return hy_fail(err, HY_E_PARSE, "\"text\" is missing or not a text");
    hy_arena_reset(arena);
    struct hy_chars chars = hy_chars_of(arena, text);
    struct hy_readings all = hy_read(arena, &chars, hy_json_time(line, "at"), HY_CST);
    spans = json_array();
    for (size_t i = 0; i < all.n; i++)
        json_array_append_new(spans, hy_reading_json(&all.v[i], &chars));
    json_object_set_new(line, "spans", spans);
    return HY_OK;
}

static int run(const void *opts, int nargs, char **args)
{
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();

    (void)opts;
    return hy_stage_run(nargs ? args[0] : NULL, read_line, arena);
}

static const struct hy_opt options[] = {
    {"json", 0, HY_OPT_FLAG, offsetof(struct opts, json), NULL, "accepted for uniformity"},
    {NULL},
};

const struct hy_command hy_cmd_read = {
    .name = "read",
    .usage = "[FILE|-]",
    .summary = "lines {\"id\",\"text\",\"at\"?} -> dates, numbers, quantities, phones with spans",
    .details =
        "Each answer line gets \"spans\": [{kind, start, end, text, value}] with offsets in\n"
        "characters. Relative dates (昨日) are resolved against \"at\" (RFC 3339).\n\n"
        "  echo '{\"text\":\"昨日22时许致3人受伤\",\"at\":\"2026-11-23T09:00:00+08:00\"}' | "
        "huiying read",
    .opts = options,
    .opts_size = sizeof(struct opts),
    .run = run,
};
