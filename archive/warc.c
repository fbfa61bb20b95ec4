/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/warc.h"

#include "core/hash.h"
#include "core/mem.h"

#include <isa-l/igzip_lib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID_SIZE = 64, GZIP_OVERHEAD = 1024 };

/* -- records ----------------------------------------------------------------------------------- */

/* One gzip member.  isa-l's stateless deflate needs the room beforehand: what cannot be compressed
 * is stored in blocks of 64 KB with five bytes each. */
static void gzip(struct hy_str plain, struct hy_buf *out)
{
    size_t room = plain.n + plain.n / 1000 + GZIP_OVERHEAD;
    HY_CLEANUP(hy_freep) uint8_t *packed = hy_xmalloc(room);
    HY_CLEANUP(hy_freep) uint8_t *work = hy_xmalloc(ISAL_DEF_LVL1_DEFAULT);
    struct isal_zstream z = {0}; /* its _init leaves out members that it reads */

    isal_deflate_stateless_init(&z);
    z.level = 1;
    z.level_buf = work;
    z.level_buf_size = ISAL_DEF_LVL1_DEFAULT;
    z.gzip_flag = IGZIP_GZIP;
    z.end_of_stream = 1;
    z.next_in = (uint8_t *)plain.p;
    z.avail_in = (uint32_t)plain.n;
    z.next_out = packed;
    z.avail_out = (uint32_t)room;
    int rc = isal_deflate_stateless(&z);
    if (rc != COMP_OK)
        hy_bug("isal_deflate_stateless: %d", rc);
    hy_buf_add(out, packed, z.total_out);
}

/* <urn:uuid:...> of what the record says: version 8 (RFC 9562), the bits of a SHA-256. */
static const char *id_of(const char *type, struct hy_str what, char out[ID_SIZE])
{
    HY_CLEANUP(hy_freep) char *text = hy_xasprintf("%s " HY_STR_FMT, type, HY_STR_ARG(what));
    char h[HY_SHA256_HEX];

    hy_sha256_hex(hy_str(text), h);
    snprintf(out, ID_SIZE, "<urn:uuid:%.8s-%.4s-8%.3s-8%.3s-%.12s>", h, h + 8, h + 12, h + 15,
             h + 18);
    return out;
}

static const char *date_of(hy_wall t, char out[HY_TIME_SIZE])
{
    struct hy_civil c = hy_civil_of(hy_wall_known(t) ? t : (hy_wall){0}, 0);

    snprintf(out, HY_TIME_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", c.year, c.month, c.day,
             c.hour, c.minute, c.second, c.ms);
    return out;
}

static void digest(struct hy_buf *b, const char *name, struct hy_str bytes)
{
    char h[HY_SHA256_HEX];

    hy_buf_printf(b, "%s: sha256:%s\r\n", name, hy_sha256_hex(bytes, h));
}

/* Addresses and headers come from outside: a line end in them would forge a header. */
static void field(struct hy_buf *b, const char *name, struct hy_str value)
{
    hy_buf_printf(b, "%s: ", name);
    for (size_t i = 0; i < value.n; i++)
        hy_buf_char(b, (unsigned char)value.p[i] < ' ' ? ' ' : value.p[i]);
    hy_buf_puts(b, "\r\n");
}

static void record(const char *type, const char *id, hy_wall date, struct hy_str fields,
                   const char *content_type, struct hy_str block, struct hy_buf *out)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    char when[HY_TIME_SIZE];

    hy_buf_printf(&b, "WARC/1.1\r\nWARC-Type: %s\r\nWARC-Record-ID: %s\r\nWARC-Date: %s\r\n", type,
                  id, date_of(date, when));
    hy_buf_str(&b, fields);
    digest(&b, "WARC-Block-Digest", block);
    hy_buf_printf(&b, "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n", content_type, block.n);
    hy_buf_str(&b, block);
    hy_buf_puts(&b, "\r\n\r\n");
    gzip(hy_buf_view(&b), out);
    hy_buf_release(&b);
}

void hy_warc_info(const char *file, hy_wall made, const char *about, struct hy_buf *out)
{
    struct hy_buf block = HY_BUF_INIT(HY_BUF_UNBOUNDED), fields = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    char id[ID_SIZE];

    field(&fields, "WARC-Filename", hy_str(file));
    hy_buf_puts(&block, "software: huiying/" HY_VERSION "\r\nformat: WARC File Format 1.1\r\n"
                        "conformsTo: http://iipc.github.io/warc-specifications/specifications/"
                        "warc-format/warc-1.1/\r\nrobots: obey\r\n");
    field(&block, "description", hy_str(about));
    record("warcinfo", id_of("warcinfo", hy_buf_view(&block), id), made, hy_buf_view(&fields),
           "application/warc-fields", hy_buf_view(&block), out);
    hy_buf_release(&block);
    hy_buf_release(&fields);
}

/* -- captures ---------------------------------------------------------------------------------- */

/* What names a visit: item, time, part. */
static char *key_of(const json_t *capture)
{
    return hy_xasprintf(HY_STR_FMT " " HY_STR_FMT " %lld", HY_STR_ARG(hy_json_str(capture, "item")),
                        HY_STR_ARG(hy_json_str(capture, "at")),
                        (long long)hy_json_int(capture, "part", 1));
}

static struct hy_str target_of(const json_t *capture)
{
    const json_t *meta = json_object_get(capture, "meta");
    struct hy_str final = hy_json_str(meta, "final_url");

    return final.n ? final : hy_json_str(meta, "url");
}

static bool is_about_coding(struct hy_str name)
{
    return hy_str_ieq(name, HY_STR("content-encoding")) ||
           hy_str_ieq(name, HY_STR("transfer-encoding")) ||
           hy_str_ieq(name, HY_STR("content-length"));
}

static struct hy_str text_of(const json_t *v)
{
    return hy_str_n(json_string_value(v), json_string_length(v));
}

static void http_block(const json_t *meta, struct hy_str page, struct hy_buf *out)
{
    struct hy_str status = hy_json_str(meta, "status_line");
    size_t i;
    json_t *pair;

    if (hy_str_starts(status, HY_STR("HTTP/")))
        hy_buf_str(out, status);
    else
        hy_buf_printf(out, "HTTP/1.1 %lld ", (long long)hy_json_int(meta, "status", 0));
    hy_buf_puts(out, "\r\n");
    json_array_foreach (json_object_get(meta, "headers"), i, pair) {
        struct hy_str name = text_of(json_array_get(pair, 0));
        HY_CLEANUP(hy_freep)
        char *as = hy_xasprintf("%s" HY_STR_FMT, is_about_coding(name) ? "X-Archive-Orig-" : "",
                                HY_STR_ARG(name));
        field(out, as, text_of(json_array_get(pair, 1)));
    }
    hy_buf_printf(out, "Content-Length: %zu\r\n\r\n", page.n);
    hy_buf_str(out, page);
}

static void response(const json_t *capture, const char *key, struct hy_str page, struct hy_buf *out)
{
    struct hy_buf fields = HY_BUF_INIT(HY_BUF_UNBOUNDED), block = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    char id[ID_SIZE];

    field(&fields, "WARC-Target-URI", target_of(capture));
    digest(&fields, "WARC-Payload-Digest", page);
    http_block(json_object_get(capture, "meta"), page, &block);
    record("response", id_of("response", hy_str(key), id), hy_json_time(capture, "at"),
           hy_buf_view(&fields), "application/http;msgtype=response", hy_buf_view(&block), out);
    hy_buf_release(&fields);
    hy_buf_release(&block);
}

/* The fields of a record that belongs to the visit's response, when that has one. */
static void refer(const json_t *capture, const char *key, bool has_response, struct hy_buf *out)
{
    char id[ID_SIZE];

    field(out, "WARC-Target-URI", target_of(capture));
    if (has_response)
        field(out, "WARC-Refers-To", hy_str(id_of("response", hy_str(key), id)));
}

/* A page that was there and is no longer kept is not written as an empty one; words of a feed had
 * none. */
static bool has_response(const json_t *capture)
{
    const json_t *meta = json_object_get(capture, "meta");

    return hy_json_int(meta, "status", 0) > 0 &&
           (hy_json_bool(capture, "page") || hy_json_int(meta, "bytes", 0) == 0);
}

void hy_warc_capture(const json_t *capture, struct hy_str page, struct hy_buf *out)
{
    HY_CLEANUP(hy_freep) char *key = key_of(capture);
    HY_CLEANUP(hy_freep) char *text = hy_json_text(capture);
    struct hy_buf fields = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    char id[ID_SIZE];

    if (has_response(capture))
        response(capture, key, page, out);
    refer(capture, key, has_response(capture), &fields);
    record("metadata", id_of("metadata", hy_str(key), id), hy_json_time(capture, "at"),
           hy_buf_view(&fields), "application/json", hy_str(text), out);
    hy_buf_release(&fields);
}

void hy_warc_text(const json_t *capture, struct hy_str text, struct hy_buf *out)
{
    HY_CLEANUP(hy_freep) char *key = key_of(capture);
    struct hy_buf fields = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    char id[ID_SIZE];

    refer(capture, key, has_response(capture), &fields);
    record("conversion", id_of("conversion", hy_str(key), id), hy_json_time(capture, "at"),
           hy_buf_view(&fields), "text/plain;charset=utf-8", text, out);
    hy_buf_release(&fields);
}
