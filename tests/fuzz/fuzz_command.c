/* SPDX-License-Identifier: Apache-2.0 */
/* Any JSON line as hit, command or timer for the keeper's decision: no crash, exactly one reply per
 * command, and what it decided can be replayed from its own lines.
 * Covers: alerts/decide/ */
#include "alerts/decide/decide.h"
#include "core/hash.h"
#include "core/mem.h"
#include "rules/calendar.h"
#include "rules/duty.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct hy_rules *rules_once(void)
{
    static struct hy_rules rules = {.version = "fuzz"};
    struct hy_diag *d;
    struct hy_err err = HY_ERR_INIT;

    if (rules.windows)
        return &rules;
    hy_hash_init();
    d = hy_diag_new();
    rules.duty = hy_duty_new();
    if (hy_section_windows.load("rules/national", true, (void **)&rules.windows, d, &err) < 0 ||
        hy_section_calendar.load("rules/national", true, (void **)&rules.calendar, d, &err) < 0)
        abort();
    hy_diag_free(d);
    return &rules;
}

static void give(struct hy_decide *d, const json_t *input)
{
    struct hy_str incident = HY_STR("I20261123-0001");
    struct hy_place_verdict v = {0};

    if (hy_json_str(input, "timer").n) {
        hy_decide_timer(d, hy_json_str(input, "timer"), hy_json_time(input, "due"));
    } else if (hy_json_str(input, "verb").n) {
        size_t before = json_array_size(d->replies);
        hy_decide_command(d, input);
        if (json_array_size(d->replies) != before + 1)
            abort();
    } else {
        if (json_is_true(json_object_get(input, "join")) && hy_state_incident(d->state, incident))
            v.incident = incident.p;
        hy_decide_hit(d, input, &v);
    }
}

static void replay(struct hy_str lines)
{
    HY_CLEANUP(hy_state_freep) struct hy_state *s = hy_state_new();
    struct hy_head head = HY_HEAD_INIT;
    struct hy_err err = HY_ERR_INIT;

    for (struct hy_lines it = hy_lines(lines); hy_lines_next(&it);) {
        HY_CLEANUP(hy_json_freep) json_t *entry = NULL;
        if (hy_journal_check(it.line, &head, &entry, &err) < 0 || hy_apply(s, entry, &err) < 0)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hy_state *s;
    struct hy_decide d;
    hy_wall now = {INT64_C(1795396380000)}; /* 2026-11-23T09:13:00+08:00 */
    struct hy_rules *rules = rules_once();

    s = hy_state_new();
    hy_decide_init(&d, s, rules, now);
    for (struct hy_lines it = hy_lines(hy_str_n((const char *)data, size)); hy_lines_next(&it);) {
        HY_CLEANUP(hy_json_freep) json_t *input = NULL;
        struct hy_err err = HY_ERR_INIT;
        if (hy_json_parse(it.line, &input, &err) == HY_OK && json_is_object(input))
            give(&d, input);
        d.now = hy_wall_add_ms(d.now, 10 * HY_MINUTE_MS);
    }
    replay(hy_buf_view(&d.lines));
    hy_decide_release(&d);
    hy_state_free(s);
    return 0;
}
