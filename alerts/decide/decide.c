/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of every decision: what entries are made of, sealing them, folding them into the state. */
#include "alerts/decide/parts.h"

#include <stdio.h>

void hy_decide_init(struct hy_decide *d, struct hy_state *s, const struct hy_rules *rules,
                    hy_wall now)
{
    *d = (struct hy_decide){.state = s, .rules = rules, .now = now};
    d->lines = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    d->entries = json_array();
    d->replies = json_array();
}

void hy_decide_clear(struct hy_decide *d)
{
    json_array_clear(d->entries);
    json_array_clear(d->replies);
    hy_buf_clear(&d->lines);
}

void hy_decide_release(struct hy_decide *d)
{
    json_decref(d->entries);
    json_decref(d->replies);
    hy_buf_release(&d->lines);
}

json_t *hy_now_json(const struct hy_decide *d)
{
    char text[HY_TIME_SIZE];

    return json_string(hy_wall_format(d->now, HY_CST, text));
}

json_t *hy_entry_data(json_t *args, json_t *set, json_t *put)
{
    json_t *data = json_object();

    if (args)
        json_object_set_new(data, "args", args);
    if (set)
        json_object_set_new(data, "set", set);
    if (put)
        json_object_set_new(data, "put", put);
    return data;
}

json_t *hy_list_of(json_t *one)
{
    json_t *list = json_array();

    json_array_append_new(list, one);
    return list;
}

json_t *hy_put_one(const char *list, json_t *value)
{
    json_t *put = json_object();

    json_object_set_new(put, list, hy_list_of(value));
    return put;
}

void hy_put_more(json_t *put, const char *list, json_t *value)
{
    json_t *values = json_object_get(put, list);

    if (values)
        json_array_append_new(values, value);
    else
        json_object_set_new(put, list, hy_list_of(value));
}

void hy_row_id(const json_t *doc, const char *list, char prefix, char out[32])
{
    snprintf(out, 32, "%c%zu", prefix, json_array_size(json_object_get(doc, list)) + 1);
}

void hy_emit(struct hy_decide *d, enum hy_entry type, struct hy_str incident, json_t *data)
{
    json_t *entry = json_object();
    struct hy_err err = HY_ERR_INIT;

    hy_json_set_str(entry, "type", hy_str(hy_entry_name[type]));
    hy_json_set_str(entry, "incident", incident);
    hy_json_set_str(entry, "actor", d->actor.n ? d->actor : HY_STR("huiying"));
    hy_json_set_time(entry, "at", d->now, HY_CST);
    if (d->cmd.n)
        hy_json_set_str(entry, "cmd", d->cmd);
    json_object_set_new(entry, "data", data);
    d->state->at = d->now;
    hy_journal_seal(entry, &d->state->head, &d->lines);
    hy_buf_char(&d->lines, '\n');
    hy_json_set_int(entry, "seq", d->state->head.seq);
    if (hy_apply(d->state, entry, &err) < 0)
        hy_bug("own entry cannot be applied: %s", err.msg);
    json_array_append_new(d->entries, entry);
}
