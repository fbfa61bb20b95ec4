/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/package_parts.h"

#include "archive/package_text.h"
#include "archive/store_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- files ------------------------------------------------------------------------------------- */

static int add_json(struct hy_packing *p, const char *name, const json_t *o, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *text = hy_json_text(o);
    HY_CLEANUP(hy_freep) char *line = hy_xasprintf("%s\n", text);

    return hy_package_add(p, name, hy_str(line), err);
}

/* -- which incidents and items ----------------------------------------------------------------- */

/* Incidents that were merged into one of ours, until there are no more. */
static int add_merged(struct hy_packing *p, bool *ret_more, struct hy_err *err)
{
    struct hy_rows *r = NULL;
    int rc =
        hy_db_ask(p->s->db, &r, err, "SELECT id, doc FROM incident WHERE state = 'merged'", "");

    *ret_more = false;
    while (rc >= 0 && (rc = hy_rows_next(r, err)) > 0) {
        HY_CLEANUP(hy_json_freep) json_t *doc = NULL;
        if ((rc = hy_store_unpack_json(hy_rows_blob(r, 1), &doc, err)) < 0)
            break;
        if (!hy_map_get(p->incidents, hy_json_str(doc, "merged_into")) ||
            hy_map_get(p->incidents, hy_rows_text(r, 0)))
            continue;
        hy_map_set(p->incidents, hy_rows_text(r, 0), p);
        *ret_more = true;
    }
    hy_rows_end(r);
    return rc < 0 ? rc : HY_OK;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(json_string_value(*(json_t *const *)a), json_string_value(*(json_t *const *)b));
}

static void sort_texts(json_t **list)
{
    size_t n = json_array_size(*list), i;
    HY_CLEANUP(hy_freep) json_t **v = hy_xcalloc(n + 1, sizeof(json_t *));
    json_t *sorted = json_array(), *o;

    json_array_foreach (*list, i, o)
        v[i] = o;
    qsort(v, n, sizeof(json_t *), by_text);
    for (i = 0; i < n; i++)
        json_array_append(sorted, v[i]);
    json_decref(*list);
    *list = sorted;
}

static int collect(struct hy_packing *p, struct hy_err *err)
{
    struct hy_str id;
    void *value;
    bool more = true;

    hy_map_set(p->incidents, p->incident, p);
    while (more)
        if (add_merged(p, &more, err) < 0)
            return err->code;
    for (size_t at = 0; hy_map_next(p->incidents, &at, &id, &value);) {
        HY_CLEANUP(hy_json_freep) json_t *doc = NULL;
        HY_CLEANUP(hy_json_freep) json_t *items = NULL;
        size_t i;
        json_t *item;
        if (hy_store_get_incident(p->s, id, &doc, &items, err) < 0)
            return err->code;
        json_array_foreach (items, i, item)
            if (!hy_map_get(p->items, hy_str(json_string_value(item)))) {
                hy_map_set(p->items, hy_str(json_string_value(item)), p);
                json_array_append(p->item_ids, item);
            }
    }
    sort_texts(&p->item_ids);
    p->n.items = json_array_size(p->item_ids);
    return HY_OK;
}

/* -- the journal ------------------------------------------------------------------------------- */

static int take_line(struct hy_str line, void *user, struct hy_err *err)
{
    struct hy_packing *p = user;
    HY_CLEANUP(hy_json_freep) json_t *entry = NULL;
    char prev[65];

    memcpy(prev, p->head.hash, sizeof(prev));
    if (hy_journal_check(line, &p->head, &entry, err) < 0)
        return err->code;
    if (hy_map_get(p->incidents, hy_json_str(entry, "incident"))) {
        if (p->n.lines++ == 0)
            p->first = p->head;
        hy_buf_str(&p->lines, line);
        hy_buf_char(&p->lines, '\n');
    }
    if (p->n.lines)
        hy_buf_printf(&p->chain, "{\"seq\":%" PRId64 ",\"prev\":\"%s\",\"hash\":\"%s\"}\n",
                      p->head.seq, prev, p->head.hash);
    return HY_OK;
}

static int add_journal(struct hy_packing *p, const struct hy_lines_of *journal, struct hy_err *err)
{
    if (journal->read(journal->from, take_line, p, err) < 0)
        return err->code;
    if (p->n.lines == 0)
        return hy_fail(err, HY_E_NOTFOUND, "日志里没有事件 " HY_STR_FMT, HY_STR_ARG(p->incident));
    if (hy_package_add(p, "journal/lines.jsonl", hy_buf_view(&p->lines), err) < 0)
        return err->code;
    return hy_package_add(p, "journal/chain.jsonl", hy_buf_view(&p->chain), err);
}

/* -- the whole --------------------------------------------------------------------------------- */

static void begin_readme(struct hy_packing *p, const json_t *doc)
{
    hy_buf_printf(&p->readme, "事件 " HY_STR_FMT "\n" HY_STR_FMT "\n出包时间 ",
                  HY_STR_ARG(p->incident), HY_STR_ARG(hy_json_str(doc, "title")));
    hy_package_time(&p->readme, p->made);
    hy_buf_puts(&p->readme, "（北京时间，下同）\n\n"
                            "incident.json 事件登记   journal/ 日志   captures.jsonl 采集记录\n"
                            "texts/ 正文   pages/ 网页原文   changes/ 前后差别   "
                            "pages.warc.gz 网页档案\n"
                            "怎样核对见 VERIFY.txt\n");
}

static int add_manifest(struct hy_packing *p, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *m = json_object();
    json_t *journal = json_object(), *counts = json_object();

    hy_json_set_str(m, "incident", p->incident);
    hy_json_set_time(m, "made", p->made, HY_CST);
    hy_json_set_str(m, "by", HY_STR("huiying " HY_VERSION));
    hy_json_set_int(journal, "first_seq", p->first.seq);
    hy_json_set_int(journal, "last_seq", p->head.seq);
    hy_json_set_str(journal, "last_hash", hy_str(p->head.hash));
    json_object_set_new(m, "journal", journal);
    hy_json_set_int(counts, "items", (int64_t)p->n.items);
    hy_json_set_int(counts, "captures", (int64_t)p->n.captures);
    hy_json_set_int(counts, "pages", (int64_t)p->n.pages);
    hy_json_set_int(counts, "texts", (int64_t)p->n.texts);
    hy_json_set_int(counts, "lines", (int64_t)p->n.lines);
    hy_json_set_int(counts, "missing", (int64_t)p->n.missing);
    json_object_set_new(m, "counts", counts);
    json_object_set(m, "files", p->files); /* all but this one and the sums */
    return add_json(p, "manifest.json", m, err);
}

static int add_sums(struct hy_packing *p, struct hy_err *err)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    size_t i;
    json_t *f;

    json_array_foreach (p->files, i, f)
        hy_buf_printf(&b, HY_STR_FMT "  " HY_STR_FMT "\n", HY_STR_ARG(hy_json_str(f, "sha256")),
                      HY_STR_ARG(hy_json_str(f, "path")));
    int rc = hy_pack_add(p->out, "SHA256SUMS", hy_buf_view(&b), err);
    hy_buf_release(&b);
    return rc;
}

static int write_all(struct hy_packing *p, const struct hy_lines_of *journal, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *doc = NULL;
    HY_CLEANUP(hy_json_freep) json_t *items = NULL;

    if (hy_store_get_incident(p->s, p->incident, &doc, &items, err) < 0 || collect(p, err) < 0 ||
        add_journal(p, journal, err) < 0 || add_json(p, "incident.json", doc, err) < 0)
        return err->code;
    begin_readme(p, doc);
    if (hy_package_items(p, err) < 0 ||
        hy_package_add(p, "README.txt", hy_buf_view(&p->readme), err) < 0 ||
        hy_package_add(p, "VERIFY.txt", hy_str(hy_package_verify), err) < 0 ||
        add_manifest(p, err) < 0)
        return err->code;
    return add_sums(p, err);
}

int hy_package_write(struct hy_store *s, struct hy_str incident, const struct hy_lines_of *journal,
                     struct hy_pack *out, hy_wall made, struct hy_package_counts *ret,
                     struct hy_err *err)
{
    struct hy_packing p = {.s = s,
                           .out = out,
                           .incident = incident,
                           .made = made,
                           .files = json_array(),
                           .names = hy_map_new(NULL),
                           .incidents = hy_map_new(NULL),
                           .items = hy_map_new(NULL),
                           .item_ids = json_array(),
                           .lines = HY_BUF_INIT(HY_BUF_UNBOUNDED),
                           .chain = HY_BUF_INIT(HY_BUF_UNBOUNDED),
                           .captures = HY_BUF_INIT(HY_BUF_UNBOUNDED),
                           .warc = HY_BUF_INIT(HY_BUF_UNBOUNDED),
                           .readme = HY_BUF_INIT(HY_BUF_UNBOUNDED),
                           .head = HY_HEAD_INIT};
    int rc = write_all(&p, journal, err);

    *ret = p.n;
    json_decref(p.files);
    json_decref(p.item_ids);
    hy_map_free(p.names);
    hy_map_free(p.incidents);
    hy_map_free(p.items);
    hy_buf_release(&p.lines);
    hy_buf_release(&p.chain);
    hy_buf_release(&p.captures);
    hy_buf_release(&p.warc);
    hy_buf_release(&p.readme);
    return rc;
}
