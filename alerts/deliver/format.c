/* SPDX-License-Identifier: Apache-2.0 */
/* Where a notice goes and how it looks there.  Pure.
 *
 * Signatures as the services document them:
 *   钉钉    url += &timestamp=MS&sign=urlencode(base64(HMAC-SHA256(secret, MS "\n" secret)))
 *   飞书    body.timestamp = S, body.sign = base64(HMAC-SHA256(key = S "\n" secret, message = ""))
 *   企业微信 url += key=<secret>; no signature
 *   json    Huiying-Signature: v1=hex(HMAC-SHA256(secret, S "." body)), Huiying-Timestamp: S */
#include "alerts/deliver/deliver.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "rules/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAIL "mail:"
enum { TITLE_CHARS = 100 };

/* -- route --------------------------------------------------------------------------------------
 */

static void add_channel(struct hy_channels *c, const char *prefix, const char *name)
{
    char *channel = hy_xasprintf("%s%s", prefix, name);
    bool known = strlen(channel) > HY_CHANNEL_MAX || strchr(channel, '|');

    for (size_t i = 0; i < c->v.n; i++)
        known |= strcmp(c->v.v[i], channel) == 0;
    if (known)
        free(channel);
    else
        hy_vec_push(&c->v, channel);
}

void hy_deliver_route(const struct hy_duty *duty, const json_t *notice, struct hy_channels *ret)
{
    int class = hy_name_index(hy_urgency_name, hy_json_str(notice, "class"));
    const struct hy_mailer *mailer = hy_duty_mailer(duty);
    const struct hy_hook *hooks;
    size_t n = hy_duty_hooks(duty, &hooks), i;
    unsigned bit = class < 0 ? 1u << HY_URGENT : 1u << class; /* unknown: rather too loud */
    json_t *id;

    if (hy_json_str(notice, "quiet").n)
        return; /* silenced: it stands on the board */
    json_array_foreach (json_object_get(notice, "channels"), i, id)
        if (json_is_string(id))
            add_channel(ret, "", json_string_value(id)); /* a test of this one, or a fallback */
    if (i)
        return;
    bool personal = json_is_true(json_object_get(notice, "personal"));
    for (i = 0; i < n && !personal; i++)
        if (hooks[i].class_mask & bit)
            add_channel(ret, "", hooks[i].id);
    json_array_foreach (json_object_get(notice, "to"), i, id) {
        const struct hy_person *p = hy_duty_person(duty, hy_str(json_string_value(id)));
        if (p && p->first & 1u << HY_WAY_MAIL && mailer && mailer->class_mask & bit)
            add_channel(ret, MAIL, p->id);
        if (p && p->first & 1u << HY_WAY_WEBHOOK && p->webhook)
            add_channel(ret, "", p->webhook);
    }
}

void hy_channels_release(struct hy_channels *c)
{
    for (size_t i = 0; i < c->v.n; i++)
        free(c->v.v[i]);
    hy_vec_release(&c->v);
}

struct hy_endpoint hy_deliver_endpoint(const struct hy_duty *duty, struct hy_str channel)
{
    struct hy_endpoint e = {0};

    if (!hy_str_starts(channel, HY_STR(MAIL))) {
        e.hook = hy_duty_hook(duty, channel);
        return e;
    }
    const struct hy_person *p = hy_duty_person(duty, hy_str_sub(channel, strlen(MAIL), channel.n));
    if (p && p->mail && hy_duty_mailer(duty))
        e = (struct hy_endpoint){.mailer = hy_duty_mailer(duty), .mail_to = p->mail};
    return e;
}

int64_t hy_endpoint_give_up_ms(const struct hy_endpoint *e)
{
    return e->hook ? e->hook->give_up_ms : e->mailer ? e->mailer->give_up_ms : 0;
}

struct hy_rate hy_endpoint_rate(const struct hy_endpoint *e)
{
    static const struct hy_rate rates[HY_HOOK_COUNT] = {
        [HY_HOOK_JSON] = {50, 600},
        [HY_HOOK_WECOM] = {5, 15},
        [HY_HOOK_DINGTALK] = {5, 15},
        [HY_HOOK_FEISHU] = {5, 60},
    };
    return e->hook ? rates[e->hook->kind] : (struct hy_rate){20, 100};
}

/* -- text ---------------------------------------------------------------------------------------
 */

static void add_span(struct hy_buf *b, int64_t ms)
{
    int64_t minutes = ms / HY_MINUTE_MS, days = minutes / 1440, hours = minutes / 60 % 24;

    if (days)
        hy_buf_printf(b, "%lld天", (long long)days);
    if (hours)
        hy_buf_printf(b, "%lld小时", (long long)hours);
    if (minutes % 60 || minutes < 60)
        hy_buf_printf(b, "%lld分", (long long)(minutes % 60));
}

static void add_left(struct hy_buf *b, hy_wall due, hy_wall now, int zone_min)
{
    struct hy_civil c = hy_civil_of(due, zone_min);
    int64_t left = due.ms - now.ms;

    hy_buf_puts(b, left < 0 ? "已超过设定时限 " : "剩余 ");
    add_span(b, left < 0 ? -left : left);
    hy_buf_printf(b, "（%d月%d日 %02d:%02d 到期）\n", c.month, c.day, c.hour, c.minute);
}

char *hy_deliver_link(const struct hy_message *m)
{
    struct hy_str base = hy_str(m->office ? m->office->board_url : NULL);
    struct hy_str incident = hy_json_str(m->notice, "incident");

    while (base.n && base.p[base.n - 1] == '/')
        base.n--;
    if (base.n == 0)
        return NULL;
    if (incident.n == 0)
        return hy_str_dup(base);
    return hy_xasprintf(HY_STR_FMT "/#/incident/" HY_STR_FMT, HY_STR_ARG(base),
                        HY_STR_ARG(incident));
}

char *hy_deliver_text(const struct hy_message *m, size_t body_chars)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_str body = hy_utf8_head(hy_json_str(m->notice, "body"), body_chars);
    hy_wall due = hy_json_time(m->notice, "clock_due");
    HY_CLEANUP(hy_freep) char *link = hy_deliver_link(m);

    if (m->again)
        hy_buf_puts(&b, "（重发，可能已收到过）");
    hy_buf_str(&b, hy_utf8_head(hy_json_str(m->notice, "title"), TITLE_CHARS));
    hy_buf_char(&b, '\n');
    if (body.n) {
        hy_buf_str(&b, body);
        hy_buf_char(&b, '\n');
    }
    if (hy_wall_known(due))
        add_left(&b, due, m->now, m->office ? (int)m->office->zone_min : HY_CST);
    if (link)
        hy_buf_printf(&b, "%s\n", link);
    b.p[--b.n] = '\0'; /* the last line feed */
    return hy_buf_take(&b);
}

/* -- webhooks -----------------------------------------------------------------------------------
 */

void hy_outgoing_release(struct hy_outgoing *o)
{
    for (size_t i = 0; i < o->headers.n; i++)
        free(o->headers.v[i]);
    hy_vec_release(&o->headers);
    char *owned[] = {o->url, o->body, o->mail_from, o->mail_to, o->user, o->password, o->ca_file};
    for (size_t i = 0; i < HY_COUNT(owned); i++)
        free(owned[i]);
    *o = (struct hy_outgoing){0};
}

/* Base64 in a query: the three characters of it that mean something there. */
static char *query_value(const char *base64)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    for (; *base64; base64++)
        if (hy_char_in(*base64, "+/="))
            hy_buf_printf(&b, "%%%02X", (unsigned)*base64);
        else
            hy_buf_char(&b, *base64);
    return hy_buf_take(&b);
}

static char *with_query(const char *url, const char *query)
{
    return hy_xasprintf("%s%c%s", url, strchr(url, '?') ? '&' : '?', query);
}

static char *sign(struct hy_str key, struct hy_str message)
{
    unsigned char mac[HY_HMAC_BYTES];

    hy_hmac_sha256(key, message, mac);
    return hy_base64(mac, sizeof(mac));
}

static void add_header(struct hy_outgoing *o, const char *name, const char *value)
{
    hy_vec_push(&o->headers, hy_xasprintf("%s: %s", name, value));
}

static json_t *text_message(const char *type_key, const char *content_key, const char *text_key,
                            const char *text)
{
    return json_pack("{s:s,s:{s:s}}", type_key, "text", content_key, text_key, text);
}

static void fill_wecom(const struct hy_hook *h, const struct hy_message *m, const char *text,
                       struct hy_outgoing *o)
{
    HY_CLEANUP(hy_json_freep) json_t *body = text_message("msgtype", "text", "content", text);
    HY_CLEANUP(hy_freep)
    char *key = hy_xasprintf("key=" HY_STR_FMT, HY_STR_ARG(m->secret));

    o->url = m->secret.n ? with_query(h->url, key) : hy_xstrdup(h->url);
    o->body = hy_json_text(body);
}

static void fill_dingtalk(const struct hy_hook *h, const struct hy_message *m, const char *text,
                          struct hy_outgoing *o)
{
    HY_CLEANUP(hy_json_freep) json_t *body = text_message("msgtype", "text", "content", text);
    HY_CLEANUP(hy_freep)
    char *message = hy_xasprintf("%lld\n" HY_STR_FMT, (long long)m->now.ms, HY_STR_ARG(m->secret));

    o->body = hy_json_text(body);
    if (m->secret.n == 0) {
        o->url = hy_xstrdup(h->url);
        return;
    }
    HY_CLEANUP(hy_freep) char *mac = sign(m->secret, hy_str(message));
    HY_CLEANUP(hy_freep) char *escaped = query_value(mac);
    HY_CLEANUP(hy_freep)
    char *query = hy_xasprintf("timestamp=%lld&sign=%s", (long long)m->now.ms, escaped);
    o->url = with_query(h->url, query);
}

static void fill_feishu(const struct hy_hook *h, const struct hy_message *m, const char *text,
                        struct hy_outgoing *o)
{
    HY_CLEANUP(hy_json_freep) json_t *body = text_message("msg_type", "content", "text", text);
    long long seconds = m->now.ms / 1000;

    if (m->secret.n) {
        HY_CLEANUP(hy_freep)
        char *key = hy_xasprintf("%lld\n" HY_STR_FMT, seconds, HY_STR_ARG(m->secret));
        HY_CLEANUP(hy_freep) char *mac = sign(hy_str(key), HY_STR(""));
        HY_CLEANUP(hy_freep) char *stamp = hy_xasprintf("%lld", seconds);
        json_object_set_new(body, "timestamp", json_string(stamp));
        json_object_set_new(body, "sign", json_string(mac));
    }
    o->url = hy_xstrdup(h->url);
    o->body = hy_json_text(body);
}

static json_t *notice_for_others(const struct hy_message *m, const char *text)
{
    static const char *const keys[] = {"id",    "incident",  "class", "step",      "title",
                                       "level", "clock_due", "at",    "late_by_ms"};
    json_t *o = json_object();
    HY_CLEANUP(hy_freep) char *link = hy_deliver_link(m);

    for (size_t i = 0; i < HY_COUNT(keys); i++)
        if (json_object_get(m->notice, keys[i]))
            json_object_set(o, keys[i], json_object_get(m->notice, keys[i]));
    json_object_set_new(o, "text", json_string(text));
    json_object_set_new(o, "url", link ? json_string(link) : json_null());
    json_object_set_new(o, "repeat", json_boolean(m->again));
    return o;
}

static void fill_json(const struct hy_hook *h, const struct hy_message *m, const char *text,
                      struct hy_outgoing *o)
{
    HY_CLEANUP(hy_json_freep) json_t *body = notice_for_others(m, text);
    HY_CLEANUP(hy_freep) char *id = hy_str_dup(hy_json_str(m->notice, "id"));
    HY_CLEANUP(hy_freep) char *stamp = hy_xasprintf("%lld", (long long)(m->now.ms / 1000));
    char hex[HY_SHA256_HEX];

    o->url = hy_xstrdup(h->url);
    o->body = hy_json_text(body);
    add_header(o, "Idempotency-Key", id);
    add_header(o, "Huiying-Timestamp", stamp);
    if (m->secret.n == 0)
        return;
    HY_CLEANUP(hy_freep) char *message = hy_xasprintf("%s.%s", stamp, o->body);
    HY_CLEANUP(hy_freep)
    char *value = hy_xasprintf("v1=%s", hy_hmac_sha256_hex(m->secret, hy_str(message), hex));
    add_header(o, "Huiying-Signature", value);
}

void hy_deliver_hook(const struct hy_hook *h, const struct hy_message *m, struct hy_outgoing *ret)
{
    static void (*const fill[HY_HOOK_COUNT])(const struct hy_hook *, const struct hy_message *,
                                             const char *, struct hy_outgoing *) = {
        [HY_HOOK_JSON] = fill_json,
        [HY_HOOK_WECOM] = fill_wecom,
        [HY_HOOK_DINGTALK] = fill_dingtalk,
        [HY_HOOK_FEISHU] = fill_feishu,
    };
    /* 企业微信 takes 2,048 bytes; behind a gateway there may be a text message. */
    static const size_t body_chars[HY_HOOK_COUNT] = {
        [HY_HOOK_JSON] = 200,
        [HY_HOOK_WECOM] = 480,
        [HY_HOOK_DINGTALK] = 2000,
        [HY_HOOK_FEISHU] = 2000,
    };
    HY_CLEANUP(hy_freep) char *text = hy_deliver_text(m, body_chars[h->kind]);

    *ret = (struct hy_outgoing){.kind = h->kind, .ca_file = hy_xstrdup(h->ca_file)};
    add_header(ret, "Content-Type", "application/json; charset=utf-8");
    fill[h->kind](h, m, text, ret);
}
