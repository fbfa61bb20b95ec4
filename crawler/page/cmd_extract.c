/* SPDX-License-Identifier: Apache-2.0 */
/* huiying extract: one page -> one item. */
#include "core/command.h"
#include "core/mem.h"
#include "core/stage.h"
#include "crawler/page/explain.h"
#include "crawler/page/extract.h"
#include "crawler/page/list_explain.h"

#include <stddef.h>

struct opts {
    bool batch, explain, json, raw;
    bool forum;
    const char *url, *content_type, *fetched;
    const char *item, *link, *date; /* selectors of a list, as in sources.yaml */
};

struct job {
    const struct opts *o;
    struct hy_page *page;
    hy_wall latest;
};

/* The same page read as a list, as the crawler would. */
static json_t *explain_list(const struct job *j, struct hy_str url, hy_wall now)
{
    struct hy_list_hints hints = {.item = j->o->item,
                                  .link = j->o->link,
                                  .time = j->o->date,
                                  .forum = j->o->forum,
                                  .now = now,
                                  .zone_min = HY_CST};

    return hy_list_explain(hy_page_dom(j->page), url.n ? url : HY_STR("http://www.example/"), hints);
}

/* The item's fields over those of `into`. */
static int extract_file(struct job *j, const char *path, struct hy_str url, struct hy_str type,
                        hy_wall fetched, json_t *into, struct hy_err *err)
{
    struct hy_buf bytes = HY_BUF_INIT(HY_PAGE_MAX_BYTES);
    struct hy_item item;
    struct hy_extract_how how = {.url = url,
                                 .fetched = fetched,
                                 .latest = hy_wall_known(fetched) ? fetched : j->latest,
                                 .offset_min = HY_CST,
                                 .raw = j->o->raw,
                                 .explain = j->o->explain ? json_object() : NULL};
    int rc = hy_buf_read_file(&bytes, path, err);

    if (rc == HY_OK)
        rc = hy_page_load(j->page, hy_buf_view(&bytes), type, err);
    hy_buf_release(&bytes);
    if (rc < 0) {
        json_decref(how.explain);
        return rc;
    }
    hy_extract(j->page, &how, &item);
    HY_CLEANUP(hy_json_freep) json_t *o = hy_item_to_json(&item);
    json_object_del(o, "id");
    json_object_del(o, "source");
    json_object_update(into, o);
    if (how.explain && (item.kind == HY_ITEM_LIST || j->o->item || j->o->forum))
        json_object_set_new(how.explain, "list", explain_list(j, url, how.latest));
    if (how.explain)
        json_object_set_new(into, "explain", how.explain);
    hy_item_release(&item);
    return HY_OK;
}

static int one_line(json_t *line, void *user, struct hy_err *err)
{
    struct job *j = user;
    struct hy_str file;

    if (hy_json_need_str(line, "file", &file, err) < 0)
        return err->code;
    HY_CLEANUP(hy_freep) char *path = hy_str_dup(file);
    HY_CLEANUP(hy_freep) char *url = hy_str_dup(hy_json_str(line, "url"));
    HY_CLEANUP(hy_freep) char *type = hy_str_dup(hy_json_str(line, "content_type"));
    return extract_file(j, path, hy_str(url), hy_str(type), hy_json_time(line, "fetched"), line,
                        err);
}

extern const struct hy_command hy_cmd_extract;

static int one_file(struct job *j, const char *path)
{
    struct hy_err err = HY_ERR_INIT;
    hy_wall fetched = HY_WALL_NONE;
    HY_CLEANUP(hy_json_freep) json_t *o = json_object();

    if (j->o->fetched && !hy_wall_parse(hy_str(j->o->fetched), &fetched))
        hy_fail(&err, HY_E_USAGE, "--fetched takes a time like 2026-11-23T09:12:00+08:00");
    if (err.code == HY_OK)
        extract_file(j, path, hy_str(j->o->url), hy_str(j->o->content_type), fetched, o, &err);
    if (err.code != HY_OK)
        return hy_command_fail(&hy_cmd_extract, &err);
    if (j->o->explain && !j->o->json) {
        hy_explain_print(o, stdout);
        return HY_EXIT_OK;
    }
    hy_json_print(o);
    return HY_EXIT_OK;
}

static int run(const void *opts, int nargs, char **args)
{
    HY_CLEANUP(hy_page_freep) struct hy_page *page = hy_page_new();
    struct job j = {opts, page, hy_wall_now()};

    if (j.o->batch && nargs <= 1)
        return hy_stage_run(nargs ? args[0] : NULL, one_line, &j);
    if (!j.o->batch && nargs == 1)
        return one_file(&j, args[0]);
    struct hy_err err = HY_ERR_INIT;
    hy_fail(&err, HY_E_USAGE, "give one FILE, or --batch (--help explains)");
    return hy_command_fail(&hy_cmd_extract, &err);
}

static const struct hy_opt options[] = {
    {"batch", 0, HY_OPT_FLAG, offsetof(struct opts, batch), NULL,
     "lines {\"id\",\"file\",\"url\"?,\"content_type\"?,\"fetched\"?} -> items"},
    {"url", 0, HY_OPT_TEXT, offsetof(struct opts, url), "U", "address of the page"},
    {"content-type", 0, HY_OPT_TEXT, offsetof(struct opts, content_type), "T",
     "Content-Type of the response"},
    {"fetched", 0, HY_OPT_TEXT, offsetof(struct opts, fetched), "TIME",
     "when it was fetched: anchor of times like 3小时前"},
    {"raw", 0, HY_OPT_FLAG, offsetof(struct opts, raw), NULL, "do not mask personal numbers"},
    {"explain", 0, HY_OPT_FLAG, offsetof(struct opts, explain), NULL,
     "show what was taken and why, and what was not (with --batch or --json: as \"explain\")"},
    {"item", 0, HY_OPT_TEXT, offsetof(struct opts, item), "SEL",
     "with --explain: read it as a list whose entries are these elements (selectors.item)"},
    {"link", 0, HY_OPT_TEXT, offsetof(struct opts, link), "SEL", "... with this link (selectors.link)"},
    {"date", 0, HY_OPT_TEXT, offsetof(struct opts, date), "SEL", "... and this time (selectors.date)"},
    {"forum", 0, HY_OPT_FLAG, offsetof(struct opts, forum), NULL,
     "with --explain: read it as a forum's list of threads"},
    {"json", 0, HY_OPT_FLAG, offsetof(struct opts, json), NULL, "print JSON also with --explain"},
    {0},
};

const struct hy_command hy_cmd_extract = {
    .name = "extract",
    .usage = "[--url U] [--content-type T] [--explain [--json]] FILE|- | --batch [LINES]",
    .summary = "title, main text, publish time and replies of a saved page",
    .details = "Phone, identity and card numbers, plates and mail addresses are masked; the\n"
               "lengths of texts do not change by it.\n\n"
               "A page is read wrongly?  --explain tells which element the text was taken from,\n"
               "what was left out and why, and all evidence for the time with its worth; of a list\n"
               "which blocks of links were compared, which was taken and why, and its entries.  A\n"
               "selector can be tried with --item, --link and --date before it goes into\n"
               "sources.yaml.\n\n"
               "  huiying extract --url https://example.org/2026/1123/a.html page.html",
    .opts = options,
    .opts_size = sizeof(struct opts),
    .run = run,
};
