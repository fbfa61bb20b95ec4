/* SPDX-License-Identifier: Apache-2.0 */
/* Answers: the headers that all of them have, JSON with its ETag, problems with a Chinese sentence. */
#include "alerts/board/http_parts.h"

#include "core/hash.h"
#include "core/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const fixed_headers[][2] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
     "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
     "frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), microphone=(), geolocation=()"},
};

static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } rows[] = {{200, "OK"},
                {202, "Accepted"},
                {204, "No Content"},
                {304, "Not Modified"},
                {400, "Bad Request"},
                {401, "Unauthorized"},
                {403, "Forbidden"},
                {404, "Not Found"},
                {405, "Method Not Allowed"},
                {409, "Conflict"},
                {413, "Too Large"},
                {422, "Unprocessable"},
                {429, "Too Many Requests"},
                {503, "Unavailable"}};

    for (size_t i = 0; i < HY_COUNT(rows); i++)
        if (rows[i].status == status)
            return rows[i].reason;
    return "Error";
}

void hy_http_set(struct hy_http_req *req, const char *header, const char *value)
{
    struct evkeyvalq *out = evhttp_request_get_output_headers(req->ev);
    evhttp_remove_header(out, header);
    if (evhttp_add_header(out, header, value) < 0)
        hy_log(HY_WARN, "http_header_refused", HY_KV("header", header));
}

void hy_answer_headers(struct hy_http_req *req)
{
    struct evkeyvalq *out = evhttp_request_get_output_headers(req->ev);

    for (size_t i = 0; i < HY_COUNT(fixed_headers); i++)
        evhttp_add_header(out, fixed_headers[i][0], fixed_headers[i][1]);
    if (req->http->conf.tls) /* a year: whoever came by TLS once never comes without again */
        evhttp_add_header(out, "Strict-Transport-Security", "max-age=31536000");
    if (evhttp_find_header(out, "Cache-Control") == NULL)
        evhttp_add_header(out, "Cache-Control", "no-store");
}

void hy_http_bytes(struct hy_http_req *req, int status, const char *type, struct hy_str body)
{
    struct evbuffer *out = evhttp_request_get_output_buffer(req->ev);

    hy_answer_headers(req);
    if (type)
        hy_http_set(req, "Content-Type", type);
    evbuffer_add(out, body.p, body.n);
    evhttp_send_reply(req->ev, status, reason_of(status),
                      NULL); /* frees it if the client is gone */
    hy_req_free(req);
}

/* Hash of an answer without its "now": the server's time is no change. */
static void etag_of(struct hy_str text, char out[24])
{
    struct hy_str now = HY_STR("\"now\":");
    unsigned char digest[HY_BLAKE2B];
    struct hy_hasher h;
    size_t from = 0;

    hy_hasher_init(&h);
    for (const char *p; (p = memmem(text.p + from, text.n - from, now.p, now.n)) != NULL;) {
        size_t at = (size_t)(p - text.p) + now.n;
        hy_hasher_add(&h, hy_str_sub(text, from, at));
        while (at < text.n && text.p[at] >= '0' && text.p[at] <= '9')
            at++;
        from = at;
    }
    hy_hasher_add(&h, hy_str_sub(text, from, text.n));
    hy_hasher_end(&h, digest);
    char hex[17];
    snprintf(out, 24, "W/\"%s\"", hy_hex(digest, 8, hex));
}

/* True: the client has this answer already, and was told so. */
static bool is_known(struct hy_http_req *req, struct hy_str text)
{
    const char *seen = hy_http_header(req, "If-None-Match");
    char etag[24];

    if (req->route == NULL || req->route->method != HY_GET)
        return false;
    etag_of(text, etag);
    hy_http_set(req, "ETag", etag);
    if (seen == NULL || strstr(seen, etag) == NULL)
        return false;
    hy_http_empty(req, 304);
    return true;
}

void hy_http_json(struct hy_http_req *req, int status, json_t *body)
{
    HY_CLEANUP(hy_freep) char *text = hy_json_text(body);

    json_decref(body);
    if (status != 200 || !is_known(req, hy_str(text)))
        hy_http_bytes(req, status,
                      status >= 400 ? "application/problem+json; charset=utf-8"
                                    : "application/json; charset=utf-8",
                      hy_str(text));
}

void hy_http_problem(struct hy_http_req *req, int status, const char *code, const char *detail)
{
    json_t *o = json_pack("{s:s,s:s,s:i,s:s,s:s}", "type", "about:blank", "title",
                          reason_of(status), "status", status, "code", code, "detail", detail);
    HY_CLEANUP(hy_freep) char *text = hy_json_text(o);

    json_decref(o);
    hy_http_bytes(req, status, "application/problem+json; charset=utf-8", hy_str(text));
}

void hy_http_empty(struct hy_http_req *req, int status)
{
    hy_http_bytes(req, status, NULL, (struct hy_str){"", 0});
}
