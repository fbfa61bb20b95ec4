/* SPDX-License-Identifier: Apache-2.0 */
/* Steps that are recorded and change no clock: verification, consultation, urging, evaluation and
 * the like.  A row of the table is a verb: its fields (DOMAIN 3.4), where the record stands, and
 * who is told. */
#include "alerts/decide/command.h"

#include "core/mem.h"
#include "core/utf8.h"
#include "rules/names.h"

#include <stdio.h>
#include <string.h>

static const char *const fact_status[] = {"unverified", "true", "partly", "false", NULL};
static const char *const evaluator[] = {"self", "third_party", "citizen_assessor", NULL};
static const char *const ground[] = {
    /* early signs (苗头性), then the grounds of 61号 */
    "major_policy",   "credibility",     "moral_line", "emergency", "misread_policy",
    "vital_interest", "livelihood_line", "ordered",    "hot_topic", NULL};

#define SCORE(key, label)                                                                          \
    {                                                                                              \
        key, label, HY_F_INT, .min = 0, .max = 10                                                  \
    }
static const struct hy_field verify_fields[] = {
    {"unit", "联系的单位", HY_F_UNIT, true},
    {"time", "联系时间", HY_F_PAST},
    {"answer", "答复", HY_F_LONG, true},
    {"status", "核实结果", HY_F_NAME, true, .names = fact_status},
    {NULL},
};
static const struct hy_field consult_fields[] = {
    {"convener", "召集人", HY_F_TEXT, true}, {"members", "参加单位和人员", HY_F_TEXTS, true},
    {"time", "会商时间", HY_F_PAST},         {"conclusions", "结论", HY_F_LONG, true},
    {"tasks", "任务", HY_F_TEXTS},           {"liaison", "联络单位", HY_F_UNITS},
    {NULL},
};
static const struct hy_field evaluate_fields[] = {
    {"kind", "评估方式", HY_F_NAME, .names = evaluator},
    {"evaluator", "评估人或机构", HY_F_TEXT},
    SCORE("timeliness", "及时性"),
    SCORE("targeting", "针对性"),
    SCORE("effectiveness", "有效性"),
    SCORE("initiative", "主动性"),
    {"impact", "负面社会影响", HY_F_INT, .min = 0, .max = 3},
    {"lessons", "经验和不足", HY_F_LONG, true},
    {"good_case", "列为好案例", HY_F_BOOL},
    {NULL},
};
static const struct hy_field urge_fields[] = {
    {"text", "督办意见", HY_F_LONG, true}, {"due", "要求完成的时间", HY_F_TIME}, {NULL}};
static const struct hy_field note_fields[] = {{"text", "备注", HY_F_LONG, true}, {NULL}};
static const struct hy_field return_fields[] = {
    {"reason", "退回的理由", HY_F_LONG, true}, {"unit", "建议改派的单位", HY_F_UNIT}, {NULL}};
static const struct hy_field accept_fields[] = {{"reason", "说明", HY_F_LONG}, {NULL}};
static const struct hy_field parties_fields[] = {{"responsible", "责任主体", HY_F_UNIT},
                                                 {"involved", "涉事主体", HY_F_UNIT},
                                                 {"respondent", "回应主体", HY_F_UNIT},
                                                 {NULL}};
static const struct hy_field spokesperson_fields[] = {
    {"person", "发言人", HY_F_TEXT, true}, {"title", "职务", HY_F_TEXT}, {NULL}};
static const struct hy_field tag_fields[] = {{"tags", "标记", HY_F_NAMES, true, .names = ground},
                                             {NULL}};
static const struct hy_field opinion_fields[] = {
    {"level", "舆情级别", HY_F_INT, true, .min = 1, .max = 4},
    {"reason", "理由", HY_F_LONG, true},
    {NULL}};
static const struct hy_field archive_fields[] = {
    {"package", "归档包的指纹", HY_F_HASH}, {"reason", "说明", HY_F_LONG}, {NULL}};
static const struct hy_field rate_fields[] = {
    {"satisfied", "是否满意", HY_F_BOOL, true}, {"comment", "意见", HY_F_LONG}, {NULL}};
static const struct hy_field call_fields[] = {{"to", "呼叫谁", HY_F_NAME, .names = hy_post_name},
                                              {"person", "呼叫谁", HY_F_PERSON},
                                              {"text", "说什么", HY_F_LONG, true},
                                              {NULL}};

struct record;
typedef int (*check_fn)(struct hy_work *w, json_t *o, json_t *set);

/* ---- what a row does beside recording ---- */

static int keep_status(struct hy_work *w, json_t *o, json_t *set)
{
    (void)w;
    json_object_set(set, "fact_status", json_object_get(o, "status"));
    return HY_OK;
}

static bool same_unit(const json_t *o, const char *a, const char *b)
{
    struct hy_str x = hy_json_str(json_object_get(o, a), "id");

    return x.n && hy_str_eq(x, hy_json_str(json_object_get(o, b), "id"));
}

/* Three fields on purpose: where they coincide the one who answers judges himself. */
static int judge_parties(struct hy_work *w, json_t *o, json_t *set)
{
    const json_t *old = json_object_get(w->doc, "parties");
    static const char *const keys[] = {"responsible", "involved", "respondent"};

    (void)set;
    for (size_t i = 0; i < HY_COUNT(keys); i++)
        if (!json_object_get(o, keys[i]) && json_object_get(old, keys[i]))
            json_object_set(o, keys[i], json_object_get(old, keys[i]));
    if (same_unit(o, "involved", "respondent"))
        hy_hint(w, "涉事主体和回应主体是同一单位，可能存在利益冲突，"
                   "建议由上级部门核实或共同回应");
    if (same_unit(o, "involved", "responsible"))
        hy_hint(w, "涉事主体和责任主体是同一单位，调查处置建议由其他单位牵头");
    return HY_OK;
}

static int need_somebody(struct hy_work *w, json_t *o, json_t *set)
{
    (void)set;
    if (!json_object_get(o, "to") && !json_object_get(o, "person"))
        return hy_refuse(w, "invalid", "to", "请选择呼叫哪个岗位或哪个人");
    return HY_OK;
}

static int need_scores(struct hy_work *w, json_t *o, json_t *set)
{
    static const char *const keys[] = {"timeliness", "targeting", "effectiveness"};

    (void)set;
    for (size_t i = 0; i < HY_COUNT(keys); i++)
        if (!json_object_get(o, keys[i]))
            return hy_refuse(w, "invalid", keys[i], "请给及时性、针对性、有效性各打 0 到 10 分");
    return HY_OK;
}

/* ---- the table ---- */

#define POST(p) (1u << HY_POST_##p)
static const struct record {
    const char *verb;
    enum hy_entry type;
    const struct hy_field *fields;
    const char *list; /* the record is a row of this list, with ids of `prefix` ... */
    char prefix;
    const char *member; /* ... or this member of the document */
    check_fn check;     /* may be NULL */
    unsigned tell;      /* posts that hear of it */
    enum hy_urgency urgency;
    const char *says; /* in front of what was written */
} records[] = {
    {"accept", HY_ENTRY_STATE, accept_fields, .member = "accepted"},
    {"archive", HY_ENTRY_STATE, archive_fields, .member = "archived"},
    {"call", HY_ENTRY_CALL, call_fields, "calls", 'K', .check = need_somebody, .urgency = HY_URGENT,
     .says = "呼叫您："},
    {"consult", HY_ENTRY_CONSULT, consult_fields, "consultations", 'C'},
    {"evaluate", HY_ENTRY_EVALUATE, evaluate_fields, "evaluations", 'E', .check = need_scores},
    {"note", HY_ENTRY_NOTE, note_fields, "notes", 'N'},
    {"opinion_level", HY_ENTRY_LEVEL, opinion_fields, .member = "opinion_level"},
    {"parties", HY_ENTRY_ASSIGN, parties_fields, .member = "parties", .check = judge_parties},
    {"rate", HY_ENTRY_EVALUATE, rate_fields, .member = "satisfaction"},
    {"return", HY_ENTRY_STATE, return_fields, "returns", 'B', .tell = POST(DUTY) | POST(SUPERVISOR),
     .urgency = HY_NORMAL, .says = "已被退回，请改派："},
    {"spokesperson", HY_ENTRY_ASSIGN, spokesperson_fields, .member = "spokesperson"},
    {"tag", HY_ENTRY_NOTE, tag_fields, .member = "tags"},
    {"urge", HY_ENTRY_URGE, urge_fields, "urges", 'U', .tell = POST(UNIT_LEAD),
     .urgency = HY_URGENT, .says = "督办："},
    {"verify", HY_ENTRY_VERIFY, verify_fields, "verifications", 'V', .check = keep_status},
};

static const struct record *find(struct hy_str verb)
{
    for (size_t i = 0; i < HY_COUNT(records); i++)
        if (hy_str_is(verb, records[i].verb))
            return &records[i];
    hy_bug("no record \"" HY_STR_FMT "\"", HY_STR_ARG(verb));
}

/* Everybody but the auditor may note; then nobody is taken for one who has seen the alarm. */
static json_t *members(const struct hy_work *w, const struct record *r)
{
    if (r->type != HY_ENTRY_NOTE)
        return hy_touched(w);
    json_t *set = json_object();
    hy_ack_renew(w, set);
    return set;
}

static void tell(struct hy_work *w, const struct record *r, const json_t *o)
{
    int post = hy_name_index(hy_post_name, hy_json_str(o, "to"));
    unsigned posts = r->tell | (post >= 0 ? 1u << post : 0);
    HY_CLEANUP(hy_freep)
    char *person = hy_str_dup(hy_json_str(json_object_get(o, "person"), "id"));
    struct hy_str text = hy_json_str(o, json_object_get(o, "text") ? "text" : "reason");
    HY_CLEANUP(hy_freep)
    char *body = hy_xasprintf("%s" HY_STR_FMT, r->says, HY_STR_ARG(hy_utf8_head(text, 200)));

    hy_tell(w, r->verb, posts, *person ? person : NULL, r->urgency, body);
}

int hy_do_record(struct hy_work *w)
{
    const struct record *r = find(hy_json_str(w->cmd, "verb"));
    HY_CLEANUP(hy_json_freep) json_t *o = hy_signed(w);
    HY_CLEANUP(hy_json_freep) json_t *set = members(w, r);
    json_t *put = json_object();
    char id[32];

    if (hy_fields_read(w, r->fields, o) < 0 || (r->check && r->check(w, o, set) < 0)) {
        json_decref(put);
        return HY_E_STATE;
    }
    if (r->list) {
        hy_row_id(w->doc, r->list, r->prefix, id);
        hy_json_set_str(o, "id", hy_str(id));
        hy_put_more(put, r->list, json_incref(o));
    } else {
        json_object_set(set, r->member, o);
    }
    hy_move_stage(w, set, put, w->move->to);
    hy_act(w, r->type, HY_TAKE(set), put);
    if (r->says)
        tell(w, r, o);
    return HY_OK;
}
