/* SPDX-License-Identifier: Apache-2.0 */
#include "core/url_host.h"

#include "core/mem.h"
#include "core/url_percent.h"
#include "core/utf8.h"

#include <idn2.h>
#include <stdlib.h>
#include <string.h>

enum { HOST_MAX_BYTES = 4096, IPV6_PIECES = 8 };

static bool is_forbidden_host(unsigned char c)
{
    return c == 0 || c == '\t' || c == '\n' || c == '\r' || c == ' ' ||
           hy_char_in(c, "#/:<>?@[\\]^|");
}

static bool is_forbidden_domain(unsigned char c)
{
    return is_forbidden_host(c) || c < 0x20 || c == '%' || c == 0x7F;
}

/* -- IPv4 ----------------------------------------------------------------------------------- */

/* "0x1f", "017", "12": false when it is no number.  Saturates far above what is valid. */
static bool ipv4_number(struct hy_str s, uint64_t *ret)
{
    unsigned base = 10;
    uint64_t v = 0;

    if (s.n == 0)
        return false;
    if (s.n >= 2 && s.p[0] == '0' && (s.p[1] | 32) == 'x') {
        base = 16;
        s = hy_str_sub(s, 2, s.n);
    } else if (s.n >= 2 && s.p[0] == '0') {
        base = 8;
        s = hy_str_sub(s, 1, s.n);
    }
    for (size_t i = 0; i < s.n; i++) {
        int digit = hy_hex_digit(s.p[i]);
        if (digit < 0 || (unsigned)digit >= base)
            return false;
        v = v > UINT32_MAX ? v : v * base + (unsigned)digit;
    }
    *ret = v;
    return true;
}

static struct hy_str without_last_dot(struct hy_str s)
{
    return s.n && s.p[s.n - 1] == '.' ? hy_str_sub(s, 0, s.n - 1) : s;
}

static bool ends_in_number(struct hy_str host)
{
    struct hy_str s = without_last_dot(host);
    size_t from = s.n;
    bool digits = true;
    uint64_t v;

    while (from && s.p[from - 1] != '.')
        from--;
    struct hy_str last = hy_str_sub(s, from, s.n);
    for (size_t i = 0; i < last.n; i++)
        digits = digits && last.p[i] >= '0' && last.p[i] <= '9';
    return last.n && (digits || ipv4_number(last, &v));
}

static int ipv4_parse(struct hy_str host, struct hy_buf *out, struct hy_err *err)
{
    struct hy_str rest = without_last_dot(host), part;
    uint64_t number[4], ip;
    size_t n = 0;

    while (hy_str_cut(&rest, '.', &part)) {
        if (n == 4 || !ipv4_number(part, &number[n]))
            return hy_fail(err, HY_E_PARSE, "the host is no IPv4 address");
        n++;
    }
    ip = n ? number[n - 1] : 0;
    if (n == 0 || ip >= UINT64_C(1) << 8 * (5 - n))
        return hy_fail(err, HY_E_PARSE, "the IPv4 address is out of range");
    for (size_t i = 0; i + 1 < n; i++) {
        if (number[i] > 255)
            return hy_fail(err, HY_E_PARSE, "the IPv4 address is out of range");
        ip += number[i] << 8 * (3 - i);
    }
    hy_buf_printf(out, "%u.%u.%u.%u", (unsigned)(ip >> 24), (unsigned)(ip >> 16 & 255),
                  (unsigned)(ip >> 8 & 255), (unsigned)(ip & 255));
    return HY_OK;
}

/* -- IPv6 ----------------------------------------------------------------------------------- */

struct ipv6 {
    uint16_t piece[IPV6_PIECES];
    int n, compress; /* compress: index of "::", or -1 */
};

/* The dotted decimal at the end fills two pieces. */
static bool ipv6_dotted(struct hy_str s, struct ipv6 *a)
{
    struct hy_str part;
    int seen = 0;

    while (hy_str_cut(&s, '.', &part)) {
        int64_t v;
        if (seen == 4 || part.n == 0 || part.n > 3 || (part.n > 1 && part.p[0] == '0') ||
            part.p[0] == '-' || part.p[0] == '+' || !hy_str_to_i64(part, &v) || v > 255)
            return false;
        a->piece[a->n + seen / 2] = (uint16_t)(a->piece[a->n + seen / 2] * 256 + v);
        seen++;
    }
    a->n += 2;
    return seen == 4;
}

static bool ipv6_read(struct hy_str s, struct ipv6 *a)
{
    size_t i = 0;

    if (s.n && s.p[0] == ':') {
        if (s.n < 2 || s.p[1] != ':')
            return false;
        i = 2;
        a->compress = 0;
    }
    while (i < s.n) {
        if (a->n == IPV6_PIECES)
            return false;
        if (s.p[i] == ':') {
            if (a->compress >= 0)
                return false;
            i++;
            a->compress = a->n;
            continue;
        }
        size_t from = i;
        unsigned v = 0;
        for (; i < s.n && i - from < 4 && hy_hex_digit(s.p[i]) >= 0; i++)
            v = v * 16 + (unsigned)hy_hex_digit(s.p[i]);
        if (i < s.n && s.p[i] == '.')
            return i > from && a->n <= IPV6_PIECES - 2 && ipv6_dotted(hy_str_sub(s, from, s.n), a);
        if (i == from || (i < s.n && s.p[i] != ':'))
            return false;
        a->piece[a->n++] = (uint16_t)v;
        if (i < s.n && ++i == s.n)
            return false; /* a colon at the end */
    }
    return true;
}

static bool ipv6_expand(struct ipv6 *a)
{
    if (a->compress < 0)
        return a->n == IPV6_PIECES;
    int tail = a->n - a->compress;
    if (a->n == IPV6_PIECES)
        return false;
    memmove(a->piece + IPV6_PIECES - tail, a->piece + a->compress,
            (size_t)tail * sizeof(a->piece[0]));
    memset(a->piece + a->compress, 0, (size_t)(IPV6_PIECES - a->n) * sizeof(a->piece[0]));
    return true;
}

/* The first longest run of at least two zero pieces is written "::". */
static void ipv6_write(const struct ipv6 *a, struct hy_buf *out)
{
    int best = -1, best_n = 1;

    for (int i = 0; i < IPV6_PIECES; i++) {
        int n = 0;
        while (i + n < IPV6_PIECES && a->piece[i + n] == 0)
            n++;
        if (n > best_n) {
            best = i;
            best_n = n;
        }
    }
    hy_buf_char(out, '[');
    for (int i = 0; i < IPV6_PIECES; i++) {
        if (i == best) {
            hy_buf_puts(out, i == 0 ? "::" : ":");
            i += best_n - 1;
            continue;
        }
        hy_buf_printf(out, "%x%s", a->piece[i], i < IPV6_PIECES - 1 ? ":" : "");
    }
    hy_buf_char(out, ']');
}

static int ipv6_parse(struct hy_str s, struct hy_buf *out, struct hy_err *err)
{
    struct ipv6 a = {.compress = -1};

    if (!ipv6_read(s, &a) || !ipv6_expand(&a))
        return hy_fail(err, HY_E_PARSE, "the host is no IPv6 address");
    ipv6_write(&a, out);
    return HY_OK;
}

/* -- names ---------------------------------------------------------------------------------- */

static bool is_ascii(struct hy_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80)
            return false;
    return true;
}

/* A name in ASCII is taken as it is, also "xn--" with broken punycode: browsers ask the DNS for
 * such names, and there are some. */
static int domain_to_ascii(struct hy_str domain, struct hy_buf *out, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *name = hy_str_dup(domain);
    uint8_t *ascii = NULL;

    if (is_ascii(domain)) {
        for (size_t i = 0; i < domain.n; i++)
            hy_buf_char(out, (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]));
        return HY_OK;
    }
    int rc = idn2_lookup_u8((const uint8_t *)name, &ascii,
                            IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL | IDN2_ALLOW_UNASSIGNED);
    if (rc != IDN2_OK)
        return hy_fail(err, HY_E_PARSE, "the host name is not valid: %s", idn2_strerror(rc));
    hy_buf_puts(out, (const char *)ascii);
    idn2_free(ascii);
    return HY_OK;
}

static int opaque_host(struct hy_str input, struct hy_buf *out, struct hy_err *err)
{
    for (size_t i = 0; i < input.n; i++)
        if (is_forbidden_host((unsigned char)input.p[i]))
            return hy_fail(err, HY_E_PARSE, "the host has a forbidden character");
    hy_percent_encode(input, HY_PERCENT_C0, out);
    return HY_OK;
}

static int special_host(struct hy_str input, struct hy_buf *out, struct hy_err *err)
{
    struct hy_buf decoded = HY_BUF_INIT(HOST_MAX_BYTES), ascii = HY_BUF_INIT(HOST_MAX_BYTES);
    int rc = HY_OK;

    hy_percent_decode(input, &decoded);
    if (!hy_utf8_valid(hy_buf_view(&decoded)) || memchr(decoded.p ? decoded.p : "", 0, decoded.n))
        rc = hy_fail(err, HY_E_PARSE, "the host has a forbidden character");
    if (rc == HY_OK)
        rc = domain_to_ascii(hy_buf_view(&decoded), &ascii, err);
    if (rc == HY_OK)
        rc = hy_buf_check(&decoded, "host", err);
    struct hy_str host = hy_buf_view(&ascii);
    for (size_t i = 0; rc == HY_OK && i < host.n; i++)
        if (is_forbidden_domain((unsigned char)host.p[i]))
            rc = hy_fail(err, HY_E_PARSE, "the host has a forbidden character");
    if (rc == HY_OK && host.n == 0)
        rc = hy_fail(err, HY_E_PARSE, "the host is empty");
    if (rc == HY_OK && ends_in_number(host))
        rc = ipv4_parse(host, out, err);
    else if (rc == HY_OK)
        hy_buf_str(out, host);
    hy_buf_release(&decoded);
    hy_buf_release(&ascii);
    return rc;
}

int hy_url_host_parse(struct hy_str input, bool special, struct hy_buf *out, struct hy_err *err)
{
    if (input.n && input.p[0] == '[') {
        if (input.p[input.n - 1] != ']')
            return hy_fail(err, HY_E_PARSE, "the IPv6 address has no closing bracket");
        return ipv6_parse(hy_str_sub(input, 1, input.n - 1), out, err);
    }
    return special ? special_host(input, out, err) : opaque_host(input, out, err);
}
