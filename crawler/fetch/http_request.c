/* SPDX-License-Identifier: Apache-2.0 */
/* What a request says, and what libcurl is told of it: headers and options. */
#include "crawler/fetch/http_parts.h"

enum {
    SLOW_BYTES_S = 100,
    SLOW_SECONDS = 15,
    RECEIVE_BYTES = 64 * 1024, /* libcurl's own 16 KB are five calls a page */
};

static void add_header(struct curl_slist **list, const char *name, const char *value)
{
    struct hy_buf line = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_buf_puts(&line, name);
    hy_buf_puts(&line, value);
    struct curl_slist *longer = curl_slist_append(*list, line.p);
    if (longer == NULL)
        hy_bug("no memory for a header");
    *list = longer;
    hy_buf_release(&line);
}

/* That anything is accepted libcurl says by itself, and the agent's name costs it less here than as
 * an option. */
struct curl_slist *hy_http_usual_headers_(const char *user_agent)
{
    struct curl_slist *list = NULL;

    add_header(&list, "Accept-Encoding: ", "gzip");
    add_header(&list, "User-Agent: ", user_agent);
    add_header(&list, "Accept-Language: ", "zh-CN,zh;q=0.9,en;q=0.5");
    return list;
}

/* Nothing is copied of what all requests say: the list of one ends in the list of all. */
static void make_headers(struct transfer *t)
{
    struct curl_slist **end = &t->headers;

    if (t->etag)
        add_header(&t->headers, "If-None-Match: ", t->etag);
    if (t->last_modified)
        add_header(&t->headers, "If-Modified-Since: ", t->last_modified);
    if (t->accept)
        add_header(&t->headers, "Accept: ", t->accept);
    if (t->identity)
        add_header(&t->headers, "Accept-Encoding: ", "identity");
    while (*end)
        end = &(*end)->next;
    *end = t->identity ? t->h->usual->next : t->h->usual;
}

void hy_http_drop_headers_(struct transfer *t)
{
    struct curl_slist *usual = t->h->usual, **end = &t->headers;

    while (*end && *end != usual && *end != usual->next)
        end = &(*end)->next;
    *end = NULL;
    curl_slist_free_all(HY_TAKE(t->headers));
}

#define SET(option, value) HY_CURL_SET(easy, option, value)

/* What is the same for all transfers is said once to each handle. */
CURL *hy_http_handle_(struct hy_curl *c)
{
    CURL *easy = curl_easy_init();

    if (easy == NULL)
        hy_bug("no memory for a transfer");
    hy_curl_common(c, easy);
    SET(CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES);
    SET(CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES_S);
    SET(CURLOPT_LOW_SPEED_TIME, (long)SLOW_SECONDS);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_WRITEFUNCTION, hy_transfer_body_);
    SET(CURLOPT_HEADERFUNCTION, hy_transfer_header_);
    SET(CURLOPT_OPENSOCKETFUNCTION, hy_transfer_socket_);
    SET(CURLOPT_PREREQFUNCTION, hy_transfer_before_);
    return easy;
}

/* Every option here is set for every transfer: nothing is left of the one before. */
void hy_http_prepare_(struct transfer *t)
{
    CURL *easy = t->easy;
    int64_t used = (hy_loop_mono(t->h->loop).us - t->started.us) / 1000;
    int64_t left = HY_MAX(t->timeout_ms - used, INT64_C(1));

    make_headers(t);
    SET(CURLOPT_TIMEOUT_MS, (long)left);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)HY_MIN(left, (int64_t)HY_HTTP_CONNECT_MS));
    SET(CURLOPT_PRIVATE, t);
    SET(CURLOPT_ERRORBUFFER, t->error);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_HEADERDATA, t);
    SET(CURLOPT_OPENSOCKETDATA, t);
    SET(CURLOPT_PREREQDATA, t);
    SET(CURLOPT_URL, t->url.href);
    SET(CURLOPT_HTTPHEADER, t->headers);
    SET(CURLOPT_RESOLVE, t->resolve);
}
