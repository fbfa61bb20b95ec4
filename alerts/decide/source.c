/* SPDX-License-Identifier: Apache-2.0 */
/* Health of the sources: what the crawler says of each one becomes a document "S-<source>" with a
 * window per state, so that any stretch of time can be asked "did we see?", and notices to the
 * operators.
 *
 * A source that was blind for less than TELL_AFTER_MS is recorded and not told: sites restart at
 * night, and a page about it would teach people to ignore the next one.
 *
 * Blindness is for whoever stands in for the operators too.  Unusual silence, a gap and a page that
 * ended its reader are for the operators alone and may wait for the digest: nobody of the press
 * office can do anything about them. */
#include "alerts/decide/parts.h"

#include "core/mem.h"
#include "core/utf8.h"
#include "rules/names.h"
#include "rules/office.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    TELL_AFTER_MS = 10 * 60 * 1000,
    WINDOWS_MAX = 400, /* kept in the document; the journal has all */
    WINDOWS_KEPT = 300,
    NAME_CHARS = 60,
    WHY_CHARS = 160,
    URL_CHARS = 120,
    PAGES_MAX = 50, /* of a source in quarantine, kept in the document */
};

static const char *const health_name[] = {"new", "healthy", "quiet", "suspicious", "blind", NULL};
enum { SUSPICIOUS = 3, BLIND = 4 };

/* States that are told when they last. */
static const struct {
    int state;
    int64_t every_ms; /* and again; 0: once */
} lasting[] = {{SUSPICIOUS, 0}, {BLIND, HY_DAY_MS}};

/* ---- texts ---- */

static void add_time(struct hy_buf *b, hy_wall t)
{
    struct hy_civil c = hy_civil_of(t, HY_CST);

    hy_buf_printf(b, "%d月%d日 %02d:%02d", c.month, c.day, c.hour, c.minute);
}

static void add_why(struct hy_buf *b, const json_t *o)
{
    struct hy_str why = hy_json_str(o, "why");

    if (why.n)
        hy_buf_printf(b, "原因：" HY_STR_FMT "。", HY_STR_ARG(hy_utf8_head(why, WHY_CHARS)));
}

#define TO_OPERATORS .clock = HY_STR("-"), .posts = 1u << HY_POST_OPERATOR
#define FOR_THE_DIGEST TO_OPERATORS, .holders_only = true, .urgency = HY_DIGEST

/* ---- what the crawler says ---- */

/* The event has come before: it stands in one of the document's lists. */
static bool is_known(const json_t *doc, struct hy_str id)
{
    return hy_list_find(json_object_get(doc, "windows"), id) ||
           hy_list_find(json_object_get(doc, "gaps"), id) ||
           hy_list_find(json_object_get(doc, "pages"), id);
}

static json_t *window_of(const json_t *event, hy_wall since)
{
    json_t *w = json_object();

    hy_json_set_str(w, "id", hy_json_str(event, "id"));
    hy_json_set_str(w, "state", hy_json_str(event, "to"));
    hy_json_set_time(w, "from", since, HY_CST);
    json_object_set_new(w, "to", json_null());
    hy_json_set_str(w, "why", hy_utf8_head(hy_json_str(event, "why"), WHY_CHARS));
    return w;
}

/* The windows with the running one ended at `since`, the new one behind it, the oldest dropped.
 * Nobody looked before the first of them, however long the source had been silent by then. */
static json_t *windows_with(const json_t *doc, const json_t *event, hy_wall since)
{
    const json_t *old = json_object_get(doc, "windows");
    size_t n = json_array_size(old), from = n >= WINDOWS_MAX ? n - WINDOWS_KEPT : 0;
    hy_wall seen = hy_json_time(event, "at");
    json_t *list = json_array();

    if (n == 0 && hy_wall_known(seen) && seen.ms > since.ms)
        since = seen;
    for (size_t i = from; i < n; i++)
        json_array_append_new(list, json_deep_copy(json_array_get(old, i)));
    if (n > 0) {
        json_t *last = json_array_get(list, json_array_size(list) - 1);
        hy_wall began = hy_json_time(last, "from");
        hy_json_set_time(last, "to", since.ms < began.ms ? began : since, HY_CST);
    }
    json_array_append_new(list, window_of(event, since));
    return list;
}

/* A lasting state is told after a while; whatever ends it before takes the step away. */
static json_t *step_for(const struct hy_decide *d, size_t k, bool begins)
{
    struct hy_str name = hy_str(health_name[lasting[k].state]);
    json_t *step = json_object();

    hy_json_set_str(step, "id", name);
    hy_json_set_str(step, "step", name);
    hy_json_set_time(step, "due", begins ? hy_wall_add_ms(d->now, TELL_AFTER_MS) : d->now, HY_CST);
    if (lasting[k].every_ms)
        hy_json_set_int(step, "every_ms", lasting[k].every_ms);
    json_object_set_new(step, "fired", begins ? json_null() : hy_now_json(d));
    return step;
}

/* Of the states that begin or end with this change; NULL: none. */
static json_t *steps_for(const struct hy_decide *d, struct hy_str was, struct hy_str is)
{
    json_t *list = NULL;

    for (size_t k = 0; k < HY_COUNT(lasting); k++) {
        const char *name = health_name[lasting[k].state];
        if (hy_str_is(was, name) == hy_str_is(is, name))
            continue;
        list = list ? list : json_array();
        json_array_append_new(list, step_for(d, k, hy_str_is(is, name)));
    }
    return list;
}

static json_t *gap_of(const json_t *event)
{
    const json_t *gap = json_object_get(event, "gap");
    hy_wall from = hy_json_time(gap, "from"), to = hy_json_time(gap, "to");
    json_t *o;

    if (!hy_wall_known(from) || !hy_wall_known(to) || to.ms < from.ms)
        return NULL;
    o = json_object();
    hy_json_set_str(o, "id", hy_json_str(event, "id"));
    hy_json_set_time(o, "from", from, HY_CST);
    hy_json_set_time(o, "to", to, HY_CST);
    return o;
}

/* {"id","url","why","at"} of a page in quarantine; NULL: the event is about none. */
static json_t *page_of(const struct hy_decide *d, const json_t *event)
{
    const json_t *page = json_object_get(event, "page");
    struct hy_str url = hy_json_str(page, "url");
    json_t *o;

    if (url.n == 0)
        return NULL;
    o = json_object();
    hy_json_set_str(o, "id", hy_json_str(event, "id"));
    hy_json_set_str(o, "url", hy_utf8_head(url, URL_CHARS));
    hy_json_set_str(o, "why", hy_utf8_head(hy_json_str(page, "why"), WHY_CHARS));
    json_object_set_new(o, "at", hy_now_json(d));
    return o;
}

static json_t *pages_with(const json_t *doc, json_t *page)
{
    const json_t *old = json_object_get(doc, "pages");
    size_t n = json_array_size(old);
    json_t *list = json_array();

    for (size_t i = n >= PAGES_MAX ? n - PAGES_MAX + 1 : 0; i < n; i++)
        json_array_append_new(list, json_deep_copy(json_array_get(old, i)));
    json_array_append_new(list, page);
    return list;
}

static void set_state(const struct hy_decide *d, json_t *set, json_t *put, const json_t *doc,
                      const json_t *event, hy_wall since)
{
    struct hy_str was = hy_json_str(doc, "health"), is = hy_json_str(event, "to");
    json_t *steps = steps_for(d, was, is);

    hy_json_set_str(set, "health", is);
    hy_json_set_time(set, "since", since, HY_CST);
    json_object_set_new(set, "windows", windows_with(doc, event, since));
    if (steps)
        json_object_set_new(put, "steps", steps);
    if (hy_str_is(was, health_name[BLIND]) != hy_str_is(is, health_name[BLIND]))
        json_object_set_new(set, "told", json_false());
}

static void tell_back(struct hy_decide *d, struct hy_str id, hy_wall blind_since, hy_wall since)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_buf_puts(&b, "已恢复采集。");
    add_time(&b, blind_since);
    hy_buf_puts(&b, " 至 ");
    add_time(&b, since);
    hy_buf_puts(&b, " 之间看不到该来源，期间的内容可能漏看，请到该网站补看");
    char step[48];
    snprintf(step, sizeof(step), "back-%lld", (long long)(since.ms / 1000));
    hy_notice(d, id,
              &(struct hy_notice_spec){TO_OPERATORS, .step = step, .urgency = HY_NORMAL,
                                       .body = b.p, .due = d->now});
    hy_buf_release(&b);
}

static void tell_gap(struct hy_decide *d, struct hy_str id, const json_t *gap)
{
    hy_wall from = hy_json_time(gap, "from"), to = hy_json_time(gap, "to");
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_buf_puts(&b, "该来源更新太快，");
    add_time(&b, from);
    hy_buf_puts(&b, " 至 ");
    add_time(&b, to);
    hy_buf_puts(&b, " 之间发布的内容可能漏采，请到该网站补看；经常如此的，请缩短访问间隔");
    char step[48];
    snprintf(step, sizeof(step), "gap-%lld", (long long)(to.ms / 1000));
    hy_notice(d, id,
              &(struct hy_notice_spec){FOR_THE_DIGEST, .step = step, .body = b.p, .due = d->now});
    hy_buf_release(&b);
}

static void tell_page(struct hy_decide *d, struct hy_str id, const json_t *page)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    HY_CLEANUP(hy_freep)
    char *step = hy_xasprintf("page-" HY_STR_FMT, HY_STR_ARG(hy_json_str(page, "id")));

    hy_buf_printf(
        &b, "该来源的一个网页无法安全读取，已隔离，不再读取，其他网页不受影响：" HY_STR_FMT "。",
        HY_STR_ARG(hy_json_str(page, "url")));
    add_why(&b, page);
    hy_buf_puts(&b, "请在服务器上用 huiying crawl quarantine 查看；内容需人工到该网站查看");
    hy_notice(d, id,
              &(struct hy_notice_spec){FOR_THE_DIGEST, .step = step, .body = b.p, .due = d->now});
    hy_buf_release(&b);
}

static void record(struct hy_decide *d, struct hy_str id, const json_t *doc, const json_t *event,
                   hy_wall since)
{
    json_t *set = json_object(), *put = json_object(), *gap = gap_of(event);
    json_t *page = page_of(d, event);
    struct hy_str name = hy_json_str(event, "name");

    hy_json_set_str(set, "kind", HY_STR("source"));
    hy_json_set_str(set, "source", hy_json_str(event, "source"));
    hy_json_set_str(set, "name",
                    name.n ? hy_utf8_head(name, NAME_CHARS) : hy_json_str(event, "source"));
    hy_json_set_str(set, "why", hy_utf8_head(hy_json_str(event, "why"), WHY_CHARS));
    if (doc == NULL)
        json_object_set_new(set, "opened", hy_now_json(d));
    if (!hy_str_eq(hy_json_str(doc, "health"), hy_json_str(event, "to")))
        set_state(d, set, put, doc, event, since);
    if (gap)
        json_object_set_new(put, "gaps", hy_list_of(gap));
    if (page)
        json_object_set_new(set, "pages", pages_with(doc, page));
    hy_emit(d, HY_ENTRY_SOURCE, id, hy_entry_data(NULL, set, put));
}

bool hy_decide_source(struct hy_decide *d, const json_t *event)
{
    struct hy_str source = hy_json_str(event, "source");
    HY_CLEANUP(hy_freep) char *name = hy_xasprintf("S-" HY_STR_FMT, HY_STR_ARG(source));
    struct hy_str id = hy_str(name);
    const json_t *doc = hy_state_incident(d->state, id);
    hy_wall since = hy_json_time(event, "since");

    d->actor = d->cmd = hy_str("");
    if (!hy_rules_is_id(source) || hy_name_index(health_name, hy_json_str(event, "to")) < 0)
        return false;
    if (is_known(doc, hy_json_str(event, "id")))
        return true;
    if (!hy_wall_known(since) || since.ms > d->now.ms)
        since = d->now;
    bool told = json_is_true(json_object_get(doc, "told"));
    hy_wall blind_since = hy_json_time(doc, "since");
    record(d, id, doc, event, since);
    doc = hy_state_incident(d->state, id);
    if (told && !hy_str_is(hy_json_str(doc, "health"), health_name[BLIND]))
        tell_back(d, id, blind_since, since);
    const json_t *gap = hy_list_find(json_object_get(doc, "gaps"), hy_json_str(event, "id"));
    if (gap)
        tell_gap(d, id, gap);
    const json_t *page = hy_list_find(json_object_get(doc, "pages"), hy_json_str(event, "id"));
    if (page)
        tell_page(d, id, page);
    return true;
}

/* ---- timers ---- */

/* Does any other source still see? */
static bool all_are_blind(const struct hy_decide *d)
{
    struct hy_walk w = {.kinds = 1u << HY_DOC_SOURCE};
    const json_t *doc;

    while ((doc = hy_state_next(d->state, &w)))
        if (!hy_str_is(hy_json_str(doc, "health"), health_name[BLIND]))
            return false;
    return true;
}

static void blind_text(const json_t *doc, bool all, struct hy_buf *b)
{
    hy_buf_puts(b, "自 ");
    add_time(b, hy_json_time(doc, "since"));
    hy_buf_puts(b, " 起看不到该来源。");
    add_why(b, doc);
    if (all)
        hy_buf_puts(b, "现在所有来源都看不到，监测已中断：请立即检查本机网络，并安排人工监看");
    else
        hy_buf_puts(b, "请检查网络和该网站；恢复以前请人工监看，恢复后另行通知");
}

static void suspicious_text(const json_t *doc, struct hy_buf *b)
{
    hy_buf_puts(b, "自 ");
    add_time(b, hy_json_time(doc, "since"));
    hy_buf_puts(b, " 起没有新内容，而以往这个时段通常有。");
    add_why(b, doc);
    hy_buf_puts(b, "请打开该网站核对：确有新内容的，检查网址和选择器；确实没有的，不必处理");
}

static void fire_blind(struct hy_decide *d, struct hy_str id, const json_t *doc, const char *step,
                       struct hy_notice_spec spec)
{
    struct hy_buf body = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    bool all = all_are_blind(d);

    blind_text(doc, all, &body);
    spec.step = step;
    spec.urgency = all ? HY_URGENT : HY_NORMAL;
    spec.body = body.p;
    spec.set = json_object();
    json_object_set_new(spec.set, "told", json_true());
    hy_notice(d, id, &spec);
    hy_buf_release(&body);
}

static void fire_suspicious(struct hy_decide *d, struct hy_str id, const json_t *doc,
                            const char *step, struct hy_notice_spec spec)
{
    struct hy_buf body = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    suspicious_text(doc, &body);
    spec.step = step;
    spec.urgency = HY_DIGEST;
    spec.holders_only = true;
    spec.body = body.p;
    hy_notice(d, id, &spec);
    hy_buf_release(&body);
}

void hy_source_timer(struct hy_decide *d, const json_t *doc, struct hy_str name, hy_wall due)
{
    const json_t *step = hy_list_find(json_object_get(doc, "steps"), name);
    long long spell = hy_json_time(doc, "since").ms / 1000;
    char text[64];

    if (step == NULL || !hy_step_waits(step) || hy_json_time(step, "due").ms != due.ms)
        return;
    HY_CLEANUP(hy_freep) char *id = hy_str_dup(hy_json_str(doc, "id"));
    long long n = hy_json_int(step, "n", 1);
    bool blind = hy_str_is(name, health_name[BLIND]);
    const char *what = health_name[blind ? BLIND : SUSPICIOUS];
    json_t *changed = json_deep_copy(step), *put = json_object();
    hy_step_fire(d, changed, due);
    json_object_set_new(put, "steps", hy_list_of(changed));
    snprintf(text, sizeof(text), n > 1 ? "%s-%lld.%lld" : "%s-%lld", what, spell, n);
    (blind ? fire_blind : fire_suspicious)(
        d, hy_str(id), doc, text, (struct hy_notice_spec){TO_OPERATORS, .due = due, .put = put});
}
