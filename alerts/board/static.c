/* SPDX-License-Identifier: Apache-2.0 */
/* The pages, embedded into the binary gzip'd (alerts/board/web.cmake).  Served from this table
 * only, never from disk, so no path can lead anywhere else.  The ETag is the hash of the embedded
 * bytes.
 */
#include "alerts/board/board.h"
#include "alerts/board/web.h"
#include "core/hash.h"
#include "core/mem.h"

#include <isa-l.h>
#include <string.h>

enum { PLAIN_CAP = 2 << 20, ETAG_DIGITS = 16 };

static const struct hy_web_file *find(const char *path)
{
    bool is_page = strcmp(path, "/") == 0 || strcmp(path, "/setup") == 0;

    for (size_t i = 0; i < hy_web_files_n; i++)
        if (strcmp(hy_web_files[i].path, is_page ? "/index.html" : path) == 0)
            return &hy_web_files[i];
    return NULL;
}

static void etag_of(const struct hy_web_file *f, char out[ETAG_DIGITS + 3])
{
    char hex[HY_SHA256_HEX];

    hy_sha256_hex(hy_str_n(f->start, (size_t)(f->end - f->start)), hex);
    snprintf(out, ETAG_DIGITS + 3, "\"%.*s\"", (int)ETAG_DIGITS, hex);
}

/* For the rare client that does not take gzip. */
static bool inflate_file(const struct hy_web_file *f, char *out, size_t *ret_n)
{
    struct inflate_state z;

    isal_inflate_init(&z);
    z.crc_flag = ISAL_GZIP;
    z.next_in = (uint8_t *)f->start;
    z.avail_in = (uint32_t)(f->end - f->start);
    z.next_out = (uint8_t *)out;
    z.avail_out = PLAIN_CAP;
    bool ok = isal_inflate(&z) == ISAL_DECOMP_OK && z.block_state == ISAL_BLOCK_FINISH;
    *ret_n = PLAIN_CAP - z.avail_out;
    return ok;
}

static void send_plain(struct hy_http_req *req, const struct hy_web_file *f)
{
    HY_CLEANUP(hy_freep) char *plain = hy_xmalloc(PLAIN_CAP);
    size_t n;

    if (inflate_file(f, plain, &n))
        hy_http_bytes(req, 200, f->type, hy_str_n(plain, n));
    else
        hy_http_problem(req, 500, "page", "页面损坏");
}

void hy_board_page(struct hy_http_req *req, void *user)
{
    const struct hy_web_file *f = find(hy_http_path(req));
    const char *seen = hy_http_header(req, "If-None-Match");
    const char *accepts = hy_http_header(req, "Accept-Encoding");
    char etag[ETAG_DIGITS + 3];

    (void)user;
    if (f == NULL) {
        hy_http_problem(req, 404, "not_found", "没有这个页面");
        return;
    }
    etag_of(f, etag);
    hy_http_set(req, "ETag", etag);
    hy_http_set(req, "Cache-Control", "no-cache"); /* ask each time, 304 costs nothing */
    hy_http_set(req, "Vary", "Accept-Encoding");
    if (seen && strstr(seen, etag)) {
        hy_http_empty(req, 304);
    } else if (accepts && strstr(accepts, "gzip")) {
        hy_http_set(req, "Content-Encoding", "gzip");
        hy_http_bytes(req, 200, f->type, hy_str_n(f->start, (size_t)(f->end - f->start)));
    } else {
        send_plain(req, f);
    }
}
