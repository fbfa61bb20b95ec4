/* SPDX-License-Identifier: Apache-2.0 */
/* huiying case: register documents, messages, tickets and requests from a list.  Everything is
 * judged before anything is sent (alerts/decide/import.h). */
#include "alerts/decide/import.h"
#include "alerts/keep/send.h"
#include "core/mem.h"
#include "core/role.h"
#include "rules/office.h"

#include <stdio.h>
#include <string.h>

struct opts {
    struct hy_role_opts role;
    const char *as, *kind;
    bool dry_run, json;
};
static const struct hy_opt rows[] = {
    HY_ROLE_OPT_ROWS(struct opts),
    {"as", 0, HY_OPT_TEXT, offsetof(struct opts, as), "PERSON",
     "who registers: an id of duty.yaml"},
    {"kind", 0, HY_OPT_TEXT, offsetof(struct opts, kind), "KIND",
     "document, service_change, disclosure, foi, message, hotline, reprint: for rows without one"},
    {"dry-run", 0, HY_OPT_FLAG, offsetof(struct opts, dry_run), NULL,
     "only say what is wrong; Redis need not run"},
    {"json", 0, HY_OPT_FLAG, offsetof(struct opts, json), NULL, "JSON instead of text"},
    {NULL},
};
extern const struct hy_command hy_cmd_case;

struct counts {
    size_t rows, opened, known, refused, unanswered;
};

static void print_faults(const struct hy_import *in)
{
    struct hy_buf text = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    size_t i;
    json_t *f;

    json_array_foreach (in->faults, i, f) {
        hy_buf_clear(&text);
        hy_import_fault_text(in, f, &text);
        fprintf(stderr, "%s\n", text.p);
    }
    fprintf(stderr, "%s %zu 处要改，一件也没有登记；改好以后重新导入整个文件即可\n",
            i >= HY_IMPORT_FAULTS ? "至少" : "共", i);
    hy_buf_release(&text);
}

static void print_ignored(const struct hy_import *in)
{
    size_t i;
    json_t *name;

    json_array_foreach (in->ignored, i, name)
        fprintf(stderr, "%s%s", i ? "、" : "没有导入的列：", json_string_value(name));
    if (i)
        fprintf(stderr, "\n");
}

static void count(const json_t *replies, struct counts *c)
{
    size_t i;
    json_t *r;

    json_array_foreach (replies, i, r) {
        c->unanswered += json_is_null(r);
        if (json_is_null(r))
            continue;
        if (!hy_json_bool(r, "ok"))
            c->refused++;
        else if (hy_json_bool(r, "known"))
            c->known++;
        else
            c->opened++;
    }
}

static void print_refused(const struct hy_import *in, const json_t *replies)
{
    size_t i;
    json_t *r;

    json_array_foreach (replies, i, r)
        if (json_is_object(r) && !hy_json_bool(r, "ok"))
            fprintf(stderr, "第 %lld %s：" HY_STR_FMT "\n",
                    (long long)hy_json_int(json_array_get(in->rows, i), "line", 0), in->unit,
                    HY_STR_ARG(hy_json_str(r, "message")));
}

static void print_counts(const struct opts *o, const struct hy_import *in, const struct counts *c)
{
    HY_CLEANUP(hy_json_freep) json_t *v = NULL;

    if (o->json) {
        v = json_pack("{s:i,s:i,s:i,s:i,s:i,s:O,s:O}", "rows", (int)c->rows, "registered",
                      (int)c->opened, "known", (int)c->known, "refused", (int)c->refused,
                      "unanswered", (int)c->unanswered, "faults", in->faults, "ignored",
                      in->ignored);
        hy_json_print(v);
        return;
    }
    print_ignored(in);
    if (json_array_size(in->faults)) {
        print_faults(in);
        return;
    }
    if (o->dry_run) {
        printf("共 %zu 件，都可以登记（只是检查，没有登记）\n", c->rows);
        return;
    }
    printf("共 %zu 件：新登记 %zu，以前登记过 %zu", c->rows, c->opened, c->known);
    if (c->refused)
        printf("，未登记 %zu", c->refused);
    if (c->unanswered)
        printf("，%zu 件已提交、值守程序还没有答复（它恢复后会处理，不必重做）", c->unanswered);
    printf("\n");
}

static int send_all(const struct opts *o, const struct hy_role *role, const struct hy_rules *rules,
                    const struct hy_import *in, const json_t *actor, struct counts *c,
                    struct hy_err *err)
{
    struct hy_sender_cli sender = {NULL, rules->office->id};
    HY_CLEANUP(hy_json_freep) json_t *cmds = hy_import_commands(in, actor, "cli", hy_wall_now());
    HY_CLEANUP(hy_json_freep) json_t *replies = NULL;
    int rc = hy_redis_sync_open(role->redis, &sender.redis, err);

    if (rc == HY_OK)
        rc = hy_cli_send_all(&sender, cmds, &replies, err);
    hy_redis_sync_close(sender.redis);
    if (rc < 0)
        return rc;
    count(replies, c);
    if (!o->json)
        print_refused(in, replies);
    return HY_OK;
}

static int import(const struct opts *o, const struct hy_role *role, const struct hy_rules *rules,
                  const char *file, int *ret_exit, struct hy_err *err)
{
    HY_CLEANUP(hy_buf_release) struct hy_buf bytes = HY_BUF_INIT(HY_IMPORT_BYTES);
    HY_CLEANUP(hy_import_release) struct hy_import in = {0};
    HY_CLEANUP(hy_json_freep) json_t *actor = NULL;
    struct counts c = {0};

    if (hy_cli_actor(rules, o->as, &actor, err) < 0 || hy_buf_read_file(&bytes, file, err) < 0)
        return err->code;
    if (hy_import_read(hy_buf_view(&bytes), hy_str(o->kind), rules, &in, err) < 0)
        return hy_wrap(err, "%s", file);
    hy_import_judge(&in, actor, rules, hy_wall_now());
    c.rows = json_array_size(in.rows);
    bool good = json_array_size(in.faults) == 0;
    if (good && !o->dry_run && send_all(o, role, rules, &in, actor, &c, err) < 0)
        return err->code;
    print_counts(o, &in, &c);
    *ret_exit = good && c.refused == 0 ? HY_EXIT_OK : HY_EXIT_NO;
    return HY_OK;
}

static int run(const void *options, int nargs, char **args)
{
    const struct opts *o = options;
    HY_CLEANUP(hy_role_release) struct hy_role role = {0};
    struct hy_rules *rules = NULL;
    struct hy_err err = HY_ERR_INIT;
    int exit_code = HY_EXIT_OK, rc;

    if (nargs != 2 || strcmp(args[0], "import") != 0)
        rc = hy_fail(&err, HY_E_USAGE, "case import FILE|- --as PERSON");
    else if ((rc = hy_role_resolve_office(&o->role, &role, &err)) == HY_OK &&
             (rc = hy_rules_open(role.config, &rules, &err)) == HY_OK)
        rc = import(o, &role, rules, args[1], &exit_code, &err);
    hy_rules_free(rules);
    return rc == HY_OK ? exit_code : hy_command_fail(&hy_cmd_case, &err);
}

const struct hy_command hy_cmd_case = {
    .name = "case",
    .usage = "import FILE|- --as PERSON [--kind KIND] [--dry-run] -c DIR",
    .summary = "register documents, messages and tickets from a list, so that their clocks run",
    .details =
        "FILE is CSV (UTF-8 or GB18030, as Excel and WPS save it), a JSON array or JSON\n"
        "Lines.  The first line of CSV names the columns: 事项 编号 标题 种类 内容 承办单位\n"
        "网址 签发时间 审批时间 形成时间 收到时间 派单时间 源站发布时间 公开时间 and others\n"
        "(docs/zh/使用说明.md).  Columns it does not know are left out and named.\n\n"
        "All or nothing: while one row is wrong, nothing is registered.  Importing the same\n"
        "file again registers nothing twice: a row is known by its 编号.\n\n"
        "Example:\n"
        "  huiying case import 留言.csv --kind message --as wangmin --dry-run -c DIR",
    .opts = rows,
    .opts_size = sizeof(struct opts),
    .run = run,
};
