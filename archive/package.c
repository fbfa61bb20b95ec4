/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/package.h"

#include "archive/diff.h"
#include "archive/package_text.h"
#include "archive/store_parts.h"
#include "archive/warc.h"
#include "core/map.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_MAX = 64 << 20 };

struct packing {
    struct hy_store *s;
    struct hy_pack *out;
    struct hy_str incident;
    hy_wall made;
    json_t *files;                    /* of the manifest */
    struct hy_map *names;             /* of files that are in it */
    struct hy_map *incidents, *items; /* ids */
    json_t *item_ids;                 /* sorted */
    struct hy_buf lines, chain, captures, warc, readme;
    struct hy_head head, first; /* of the journal; first: where the chain begins */
    struct hy_package_counts n;
};

/* -- files ------------------------------------------------------------------------------------- */

static int add(struct packing *p, const char *name, struct hy_str bytes, struct hy_err *err)
{
    json_t *file = json_object();
    char hash[HY_SHA256_HEX];

    hy_json_set_str(file, "path", hy_str(name));
    hy_json_set_str(file, "sha256", hy_str(hy_sha256_hex(bytes, hash)));
    hy_json_set_int(file, "bytes", (int64_t)bytes.n);
    json_array_append_new(p->files, file);
    hy_map_set(p->names, hy_str(name), p);
    return hy_pack_add(p->out, name, bytes, err);
}

static int add_json(struct packing *p, const char *name, const json_t *o, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *text = hy_json_text(o);
    HY_CLEANUP(hy_freep) char *line = hy_xasprintf("%s\n", text);

    return add(p, name, hy_str(line), err);
}

/* -- which incidents and items ----------------------------------------------------------------- */

/* Incidents that were merged into one of ours, until there are no more. */
static int add_merged(struct packing *p, bool *ret_more, struct hy_err *err)
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

static int collect(struct packing *p, struct hy_err *err)
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
    struct packing *p = user;
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

static int add_journal(struct packing *p, const struct hy_lines_of *journal, struct hy_err *err)
{
    if (journal->read(journal->from, take_line, p, err) < 0)
        return err->code;
    if (p->n.lines == 0)
        return hy_fail(err, HY_E_NOTFOUND, "日志里没有事件 " HY_STR_FMT, HY_STR_ARG(p->incident));
    if (add(p, "journal/lines.jsonl", hy_buf_view(&p->lines), err) < 0)
        return err->code;
    return add(p, "journal/chain.jsonl", hy_buf_view(&p->chain), err);
}

/* -- pages and texts --------------------------------------------------------------------------- */

static const char *suffix_of(struct hy_str content_type)
{
    static const char *const kinds[][2] = {{"html", ".html"}, {"xml", ".xml"},
                                           {"json", ".json"}, {"pdf", ".pdf"},
                                           {"text/", ".txt"}, {"image/", ".img"}};

    for (size_t i = 0; i < HY_COUNT(kinds); i++)
        if (hy_str_has(content_type, hy_str(kinds[i][0])))
            return kinds[i][1];
    return ".bin";
}

/* Bytes by hash into *out; false when they are not kept any more. */
static int fetch(struct packing *p, struct hy_str hash, struct hy_buf *out, bool *ret_has,
                 struct hy_err *err)
{
    struct hy_err why = HY_ERR_INIT;
    enum hy_evidence_kind kind;

    hy_buf_clear(out);
    *ret_has = hy_store_get(p->s, hash, &kind, out, &why) == HY_OK;
    if (*ret_has || why.code == HY_E_NOTFOUND)
        return HY_OK;
    return hy_fail(err, why.code, "%s", why.msg);
}

static int add_page(struct packing *p, const json_t *capture, struct hy_err *err)
{
    struct hy_str hash = hy_json_str(capture, "sha256");
    struct hy_str type = hy_json_str(json_object_get(capture, "meta"), "content_type");
    struct hy_buf page = HY_BUF_INIT(PAGE_MAX);
    bool has = false;
    int rc = HY_OK;

    if (hy_json_bool(capture, "page"))
        rc = fetch(p, hash, &page, &has, err);
    if (rc == HY_OK)
        hy_warc_capture(capture, hy_buf_view(&page), &p->warc);
    p->n.missing += hash.n && !has;
    if (rc == HY_OK && has) {
        HY_CLEANUP(hy_freep)
        char *name = hy_xasprintf("pages/" HY_STR_FMT "%s", HY_STR_ARG(hash), suffix_of(type));
        if (!hy_map_get(p->names, hy_str(name))) {
            p->n.pages++;
            rc = add(p, name, hy_buf_view(&page), err);
        }
    }
    hy_buf_release(&page);
    return rc;
}

static int add_text(struct packing *p, struct hy_str hash, struct hy_buf *text, bool *ret_has,
                    struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *name = hy_xasprintf("texts/" HY_STR_FMT ".txt", HY_STR_ARG(hash));

    *ret_has = false;
    if (!hy_blob_is_name(hash))
        return HY_OK;
    if (fetch(p, hash, text, ret_has, err) < 0)
        return err->code;
    if (!*ret_has) {
        p->n.missing++;
        return HY_OK;
    }
    if (hy_map_get(p->names, hy_str(name)))
        return HY_OK;
    p->n.texts++;
    return add(p, name, hy_buf_view(text), err);
}

/* -- one item ---------------------------------------------------------------------------------- */

static void short_time(struct hy_buf *b, hy_wall t)
{
    struct hy_civil c = hy_civil_of(t, HY_CST);

    hy_buf_printf(b, "%04d-%02d-%02d %02d:%02d:%02d", c.year, c.month, c.day, c.hour, c.minute,
                  c.second);
}

static const char *label_of(struct hy_str change)
{
    return hy_str_is(change, "first")     ? "首次采到"
           : hy_str_is(change, "changed") ? "内容改变"
           : hy_str_is(change, "gone")    ? "页面消失"
                                          : "采集";
}

/* One visit in README.txt: when, what, where, which file. */
static void describe(struct packing *p, const json_t *c)
{
    const json_t *meta = json_object_get(c, "meta");
    struct hy_buf *b = &p->readme;

    hy_buf_puts(b, "    ");
    short_time(b, hy_json_time(c, "at"));
    hy_buf_printf(b, "  %s  " HY_STR_FMT "\n", label_of(hy_json_str(c, "change")),
                  HY_STR_ARG(hy_json_str(meta, "final_url")));
    if (hy_json_str(c, "hash").n)
        hy_buf_printf(b, "        正文 texts/" HY_STR_FMT ".txt\n",
                      HY_STR_ARG(hy_json_str(c, "hash")));
    if (hy_json_bool(c, "page"))
        hy_buf_printf(b, "        网页 pages/" HY_STR_FMT "%s\n",
                      HY_STR_ARG(hy_json_str(c, "sha256")),
                      suffix_of(hy_json_str(meta, "content_type")));
    if (hy_json_time(c, "seen").ms > hy_json_time(c, "at").ms) {
        hy_buf_puts(b, "        到 ");
        short_time(b, hy_json_time(c, "seen"));
        hy_buf_puts(b, " 仍然如此\n");
    }
}

struct changes {
    struct hy_buf before, text, out;
};

/* The difference to the visit before, for people. */
static void note_change(struct changes *ch, const json_t *c)
{
    struct hy_buf difference = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    if (ch->before.n)
        hy_diff(hy_buf_view(&ch->before), hy_buf_view(&ch->text), &difference);
    if (difference.n || hy_str_is(hy_json_str(c, "change"), "gone")) {
        hy_buf_puts(&ch->out, ch->out.n ? "\n" : "");
        short_time(&ch->out, hy_json_time(c, "at"));
        hy_buf_printf(&ch->out, "  %s\n", label_of(hy_json_str(c, "change")));
        hy_buf_str(&ch->out, hy_buf_view(&difference));
    }
    hy_buf_release(&difference);
    if (ch->text.n == 0)
        return;
    hy_buf_clear(&ch->before);
    hy_buf_str(&ch->before, hy_buf_view(&ch->text));
}

static int add_capture(struct packing *p, const json_t *c, struct changes *ch, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *line = hy_json_text(c);
    bool last = hy_json_int(c, "part", 1) == hy_json_int(c, "parts", 1), has = false;

    p->n.captures++;
    hy_buf_printf(&p->captures, "%s\n", line);
    describe(p, c);
    hy_buf_clear(&ch->text);
    if (add_page(p, c, err) < 0 || (last && hy_json_str(c, "hash").n &&
                                    add_text(p, hy_json_str(c, "hash"), &ch->text, &has, err) < 0))
        return err->code;
    if (has)
        hy_warc_text(c, hy_buf_view(&ch->text), &p->warc);
    if (last)
        note_change(ch, c);
    return HY_OK;
}

static int add_captures(struct packing *p, struct hy_str item, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *captures = NULL;
    struct changes ch = {HY_BUF_INIT(PAGE_MAX), HY_BUF_INIT(PAGE_MAX),
                         HY_BUF_INIT(HY_BUF_UNBOUNDED)};
    HY_CLEANUP(hy_freep) char *name = hy_xasprintf("changes/" HY_STR_FMT ".txt", HY_STR_ARG(item));
    size_t i;
    json_t *c;
    int rc = hy_store_captures_of_item(p->s, item, &captures, err);

    json_array_foreach (captures, i, c)
        if (rc == HY_OK)
            rc = add_capture(p, c, &ch, err);
    if (rc == HY_OK && ch.out.n)
        rc = add(p, name, hy_buf_view(&ch.out), err);
    hy_buf_release(&ch.before);
    hy_buf_release(&ch.text);
    hy_buf_release(&ch.out);
    return rc;
}

static int add_item(struct packing *p, struct hy_str id, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *item = NULL;
    struct hy_err why = HY_ERR_INIT;
    struct hy_buf text = HY_BUF_INIT(PAGE_MAX);
    bool has;

    if (hy_store_get_item(p->s, id, &item, &why) < 0 && why.code != HY_E_NOTFOUND)
        return hy_fail(err, why.code, "%s", why.msg);
    hy_buf_printf(&p->readme, "\n" HY_STR_FMT "\n    " HY_STR_FMT "\n    " HY_STR_FMT "\n",
                  HY_STR_ARG(hy_json_str(item, "title")), HY_STR_ARG(id),
                  HY_STR_ARG(hy_json_str(item, "url")));
    int rc = add_text(p, hy_json_str(item, "hash"), &text, &has, err);
    hy_buf_release(&text);
    return rc < 0 ? rc : add_captures(p, id, err);
}

static int add_items(struct packing *p, struct hy_err *err)
{
    size_t i;
    json_t *id;

    hy_warc_info("pages.warc.gz", p->made, "evidence of one incident", &p->warc);
    json_array_foreach (p->item_ids, i, id)
        if (add_item(p, hy_str(json_string_value(id)), err) < 0)
            return err->code;
    if (add(p, "captures.jsonl", hy_buf_view(&p->captures), err) < 0)
        return err->code;
    return add(p, "pages.warc.gz", hy_buf_view(&p->warc), err);
}

/* -- the whole --------------------------------------------------------------------------------- */

static void begin_readme(struct packing *p, const json_t *doc)
{
    hy_buf_printf(&p->readme, "事件 " HY_STR_FMT "\n" HY_STR_FMT "\n出包时间 ",
                  HY_STR_ARG(p->incident), HY_STR_ARG(hy_json_str(doc, "title")));
    short_time(&p->readme, p->made);
    hy_buf_puts(&p->readme, "（北京时间，下同）\n\n"
                            "incident.json 事件登记   journal/ 日志   captures.jsonl 采集记录\n"
                            "texts/ 正文   pages/ 网页原文   changes/ 前后差别   "
                            "pages.warc.gz 网页档案\n"
                            "怎样核对见 VERIFY.txt\n");
}

static int add_manifest(struct packing *p, struct hy_err *err)
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

static int add_sums(struct packing *p, struct hy_err *err)
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

static int write_all(struct packing *p, const struct hy_lines_of *journal, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *doc = NULL;
    HY_CLEANUP(hy_json_freep) json_t *items = NULL;

    if (hy_store_get_incident(p->s, p->incident, &doc, &items, err) < 0 || collect(p, err) < 0 ||
        add_journal(p, journal, err) < 0 || add_json(p, "incident.json", doc, err) < 0)
        return err->code;
    begin_readme(p, doc);
    if (add_items(p, err) < 0 || add(p, "README.txt", hy_buf_view(&p->readme), err) < 0 ||
        add(p, "VERIFY.txt", hy_str(hy_package_verify), err) < 0 || add_manifest(p, err) < 0)
        return err->code;
    return add_sums(p, err);
}

int hy_package_write(struct hy_store *s, struct hy_str incident, const struct hy_lines_of *journal,
                     struct hy_pack *out, hy_wall made, struct hy_package_counts *ret,
                     struct hy_err *err)
{
    struct packing p = {.s = s,
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
