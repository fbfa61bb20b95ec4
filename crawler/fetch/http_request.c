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
    HY_CLEANUP(hy_freep) char *line = hy_xasprintf("%s: %s", name, value);
    struct curl_slist *longer = curl_slist_append(*list, line);

    if (longer == NULL)
        hy_bug("no memory for a header");
    *list = longer;
}

#define LANGUAGES "zh-CN,zh;q=0.9,en;q=0.5"

struct curl_slist *hy_http_usual_headers_(void)
{
    struct curl_slist *list = NULL;

    add_header(&list, "Accept-Encoding", "gzip");
    add_header(&list, "Accept", "*/*");
    add_header(&list, "Accept-Language", LANGUAGES);
    return list;
}

/* Nothing is copied for what all requests say: the list of one ends in the list of all. */
static void make_headers(struct transfer *t)
{
    struct curl_slist **end = &t->headers;

    if (t->etag)
        add_header(&t->headers, "If-None-Match", t->etag);
    if (t->last_modified)
        add_header(&t->headers, "If-Modified-Since", t->last_modified);
    if (t->identity || t->accept) {
        add_header(&t->headers, "Accept-Encoding", t->identity ? "identity" : "gzip");
        add_header(&t->headers, "Accept", t->accept ? t->accept : "*/*");
        add_header(&t->headers, "Accept-Language", LANGUAGES);
        return;
    }
    while (*end)
        end = &(*end)->next;
    *end = t->h->usual;
}

void hy_http_drop_headers_(struct transfer *t)
{
    for (struct curl_slist **end = &t->headers; *end; end = &(*end)->next)
        if (*end == t->h->usual) {
            *end = NULL;
            break;
        }
    curl_slist_free_all(HY_TAKE(t->headers));
}

#define SET(option, value) HY_CURL_SET(easy, option, value)

/* What is the same for all transfers is said once to each handle. */
CURL *hy_http_handle_(const struct hy_fetcher *h)
{
    CURL *easy = curl_easy_init();

    if (easy == NULL)
        hy_bug("no memory for a transfer");
    hy_curl_common(easy);
    SET(CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES);
    SET(CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES_S);
    SET(CURLOPT_LOW_SPEED_TIME, (long)SLOW_SECONDS);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_USERAGENT, h->user_agent);
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
