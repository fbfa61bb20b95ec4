/* SPDX-License-Identifier: Apache-2.0 */
/* Rows become commands: each is judged by the keeper's own decision on an empty state, so that what
 * would be refused is known before anything is sent. */
#include "alerts/decide/import_parts.h"

#include "alerts/decide/decide.h"
#include "core/hash.h"
#include "core/map.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>

static json_t *command_of(const json_t *row, const json_t *actor, const char *via, hy_wall now)
{
    json_t *cmd = json_object();
    char id[33];

    hy_random_hex(id, 16);
    hy_json_set_str(cmd, "id", hy_str(id));
    hy_json_set_str(cmd, "verb", HY_STR("register"));
    hy_json_set_str(cmd, "incident", HY_STR("-"));
    hy_json_set_str(cmd, "via", hy_str(via));
    hy_json_set_time(cmd, "at", now, HY_CST);
    json_object_set(cmd, "actor", (json_t *)actor);
    json_object_set(cmd, "args", json_object_get(row, "args"));
    return cmd;
}

/* Two rows of one number: the second would be lost without a word. */
static bool is_second(struct hy_import *in, struct hy_map *seen, const json_t *row)
{
    const json_t *args = json_object_get(row, "args");
    HY_CLEANUP(hy_freep)
    char *key = hy_xasprintf(HY_STR_FMT "|" HY_STR_FMT, HY_STR_ARG(hy_json_str(args, "kind")),
                             HY_STR_ARG(hy_json_str(args, "ref")));
    const json_t *first = hy_map_get(seen, hy_str(key));
    char text[120];

    if (first == NULL) {
        hy_map_set(seen, hy_str(key), (void *)row);
        return false;
    }
    snprintf(text, sizeof(text), "和第 %lld %s的编号相同；一个编号只能登记一件",
             (long long)hy_json_int(first, "line", 0), in->unit);
    hy_import_fault(in, (size_t)hy_json_int(row, "line", 0), "ref", text);
    return true;
}

static int by_line(const void *a, const void *b)
{
    int64_t x = hy_json_int(*(json_t *const *)a, "line", 0),
            y = hy_json_int(*(json_t *const *)b, "line", 0);

    return x < y ? -1 : x > y;
}

static void sort_faults(struct hy_import *in)
{
    HY_VEC(json_t *) list = {0};
    json_t *sorted = json_array(), *f;
    size_t i;

    json_array_foreach (in->faults, i, f)
        hy_vec_push(&list, f);
    if (list.n)
        qsort(list.v, list.n, sizeof(*list.v), by_line);
    for (i = 0; i < list.n; i++)
        json_array_append(sorted, list.v[i]);
    hy_vec_release(&list);
    json_decref(in->faults);
    in->faults = sorted;
}

/* A row whose cells could not be read is not asked about once more.  Rows and faults come in the
 * order of the file: *at is where the last question ended. */
static bool has_fault(const struct hy_import *in, size_t *at, size_t faults, int64_t line)
{
    int64_t there = 0;

    while (*at < faults && (there = hy_json_int(json_array_get(in->faults, *at), "line", 0)) < line)
        ++*at;
    return *at < faults && there == line;
}

void hy_import_judge(struct hy_import *in, const json_t *actor, const struct hy_rules *rules,
                     hy_wall now)
{
    struct hy_state *state = hy_state_new();
    struct hy_map *seen = hy_map_new(NULL);
    struct hy_decide d;
    size_t i, at = 0, read = json_array_size(in->faults);
    json_t *row;

    hy_decide_init(&d, state, rules, now);
    json_array_foreach (in->rows, i, row) {
        int64_t line = hy_json_int(row, "line", 0);
        if (has_fault(in, &at, read, line) || is_second(in, seen, row))
            continue;
        HY_CLEANUP(hy_json_freep) json_t *cmd = command_of(row, actor, "import", now);
        hy_decide_command(&d, cmd);
        const json_t *reply = json_array_get(d.replies, 0);
        struct hy_str field = hy_json_str(reply, "field");
        HY_CLEANUP(hy_freep) char *key = field.n ? hy_str_dup(field) : NULL;
        HY_CLEANUP(hy_freep) char *why = hy_str_dup(hy_json_str(reply, "message"));
        if (!hy_json_bool(reply, "ok"))
            hy_import_fault(in, (size_t)line, key, why);
        hy_decide_clear(&d);
    }
    sort_faults(in);
    hy_decide_release(&d);
    hy_state_free(state);
    hy_map_free(seen);
}

json_t *hy_import_commands(const struct hy_import *in, const json_t *actor, const char *via,
                           hy_wall now)
{
    json_t *list = json_array(), *row;
    size_t i;

    json_array_foreach (in->rows, i, row)
        json_array_append_new(list, command_of(row, actor, via, now));
    return list;
}
