/* SPDX-License-Identifier: Apache-2.0 */
/* Every limit and every refusal of the command interface, each with its code, the field it is about
 * and the sentence that people read - and a look into the sources that none is left out.
 *
 * A group is a story told in order on a fresh office; "ok" rows lead up to the refusals.  In
 * arguments #201# is that many characters, @51@ a list of that many. */
#include "alerts/decide/parts.h"
#include "tests/unit/world.h"

#include "rules/lexicon.h"

#include <dirent.h>

#define DU ROLE(DUTY)
#define MO ROLE(MONITOR)
#define AN ROLE(ANALYST)
#define ED ROLE(EDITOR)
#define AP ROLE(APPROVER)
#define SU ROLE(SUPERVISOR)
#define AU ROLE(AUDITOR)
#define AD ROLE(ADMIN)

struct row {
    const char *on, *verb, *who;
    unsigned roles;
    const char *args, *want; /* "ok" or "code|field|sentence" */
};

static char *seen[400]; /* sentences that came */
static size_t n_seen;
static struct hy_map *codes;

static json_t *expand(const char *text)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    const char *end;

    for (; *text; text++) {
        if ((*text != '#' && *text != '@') || !(end = strchr(text + 1, *text))) {
            hy_buf_char(&b, *text);
            continue;
        }
        int64_t n = 0;
        assert_true(hy_str_to_i64(hy_str_n(text + 1, (size_t)(end - text - 1)), &n));
        for (int64_t i = n; i > 0; i--)
            hy_buf_puts(&b, *text == '#' ? "字" : i > 1 ? "'x'," : "'x'");
        text = end;
    }
    json_t *o = json_of(b.p);
    hy_buf_release(&b);
    return o;
}

static void expect(struct world *w, const struct row *r)
{
    HY_CLEANUP(hy_freep) char *got = NULL;
    HY_CLEANUP(hy_json_freep) json_t *args = expand(r->args), *cmd;
    static int n;
    json_t *roles = json_array();
    char id[40];

    for (int k = 0; k < HY_ROLE_COUNT; k++)
        if (r->roles & 1u << k)
            json_array_append_new(roles, json_string(hy_role_name[k]));
    snprintf(id, sizeof(id), "%032d", ++n);
    cmd = json_pack("{s:s,s:s,s:s,s:{s:s,s:s,s:o},s:O}", "id", id, "verb", r->verb, "incident",
                    r->on, "actor", "id", r->who, "name", r->who, "roles", roles, "args", args);
    if (json_object_get(args, "version")) /* of the envelope */
        json_object_set(cmd, "version", json_object_get(args, "version"));
    if (json_object_get(args, "via"))
        json_object_set(cmd, "via", json_object_get(args, "via"));
    size_t before = json_array_size(w->d.entries);
    hy_decide_command(&w->d, cmd);
    if (hy_json_bool(reply(w), "ok")) {
        got = hy_xstrdup("ok");
    } else {
        got = hy_xasprintf("%s|%s|%s", hy_json_str(reply(w), "code").p,
                           hy_json_str(reply(w), "field").p, hy_json_str(reply(w), "message").p);
        seen[n_seen++] = hy_str_dup(hy_json_str(reply(w), "message"));
        hy_map_set(codes, hy_json_str(reply(w), "code"), codes);
        assert_int_equal(json_array_size(w->d.entries), before); /* a refusal changes nothing */
    }
    if (strcmp(got, r->want) != 0)
        print_error("%s %s %s: %s\n", r->on, r->verb, r->args, got);
    assert_true(strcmp(got, r->want) == 0 || getenv("HY_REFUSALS_PRINT"));
}

static void tell(struct world *w, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i].verb == NULL)
            w->d.now = at(rows[i].on);
        else
            expect(w, &rows[i]);
}

static const struct row frame[] = {
    {ID, "explode", "d", DU, "{}", "invalid|verb|不认识的操作"},
    {ID, "note", "", DU, "{}", "invalid|actor|没有说明操作人"},
    {"I1", "note", "d", DU, "{}", "not_found|incident|没有这件事，可能编号有误"},
    {ID, "waive", "d", DU, "{}", "forbidden||没有权限：“免回应”需要主管"},
    {ID, "state", "s", SU, "{'to':'nowhere'}", "invalid|to|不认识的状态"},
    {ID, "state", "u", ED, "{'to':'following','reason':'x'}",
     "state|to|不能从“收集”转到“持续发布”"},
    {ID, "state", "u", ED, "{'to':'verifying','reason':'x'}",
     "forbidden||没有权限：“流转”需要监测员、值班员、研判员"},
    {ID, "reopen", "s", SU, "{'reason':'x'}", "state||现在处于“收集”，不能重新打开"},
    {"", "register", "d", DU, "{'kind':'emergency'}",
     "invalid|kind|请写明登记的是哪一类事项（kind）"},
    {"", "register", "x", AU, "{'kind':'message'}",
     "forbidden||没有权限：“登记”需要监测员、值班员、研判员、拟稿人、审签人、主管"},
    {"", "override", "x", AU, "{}",
     "forbidden||没有权限：“换人值班”需要监测员、值班员、研判员、主管、系统管理员"},
    {ID, "assign", "s", SU, "{'lead':'fire'}", "ok"},
    {ID, "assign", "s", SU, "{'lead':'fire'}", "ok"},
    {ID, "assign", "s", SU, "{'lead':{'id':'ecology','name':'生态'}}",
     "invalid|reason|请填写改派的理由"},
    {ID, "assign", "s", SU, "{'lead':'fire','version':1}",
     "conflict|version|刚刚被他人更新，请看过最新情况后再操作"},
};

static const struct row fields[] = {
    {"", "register", "d", DU, "{'kind':'message'}", "invalid|title|请填写标题"},
    {"", "register", "d", DU, "{'kind':'message','title':' '}", "invalid|title|请填写标题"},
    {"", "register", "d", DU, "{'kind':'message','title':5}", "invalid|title|标题应为文字"},
    {"", "register", "d", DU, "{'kind':'message','title':'#201#'}",
     "invalid|title|标题太长，最多 200 字"},
    {"", "register", "d", DU, "{'kind':'message','title':'x','text':'#20001#'}",
     "invalid|text|内容太长，最多 20000 字"},
    {"", "register", "d", DU, "{'kind':'message','title':'x','url':'ftp://a.cn'}",
     "invalid|url|请填写发布页面的网址（http:// 或 https:// 开头）"},
    {"", "register", "d", DU, "{'kind':'message','title':'x','url':'http://a.cn/#700#'}",
     "invalid|url|网址太长，最多 2000 个字节"},
    {"", "register", "d", DU, "{'kind':'message','title':'x','receipt_form':'pigeon'}",
     "invalid|receipt_form|收到的方式不能是“pigeon”"},
    {"", "register", "d", DU, "{'kind':'message','title':'x'}",
     "invalid|received|请填写受理时间，网民留言的时限从它起算"},
    {"", "register", "d", DU, "{'kind':'message','title':'x','received':'昨天'}",
     "invalid|received|收到时间不是时间，例如 2026-11-23T13:40:00+08:00"},
    {"", "register", "d", DU,
     "{'kind':'message','title':'x','received':'2026-11-23T09:19:00+08:00'}",
     "invalid|received|收到时间晚于现在"},
    {"", "register", "d", DU,
     "{'kind':'message','title':'#200#','text':'#20000#','received':'2026-11-23T09:18:00+08:00'}",
     "ok"}, /* at the limit, and five minutes of a clock that is ahead */
    {ID, "level", "s", SU, "{'level':2}", "invalid|reason|请填写定级的理由"},
    {ID, "level", "s", SU, "{'level':2,'reason':'#2001#'}",
     "invalid|reason|定级的理由太长，最多 2000 字"},
    {ID, "level", "s", SU, "{'level':2,'reason':'#2000#'}", "ok"},
    {ID, "note", "d", DU, "{'text':'#2001#'}", "invalid|text|备注太长，最多 2000 字"},
    {ID, "tag", "d", DU, "{'tags':['x',7]}", "invalid|tags|标记不能是“x”"},
    {ID, "tag", "d", DU, "{'tags':[@51@]}", "invalid|tags|标记应为列表，最多 50 项"},
    {ID, "parties", "s", SU, "{'responsible':7}", "invalid|responsible|责任主体应为一个单位"},
    {ID, "opinion_level", "s", SU, "{'level':5,'reason':'x'}",
     "invalid|level|舆情级别应为 1 到 4 的整数"},
    {ID, "times", "m", MO, "{'occurred':'早上','reason':'x'}",
     "invalid|occurred|事发时间不是时间，例如 2026-11-23T13:40:00+08:00"},
    {ID, "times", "m", MO, "{'occurred':'2026-11-24T09:00:00+08:00','reason':'x'}",
     "invalid|occurred|事发时间晚于现在"},
    {ID, "waive", "s", SU, "{}", "invalid|clock|请填写时限"},
    {ID, "waive", "s", SU, "{'clock':'H99'}", "not_found|clock|这件事没有时限“H99”"},
    {ID, "waive", "s", SU, "{'clock':'H5','basis':'x','approver':'zz'}",
     "invalid|approver|人员名单里没有批准人“zz”"},
    {ID, "waive", "s", SU, "{'clock':'H24','basis':'x','approver':'l','approval':'文1'}", "ok"},
    {ID, "waive", "s", SU, "{'clock':'H24','basis':'x','approver':'l'}",
     "state|clock|这个时限已经结束"},
    {"", "register", "d", DU,
     "{'kind':'message','title':'x','received':'2026-11-20T08:00:00+08:00'}", "ok"},
    {"M20261123-0002", "respond", "d", DU, "{'published':'2026-11-23T09:00:00+08:00'}", "ok"},
    {"M20261123-0002", "rate", "d", DU, "{'satisfied':'很'}",
     "invalid|satisfied|是否满意应为是或否（true、false）"},
    {"M20261123-0002", "archive", "s", SU, "{'package':'abc'}",
     "invalid|package|归档包的指纹应为 64 位十六进制的 SHA-256"},
};

static const struct row acknowledging[] = {
    {ID, "ack", "d", DU, "{'all':true}", "forbidden|all|只有主管能代其他人签收"},
    {ID, "snooze", "d", DU, "{'minutes':0}", "invalid|minutes|推迟多少分钟应为 1 到 120 的整数"},
    {ID, "snooze", "d", DU, "{'minutes':121}", "invalid|minutes|推迟多少分钟应为 1 到 120 的整数"},
    {ID, "snooze", "d", DU, "{'minutes':31}", "invalid|minutes|一次最多推迟 30 分钟"},
    {ID, "snooze", "d", DU, "{'minutes':30}", "ok"},
    {"23T13:50", NULL, NULL, 0, NULL, NULL},
    {ID, "snooze", "d", DU, "{'minutes':15}",
     "state|minutes|“5小时内发布权威信息”还有 22 分钟到期，提醒至少要在到期前 10 分钟恢复"},
    {ID, "snooze", "d", DU, "{'minutes':5}", "ok"},
    {ID, "snooze", "d", DU, "{'minutes':5}",
     "state||这件事已经推迟过 2 次，不能再推迟；请处理或交给别人"},
    {"", "receipt", "x", DU, "{'notice':'" ID "/-/nothing','state':'shown'}",
     "not_found|notice|没有这条提醒"},
    {"", "receipt", "x", DU, "{'notice':'" ID "/-/open','state':'shown'}",
     "forbidden|notice|这条提醒不是发给您的"},
    {"", "receipt", "d", DU, "{'notice':'" ID "/-/open','state':'eaten'}",
     "invalid|state|回执只能是 shown、failed 或 closed"},
    {"", "receipt", "deliver", 0, "{'notice':'" ID "/-/open','state':'shown','via':'deliver'}",
     "invalid|state|回执要有渠道和状态（sent、failed）"},
    {"", "receipt", "deliver", 0, "{'notice':'" ID "/-/open','state':'sent','via':'deliver'}",
     "invalid|state|回执要有渠道和状态（sent、failed）"},
};

static const struct row approving[] = {
    {ID, "waive", "s", SU, "{'clock':'H24','basis':'x','approver':'s'}",
     "forbidden|approver|批准人不能是登记人自己"},
    {ID, "waive", "s", SU, "{'clock':'H24','basis':'x','approver':'u'}",
     "forbidden|approver|单位没有批准权限"},
    {ID, "waive", "s", SU, "{'clock':'H24','basis':'x','approver':'l'}", "ok"},
    {ID, "approve", "l", AP, "{'what':'Z9'}",
     "not_found|what|没有这项待批事项，请写明编号（如 W1、D2）"},
    {ID, "approve", "a", AN, "{'what':'W1'}", "forbidden||没有权限：“审批”需要审签人、主管"},
    {ID, "approve", "s", SU, "{'what':'W1'}", "forbidden|what|不能审批自己提出的免除申请"},
    {ID, "approve", "l", AP, "{'what':'W1'}", "ok"},
    {ID, "reject", "l", AP, "{'what':'W1','reason':'x'}", "state|what|这项免除申请已经处理过"},
    {ID, "extend", "s", SU, "{'clock':'H5','within':'1h','reason':'x','approver':'l'}",
     "invalid|clock|这个时限按规定不能延长"},
    {"", "register", "d", DU, "{'kind':'foi','title':'x','received':'2026-11-20T08:00:00+08:00'}",
     "ok"},
    {"F20261123-0001", "extend", "d", DU,
     "{'clock':'FOI20','within':'21wd','reason':'x','approver':'l'}",
     "invalid|within|最多延长 20wd"},
    {"F20261123-0001", "extend", "d", DU,
     "{'clock':'FOI20','within':'20wd','reason':'x','approver':'l'}", "ok"},
    {"F20261123-0001", "extend", "d", DU,
     "{'clock':'FOI20','within':'5wd','reason':'x','approver':'l'}",
     "state|clock|这个时限已经申请过延长"},
    {ID, "submit", "u", ED, "{}", "state|draft|没有可以送审的稿件，请先拟稿"},
    {ID, "draft", "u", ED, "{'text':'x'}", "ok"},
    {ID, "submit", "u", ED, "{}", "ok"},
    {ID, "approve", "l", AP, "{'what':'D1','checks':['wording','timing']}",
     "invalid|checks|审签前要逐项审核，还差：公开方式、去标识化、保密审查"},
    {ID, "waive", "s", SU, "{'clock':'H5','basis':'x','approver':'l'}", "ok"},
    {ID, "respond", "d", DU,
     "{'url':'http://a.cn/1','published':'2026-11-23T09:13:00+08:00','clock':'H5'}", "ok"},
    {ID, "approve", "l", AP, "{'what':'W2'}", "state|what|要免除的时限已经结束，不必再批"},
};

static const struct row assessing[] = {
    {ID, "confirm", "d", DU, "{'kind':'message'}",
     "invalid|kind|类别只能是 emergency（突发事件）或 opinion（政务舆情）"},
    {ID, "level", "s", SU, "{'level':5,'reason':'x'}",
     "invalid|level|级别只能是 1（特别重大）、2、3 或 4（一般）"},
    {ID, "assign", "s", SU, "{}", "invalid|lead|请选择牵头单位"},
    {ID, "classify", "s", SU, "{}", "invalid|disposition|请选择处置分类"},
    {ID, "classify", "s", SU, "{'disposition':['nice']}", "invalid|disposition|不认识的处置分类"},
    {ID, "close", "s", SU, "{'follow_up':'x','disposition':['hardship']}",
     "state||“5小时内发布权威信息”还没有完成，请先登记或申请免除"},
    {ID, "respond", "d", DU, "{'form':'interview'}", "invalid|published|请填写发布时间"},
    {ID, "respond", "d", DU, "{}", "invalid|url|请填写发布页面的网址（http:// 或 https:// 开头）"},
    {ID, "respond", "d", DU, "{'url':'http://a.cn/1'}", "invalid|published|请填写发布时间"},
    {ID, "respond", "d", DU,
     "{'url':'http://a.cn/1','published':'2026-11-23T09:13:00+08:00','clock':'H99'}",
     "invalid|clock|这件事没有时限“H99”"},
    {ID, "respond", "d", DU,
     "{'form':'interview','published':'2026-11-23T09:13:00+08:00','clock':'H5'}",
     "invalid|form|“接受采访”不能算完成“5小时内发布权威信息”"},
    {ID, "respond", "d", DU, "{'found':'F9'}", "not_found|found|没有这条疑似回应"},
    {ID, "reject_found", "d", DU, "{'reason':'x'}", "invalid|found|请指明是哪一条疑似回应"},
    {ID, "respond", "d", DU,
     "{'form':'conference','url':'http://a.cn/1','published':'2026-11-23T09:13:00+08:00'}", "ok"},
    {ID, "close", "s", SU, "{'follow_up':'x','disposition':['hardship']}",
     "invalid|follow_up|“实际困难”要公布研究解决的情况：请填写公开页面的网址，或先登记、申请免除"},
    {ID, "correct", "u", ED, "{'response':'R9','what':'x'}",
     "not_found|response|没有这条登记，请写明是哪一条（如 R1）"},
    {ID, "withdraw", "d", AP, "{'response':'R1','reason':'x'}",
     "forbidden|response|登记人不能撤回自己的登记，请另一位审签人撤回"},
    {ID, "withdraw", "l", AP, "{'response':'R1','reason':'x'}", "ok"},
    {ID, "correct", "u", ED, "{'response':'R1','what':'x'}", "state|response|这条登记已经撤回"},
    {ID, "call", "d", DU, "{'text':'x'}", "invalid|to|请选择呼叫哪个岗位或哪个人"},
    {ID, "evaluate", "s", SU, "{'lessons':'x'}",
     "invalid|timeliness|请给及时性、针对性、有效性各打 0 到 10 分"},
    {ID, "merge", "a", AN, "{'into':'I9'}", "not_found|into|没有要并入的事件"},
    {ID, "merge", "a", AN, "{'into':'" ID "'}", "invalid|into|不能并入自己"},
    {ID, "split", "a", AN, "{'reason':'x','items':['zz']}", "invalid|items|请选择要拆出去的报道"},
    {ID, "split", "a", AN, "{'reason':'x','items':['a']}",
     "invalid|items|不能把全部报道都拆出去，至少留一篇"},
};

static const struct row cases[] = {
    {"", "register", "d", DU,
     "{'kind':'message','title':'x','received':'2026-11-20T08:00:00+08:00'}", "ok"},
    {"", "register", "d", DU, "{'kind':'foi','title':'x','received':'2026-11-20T08:00:00+08:00'}",
     "ok"},
    {"M20261123-0001", "suspend", "d", DU, "{'with':'x','why':'third_party'}",
     "state||没有可以扣除时间的时限"},
    {"F20261123-0001", "resume", "d", DU, "{}", "state||没有在征求意见"},
    {"F20261123-0001", "suspend", "d", DU, "{'with':'x','why':'third_party'}", "ok"},
    {"F20261123-0001", "suspend", "d", DU, "{'with':'x','why':'third_party'}",
     "state||正在征求意见，还没有收到答复"},
    {"F20261123-0001", "resume", "d", DU, "{'time':'2026-11-20T08:00:00+08:00'}",
     "invalid|time|收到答复的时间早于发出时间"},
    {"F20261123-0001", "supplement", "d", DU, "{'time':'2026-11-19T08:00:00+08:00'}",
     "invalid|time|收到补正的时间早于收到申请的时间"},
    {"F20261123-0001", "link", "d", DU, "{'to':'I9'}",
     "not_found|to|没有要关联的事项，可能编号有误"},
};

#define SPAN "'from':'2026-11-25T08:30:00+08:00','to':'2026-11-26T08:30:00+08:00'"
static const struct row roster[] = {
    {"", "override", "s", SU,
     "{'from':'2026-11-25T08:30:00+08:00','to':'2026-11-25T08:30:00+08:00','duty':'u'}",
     "invalid|to|结束时间应晚于开始时间"},
    {"", "override", "s", SU,
     "{'from':'2026-11-20T08:30:00+08:00','to':'2026-11-21T08:30:00+08:00','duty':'u'}",
     "invalid|to|这段时间已经过去了"},
    {"", "override", "s", SU,
     "{'from':'2026-11-25T08:30:00+08:00','to':'2027-02-25T08:30:00+08:00','duty':'u'}",
     "invalid|to|一次最长两个月；更久的安排请写进 duty.yaml"},
    {"", "override", "s", SU, "{" SPAN "}", "invalid|duty|请写明由谁值班（duty）或备班（second）"},
    {"", "override", "s", SU, "{" SPAN ",'duty':'u','second':'u'}",
     "invalid|second|值班员和备班不能是同一个人"},
    {"", "override", "e", DU, "{" SPAN ",'duty':'d'}",
     "forbidden|duty|只能把班接到自己名下；要请别人替，请用“换班”由对方答复，或请主管安排"},
    {"", "away", "zz", DU, "{" SPAN "}", "invalid|who|值班人员名单里没有这个人"},
    {"", "away", "e", DU, "{" SPAN ",'who':'d'}",
     "forbidden|who|只能登记自己不在岗；替别人登记请找主管"},
    {"", "swap", "d", DU, "{'mine':'2026-11-25T09:00:00+08:00','with':'d'}",
     "invalid|with|不能和自己换班"},
    {"", "swap", "u", ED, "{'mine':'2026-11-25T09:00:00+08:00','with':'d'}",
     "invalid|mine|那个时间不是单位的班"},
    {"", "swap", "d", DU, "{'mine':'2026-11-20T09:00:00+08:00','with':'e'}",
     "invalid|mine|那一班已经过去了"},
    {"", "swap", "d", DU, "{'mine':'2026-11-25T09:00:00+08:00','with':'e'}", "ok"},
    {"", "swap_answer", "e", DU, "{'swap':'S9','agree':true}", "not_found|swap|没有这次换班"},
    {"", "swap_answer", "u", ED, "{'swap':'S1','agree':true}", "forbidden|swap|要由被请的人答复"},
    {"", "override", "s", SU,
     "{'from':'2026-11-25T20:00:00+08:00','to':'2026-11-26T08:30:00+08:00','duty':'u'}", "ok"},
    {"", "swap_answer", "e", DU, "{'swap':'S1','agree':true}",
     "conflict|swap|这以后值班表有过变动，请重新商定换班"},
    {"", "swap_answer", "e", DU, "{'swap':'S1','agree':false}", "ok"},
    {"", "swap_answer", "e", DU, "{'swap':'S1','agree':false}",
     "state|swap|这次换班已经答复过，或已撤回"},
    {"", "duty_cancel", "e", DU, "{'row':'X1'}", "not_found|row|值班登记里没有这一条"},
    {"", "duty_cancel", "e", DU, "{'row':'C1'}",
     "forbidden|row|只能撤销与自己有关的登记；其他请找主管"},
    {"", "duty_cancel", "s", SU, "{'row':'C1','reason':'#201#'}", "invalid|reason|原因太长"},
    {"", "duty_cancel", "s", SU, "{'row':'C1'}", "ok"},
    {"", "duty_cancel", "s", SU, "{'row':'C1'}", "state|row|这一条已经撤销或结束"},
    {"", "silence", "s", SU, "{'what':'source','to':'2026-11-24T08:30:00+08:00','why':'x'}",
     "invalid|scope|请写明静默哪一个来源、事件、单位或话题"},
    {"", "silence", "s", SU, "{'what':'sources','to':'2026-11-23T08:30:00+08:00','why':'x'}",
     "invalid|to|结束时间应晚于开始时间和现在"},
    {"", "silence", "s", SU, "{'what':'sources','to':'2026-12-23T08:30:00+08:00','why':'x'}",
     "invalid|to|静默最长 7 天，到时可以再登记一次"},
    {"", "silence", "s", SU, "{'what':'sources','to':'2026-11-23T10:30:00+08:00','why':'x'}", "ok"},
    {"", "silence_end", "s", SU, "{'silence':'Q0'}", "not_found|silence|没有这一条静默"},
    {"", "alarm_test", "d", DU, "{'person':'e'}",
     "forbidden|person|只能试发给自己；试发给别人或渠道要主管或管理员"},
    {"", "alarm_test", "s", SU, "{'channel':'sms'}", "invalid|channel|duty.yaml 里没有渠道“sms”"},
    {"", "alarm_test", "zz", SU, "{}", "invalid|person|值班人员名单里没有这个人"},
};

#define TELL(w, rows) tell(w, rows, HY_COUNT(rows))

static void tell_on_hit(const struct row *rows, size_t n)
{
    struct world w;

    world_begin(&w);
    give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
    tell(&w, rows, n);
    world_end(&w);
}

TEST(the_frame)
{
    codes = hy_map_new(NULL);
    tell_on_hit(frame, HY_COUNT(frame));
}

TEST(what_fields_may_hold)
{
    tell_on_hit(fields, HY_COUNT(fields));
}

TEST(acknowledging_and_receipts)
{
    tell_on_hit(acknowledging, HY_COUNT(acknowledging));
}

TEST(approving_what_another_proposed)
{
    tell_on_hit(approving, HY_COUNT(approving));
}

TEST(assessing_and_answering)
{
    tell_on_hit(assessing, HY_COUNT(assessing));
}

TEST(registered_cases)
{
    struct world w;

    world_begin(&w);
    TELL(&w, cases);
    world_end(&w);
}

TEST(the_duty_list)
{
    struct world w;

    world_begin(&w);
    TELL(&w, roster);
    world_end(&w);
}

/* 四平: four classes of disposition, not six. */
static void use_four_classes(struct world *w)
{
    struct hy_diag *diag = hy_diag_new();
    struct hy_err err = HY_ERR_INIT;

    assert_int_equal(
        hy_windows_add_text(w->rules.windows,
                            HY_STR("dispositions: [suggestion, hardship, unaware, wrong_view]\n"),
                            "windows", diag, &err),
        HY_OK);
    hy_diag_free(diag);
}

/* What needs an office of another make, or a great many rows. */
TEST(rare_ones)
{
    static const struct row no_snooze = {
        ID, "snooze", "d", DU, "{'minutes':5}", "state||本单位不许推迟提醒（duty.yaml 的 snooze）"};
    static const struct row no_duty = {
        "", "away", "d", DU, "{" SPAN "}", "state||还没有值班表（duty.yaml），请先写好人员和轮班"};
    static const struct row merge = {
        ID, "merge", "a", AN, "{'into':'I20261123-0002'}", "state|into|要并入的事件已经结束"};
    static const struct row many = {"",
                                    "override",
                                    "s",
                                    SU,
                                    "{" SPAN ",'duty':'u'}",
                                    "state||登记的已经太多了（500 条），请先撤销用不着的"};
    static const struct row quiet = {
        "",
        "silence",
        "s",
        SU,
        "{'what':'sources','to':'2026-11-23T10:30:00+08:00','why':'x'}",
        "state||静默登记得太多了（200 条）"};
    static const struct row drills = {"",
                                      "drill",
                                      "s",
                                      SU,
                                      "{'title':'x','level':2}",
                                      "state||已有 3 场演练没有办结，请先办结"};
    static const struct row not_ours = {ID,
                                        "classify",
                                        "s",
                                        SU,
                                        "{'disposition':['major_issue']}",
                                        "invalid|disposition|本单位不使用“重大问题”这一类"};
    static const struct row found = {ID,
                                     "reject_found",
                                     "d",
                                     DU,
                                     "{'found':'F1','reason':'x'}",
                                     "state|found|这条疑似回应已经处理过"};
    struct world w;

    world_begin(&w);
    HY_CLEANUP(hy_freep) char *duty = hy_xasprintf("%ssnooze: {times: 0}\n", duty_text);
    world_duty(&w, duty);
    give_hit(&w, "a", "alert", 2, "23T09:12", NULL, NULL);
    expect(&w, &no_snooze);
    give_hit(&w, "b", "alert", 2, "23T09:12", NULL, NULL);
    command_on(&w, "I20261123-0002", "dismiss", "d", DU, json_of("{'reason':'x'}"));
    expect(&w, &merge);
    json_t *put = json_of("{'found':[{'id':'F1','state':'rejected'}]}");
    hy_emit(&w.d, HY_ENTRY_FOUND, HY_STR(ID), hy_entry_data(NULL, NULL, put));
    expect(&w, &found);
    for (int i = 0; i < 500; i++)
        command_on(&w, "", "override", "s", SU, json_of("{" SPAN ",'duty':'u'}"));
    expect(&w, &many);
    for (int i = 0; i < 200; i++)
        command_on(&w, "", "silence", "s", SU,
                   json_of("{'what':'sources','to':'2026-11-23T10:30:00+08:00','why':'x'}"));
    expect(&w, &quiet);
    for (int i = 0; i < 3; i++)
        assert_string_equal(
            command_on(&w, "", "drill", "s", SU, json_of("{'title':'x','level':2}")), "ok");
    expect(&w, &drills);
    const char *ended = NULL;
    json_t *list = json_object_get(hy_duty_doc(&w.d), "silences");
    ended = json_string_value(json_object_get(json_array_get(list, 0), "id"));
    HY_CLEANUP(hy_freep) char *args = hy_xasprintf("{'silence':'%s'}", ended);
    assert_string_equal(command_on(&w, "", "silence_end", "s", SU, json_of(args)), "ok");
    expect(&w, &(struct row){"", "silence_end", "s", SU, args, "state|silence|这一条静默已经结束"});
    hy_duty_free(w.rules.duty);
    w.rules.duty = NULL;
    expect(&w, &no_duty);
    use_four_classes(&w);
    expect(&w, &not_ours);
    world_end(&w);
}

#define RISK "A20261123-0001"
#define RISK_FORM                                                                                  \
    "'name':'调价','release':'2026-11-25T10:00:00+08:00','days':7,'risks':['贵'],'words':['供热']," \
    "'plan':'先解读','grade':'low'"

TEST(risk_assessments)
{
    static const struct row rows[] = {
        {"new", "risk", "d", DU, "{" RISK_FORM ",'topic':'no.such'}",
         "invalid|topic|没有编号为“no.such”的话题"},
        {"new", "risk", "d", DU, "{" RISK_FORM "}", "ok"},
        {RISK, "risk_amend", "d", DU, "{'reason':'x','words':['热']}",
         "invalid|words|关注的词“热”太短：每个词至少 2 个字，一行里用空格隔开的词要同时出现"},
        {RISK, "risk_amend", "d", DU, "{'reason':'x','release':'2026-11-01T10:00:00+08:00'}",
         "invalid|days|关注期已经过了，请检查发布时间和天数"},
        {RISK, "risk_amend", "d", DU, "{'reason':'x'}", "invalid|reason|没有要改的内容"},
        {RISK, "risk_amend", "d", DU, "{'days':8}", "invalid|reason|请填写修改的理由"},
        {"A20261123-0009", "risk_end", "d", DU, "{'reason':'x'}",
         "not_found|incident|没有这份风险评估，可能编号有误"},
        {RISK, "risk_approve", "d", AP, "{'checks':['wording']}",
         "forbidden||拟稿人不能审批自己写的评估"},
        {RISK, "risk_approve", "s", SU, "{'checks':['wording','timing']}",
         "invalid|checks|公开内容表述、公开时机、公开方式三项都研判过才能批准"},
        {RISK, "risk_reject", "s", SU, "{}", "invalid|reason|请填写退回的理由"},
        {RISK, "risk_opinion", "s", SU, "{'text':'x'}", "invalid|who|请填写哪位专家或单位"},
        {RISK, "risk_approve", "s", SU, "{'checks':['wording','timing','method']}", "ok"},
        {RISK, "risk_approve", "s", SU, "{'checks':['wording','timing','method']}",
         "state||这份评估不在待审批的状态"},
        {RISK, "risk_end", "d", DU, "{}", "invalid|reason|请填写结束关注的理由"},
        {RISK, "risk_end", "d", DU, "{'reason':'x'}", "ok"},
        {RISK, "risk_end", "d", DU, "{'reason':'x'}", "state||这份评估的关注期已经结束"},
    };
    static const struct row many = {"new", "risk", "d", DU, "{" RISK_FORM "}",
                                    "state||正在关注的评估太多了（50 件），请先结束不用的"};
    struct hy_diag *diag = hy_diag_new();
    struct hy_err err = HY_ERR_INIT;
    struct world w;

    world_begin(&w);
    assert_int_equal(hy_section_lexicon.load("rules/national", true, (void **)&w.rules.lexicon,
                                             diag, &err),
                     HY_OK);
    hy_diag_free(diag);
    for (size_t i = 0; i < HY_COUNT(rows); i++)
        expect(&w, &rows[i]);
    for (int i = 0; i < 50; i++)
        assert_string_equal(command_on(&w, "new", "risk", "d", DU, json_of("{" RISK_FORM "}")),
                            "ok");
    expect(&w, &many);
    hy_section_lexicon.free(w.rules.lexicon);
    w.rules.lexicon = NULL;
    world_end(&w);
}

/* ---- is one left out? ---- */

/* Literal of a format, its conversions as '\1'; false: none begins there. */
static bool read_format(const char **at, struct hy_buf *out)
{
    const char *p = *at;

    for (;;) {
        while (*p == ' ' || *p == '\n')
            p++;
        if (strncmp(p, "HY_STR_FMT", 10) == 0) {
            hy_buf_char(out, '\1');
            p += 10;
            continue;
        }
        if (*p != '"')
            break;
        for (p++; *p != '"'; p++) {
            if (*p == '%') {
                hy_buf_char(out, '\1');
                p += strcspn(p, "dsuz"); /* %lld %zu %.40s */
                p += *p == 'z';
            } else {
                hy_buf_char(out, *p);
            }
        }
        p++;
    }
    *at = p;
    return out->n > 0;
}

static bool fits(const char *pattern, const char *text)
{
    if (*pattern == '\0')
        return *text == '\0';
    if (*pattern != '\1')
        return *pattern == *text && fits(pattern + 1, text + 1);
    for (;; text++) {
        if (fits(pattern + 1, text))
            return true;
        if (*text == '\0')
            return false;
    }
}

/* The third argument of a call `name(w, code, field, "sentence"`; skips what is before it. */
static const char *sentence_of(const char *call, int commas)
{
    int depth = 0;

    for (; *call; call++) {
        depth += *call == '(' || *call == '[';
        depth -= *call == ')' || *call == ']';
        if (depth < 0)
            return NULL;
        if (*call == ',' && depth == 0 && --commas == 0)
            return call + 1;
    }
    return NULL;
}

static size_t check_source(const char *path, const char *name, int commas, const char *front)
{
    struct hy_buf text = HY_BUF_INIT(1 << 20);
    struct hy_err err = HY_ERR_INIT;
    size_t missing = 0;

    assert_int_equal(hy_buf_read_file(&text, path, &err), HY_OK);
    for (const char *p = text.p; (p = strstr(p, name)); p++) {
        const char *s = sentence_of(p + strlen(name), commas);
        struct hy_buf pattern = HY_BUF_INIT(2000);
        bool found = false;
        hy_buf_puts(&pattern, front);
        if (s && read_format(&s, &pattern) && pattern.n > strlen(front)) {
            for (size_t i = 0; i < n_seen && !found; i++)
                found = fits(pattern.p, seen[i]);
            if (!found) {
                print_error("%s: no test is refused with: %s\n", path, pattern.p);
                missing++;
            }
        }
        hy_buf_release(&pattern);
    }
    hy_buf_release(&text);
    return missing;
}

TEST(every_refusal_of_the_sources_has_come)
{
    DIR *dir = opendir("alerts/decide");
    struct dirent *e;
    size_t missing = 0, files = 0;

    assert_non_null(dir);
    while ((e = readdir(dir))) {
        char path[300];
        if (!hy_str_ends(hy_str(e->d_name), HY_STR(".c")))
            continue;
        snprintf(path, sizeof(path), "alerts/decide/%s", e->d_name);
        missing += check_source(path, "hy_refuse(w, ", 2, "");
        missing += check_source(path, "wrong(w, ", 1, "\1");
        files++;
    }
    closedir(dir);
    assert_true(files > 15);
    assert_int_equal(missing, 0);
}

TEST(every_code_has_come)
{
    static const char *const all[] = {"conflict", "forbidden", "invalid", "not_found", "state"};

    assert_int_equal(hy_map_count(codes), HY_COUNT(all));
    for (size_t i = 0; i < HY_COUNT(all); i++)
        assert_non_null(hy_map_get(codes, hy_str(all[i])));
    hy_map_free(codes);
    while (n_seen)
        free(seen[--n_seen]);
}
