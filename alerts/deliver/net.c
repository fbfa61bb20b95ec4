/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/deliver/net.h"

#include "core/curl.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum { CONNECT_MS = 5000, ANSWER_CAP = 64 * 1024, KEPT_CONNECTIONS = 16 };

struct transfer {
    LIST_ENTRY(transfer) link;
    struct hy_outbox_net *net;
    CURL *easy;
    struct curl_slist *headers, *to;
    struct hy_outgoing out;
    size_t read, size; /* of the body, by libcurl */
    struct hy_buf answer;
    char error[CURL_ERROR_SIZE];
    hy_sent_fn fn;
    void *user;
};
struct hy_outbox_net {
    struct hy_curl *curl;
    LIST_HEAD(, transfer) transfers;
};

#define SET(option, value) HY_CURL_SET(t->easy, option, value)

static void transfer_free(struct transfer *t)
{
    LIST_REMOVE(t, link);
    curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->headers);
    curl_slist_free_all(t->to);
    hy_outgoing_release(&t->out);
    hy_buf_release(&t->answer);
    free(t);
}

/* What is too much of an answer is dropped; what matters stands at its beginning. */
static size_t on_answer(char *p, size_t size, size_t count, void *user)
{
    struct transfer *t = user;

    hy_buf_add(&t->answer, p, HY_MIN(size * count, t->answer.cap - t->answer.n));
    return size * count;
}

static size_t on_read(char *to, size_t size, size_t count, void *user)
{
    struct transfer *t = user;
    size_t n = HY_MIN(size * count, t->size - t->read);

    memcpy(to, t->out.body + t->read, n);
    t->read += n;
    return n;
}

/* -- what became of it --------------------------------------------------------------------------
 */

static const struct {
    CURLcode code;
    const char *why;
} reasons[] = {
    {CURLE_COULDNT_RESOLVE_HOST, "找不到服务器的地址"},
    {CURLE_COULDNT_CONNECT, "连不上服务器"},
    {CURLE_OPERATION_TIMEDOUT, "对方没有按时回答"},
    {CURLE_GOT_NOTHING, "对方没有回答就断开了"},
    {CURLE_RECV_ERROR, "连接中断"},
    {CURLE_SEND_ERROR, "连接中断"},
    {CURLE_PARTIAL_FILE, "对方的回答不完整"},
    {CURLE_SSL_CONNECT_ERROR, "加密连接失败"},
    {CURLE_PEER_FAILED_VERIFICATION, "对方的证书不可信"},
    {CURLE_SSL_CACERT_BADFILE, "ca_file 读不出来"},
    {CURLE_USE_SSL_FAILED, "邮件服务器不支持 STARTTLS"},
    {CURLE_LOGIN_DENIED, "邮件服务器不接受登录名或密码"},
};

/* Had everything been handed over when it broke off? */
static bool was_handed_over(const struct transfer *t)
{
    curl_off_t ready = 0;

    if (t->out.kind < 0)
        return t->size > 0 && t->read == t->size;
    curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
    return ready > 0;
}

static void judge_failure(const struct transfer *t, CURLcode code, long status,
                          struct hy_answer *ret)
{
    const char *why = t->error[0] ? t->error : curl_easy_strerror(code);

    for (size_t i = 0; i < HY_COUNT(reasons); i++)
        if (reasons[i].code == code)
            why = reasons[i].why;
    *ret = (struct hy_answer){.verdict = HY_RETRY, .unsure = was_handed_over(t)};
    if (t->out.kind < 0 && status >= 400) {
        bool final = status >= 500 || code == CURLE_LOGIN_DENIED;
        *ret = (struct hy_answer){.verdict = final ? HY_REFUSED : HY_RETRY};
        snprintf(ret->why, sizeof(ret->why), "邮件服务器回答 %ld%s%s", status,
                 code == CURLE_LOGIN_DENIED ? "：" : "", code == CURLE_LOGIN_DENIED ? why : "");
        return;
    }
    if (code == CURLE_USE_SSL_FAILED)
        ret->verdict = HY_REFUSED;
    snprintf(ret->why, sizeof(ret->why), "%s", why);
}

static void on_done(CURL *easy, CURLcode code, void *user)
{
    struct transfer *t = NULL;
    struct hy_answer answer = {.verdict = HY_DELIVERED};
    curl_off_t retry_after = 0;
    long status = 0;

    (void)user;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after);
    if (code != CURLE_OK)
        judge_failure(t, code, status, &answer);
    else if (t->out.kind >= 0)
        hy_deliver_judge(t->out.kind, status, hy_buf_view(&t->answer),
                         retry_after > 0 ? (int64_t)retry_after * 1000 : -1, &answer);
    hy_sent_fn fn = t->fn;
    void *to = t->user;
    transfer_free(t);
    fn(&answer, to);
}

/* -- sending ------------------------------------------------------------------------------------
 */

static struct curl_slist *append(struct curl_slist *list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(list, line);

    if (longer == NULL)
        hy_bug("no memory for a header");
    return longer;
}

static void set_http(struct transfer *t)
{
    for (size_t i = 0; i < t->out.headers.n; i++)
        t->headers = append(t->headers, t->out.headers.v[i]);
    t->headers = append(t->headers, "Expect:"); /* no waiting for a 100 */
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_HTTPHEADER, t->headers);
    SET(CURLOPT_POSTFIELDSIZE, (long)t->size);
    SET(CURLOPT_POSTFIELDS, t->out.body);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_USERAGENT, "huiying/" HY_VERSION);
}

static void set_mail(struct transfer *t)
{
    t->to = append(NULL, t->out.mail_to);
    SET(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    SET(CURLOPT_MAIL_FROM, t->out.mail_from);
    SET(CURLOPT_MAIL_RCPT, t->to);
    SET(CURLOPT_READFUNCTION, on_read);
    SET(CURLOPT_READDATA, t);
    SET(CURLOPT_UPLOAD, 1L);
    SET(CURLOPT_USE_SSL, (long)(t->out.starttls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
    if (t->out.user) {
        SET(CURLOPT_USERNAME, t->out.user);
        SET(CURLOPT_PASSWORD, t->out.password);
    }
}

void hy_outbox_net_send(struct hy_outbox_net *n, struct hy_outgoing *o, int64_t timeout_ms,
                        hy_sent_fn fn, void *user)
{
    struct transfer *t = hy_xcalloc(1, sizeof(*t));

    *t = (struct transfer){.net = n, .out = *o, .fn = fn, .user = user};
    *o = (struct hy_outgoing){0};
    t->size = strlen(t->out.body);
    t->answer = HY_BUF_INIT(ANSWER_CAP);
    LIST_INSERT_HEAD(&n->transfers, t, link);
    t->easy = curl_easy_init();
    if (t->easy == NULL)
        hy_bug("no memory for a transfer");
    hy_curl_common(n->curl, t->easy);
    SET(CURLOPT_PRIVATE, t);
    SET(CURLOPT_ERRORBUFFER, t->error);
    SET(CURLOPT_URL, t->out.url);
    SET(CURLOPT_WRITEFUNCTION, on_answer);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)HY_MIN(timeout_ms, (int64_t)CONNECT_MS));
    if (t->out.ca_file)
        SET(CURLOPT_CAINFO, t->out.ca_file);
    if (t->out.kind < 0)
        set_mail(t);
    else
        set_http(t);
    hy_curl_add(n->curl, t->easy);
}

struct hy_outbox_net *hy_outbox_net_new(struct hy_loop *l)
{
    struct hy_outbox_net *n = hy_xcalloc(1, sizeof(*n));

    LIST_INIT(&n->transfers);
    n->curl = hy_curl_new(l, KEPT_CONNECTIONS, on_done, n);
    return n;
}

void hy_outbox_net_free(struct hy_outbox_net *n)
{
    struct transfer *t;

    if (n == NULL)
        return;
    while ((t = LIST_FIRST(&n->transfers))) {
        hy_curl_remove(n->curl, t->easy);
        transfer_free(t);
    }
    hy_curl_free(n->curl);
    free(n);
}
