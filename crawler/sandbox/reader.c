/* SPDX-License-Identifier: Apache-2.0 */
/* A request is a fixed head, its strings and the page; the answer is flat (answer.h). */
#include "crawler/sandbox/reader.h"

#include "core/mem.h"
#include "crawler/page/pager.h"
#include "crawler/sandbox/answer.h"
#include "crawler/sandbox/sandbox.h"

#include <stdlib.h>
#include <string.h>

enum {
    CPU_BASE_MS = 50,
    CPU_MS_PER_MB = 70,
    MAX_STRINGS = 64 * 1024,
    MAX_ANSWER = 8 * HY_PAGE_MAX_BYTES, /* text as UTF-8, and once more as replies */
};

enum verb { READ_ITEM, READ_LIST };
enum string { URL, TYPE, HINT_ITEM, HINT_LINK, HINT_TITLE, HINT_TIME, STRINGS };

struct head {
    uint32_t verb;
    int32_t zone_min;
    int64_t now_ms, latest_ms;
    uint32_t flag;           /* READ_ITEM: do not mask; READ_LIST: a forum's */
    int32_t length[STRINGS]; /* -1: NULL */
};

struct request {
    struct head head;
    struct hy_str string[STRINGS], page;
};

struct hy_reader {
    struct hy_sandbox *sandbox;
    struct hy_buf in, out;
};

/* -- inside --------------------------------------------------------------------------------- */

/* Everything that is looked up once - tables, modules of iconv - is looked up here. */
static void *setup(void)
{
    hy_charset_load_all();
    return hy_page_new();
}

static void teardown(void *page)
{
    hy_page_free(page);
}

/* Our own caller wrote it: what does not fit is a bug, not an attack. */
static int unpack(struct hy_str in, struct request *q, struct hy_err *err)
{
    if (in.n < sizeof(q->head))
        return hy_fail(err, HY_E_PARSE, "no request");
    memcpy(&q->head, in.p, sizeof(q->head));
    size_t at = sizeof(q->head);
    for (size_t i = 0; i < STRINGS; i++) {
        size_t n = (size_t)HY_MAX(q->head.length[i], 0);
        if (n > in.n - at)
            return hy_fail(err, HY_E_PARSE, "no request");
        q->string[i] = hy_str_n(in.p + at, n);
        at += n;
    }
    q->page = hy_str_sub(in, at, in.n);
    return HY_OK;
}

static void item_answer(const struct hy_page *page, const struct request *q, struct hy_buf *out)
{
    struct hy_extract_how how = {.url = q->string[URL],
                                 .fetched = {q->head.now_ms},
                                 .latest = {q->head.latest_ms},
                                 .offset_min = q->head.zone_min,
                                 .raw = q->head.flag != 0};
    struct hy_item it;

    hy_extract(page, &how, &it);
    HY_CLEANUP(hy_freep) char *last = hy_pager_last(hy_page_dom(page), q->string[URL]);
    hy_answer_put_item(&it, last, out);
    hy_item_release(&it);
}

static void list_answer(const struct hy_page *page, const struct request *q, struct hy_buf *out)
{
    char *hint[STRINGS] = {NULL};

    for (size_t i = HINT_ITEM; i < STRINGS; i++)
        hint[i] = q->head.length[i] < 0 ? NULL : hy_str_dup(q->string[i]);
    struct hy_list_hints hints = {.item = hint[HINT_ITEM],
                                  .link = hint[HINT_LINK],
                                  .title = hint[HINT_TITLE],
                                  .time = hint[HINT_TIME],
                                  .forum = q->head.flag != 0,
                                  .now = {q->head.now_ms},
                                  .zone_min = q->head.zone_min};
    struct hy_list *l = hy_list_html(hy_page_dom(page), q->string[URL], &hints);
    hy_answer_put_list(l, out);
    hy_list_free(l);
    for (size_t i = 0; i < STRINGS; i++)
        free(hint[i]);
}

static int answer(void *state, struct hy_str in, struct hy_buf *out, struct hy_err *err)
{
    struct hy_page *page = state;
    struct request q = {0};

    if (unpack(in, &q, err) < 0 || hy_page_load(page, q.page, q.string[TYPE], err) < 0)
        return err->code;
    (q.head.verb == READ_ITEM ? item_answer : list_answer)(page, &q, out);
    return HY_OK;
}

static const struct hy_sandbox_work work = {
    .setup = setup,
    .teardown = teardown,
    .run = answer,
    .max_in = HY_PAGE_MAX_BYTES + MAX_STRINGS,
    .max_out = MAX_ANSWER,
};

/* -- outside -------------------------------------------------------------------------------- */

/* Once over its time may be the machine's doing: where it is virtual and was held meanwhile, CPU
 * clocks can run on.  Twice it is the page's; whoever means harm is paid for twice and no more. */
static int call(struct hy_reader *r, int cpu_ms, struct hy_err *err)
{
    struct hy_err first = HY_ERR_INIT;
    int rc = hy_sandbox_call(r->sandbox, hy_buf_view(&r->in), cpu_ms, &r->out, &first);

    if (rc == HY_E_TIMEOUT)
        return hy_sandbox_call(r->sandbox, hy_buf_view(&r->in), cpu_ms, &r->out, err);
    if (rc < 0)
        *err = first;
    return rc;
}

/* HY_OK: the answer is in r->out. */
static int ask(struct hy_reader *r, const struct request *q, struct hy_err *err)
{
    struct head head = q->head;

    hy_buf_clear(&r->in);
    for (size_t i = 0; i < STRINGS; i++)
        head.length[i] = q->string[i].p ? (int32_t)HY_MIN(q->string[i].n, (size_t)INT32_MAX) : -1;
    hy_buf_add(&r->in, &head, sizeof(head));
    for (size_t i = 0; i < STRINGS; i++)
        hy_buf_str(&r->in, q->string[i]);
    hy_buf_str(&r->in, q->page);
    int cpu_ms = CPU_BASE_MS + (int)(CPU_MS_PER_MB * q->page.n / 1000000);
    if (hy_buf_check(&r->in, "the page", err) < 0)
        return err->code;
    return call(r, cpu_ms, err);
}

static int with_address(int rc, struct hy_str url, struct hy_err *err)
{
    return rc < 0 ? hy_wrap(err, "%.*s", (int)HY_MIN(url.n, (size_t)100), url.p) : rc;
}

/* What answers nonsense is not trusted with the next page. */
static int trust(struct hy_reader *r, int rc)
{
    if (rc < 0)
        hy_sandbox_renew(r->sandbox);
    return rc;
}

int hy_reader_item(struct hy_reader *r, struct hy_str bytes, struct hy_str content_type,
                   const struct hy_extract_how *how, struct hy_item *ret, char **ret_last,
                   struct hy_err *err)
{
    struct request q = {.head = {.verb = READ_ITEM,
                                 .zone_min = how->offset_min,
                                 .now_ms = how->fetched.ms,
                                 .latest_ms = how->latest.ms,
                                 .flag = how->raw},
                        .string = {[URL] = how->url, [TYPE] = content_type},
                        .page = bytes};

    int rc = ask(r, &q, err);
    if (rc == HY_OK)
        rc = trust(r, hy_answer_take_item(hy_buf_view(&r->out), ret, ret_last, err));
    if (rc == HY_OK) {
        ret->url = how->url.n ? hy_str_dup(how->url) : NULL;
        ret->fetched = how->fetched;
    }
    return with_address(rc, how->url, err);
}

int hy_reader_list(struct hy_reader *r, struct hy_str bytes, struct hy_str content_type,
                   struct hy_str url, const struct hy_list_hints *hints, struct hy_list **ret,
                   struct hy_err *err)
{
    const char *hint[] = {hints->item, hints->link, hints->title, hints->time};
    struct request q = {.head = {.verb = READ_LIST,
                                 .zone_min = hints->zone_min,
                                 .now_ms = hints->now.ms,
                                 .flag = hints->forum},
                        .string = {[URL] = url, [TYPE] = content_type},
                        .page = bytes};

    for (size_t i = 0; i < HY_COUNT(hint); i++)
        q.string[HINT_ITEM + i] = hint[i] ? hy_str(hint[i]) : (struct hy_str){0};
    int rc = ask(r, &q, err);
    if (rc == HY_OK)
        rc = trust(r, hy_answer_take_list(hy_buf_view(&r->out), ret, err));
    return with_address(rc, url, err);
}

int hy_reader_new(struct hy_reader **ret, struct hy_err *err)
{
    struct hy_sandbox *sandbox = NULL;

    if (hy_sandbox_new(&work, &sandbox, err) < 0)
        return err->code;
    struct hy_reader *r = hy_xcalloc(1, sizeof(*r));
    *r = (struct hy_reader){sandbox, HY_BUF_INIT(HY_PAGE_MAX_BYTES + MAX_STRINGS),
                            HY_BUF_INIT(MAX_ANSWER)};
    *ret = r;
    return HY_OK;
}

void hy_reader_free(struct hy_reader *r)
{
    if (r == NULL)
        return;
    hy_sandbox_free(r->sandbox);
    hy_buf_release(&r->in);
    hy_buf_release(&r->out);
    free(r);
}
