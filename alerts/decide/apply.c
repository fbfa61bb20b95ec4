/* SPDX-License-Identifier: Apache-2.0 */
/* Journal entry + state -> state.  Knows the two ways an entry can change a document (set, put)
 * and nothing of rules, clocks or duties: decide.c has put the outcome into the entry. */
#include "alerts/decide/entry.h"
#include "alerts/decide/state.h"
#include "core/json_splice.h"
#include "core/mem.h"
#include "rules/names.h"

const char *const hy_entry_name[] = {
    [HY_ENTRY_OPEN] = "open",         [HY_ENTRY_ITEM] = "item",
    [HY_ENTRY_CLOCKS] = "clocks",     [HY_ENTRY_NOTICE] = "notice",
    [HY_ENTRY_FOUND] = "found",       [HY_ENTRY_ACK] = "ack",
    [HY_ENTRY_CONFIRM] = "confirm",   [HY_ENTRY_DISMISS] = "dismiss",
    [HY_ENTRY_LEVEL] = "level",       [HY_ENTRY_ASSIGN] = "assign",
    [HY_ENTRY_RESPOND] = "respond",   [HY_ENTRY_REJECT_FOUND] = "reject_found",
    [HY_ENTRY_WAIVE] = "waive",       [HY_ENTRY_MERGE] = "merge",
    [HY_ENTRY_TIMES] = "times",       [HY_ENTRY_NOTE] = "note",
    [HY_ENTRY_STATE] = "state",       [HY_ENTRY_CLOSE] = "close",
    [HY_ENTRY_REOPEN] = "reopen",     [HY_ENTRY_RECEIPT] = "receipt",
    [HY_ENTRY_CLASSIFY] = "classify", [HY_ENTRY_VERIFY] = "verify",
    [HY_ENTRY_CONSULT] = "consult",   [HY_ENTRY_LINE] = "line",
    [HY_ENTRY_DRAFT] = "draft",       [HY_ENTRY_SUBMIT] = "submit",
    [HY_ENTRY_APPROVE] = "approve",   [HY_ENTRY_REJECT] = "reject",
    [HY_ENTRY_EXTEND] = "extend",     [HY_ENTRY_SUSPEND] = "suspend",
    [HY_ENTRY_RESUME] = "resume",     [HY_ENTRY_REFER] = "refer",
    [HY_ENTRY_CORRECT] = "correct",   [HY_ENTRY_WITHDRAW] = "withdraw",
    [HY_ENTRY_EVALUATE] = "evaluate", [HY_ENTRY_URGE] = "urge",
    [HY_ENTRY_CALL] = "call",         [HY_ENTRY_SPLIT] = "split",
    [HY_ENTRY_SOURCE] = "source",     [HY_ENTRY_DUTY] = "duty",
    [HY_ENTRY_KEEPER] = "keeper",     [HY_ENTRY_SNOOZE] = "snooze",
    [HY_ENTRY_RISK] = "risk",
    [HY_ENTRY_COUNT] = NULL,
};
const char *const hy_entry_label[] = {
    [HY_ENTRY_OPEN] = "发现",         [HY_ENTRY_ITEM] = "归入",
    [HY_ENTRY_CLOCKS] = "时限",       [HY_ENTRY_NOTICE] = "提醒",
    [HY_ENTRY_FOUND] = "疑似回应",    [HY_ENTRY_ACK] = "签收提醒",
    [HY_ENTRY_CONFIRM] = "确认",      [HY_ENTRY_DISMISS] = "排除",
    [HY_ENTRY_LEVEL] = "定级",        [HY_ENTRY_ASSIGN] = "交办",
    [HY_ENTRY_RESPOND] = "登记回应",  [HY_ENTRY_REJECT_FOUND] = "不是回应",
    [HY_ENTRY_WAIVE] = "免回应",      [HY_ENTRY_MERGE] = "并案",
    [HY_ENTRY_TIMES] = "更正时间",    [HY_ENTRY_NOTE] = "备注",
    [HY_ENTRY_STATE] = "流转",        [HY_ENTRY_CLOSE] = "办结",
    [HY_ENTRY_REOPEN] = "重新打开",   [HY_ENTRY_RECEIPT] = "回执",
    [HY_ENTRY_CLASSIFY] = "处置分类", [HY_ENTRY_VERIFY] = "核实",
    [HY_ENTRY_CONSULT] = "会商",      [HY_ENTRY_LINE] = "拟定口径",
    [HY_ENTRY_DRAFT] = "拟稿",        [HY_ENTRY_SUBMIT] = "送审",
    [HY_ENTRY_APPROVE] = "批准",      [HY_ENTRY_REJECT] = "不批准",
    [HY_ENTRY_EXTEND] = "延期",       [HY_ENTRY_SUSPEND] = "征求意见",
    [HY_ENTRY_RESUME] = "收到答复",   [HY_ENTRY_REFER] = "移交",
    [HY_ENTRY_CORRECT] = "更正",      [HY_ENTRY_WITHDRAW] = "撤回登记",
    [HY_ENTRY_EVALUATE] = "评估",     [HY_ENTRY_URGE] = "督办",
    [HY_ENTRY_CALL] = "呼叫",         [HY_ENTRY_SPLIT] = "拆分",
    [HY_ENTRY_SOURCE] = "信源",       [HY_ENTRY_DUTY] = "值班",
    [HY_ENTRY_KEEPER] = "值守程序",   [HY_ENTRY_SNOOZE] = "推迟提醒",
    [HY_ENTRY_RISK] = "风险评估",
};
_Static_assert(HY_COUNT(hy_entry_name) == HY_ENTRY_COUNT + 1, "name every entry");
_Static_assert(HY_COUNT(hy_entry_label) == HY_ENTRY_COUNT, "label every entry");

/* A value is shared with the entry, not copied: what stands in a document is never changed in place
 * but replaced as a whole, except the lists themselves. */
static json_t *share(json_t *value)
{
    return json_is_array(value) ? json_copy(value) : json_incref(value);
}

struct folding { /* an entry being folded into a document */
    struct hy_state *s;
    struct hy_str id;
    json_t *doc;
};

static void set_members(const struct folding *f, const json_t *set)
{
    const char *key;
    json_t *value;

    json_object_foreach ((json_t *)set, key, value) {
        json_object_set_new(f->doc, key, share(value));
        hy_state_changes(f->s, f->id, key, HY_JSON_WHOLE);
    }
}

/* Where it is now. */
static size_t upsert(json_t *list, json_t *value)
{
    struct hy_str id = hy_json_str(value, "id");
    size_t i;
    json_t *o;

    json_array_foreach (list, i, o)
        if (id.n && hy_str_eq(hy_json_str(o, "id"), id)) {
            json_array_set(list, i, value);
            return i;
        }
    json_array_append(list, value);
    return json_array_size(list) - 1;
}

static void put_members(const struct folding *f, const json_t *put)
{
    const char *key;
    json_t *values, *v;
    size_t i;

    json_object_foreach ((json_t *)put, key, values) {
        json_t *list = json_object_get(f->doc, key);
        if (!json_is_array(list)) {
            list = json_array();
            json_object_set_new(f->doc, key, list);
            hy_state_changes(f->s, f->id, key, HY_JSON_WHOLE);
        }
        json_array_foreach (values, i, v)
            hy_state_changes(f->s, f->id, key, (int64_t)upsert(list, v));
    }
}

static json_t *document(struct hy_state *s, int type, struct hy_str id, struct hy_err *err)
{
    json_t *doc = hy_state_incident(s, id);

    bool by_itself = type == HY_ENTRY_SOURCE || type == HY_ENTRY_DUTY || type == HY_ENTRY_RISK;
    if (type == HY_ENTRY_OPEN || (by_itself && doc == NULL)) {
        if (doc || id.n == 0) {
            hy_fail(err, HY_E_PARSE, "open of \"" HY_STR_FMT "\", which is there already",
                    HY_STR_ARG(id));
            return NULL;
        }
        return hy_state_open(s, id);
    }
    if (doc == NULL)
        hy_fail(err, HY_E_PARSE, "entry for the unknown incident \"" HY_STR_FMT "\"",
                HY_STR_ARG(id));
    return doc;
}

/* Which items the incident has from now on: those it lists, and the one this entry brought even
 * where the list is full. */
static void own_items(struct hy_state *s, struct hy_str id, const json_t *data, int64_t seq)
{
    static const struct {
        const char *list, *key;
    } rows[] = {{"items", "id"}, {"found", "item"}};
    static const char *const ways[] = {"set", "put"};
    struct hy_str from = hy_json_str(json_object_get(data, "args"), "from");
    size_t i;
    json_t *o;

    if (from.n)
        hy_state_move_items(s, from, id, seq);
    for (size_t w = 0; w < HY_COUNT(ways); w++)
        for (size_t r = 0; r < HY_COUNT(rows); r++)
            json_array_foreach (json_object_get(json_object_get(data, ways[w]), rows[r].list), i, o)
                hy_state_own_item(s, id, hy_json_str(o, rows[r].key), seq);
    hy_state_own_item(s, id, hy_json_str(json_object_get(data, "item"), "id"), seq);
    const json_t *set = json_object_get(data, "set");
    hy_state_own_ref(s, id, hy_json_str(set, "kind"), hy_json_str(set, "ref"), seq);
}

int hy_apply(struct hy_state *s, const json_t *entry, struct hy_err *err)
{
    int type = hy_name_index(hy_entry_name, hy_json_str(entry, "type"));
    const json_t *data = json_object_get(entry, "data");
    struct hy_str id = hy_json_str(entry, "incident");
    int64_t seq = hy_json_int(entry, "seq", 0);
    json_t *doc;

    if (type < 0)
        return hy_fail(err, HY_E_PARSE, "entry of unknown type \"" HY_STR_FMT "\"",
                       HY_STR_ARG(hy_json_str(entry, "type")));
    if (type == HY_ENTRY_KEEPER)
        return HY_OK;
    doc = document(s, type, id, err);
    if (doc == NULL)
        return err->code;
    const struct folding f = {s, id, doc};
    set_members(&f, json_object_get(data, "set"));
    put_members(&f, json_object_get(data, "put"));
    hy_state_changed(s, id, seq);
    own_items(s, id, data, seq);
    return HY_OK;
}
