/* SPDX-License-Identifier: Apache-2.0 */
/* huiying export: the response-timeliness log out of the stored incidents. */
#include "alerts/record/export.h"
#include "alerts/record/export_risk.h"
#include "alerts/record/export_xlsx.h"
#include "alerts/record/record_open.h"
#include "alerts/record/stats.h"
#include "core/mem.h"
#include "rules/names.h"
#include "rules/windows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct opts {
    struct hy_role_opts role;
    struct hy_record_opts record;
    const char *format, *header, *out, *unit, *clock, *result, *kind;
    bool public, raw;
};
static const struct hy_opt rows[] = {
    HY_ROLE_OPT_ROWS(struct opts),
    HY_RECORD_OPT_ROWS(struct opts),
    {"format", 'f', HY_OPT_TEXT, offsetof(struct opts, format), "csv|jsonl|xlsx",
     "default: what FILE ends in, else csv"},
    {"unit", 0, HY_OPT_TEXT, offsetof(struct opts, unit), "U",
     "rows of this lead unit (id or name)"},
    {"clock", 0, HY_OPT_TEXT, offsetof(struct opts, clock), "C", "rows of this clock (H5)"},
    {"result", 0, HY_OPT_TEXT, offsetof(struct opts, result), "R",
     "rows with this result: met late overdue running waived superseded, or 按时 超时 ..."},
    {"kind", 'k', HY_OPT_TEXT, offsetof(struct opts, kind), "K",
     "incidents (default), cases, all, risks (assessments before a release), or one matter: "
     "emergency opinion document message ..."},
    {"header", 0, HY_OPT_TEXT, offsetof(struct opts, header), "zh|en",
     "Chinese labels (default) or code names"},
    {"public", 0, HY_OPT_FLAG, offsetof(struct opts, public), NULL,
     "de-identified: no persons, inner steps or free text"},
    {"raw", 0, HY_OPT_FLAG, offsetof(struct opts, raw), NULL,
     "do not put ' before cells that look like formulas"},
    {"output", 'o', HY_OPT_TEXT, offsetof(struct opts, out), "FILE", "default standard output"},
    {NULL},
};
extern const struct hy_command hy_cmd_export;

enum format { CSV, JSONL, XLSX };
static const char *const format_name[] = {"csv", "jsonl", "xlsx", NULL};

struct job {
    struct hy_export_opts o;
    struct hy_export_form form;
    struct hy_buf text; /* of one document's rows */
    struct hy_coverage *coverage;
    unsigned kinds; /* of documents */
    int format;
    size_t n_seen; /* of the matters that were asked for by number */
    hy_wall from, to;
    FILE *out;            /* of CSV and JSONL */
    struct hy_xlsx *xlsx; /* of XLSX */
};

static int read_result(const char *result, struct hy_err *err)
{
    for (size_t i = 0; i < HY_RESULT_COUNT; i++)
        if (result == NULL || strcmp(result, hy_result_name[i]) == 0 ||
            strcmp(result, hy_result_label[i]) == 0)
            return HY_OK;
    return hy_fail(err, HY_E_USAGE, "--result %s: met, late, overdue, running, waived, superseded",
                   result);
}

/* Incidents and cases are two logs; which one a matter stands in follows from it. */
static int read_kind(const char *kind, struct job *j, struct hy_err *err)
{
    static const struct {
        const char *name;
        unsigned kinds;
    } logs[] = {{"incidents", HY_RECORD_INCIDENTS},
                {"cases", HY_RECORD_CASES},
                {"all", HY_RECORD_INCIDENTS | HY_RECORD_CASES},
                {"risks", HY_RECORD_RISKS}};

    for (size_t i = 0; i < HY_COUNT(logs); i++)
        if (strcmp(kind ? kind : "incidents", logs[i].name) == 0) {
            j->kinds = logs[i].kinds;
            return HY_OK;
        }
    for (int i = 0; i < HY_MATTER_COUNT; i++)
        if (strcmp(kind, hy_matter_name[i]) == 0 || strcmp(kind, hy_matter_label[i]) == 0) {
            j->kinds = i <= HY_MATTER_OPINION ? HY_RECORD_INCIDENTS : HY_RECORD_CASES;
            j->o.kind = kind;
            return HY_OK;
        }
    return hy_fail(err, HY_E_USAGE, "--kind %s: incidents, cases, all, risks or a matter, e.g. message",
                   kind);
}

/* An assessment has no clock, so what chooses by clocks would choose none of them. */
static int check_risks(const struct opts *o, const struct job *j, struct hy_err *err)
{
    if (j->kinds == HY_RECORD_RISKS && (o->clock || o->result))
        return hy_fail(err, HY_E_USAGE, "--kind risks: without --clock and --result, it has none");
    return HY_OK;
}

/* Without --format the name of the file says it: a table called .xlsx opens in no spreadsheet. */
static const char *format_of(const struct opts *o)
{
    const char *dot = o->out ? strrchr(o->out, '.') : NULL;

    if (o->format)
        return o->format;
    return dot && hy_name_index(format_name, hy_str(dot + 1)) >= 0 ? dot + 1 : format_name[CSV];
}

static int read_format(const struct opts *o, int nargs, char **args, struct job *j,
                       struct hy_err *err)
{
    const char *format = format_of(o), *header = o->header ? o->header : "zh";

    j->format = hy_name_index(format_name, hy_str(format));
    if (j->format < 0)
        return hy_fail(err, HY_E_USAGE, "--format %s: csv, jsonl or xlsx", format);
    if (j->format == XLSX && o->out == NULL)
        return hy_fail(err, HY_E_USAGE, "--format xlsx needs -o FILE");
    if (strcmp(header, "zh") != 0 && strcmp(header, "en") != 0)
        return hy_fail(err, HY_E_USAGE, "--header %s: zh or en", header);
    if (read_result(o->result, err) < 0)
        return err->code;
    j->o = (struct hy_export_opts){.public = o->public,
                                   .english = strcmp(header, "en") == 0,
                                   .raw = o->raw,
                                   .now = hy_wall_now(),
                                   .unit = o->unit,
                                   .clock = o->clock,
                                   .result = o->result,
                                   .ids = (const char *const *)args,
                                   .n_ids = (size_t)nargs};
    if (nargs && o->kind)
        return hy_fail(err, HY_E_USAGE, "an ID says what it is: no --kind beside it");
    if (read_kind(nargs ? "all" : o->kind, j, err) < 0 || check_risks(o, j, err) < 0)
        return err->code;
    return hy_record_period(&o->record, &j->from, &j->to, err);
}

static int write_row(const struct hy_export_row *row, void *user, struct hy_err *err)
{
    struct job *j = user;

    if (j->format == XLSX)
        return hy_xlsx_row(j->xlsx, row, err);
    if (j->format == JSONL)
        hy_export_jsonl_row(&j->form, row, &j->text);
    else
        hy_export_csv_row(&j->form, row, &j->text);
    return HY_OK;
}

static int write_document(const json_t *doc, struct hy_str prev, void *user, struct hy_err *err)
{
    struct job *j = user;

    if (hy_doc_kind_of(doc) == HY_DOC_SOURCE) {
        hy_coverage_add(j->coverage, doc); /* they come first */
        return HY_OK;
    }
    if (json_is_true(json_object_get(doc, "drill")))
        return HY_OK; /* never in the statistics */
    j->n_seen += j->o.n_ids && hy_export_is_named(doc, &j->o);
    hy_buf_clear(&j->text);
    int rc = (hy_doc_kind_of(doc) == HY_DOC_RISK ? hy_export_risk : hy_export_each)(
        doc, &j->form, j->from, j->to, prev, write_row, j, err);
    if (rc == HY_OK && j->text.n && fwrite(j->text.p, 1, j->text.n, j->out) != j->text.n)
        rc = hy_fail_errno(err, "cannot write");
    return rc;
}

static int each_document(struct job *j, const struct opts *o, struct hy_err *err)
{
    int rc = hy_record_each(&o->role, &o->record, j->kinds | HY_RECORD_SOURCES, "导出",
                            write_document, j, err);

    if (rc == HY_OK && j->n_seen < j->o.n_ids)
        return hy_fail(err, HY_E_NOTFOUND, "%zu of the %zu IDs are not in the record (or drills)",
                       j->o.n_ids - j->n_seen, j->o.n_ids);
    return rc;
}

static int write_text(struct job *j, const struct opts *o, const char *path, struct hy_err *err)
{
    struct hy_buf head = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    int rc;

    j->out = path ? fopen(path, "we") : stdout;
    if (j->out == NULL)
        return hy_fail_errno(err, "%s", path);
    if (j->format == CSV)
        hy_export_csv_head(&j->form, &head);
    fwrite(hy_buf_view(&head).p, 1, head.n, j->out); /* a view is never NULL */
    hy_buf_release(&head);
    rc = each_document(j, o, err);
    if (fflush(j->out) != 0 && rc == HY_OK)
        rc = hy_fail_errno(err, "cannot write");
    if (path)
        fclose(j->out);
    return rc;
}

static int write_xlsx(struct job *j, const struct opts *o, const char *path, struct hy_err *err)
{
    struct hy_err ignored = HY_ERR_INIT;
    int rc;

    if (hy_xlsx_open(path, &j->form, &j->xlsx, err) < 0)
        return err->code;
    rc = each_document(j, o, err);
    if (hy_xlsx_close(j->xlsx, rc < 0 ? &ignored : err) < 0 && rc == HY_OK)
        rc = err->code;
    return rc;
}

/* A whole file or none: written beside and renamed. */
static int to_file(struct job *j, const struct opts *o, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *beside = o->out ? hy_xasprintf("%s.part", o->out) : NULL;
    int rc = (j->format == XLSX ? write_xlsx : write_text)(j, o, beside, err);

    if (beside == NULL)
        return rc;
    if (rc == HY_OK && rename(beside, o->out) < 0)
        rc = hy_fail_errno(err, "%s", o->out);
    if (rc < 0)
        unlink(beside);
    return rc;
}

static int run(const void *options, int nargs, char **args)
{
    const struct opts *o = options;
    struct hy_err err = HY_ERR_INIT;
    struct job j = {.text = HY_BUF_INIT(HY_BUF_UNBOUNDED)};

    int rc = read_format(o, nargs, args, &j, &err);

    j.o.coverage = j.coverage = hy_coverage_new(j.o.now);
    (j.kinds == HY_RECORD_RISKS ? hy_export_risk_form : hy_export_form_init)(&j.form, &j.o);
    if (rc == HY_OK)
        rc = to_file(&j, o, &err);
    hy_coverage_free(j.coverage);
    hy_buf_release(&j.text);
    return rc == HY_OK ? HY_EXIT_OK : hy_command_fail(&hy_cmd_export, &err);
}

const struct hy_command hy_cmd_export = {
    .name = "export",
    .usage = "[ID...] -c DIR [--from T] [--to T] [--format csv|jsonl|xlsx] [--public] [-o FILE]",
    .summary = "the response-timeliness log: one row per obligation",
    .details =
        "The public form holds no persons, no inner steps and no text that anybody typed; place\n"
        "and topic stand for the title.  Incidents and cases (documents, messages, requests) are "
        "two\n"
        "logs; --kind says which, and an ID stands for itself; risks is the record of the "
        "assessments before\na release, one row each.  With --journal the log comes out "
        "of the journal's file\n"
        "alone, without Redis and rules, after its chain has been checked.  The same record gives "
        "the\n"
        "same bytes; only rows whose clock still runs change with the time.\n\n"
        "Example:\n  huiying export -c /etc/huiying/qingxi --from 2026-10-01 --to 2027-01-01"
        " -o 台账.xlsx\n  huiying export -c /etc/huiying/qingxi --kind message -o "
        "留言.csv\n  huiying export -c /etc/huiying/qingxi --kind risks -o 风险评估.csv\n"
        "  huiying export I20261123-0001 -c /etc/huiying/qingxi -o 事件.csv\n  huiying "
        "export --journal qingxi.jsonl --result late",
    .opts = rows,
    .opts_size = sizeof(struct opts),
    .run = run,
};
