/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the deliver role share: the pure part of sending a notice to the outside.
 *
 *     route     notice + duty list -> channels                     deliver/format.c
 *     format    notice + channel -> one HTTP request or mail       deliver/format.c, deliver/mail.c
 *     judge     what the other side answered -> verdict            deliver/judge.c
 *     send      libcurl                                            deliver/net.c
 *     queue     states in Redis, scripts                           deliver/queue.c
 *     dead      what could not be sent, and sending it again       deliver/dead.c
 *     role      deliver.c, plan.c, sending.c (worker.h)
 *
 * A channel is "<id of a webhook>" or "mail:<person>".  Its state per notice:
 *
 *     queued -> sending -> sent
 *        ^---------'-----> failed (dead letter)
 *
 * `sending` is written before the first byte leaves and `sent` after the other side has said that
 * it took the message.  A worker that dies or is frozen in between leaves `sending`; nobody can
 * know then, and the message is sent once more, under the same id and marked as a repeat.  That is
 * the one window in which a person may see a message twice. */
#pragma once
#include "core/json.h"
#include "core/vec.h"
#include "rules/duty.h"
#include "rules/office.h"

enum { HY_CHANNEL_MAX = 120 };

/* -- route --------------------------------------------------------------------------------------
 */

struct hy_channels {
    HY_VEC(char *) v; /* owned */
};
/* Every channel the notice goes to, each once: webhooks that take its class, mail of its people
 * (when the mail server takes its class), webhooks its people named. */
void hy_deliver_route(const struct hy_duty *duty, const json_t *notice, struct hy_channels *ret);
void hy_channels_release(struct hy_channels *c);

/* Where a channel leads; both NULL: it is not in the rules (any more). */
struct hy_endpoint {
    const struct hy_hook *hook;
    const struct hy_mailer *mailer;
    const char *mail_to; /* with mailer */
};
struct hy_endpoint hy_deliver_endpoint(const struct hy_duty *duty, struct hy_str channel);
int64_t hy_endpoint_give_up_ms(const struct hy_endpoint *e);

/* Token bucket of an endpoint: at most burst + per_minute messages in any minute.  企业微信 and
 * 钉钉 allow 20 a minute and robot, 飞书 100 a minute and 5 a second. */
struct hy_rate {
    int burst, per_minute;
};
struct hy_rate hy_endpoint_rate(const struct hy_endpoint *e);

/* -- format -------------------------------------------------------------------------------------
 */

/* Everything that is to be sent, ready for the wire. */
struct hy_outgoing {
    char *url;
    HY_VEC(char *) headers;                      /* HTTP: "Name: value" */
    char *body;                                  /* JSON, or the mail as RFC 5322 */
    char *mail_from, *mail_to, *user, *password; /* mail only */
    char *ca_file;
    int kind; /* enum hy_hook_kind; mail: -1 */
    bool starttls;
};
void hy_outgoing_release(struct hy_outgoing *o);

struct hy_message {
    const json_t *notice;
    const struct hy_office *office;
    struct hy_str secret; /* of the hook; password of the mail server */
    hy_wall now;
    bool again; /* it may have arrived before */
};
/* For people: title, what to do (its first `body_chars` characters), time left, link.  No names but
 * those of the title. */
char *hy_deliver_text(const struct hy_message *m, size_t body_chars);
char *hy_deliver_link(const struct hy_message *m); /* NULL without board_url */
void hy_deliver_hook(const struct hy_hook *h, const struct hy_message *m, struct hy_outgoing *ret);
void hy_deliver_mail(const struct hy_mailer *s, const char *to, const struct hy_message *m,
                     struct hy_outgoing *ret);
/* "=?UTF-8?B?...?=", folded after each word; no word is longer than 75 characters or splits one of
 * ours (RFC 2047). */
char *hy_mail_subject(struct hy_str text);

/* -- judge --------------------------------------------------------------------------------------
 */

enum hy_verdict {
    HY_DELIVERED, /* the other side took it */
    HY_RETRY,     /* not now */
    HY_REFUSED,   /* never: wrong address, key, signature, recipient */
};
struct hy_answer {
    enum hy_verdict verdict;
    bool unsure;     /* with HY_RETRY: it may have been taken */
    int64_t wait_ms; /* the other side's wish, 0: none */
    char why[320];   /* 中文 for people; "" when delivered */
};
/* `retry_after_ms` -1: not said. */
void hy_deliver_judge(int kind, long status, struct hy_str body, int64_t retry_after_ms,
                      struct hy_answer *ret);
/* Milliseconds to the next try: 2 s doubled per try, at most 5 min, of which a random part of up to
 * a half is taken off; never shorter than the other side's wish. */
int64_t hy_deliver_wait_ms(int tries, int64_t wish_ms, uint64_t random);
