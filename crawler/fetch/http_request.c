/* SPDX-License-Identifier: Apache-2.0 */
/* What a request says, and what libcurl is told of it: headers and options. */
#include "crawler/fetch/http_parts.h"

enum {
    SLOW_BYTES_S = 100,
    SLOW_SECONDS = 15,
    /* libcurl's own 16 KB are five calls a page.  It takes the memory anew for each transfer, and
     * at 64 KB malloc gives it back to the kernel each time, which clears each page of it again. */
    RECEIVE_BYTES = 32 * 1024,
};

static void add_header(struct curl_slist **list, const char *name, const char *value)
{
    HY_CLEANUP(hy_freep) char *line = hy_xasprintf("%s%s", name, value);
    struct curl_slist *longer = curl_slist_append(*list, line);

    if (longer == NULL)
        hy_bug("no memory for a header");
    *list = longer;
}

/* That anything is accepted libcurl says by itself, and the agent's name costs it less here than as
 * an option. */
struct curl_slist *hy_http_usual_headers_(const char *user_agent)
{
    struct curl_slist *list = NULL;

    add_header(&list, "Accept-Encoding: ", "gzip");
    add_header(&list, "User-Agent: ", user_agent);
    add_header(&list, "Accept-Language: ", "zh-CN,zh");
    return list;
}

void hy_http_ask_(struct transfer *t, const char *name, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    t->asked_at[t->n_asked++] = t->lines.n;
    hy_buf_puts(&t->lines, name);
    hy_buf_puts(&t->lines, value);
    hy_buf_char(&t->lines, '\0');
}

/* Nothing is copied of what all requests say: the list of one ends in the list of all. */
static struct curl_slist *headers(struct transfer *t)
{
    struct curl_slist *rest = t->identity ? t->h->usual->next : t->h->usual;

    for (size_t i = t->n_asked; i-- > 0; rest = &t->asked[i])
        t->asked[i] = (struct curl_slist){.data = t->lines.p + t->asked_at[i], .next = rest};
    return rest;
}

#define SET(option, value) HY_CURL_SET(easy, option, value)

CURL *hy_http_handle_(struct transfer *t)
{
    CURL *easy = curl_easy_init();

    if (easy == NULL)
        hy_bug("no memory for a transfer");
    hy_curl_common(t->h->curl, easy);
    SET(CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES);
    SET(CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES_S);
    SET(CURLOPT_LOW_SPEED_TIME, (long)SLOW_SECONDS);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_PRIVATE, t);
    SET(CURLOPT_ERRORBUFFER, t->error);
    SET(CURLOPT_WRITEFUNCTION, hy_transfer_body_);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_HEADERFUNCTION, hy_transfer_header_);
    SET(CURLOPT_HEADERDATA, t);
    SET(CURLOPT_OPENSOCKETFUNCTION, hy_transfer_socket_);
    SET(CURLOPT_OPENSOCKETDATA, t);
    SET(CURLOPT_PREREQFUNCTION, hy_transfer_before_);
    SET(CURLOPT_PREREQDATA, t);
    return easy;
}

/* Every option here is set for every transfer: nothing is left of the one before. */
void hy_http_prepare_(struct transfer *t)
{
    CURL *easy = t->easy;
    int64_t used = (hy_loop_mono(t->h->loop).us - t->started.us) / 1000;
    int64_t left = HY_MAX(t->timeout_ms - used, INT64_C(1));

    SET(CURLOPT_TIMEOUT_MS, (long)left);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)HY_MIN(left, (int64_t)HY_HTTP_CONNECT_MS));
    SET(CURLOPT_URL, t->url.href);
    SET(CURLOPT_HTTPHEADER, headers(t));
    if (t->is_resolved)
        t->resolve.data = t->lines.p + t->resolve_at;
    SET(CURLOPT_RESOLVE, t->is_resolved ? &t->resolve : NULL);
}
