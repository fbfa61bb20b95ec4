/* SPDX-License-Identifier: Apache-2.0 */
/* The evidence in a package: pages as fetched, texts, what changed between two visits, and the same
 * once more as WARC.  What is not kept any more is counted, not an error. */
#include "archive/package_parts.h"

#include "archive/diff.h"
#include "archive/store_parts.h"
#include "archive/warc.h"

#include <stdlib.h>

enum { PAGE_MAX = 64 << 20 };

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
static int fetch(struct hy_packing *p, struct hy_str hash, struct hy_buf *out, bool *ret_has,
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

static int add_page(struct hy_packing *p, const json_t *capture, struct hy_err *err)
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
            rc = hy_package_add(p, name, hy_buf_view(&page), err);
        }
    }
    hy_buf_release(&page);
    return rc;
}

static int add_text(struct hy_packing *p, struct hy_str hash, struct hy_buf *text, bool *ret_has,
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
    return hy_package_add(p, name, hy_buf_view(text), err);
}

/* -- one item ---------------------------------------------------------------------------------- */

static const char *label_of(struct hy_str change)
{
    return hy_str_is(change, "first")     ? "首次采到"
           : hy_str_is(change, "changed") ? "内容改变"
           : hy_str_is(change, "gone")    ? "页面消失"
                                          : "采集";
}

/* One visit in README.txt: when, what, where, which file. */
static void describe(struct hy_packing *p, const json_t *c)
{
    const json_t *meta = json_object_get(c, "meta");
    struct hy_buf *b = &p->readme;

    hy_buf_puts(b, "    ");
    hy_package_time(b, hy_json_time(c, "at"));
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
        hy_package_time(b, hy_json_time(c, "seen"));
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
        hy_package_time(&ch->out, hy_json_time(c, "at"));
        hy_buf_printf(&ch->out, "  %s\n", label_of(hy_json_str(c, "change")));
        hy_buf_str(&ch->out, hy_buf_view(&difference));
    }
    hy_buf_release(&difference);
    if (ch->text.n == 0)
        return;
    hy_buf_clear(&ch->before);
    hy_buf_str(&ch->before, hy_buf_view(&ch->text));
}

static int add_capture(struct hy_packing *p, const json_t *c, struct changes *ch,
                       struct hy_err *err)
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

static int add_captures(struct hy_packing *p, struct hy_str item, struct hy_err *err)
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
        rc = hy_package_add(p, name, hy_buf_view(&ch.out), err);
    hy_buf_release(&ch.before);
    hy_buf_release(&ch.text);
    hy_buf_release(&ch.out);
    return rc;
}

static int add_item(struct hy_packing *p, struct hy_str id, struct hy_err *err)
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

int hy_package_items(struct hy_packing *p, struct hy_err *err)
{
    size_t i;
    json_t *id;

    hy_warc_info("pages.warc.gz", p->made, "evidence of one incident", &p->warc);
    json_array_foreach (p->item_ids, i, id)
        if (add_item(p, hy_str(json_string_value(id)), err) < 0)
            return err->code;
    if (hy_package_add(p, "captures.jsonl", hy_buf_view(&p->captures), err) < 0)
        return err->code;
    return hy_package_add(p, "pages.warc.gz", hy_buf_view(&p->warc), err);
}
