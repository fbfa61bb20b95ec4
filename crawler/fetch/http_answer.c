/* SPDX-License-Identifier: Apache-2.0 */
/* What a server answers, as libcurl hands it over piece by piece, and what to call the whole.  All
 * caps on bytes are kept here, and the check of addresses at connect time. */
#include "crawler/fetch/http_parts.h"

#include "crawler/fetch/address.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_OTHER_BYTES = 256 * 1024 }; /* of a body nobody wants: errors, redirects */

static const char *const header_name[] = {
    [CONTENT_TYPE] = "content-type",     [CONTENT_ENCODING] = "content-encoding",
    [CONTENT_LENGTH] = "content-length", [ETAG] = "etag",
    [LAST_MODIFIED] = "last-modified",   [LOCATION] = "location",
    [RETRY_AFTER] = "retry-after",       [DATE] = "date",
};
_Static_assert(HY_COUNT(header_name) == HEADER_COUNT, "name every header");

/* Nobody reports twice: the first reason is the reason. */
void hy_transfer_stop_(struct transfer *t, enum hy_fetch_outcome outcome, enum hy_code code,
                 const char *why)
{
    if (t->err.code != HY_OK)
        return;
    t->outcome = outcome;
    hy_fail(&t->err, code, "%s", why);
}

/* -- libcurl's callbacks ----------------------------------------------------------------------- */

curl_socket_t hy_transfer_socket_(void *user, curlsocktype purpose, struct curl_sockaddr *a)
{
    struct transfer *t = user;

    (void)purpose;
    if (!t->allow_private && !hy_address_is_public(&a->addr, a->addrlen)) {
        hy_transfer_stop_(t, HY_FETCH_BLOCKED, HY_E_DENIED, "the address is not public");
        return CURL_SOCKET_BAD;
    }
    return hy_curl_open(t->h->curl, a);
}

/* Also asked for connections that are used again. */
int hy_transfer_before_(void *user, char *remote, char *local, int remote_port, int local_port)
{
    struct transfer *t = user;

    (void)local, (void)remote_port, (void)local_port;
    if (t->allow_private || hy_address_text_is_public(remote))
        return CURL_PREREQFUNC_OK;
    hy_transfer_stop_(t, HY_FETCH_BLOCKED, HY_E_DENIED, "the connection's address is not public");
    return CURL_PREREQFUNC_ABORT;
}

void hy_transfer_forget_(struct transfer *t)
{
    memset(t->header, 0, sizeof(t->header));
    t->many_encodings = false;
    hy_buf_clear(&t->head);
}

struct hy_str hy_transfer_value_(const struct transfer *t, enum header name)
{
    if (t->header[name].at == 0)
        return HY_STR("");
    return hy_str_n(t->head.p + t->header[name].at, t->header[name].n);
}

/* Of several lines with one name the first counts. */
static void note_header(struct transfer *t, struct hy_str line)
{
    size_t colon = hy_str_find_char(line, ':', 0);
    struct hy_str name, value;

    if (colon == HY_NPOS)
        return;
    name = hy_str_trim(hy_str_sub(line, 0, colon));
    value = hy_str_trim(hy_str_sub(line, colon + 1, line.n));
    for (int i = 0; i < HEADER_COUNT; i++) {
        if (!hy_str_ieq(name, hy_str(header_name[i])))
            continue;
        if (t->header[i].at) {
            t->many_encodings |= i == CONTENT_ENCODING;
            continue;
        }
        t->header[i].at = (uint32_t)(t->head.n + (size_t)(value.p - line.p));
        t->header[i].n = (uint32_t)value.n;
    }
}

size_t hy_transfer_header_(char *p, size_t size, size_t count, void *user)
{
    struct transfer *t = user;
    struct hy_str line = hy_str_n(p, size * count);

    t->header_bytes += line.n;
    if (t->header_bytes > HY_HTTP_HEADER_BYTES) {
        hy_transfer_stop_(t, HY_FETCH_TOO_BIG, HY_E_TOOBIG, "more than 64 KB of headers");
        return 0;
    }
    if (hy_str_starts(line, HY_STR("HTTP/")))
        hy_transfer_forget_(t); /* those of an interim answer */
    else
        note_header(t, line);
    hy_buf_str(&t->head, line);
    return line.n;
}

/* The body begins: what do the headers say about it? */
static bool begin_body(struct transfer *t)
{
    struct hy_str encoding = hy_transfer_value_(t, CONTENT_ENCODING);
    int64_t length;

    if (hy_str_to_i64(hy_transfer_value_(t, CONTENT_LENGTH), &length) &&
        length > (int64_t)t->max_bytes) {
        hy_transfer_stop_(t, HY_FETCH_TOO_BIG, HY_E_TOOBIG, "the announced body is too long");
        return false;
    }
    bool plain = encoding.n == 0 || hy_str_ieq(encoding, HY_STR("identity"));
    if (plain && !t->many_encodings)
        return true;
    bool gzip = hy_str_ieq(encoding, HY_STR("gzip")) || hy_str_ieq(encoding, HY_STR("x-gzip"));
    if (!gzip || t->many_encodings) {
        hy_transfer_stop_(t, HY_FETCH_BROKEN, HY_E_PARSE, "unknown Content-Encoding");
        return false;
    }
    struct hy_fetcher *h = t->h;
    t->gunzip = h->n_idle_gunzip ? h->idle_gunzip[--h->n_idle_gunzip] : hy_gunzip_new();
    hy_gunzip_reset(t->gunzip);
    return true;
}

size_t hy_transfer_body_(char *p, size_t size, size_t count, void *user)
{
    struct transfer *t = user;
    struct hy_str piece = hy_str_n(p, size * count);
    bool first = t->wire_bytes == 0;

    t->wire_bytes += piece.n;
    if (t->status == 0)
        curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &t->status);
    if (t->status < 200 || t->status > 299) {
        t->enough = t->wire_bytes > MAX_OTHER_BYTES;
        return t->enough ? 0 : piece.n;
    }
    if (first && !begin_body(t))
        return 0;
    if (t->wire_bytes > t->max_bytes + HY_HTTP_HEADER_BYTES) {
        hy_transfer_stop_(t, HY_FETCH_TOO_BIG, HY_E_TOOBIG, "the body is too long");
        return 0;
    }
    if (t->gunzip) {
        struct hy_err why = HY_ERR_INIT;
        if (hy_gunzip_feed(t->gunzip, piece, &t->body, &why) < 0) {
            hy_transfer_stop_(t, why.code == HY_E_TOOBIG ? HY_FETCH_TOO_BIG : HY_FETCH_BROKEN, why.code,
                 why.msg);
            return 0;
        }
        return piece.n;
    }
    hy_buf_str(&t->body, piece);
    if (t->body.overflow) {
        hy_transfer_stop_(t, HY_FETCH_TOO_BIG, HY_E_TOOBIG, "the body is too long");
        return 0;
    }
    return piece.n;
}

/* -- the whole --------------------------------------------------------------------------------- */

static const struct {
    CURLcode code;
    enum hy_fetch_outcome outcome;
} codes[] = {
    {CURLE_COULDNT_RESOLVE_HOST, HY_FETCH_DNS},
    {CURLE_COULDNT_CONNECT, HY_FETCH_CONNECT},
    {CURLE_OPERATION_TIMEDOUT, HY_FETCH_TIMEOUT},
    {CURLE_SSL_CONNECT_ERROR, HY_FETCH_TLS},
    {CURLE_PEER_FAILED_VERIFICATION, HY_FETCH_TLS},
    {CURLE_SSL_CERTPROBLEM, HY_FETCH_TLS},
    {CURLE_SSL_CIPHER, HY_FETCH_TLS},
    {CURLE_SSL_CACERT_BADFILE, HY_FETCH_TLS},
    {CURLE_SSL_ISSUER_ERROR, HY_FETCH_TLS},
    {CURLE_SEND_ERROR, HY_FETCH_CONNECT},
    {CURLE_GOT_NOTHING, HY_FETCH_CONNECT},
    {CURLE_FILESIZE_EXCEEDED, HY_FETCH_TOO_BIG},
};

static enum hy_fetch_outcome outcome_of_status(long status)
{
    if (status >= 200 && status < 300)
        return HY_FETCH_OK;
    if (status == 304)
        return HY_FETCH_NOT_MODIFIED;
    if (status == 404 || status == 410)
        return HY_FETCH_GONE;
    if (status == 429 || status == 503)
        return HY_FETCH_BUSY;
    if (status >= 400 && status < 500)
        return HY_FETCH_REFUSED;
    return HY_FETCH_SERVER;
}

static void judge_status(struct transfer *t)
{
    char text[40];

    t->outcome = outcome_of_status(t->status);
    if (t->status >= 300 && t->status < 400 && t->status != 304 && t->header[LOCATION].at) {
        t->outcome = HY_FETCH_REDIRECT;
    } else if (t->outcome == HY_FETCH_OK) {
        if (t->gunzip && !hy_gunzip_is_complete(t->gunzip))
            hy_transfer_stop_(t, HY_FETCH_BROKEN, HY_E_PARSE, "the compressed body ends too early");
    } else if (t->outcome != HY_FETCH_NOT_MODIFIED) {
        snprintf(text, sizeof(text), "HTTP status %ld", t->status);
        hy_transfer_stop_(t, t->outcome, HY_E_IO, text);
    }
}

void hy_transfer_judge_(struct transfer *t, CURLcode code)
{
    enum hy_fetch_outcome outcome = HY_FETCH_BROKEN;

    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &t->status);
    if (code == CURLE_OK || t->enough) {
        judge_status(t);
        return;
    }
    for (size_t i = 0; i < HY_COUNT(codes); i++)
        if (codes[i].code == code)
            outcome = codes[i].outcome;
    hy_transfer_stop_(t, outcome, outcome == HY_FETCH_TIMEOUT ? HY_E_TIMEOUT : HY_E_IO,
         t->error[0] ? t->error : curl_easy_strerror(code));
}
