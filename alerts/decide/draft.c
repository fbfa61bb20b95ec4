/* SPDX-License-Identifier: Apache-2.0 */
/* Drafts of the answer and the official line: written by one, submitted, superseded by the next
 * version. */
#include "alerts/decide/approve.h"

#include "core/mem.h"
#include "rules/names.h"

static const struct hy_field draft_fields[] = {
    {"title", "标题", HY_F_TEXT},
    {"text", "正文", HY_F_BODY, true},
    {"form", "回应形式", HY_F_NAME, .names = hy_act_name},
    {"channels", "发布渠道", HY_F_TEXTS},
    {NULL},
};

/* What is not decided yet gives way to a new version. */
static void supersede_open(const struct hy_work *w, const char *list, json_t *put)
{
    static const char *const open[] = {"draft", "proposed"};

    for (size_t i = 0; i < HY_COUNT(open); i++) {
        const json_t *old = hy_newest_in(json_object_get(w->doc, list), open[i]);
        if (old == NULL)
            continue;
        json_t *changed = json_deep_copy(old);
        hy_json_set_str(changed, "state", HY_STR("superseded"));
        hy_put_more(put, list, changed);
    }
}

int hy_do_draft(struct hy_work *w)
{
    HY_CLEANUP(hy_json_freep) json_t *o = hy_proposal(w, "drafts", 'D');
    json_t *set, *put;

    if (hy_fields_read(w, draft_fields, o) < 0)
        return HY_E_STATE;
    hy_json_set_str(o, "state", HY_STR("draft"));
    hy_json_set_int(o, "version", (int64_t)json_array_size(json_object_get(w->doc, "drafts")) + 1);
    set = hy_touched(w);
    put = json_object();
    supersede_open(w, "drafts", put);
    hy_put_more(put, "drafts", HY_TAKE(o));
    hy_move_stage(w, set, put, w->move->to);
    hy_act(w, HY_ENTRY_DRAFT, set, put);
    return HY_OK;
}

int hy_do_submit(struct hy_work *w)
{
    struct hy_str id = hy_json_str(w->args, "draft");
    const json_t *drafts = json_object_get(w->doc, "drafts");
    const json_t *draft = id.n ? hy_list_find(drafts, id) : hy_newest_in(drafts, "draft");

    if (draft == NULL || !hy_str_is(hy_json_str(draft, "state"), "draft"))
        return hy_refuse(w, "state", "draft", "没有可以送审的稿件，请先拟稿");
    HY_CLEANUP(hy_json_freep) json_t *changed = json_deep_copy(draft);
    json_t *set = hy_touched(w), *put = json_object();
    hy_json_set_str(changed, "state", HY_STR("proposed"));
    json_object_set_new(changed, "submitted", hy_signed(w));
    hy_put_more(put, "drafts", json_incref(changed));
    hy_move_stage(w, set, put, w->move->to);
    hy_act(w, HY_ENTRY_SUBMIT, set, put);
    hy_ask_approval(w, changed, 1u << HY_POST_UNIT_LEAD | 1u << HY_POST_LEADER, "回应稿件");
    return HY_OK;
}

int hy_do_line(struct hy_work *w)
{
    HY_CLEANUP(hy_json_freep) json_t *o = hy_proposal(w, "lines", 'L');
    static const struct hy_field fields[] = {{"text", "口径", HY_F_BODY, true}, {NULL}};
    json_t *put = json_object();

    if (hy_fields_read(w, fields, o) < 0) {
        json_decref(put);
        return HY_E_STATE;
    }
    hy_json_set_int(o, "version", (int64_t)json_array_size(json_object_get(w->doc, "lines")) + 1);
    supersede_open(w, "lines", put);
    hy_put_more(put, "lines", json_incref(o));
    hy_act(w, HY_ENTRY_LINE, hy_touched(w), put);
    hy_ask_approval(w, o, 1u << HY_POST_UNIT_LEAD | 1u << HY_POST_LEADER, "对外口径");
    return HY_OK;
}
