/* SPDX-License-Identifier: Apache-2.0 */
/* huiying report: the reports out of the record. */
#include "alerts/record/pdf.h"
#include "alerts/record/record_open.h"
#include "alerts/record/report.h"
#include "core/mem.h"
#include "rules/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct opts {
    struct hy_role_opts role;
    struct hy_record_opts record;
    const char *out;
    bool public, pdf;
};
static const struct hy_opt rows[] = {
    HY_ROLE_OPT_ROWS(struct opts),
    HY_RECORD_OPT_ROWS(struct opts),
    {"public", 0, HY_OPT_FLAG, offsetof(struct opts, public), NULL,
     "de-identified: no persons, titles or inner steps"},
    {"pdf", 0, HY_OPT_FLAG, offsetof(struct opts, pdf), NULL,
     "PDF instead of HTML, printed by Chromium or WeasyPrint; so does -o FILE.pdf"},
    {"output", 'o', HY_OPT_TEXT, offsetof(struct opts, out), "FILE", "default standard output"},
    {NULL},
};
extern const struct hy_command hy_cmd_report;

struct job {
    struct hy_report_opts o;
    enum hy_report_kind kind;
    const char *incident;           /* of 专报 and 快报 */
    json_t *doc, *merged, *sources; /* of it */
    struct hy_report *report;
    struct hy_buf html;
};

static void keep_source(struct job *j, const json_t *doc)
{
    HY_CLEANUP(hy_freep) char *id = hy_str_dup(hy_json_str(doc, "source"));

    if (*id && hy_json_str(doc, "name").n)
        json_object_set(j->sources, id, json_object_get(doc, "name"));
}

static int take(const json_t *doc, struct hy_str prev, void *user, struct hy_err *err)
{
    struct job *j = user;

    (void)prev, (void)err;
    if (j->report)
        hy_report_add(j->report, (json_t *)doc);
    else if (hy_doc_kind_of(doc) == HY_DOC_SOURCE)
        keep_source(j, doc);
    else if (hy_str_is(hy_json_str(doc, "merged_into"), j->incident))
        json_array_append(j->merged, (json_t *)doc);
    else if (hy_str_is(hy_json_str(doc, "id"), j->incident))
        j->doc = json_incref((json_t *)doc);
    return HY_OK;
}

/* A report on one incident, once what belongs to it has been seen; NOTFOUND when it was not. */
static int write_incident(struct job *j, struct hy_err *err)
{
    if (j->doc == NULL)
        return hy_fail(err, HY_E_NOTFOUND, "没有事件 %s", j->incident);
    j->o.merged = j->merged;
    j->o.sources = j->sources;
    hy_report_incident(&j->o, j->kind, j->doc, &j->html);
    return HY_OK;
}

static int read_kind(int nargs, char **args, struct job *j, struct hy_err *err)
{
    int kind = nargs ? hy_name_index(hy_report_name, hy_str(args[0])) : -1;
    bool of_incident = kind >= HY_REPORT_INCIDENT;

    if (kind < 0 || nargs != (of_incident ? 2 : 1))
        return hy_fail(
            err, HY_E_USAGE,
            "say daily, quarterly, or incident, flash, evaluation or accountability with an ID;"
            " see huiying report --help");
    j->kind = (enum hy_report_kind)kind;
    j->incident = of_incident ? args[1] : NULL;
    return HY_OK;
}

static int make(struct job *j, const struct opts *o, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *office = NULL, *duty = NULL;
    unsigned kinds = HY_RECORD_INCIDENTS | HY_RECORD_SOURCES | (j->incident ? 0 : HY_RECORD_CASES);
    int rc;

    if (o->public && j->kind == HY_REPORT_ACCOUNTABILITY)
        return hy_fail(err, HY_E_USAGE, "问责证据材料没有公开口径：处理结果由有权人员另行公布");
    j->o.public = o->public;
    j->o.now = hy_wall_now();
    if (hy_record_period(&o->record, &j->o.from, &j->o.to, err) < 0)
        return err->code;
    hy_report_period(j->kind, j->o.now, &j->o.from, &j->o.to);
    /* Of a day that is over, whoever had the duty at its end. */
    hy_wall on_duty = j->o.to.ms <= j->o.now.ms ? hy_wall_add_ms(j->o.to, -HY_MINUTE_MS) : j->o.now;
    if (hy_record_office(&o->role, on_duty, &office, &duty, err) < 0)
        return err->code;
    j->o.office = office;
    j->o.duty = duty;
    j->report = j->incident ? NULL : hy_report_new(&j->o, j->kind);
    rc = hy_record_each(&o->role, &o->record, kinds, "汇总", take, j, err);
    if (rc == HY_OK && j->report)
        hy_report_write(j->report, &j->html);
    hy_report_free(j->report);
    return rc == HY_OK && j->incident ? write_incident(j, err) : rc;
}

static bool is_pdf(const struct opts *o)
{
    return o->pdf || (o->out && hy_str_ends(hy_str(o->out), HY_STR(".pdf")));
}

static int print(struct hy_buf *html, struct hy_err *err)
{
    struct hy_buf pdf = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    int rc = hy_pdf_print(hy_buf_view(html), &pdf, err);

    if (rc < 0) {
        hy_buf_release(&pdf);
        return rc;
    }
    hy_buf_release(html);
    *html = pdf;
    return HY_OK;
}

/* A whole file or none: written beside and renamed. */
static int save(const struct hy_buf *html, const char *path, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *beside = path ? hy_xasprintf("%s.part", path) : NULL;
    FILE *f = path ? fopen(beside, "we") : stdout;
    bool ok;

    if (f == NULL)
        return hy_fail_errno(err, "%s", beside);
    ok = fwrite(html->p, 1, html->n, f) == html->n && fflush(f) == 0;
    if (path == NULL)
        return ok ? HY_OK : hy_fail_errno(err, "cannot write");
    ok = fclose(f) == 0 && ok;
    if (ok && rename(beside, path) == 0)
        return HY_OK;
    hy_fail_errno(err, "%s", path);
    unlink(beside);
    return err->code;
}

static int run(const void *options, int nargs, char **args)
{
    const struct opts *o = options;
    struct hy_err err = HY_ERR_INIT;
    struct job j = {
        .html = HY_BUF_INIT(HY_BUF_UNBOUNDED), .merged = json_array(), .sources = json_object()};
    int rc = read_kind(nargs, args, &j, &err);

    if (rc == HY_OK)
        rc = make(&j, o, &err);
    if (rc == HY_OK && is_pdf(o))
        rc = print(&j.html, &err);
    if (rc == HY_OK)
        rc = save(&j.html, o->out, &err);
    hy_buf_release(&j.html);
    json_decref(j.doc);
    json_decref(j.merged);
    json_decref(j.sources);
    return rc == HY_OK ? HY_EXIT_OK : hy_command_fail(&hy_cmd_report, &err);
}

const struct hy_command hy_cmd_report = {
    .name = "report",
    .usage = "daily|quarterly|incident ID|flash ID|evaluation ID|accountability ID [-c DIR] "
             "[--from T] [--to T] [--pdf] [-o FILE]",
    .summary = "日报、季通报、专报、快报、评估、问责: one HTML or PDF file each",
    .details =
        "The daily report is about today, the quarterly one about the last whole quarter;\n"
        "--from names another day or the first day of another quarter.  It is made for A4 paper\n"
        "with page numbers: print it in a browser, or say --pdf (needs chromium or\n"
        "weasyprint on this machine).\n\n"
        "Example:\n  huiying report quarterly -c /etc/huiying/qingxi -o 季通报.pdf\n"
        "  huiying report evaluation I20261123-0001 -c /etc/huiying/qingxi -o 评估.html\n"
        "  huiying report incident I20261123-0001 --journal qingxi.jsonl -o 专报.html",
    .opts = rows,
    .opts_size = sizeof(struct opts),
    .run = run,
};
