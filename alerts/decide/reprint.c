/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of our own channels that a registered case waits for: the reprint of an upper government's
 * page, the publication of a document, its interpretation.  Matched by address or title, proposed
 * to a person, who confirms or rejects. */
#include "alerts/decide/parts.h"

#include "core/mem.h"
#include "core/utf8.h"
#include "rules/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LETTERS "DCBR"                     /* document, service change, disclosure, reprint */
enum { TITLE_LEAST = 8, HEAD_CHARS = 60 }; /* letters of a title that may be contained in another */

/* The letters of a title: no space, punctuation or brackets, so that 《关于…的通知》 is found
 * whatever stands around it.  malloc'ed. */
static char *letters_of(struct hy_str title)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    for (size_t at = 0, from = 0; from < title.n; from = at) {
        uint32_t c = hy_utf8_next(title, &at);
        if (hy_is_han(c) || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
            (c >= 'a' && c <= 'z'))
            hy_buf_add(&b, title.p + from, at - from);
    }
    return b.n ? hy_buf_take(&b) : hy_xstrdup("");
}

/* A long title may stand within another (转发…, …（附解读）); of a shorter page two thirds of what
 * is waited for must be there. */
static bool is_same_title(struct hy_str wanted, struct hy_str seen)
{
    HY_CLEANUP(hy_freep) char *a = letters_of(wanted);
    HY_CLEANUP(hy_freep) char *b = letters_of(seen);
    size_t na = hy_utf8_count(hy_str(a)), nb = hy_utf8_count(hy_str(b));

    if (na < TITLE_LEAST || nb < TITLE_LEAST)
        return na > 0 && strcmp(a, b) == 0;
    return strstr(b, a) != NULL || (3 * nb >= 2 * na && strstr(a, b) != NULL);
}

/* Why the page may be what the case waits for; NULL: it is not. */
static const char *reason_of(const json_t *doc, const json_t *hit)
{
    struct hy_str url = hy_json_str(doc, "url");

    if (url.n &&
        (hy_str_eq(url, hy_json_str(hit, "url")) || hy_str_has(hy_json_str(hit, "text"), url)))
        return "网址相同或注明了来源网址";
    return is_same_title(hy_json_str(doc, "title"), hy_json_str(hit, "title")) ? "标题相同" : NULL;
}

/* The deed the page would be; -1: the case waits for none. */
static int deed_of(const json_t *doc, const json_t *hit)
{
    struct hy_str kind = hy_json_str(doc, "kind"), title = hy_json_str(hit, "title");
    bool explains = hy_str_has(title, HY_STR("解读")) || hy_str_has(title, HY_STR("图解")) ||
                    hy_str_has(title, HY_STR("答记者问"));

    if (hy_str_is(kind, hy_matter_name[HY_MATTER_REPRINT]))
        return HY_ACT_REPRINT;
    if (hy_str_is(kind, hy_matter_name[HY_MATTER_DOCUMENT]) && explains)
        return HY_ACT_INTERPRETATION;
    if (hy_str_is(kind, hy_matter_name[HY_MATTER_DOCUMENT]) ||
        hy_str_is(kind, hy_matter_name[HY_MATTER_SERVICE_CHANGE]) ||
        hy_str_is(kind, hy_matter_name[HY_MATTER_DISCLOSURE]))
        return HY_ACT_PUBLICATION;
    return -1;
}

static json_t *found_row(const json_t *doc, const json_t *hit, int deed, const char *why)
{
    static const char *const keys[] = {"url", "title", "hash"};
    json_t *found = json_object(), *published = json_object_get(hit, "published");
    char id[32];

    snprintf(id, sizeof(id), "F%zu", json_array_size(json_object_get(doc, "found")) + 1);
    hy_json_set_str(found, "id", hy_str(id));
    hy_json_set_str(found, "item", hy_json_str(hit, "id"));
    for (size_t i = 0; i < HY_COUNT(keys); i++)
        hy_json_set_str(found, keys[i], hy_json_str(hit, keys[i]));
    hy_json_set_str(found, "form", hy_str(hy_act_name[deed]));
    hy_json_set_str(found, "why", hy_str(why));
    hy_json_set_str(found, "state", HY_STR("proposed"));
    json_object_set(found, "published", published ? published : json_null());
    return found;
}

static void propose(struct hy_decide *d, const json_t *doc, const json_t *hit, int deed,
                    const char *why)
{
    HY_CLEANUP(hy_freep) char *id = hy_str_dup(hy_json_str(doc, "id"));
    json_t *row = found_row(doc, hit, deed, why), *item = json_copy((json_t *)hit), *data;
    HY_CLEANUP(hy_freep)
    char *body = hy_xasprintf("本单位网站发布了“" HY_STR_FMT "”（%s），可能已完成“%s”，请确认",
                              HY_STR_ARG(hy_utf8_head(hy_json_str(hit, "title"), HEAD_CHARS)), why,
                              hy_act_label[deed]);
    HY_CLEANUP(hy_freep)
    char *step = hy_xasprintf("found-" HY_STR_FMT, HY_STR_ARG(hy_json_str(row, "id")));

    json_t *put = json_object();
    json_object_set_new(put, "found", hy_list_of(row));
    hy_json_set_str(item, "incident", hy_str(id));
    json_object_set_new(item, "reprint_of", json_null());
    json_object_del(item, "trace"); /* it says nothing about any incident */
    data = hy_entry_data(NULL, NULL, put);
    json_object_set_new(data, "item", item);
    hy_emit(d, HY_ENTRY_FOUND, hy_str(id), data);
    hy_notice(d, hy_str(id),
              &(struct hy_notice_spec){.clock = HY_STR("-"),
                                       .step = step,
                                       .posts = 1u << HY_POST_DUTY | 1u << HY_POST_UNIT_LEAD,
                                       .urgency = HY_NORMAL,
                                       .body = body,
                                       .due = d->now});
}

static bool owes(const json_t *doc, int deed)
{
    const json_t *name;
    size_t i, k;
    json_t *o;

    json_array_foreach (json_object_get(doc, "obligations"), i, o)
        json_array_foreach (json_object_get(o, "ended_by"), k, name)
            if (hy_str_is(hy_json_str(o, "state"), "open") &&
                hy_str_is(hy_str(json_string_value(name)), hy_act_name[deed]))
                return true;
    return false;
}

bool hy_decide_own_page(struct hy_decide *d, const json_t *hit)
{
    struct hy_walk walk = {.kinds = 1u << HY_DOC_CASE, .open = true, .letters = LETTERS};
    const json_t *doc;

    while ((doc = hy_state_next(d->state, &walk))) {
        int deed = deed_of(doc, hit);
        const char *why = deed >= 0 && owes(doc, deed) ? reason_of(doc, hit) : NULL;
        if (why == NULL)
            continue;
        propose(d, doc, hit, deed, why);
        return true;
    }
    return false;
}
