/* SPDX-License-Identifier: Apache-2.0 */
/* A case that owes nothing any more is done by itself. */
#include "alerts/decide/command.h"

void hy_case_settle(struct hy_work *w)
{
    const json_t *list = json_object_get(w->doc, "obligations");
    size_t i;
    json_t *o;

    if (w->kind <= HY_MATTER_OPINION || !hy_incident_is_open(w->doc) || json_array_size(list) == 0)
        return;
    json_array_foreach (list, i, o)
        if (hy_str_is(hy_json_str(o, "state"), "open"))
            return;
    json_t *set = json_object(), *put = json_object(), *closed = hy_signed(w);
    json_object_set_new(closed, "by_itself", json_true());
    json_object_set_new(set, "closed", closed);
    hy_move_stage(w, set, put, HY_STAGE_SETTLED);
    hy_act(w, HY_ENTRY_CLOSE, set, put);
}
