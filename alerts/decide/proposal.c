/* SPDX-License-Identifier: Apache-2.0 */
/* Four eyes, the first pair: what one person proposes waits in a list of the document until another
 * one decides (approve.c). */
#include "alerts/decide/approve.h"

#include "core/mem.h"

#include <stdlib.h>

json_t *hy_proposal(const struct hy_work *w, const char *list, char prefix)
{
    json_t *o = hy_signed(w);
    char id[32];

    hy_row_id(w->doc, list, prefix, id);
    hy_json_set_str(o, "id", hy_str(id));
    hy_json_set_str(o, "state", HY_STR("proposed"));
    return o;
}

/* Tell whoever may approve it: the named person, else the posts. */
void hy_ask_approval(struct hy_work *w, const json_t *o, unsigned posts, const char *what)
{
    HY_CLEANUP(hy_freep)
    char *person = hy_str_dup(hy_json_str(json_object_get(o, "approver"), "id"));
    const json_t *clock = hy_nearest_clock(w->doc);
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_buf_printf(&b, "%s由" HY_STR_FMT "提出，请审批（编号 " HY_STR_FMT "）。", what,
                  HY_STR_ARG(hy_json_str(w->actor, "name")), HY_STR_ARG(hy_json_str(o, "id")));
    if (clock)
        hy_add_clock(w->d->now, &b, clock);
    hy_buf_puts(&b, clock ? "；批准以前照常计时" : "批准以前不生效");
    hy_tell(w, "approve", *person ? 0 : posts, *person ? person : NULL,
            hy_pressing(w->d, w->doc), b.p);
    hy_buf_release(&b);
}

/* The newest of a list in this state, or NULL. */
const json_t *hy_newest_in(const json_t *list, const char *state)
{
    for (size_t i = json_array_size(list); i-- > 0;)
        if (hy_str_is(hy_json_str(json_array_get(list, i), "state"), state))
            return json_array_get(list, i);
    return NULL;
}
