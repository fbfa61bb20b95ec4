/* SPDX-License-Identifier: Apache-2.0 */
/* A notice as a mail (RFC 5322): text only, in base64, so that no line is too long and nothing in
 * it means something to a server on the way.  Pure. */
#include "alerts/deliver/deliver.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WORD_BYTES = 45, /* of text: 60 of base64 and 12 around them, below the 75 of RFC 2047 */
    LINE = 76,
    SUBJECT_CHARS = 80,
    BODY_CHARS = 20000, /* all of it: a line that is cut is no proof to an auditor */
};

/* The longest beginning of s that ends at a character and has at most WORD_BYTES. */
static size_t word_length(struct hy_str s)
{
    size_t n = HY_MIN(s.n, (size_t)WORD_BYTES);

    while (n < s.n && n > 0 && ((unsigned char)s.p[n] & 0xC0) == 0x80)
        n--;
    return n;
}

char *hy_mail_subject(struct hy_str text)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    while (text.n) {
        size_t n = word_length(text);
        HY_CLEANUP(hy_freep) char *word = hy_base64(text.p, n);
        hy_buf_printf(&b, "%s=?UTF-8?B?%s?=", b.n ? "\r\n " : "", word);
        text = hy_str_sub(text, n, text.n);
    }
    return b.n ? hy_buf_take(&b) : hy_xstrdup("");
}

static void add_base64(struct hy_buf *b, const char *text)
{
    HY_CLEANUP(hy_freep) char *all = hy_base64(text, strlen(text));

    for (size_t at = 0, n = strlen(all); at < n; at += LINE)
        hy_buf_printf(b, "%.*s\r\n", LINE, all + at);
}

static void add_date(struct hy_buf *b, hy_wall now, int zone_min)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct hy_civil c = hy_civil_of(now, zone_min);
    int zone = zone_min < 0 ? -zone_min : zone_min;

    hy_buf_printf(b, "Date: %s, %d %s %d %02d:%02d:%02d %c%02d%02d\r\n", days[c.weekday], c.day,
                  months[c.month - 1], c.year, c.hour, c.minute, c.second, zone_min < 0 ? '-' : '+',
                  zone / 60, zone % 60);
}

/* The same for every try, so that a mailbox can see that two are one. */
static void add_message_id(struct hy_buf *b, const json_t *notice, const char *to, const char *from)
{
    HY_CLEANUP(hy_freep)
    char *all = hy_xasprintf(HY_STR_FMT "\n%s", HY_STR_ARG(hy_json_str(notice, "id")), to);
    const char *domain = strchr(from, '@');
    char hex[HY_SHA256_HEX];

    hy_buf_printf(b, "Message-ID: <%.32s@%s>\r\n", hy_sha256_hex(hy_str(all), hex),
                  domain ? domain + 1 : "localhost");
}

static char *mail_text(const struct hy_mailer *s, const char *to, const struct hy_message *m)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_str title = hy_utf8_head(hy_json_str(m->notice, "title"), SUBJECT_CHARS);
    HY_CLEANUP(hy_freep) char *subject = hy_mail_subject(title);
    HY_CLEANUP(hy_freep) char *text = hy_deliver_text(m, BODY_CHARS);

    add_date(&b, m->now, m->office ? (int)m->office->zone_min : HY_CST);
    hy_buf_printf(&b, "From: <%s>\r\nTo: <%s>\r\n", s->from, to);
    hy_buf_printf(&b, "Subject: %s\r\n", subject);
    add_message_id(&b, m->notice, to, s->from);
    hy_buf_puts(&b, "Auto-Submitted: auto-generated\r\n");
    if (hy_str_is(hy_json_str(m->notice, "class"), "urgent"))
        hy_buf_puts(&b, "X-Priority: 1\r\n");
    hy_buf_puts(&b, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"
                    "Content-Transfer-Encoding: base64\r\n\r\n");
    add_base64(&b, text);
    return hy_buf_take(&b);
}

void hy_deliver_mail(const struct hy_mailer *s, const char *to, const struct hy_message *m,
                     struct hy_outgoing *ret)
{
    const char *domain = s->from ? strchr(s->from, '@') : NULL;
    const char *scheme = s->tls == HY_MAIL_ALWAYS ? "smtps" : "smtp";

    *ret = (struct hy_outgoing){
        .url = hy_xasprintf("%s://%s:%lld/%s", scheme, s->host, (long long)s->port,
                            domain ? domain + 1 : ""), /* the path is the name we greet with */
        .body = mail_text(s, to, m),
        .mail_from = hy_xasprintf("<%s>", s->from),
        .mail_to = hy_xasprintf("<%s>", to),
        .user = hy_xstrdup(s->user),
        .password = s->user ? hy_str_dup(m->secret) : NULL,
        .ca_file = hy_xstrdup(s->ca_file),
        .kind = -1,
        .starttls = s->tls == HY_MAIL_STARTTLS,
    };
}
