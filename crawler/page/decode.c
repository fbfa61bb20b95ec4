/* SPDX-License-Identifier: Apache-2.0 */
/* Decoders as the WHATWG Encoding standard defines them.
 *
 * UTF-8, UTF-16, GB18030 and Big5 are walked here, so that every malformed byte gives U+FFFD as
 * often as in a browser; their tables are in decode_table.c.  Single-byte sets become 256-entry tables the same way; the four remaining multi-byte sets go
 * through iconv itself, one U+FFFD for each byte it refuses. */
#include "crawler/page/decode.h"

#include "core/mem.h"
#include "core/utf8.h"
#include "crawler/page/decode_table.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

enum {
    FOUR_BYTE_BMP = 39420, /* pointers of GB18030 below this are in the plane 0 */
    FOUR_BYTE_ASTRAL = 189000,
};

/* Big5 points of two code points: a letter and a combining mark. */
static const struct {
    uint16_t bytes, first, second;
} pairs_big5[] = {
    {0x8862, 0xCA, 0x304}, {0x8864, 0xCA, 0x30C}, {0x88A3, 0xEA, 0x304}, {0x88A5, 0xEA, 0x30C}};

/* -- output --------------------------------------------------------------------------------- */

/* Collects a few KB before each append: one append per character would be the slowest part. */
struct sink {
    struct hy_buf *out;
    size_t n;
    char block[4096];
};

static void sink_flush(struct sink *k)
{
    hy_buf_add(k->out, k->block, k->n);
    k->n = 0;
}

static inline void put(struct sink *k, uint32_t c)
{
    char *p = k->block + k->n;

    if (c < 0x80) {
        *p = (char)c;
        k->n += 1;
    } else if (c < 0x800) {
        p[0] = (char)(0xC0 | c >> 6);
        p[1] = (char)(0x80 | (c & 63));
        k->n += 2;
    } else if (c < 0x10000) {
        p[0] = (char)(0xE0 | c >> 12);
        p[1] = (char)(0x80 | (c >> 6 & 63));
        p[2] = (char)(0x80 | (c & 63));
        k->n += 3;
    } else {
        p[0] = (char)(0xF0 | c >> 18);
        p[1] = (char)(0x80 | (c >> 12 & 63));
        p[2] = (char)(0x80 | (c >> 6 & 63));
        p[3] = (char)(0x80 | (c & 63));
        k->n += 4;
    }
    if (k->n > sizeof(k->block) - 8)
        sink_flush(k);
}

/* From here on what is ASCII.  Returns how much that was. */
static size_t put_ascii(struct sink *k, const unsigned char *p, size_t left)
{
    size_t n = hy_utf8_ascii_prefix(p, left);

    if (n > sizeof(k->block) - 8 - k->n)
        sink_flush(k);
    if (n > sizeof(k->block) - 8) {
        hy_buf_add(k->out, p, n);
        return n;
    }
    memcpy(k->block + k->n, p, n);
    k->n += n;
    return n;
}

/* -- GB18030 -------------------------------------------------------------------------------- */

static uint32_t four_bytes(const unsigned char *b)
{
    static iconv_t cd = NULL;
    uint32_t pointer =
        (b[0] - 0x81u) * 12600 + (b[1] - 0x30u) * 1260 + (b[2] - 0x81u) * 10 + (b[3] - 0x30u);

    if (pointer >= FOUR_BYTE_ASTRAL)
        return pointer - FOUR_BYTE_ASTRAL <= 0xFFFFF ? pointer - FOUR_BYTE_ASTRAL + 0x10000 : HY_DECODE_BAD;
    if (pointer >= FOUR_BYTE_BMP)
        return HY_DECODE_BAD;
    if (pointer >= 19057 && pointer <= 19064) /* moved to two bytes in 2022, both are read */
        return 0x9FB4 + pointer - 19057;
    if (pointer >= 39076 && pointer <= 39085)
        return 0xFE10 + pointer - 39076;
    if (cd == NULL)
        cd = hy_decode_open_("UTF-32LE", "GB18030");
    return hy_decode_one_(cd, b, 4);
}

static bool is_digit(unsigned char c)
{
    return c >= 0x30 && c <= 0x39;
}

static bool is_lead(unsigned char c)
{
    return c >= 0x81 && c <= 0xFE;
}

/* One unit at p (of `left` bytes, p[0] >= 0x80): its code, and how many bytes it took.  Where a
 * unit is broken only its lead is consumed when an ASCII byte follows, as the standard has it. */
static size_t next_gb(const struct hy_double_byte *t, const unsigned char *p, size_t left,
                      uint32_t *ret)
{
    *ret = HY_DECODE_BAD;
    if (p[0] == 0x80) {
        *ret = 0x20AC;
        return 1;
    }
    if (p[0] == 0xFF)
        return 1;
    if (left == 1)
        return 1;
    if (is_digit(p[1])) {
        if (left == 2)
            return 2; /* the end inside a unit: one U+FFFD for all of it */
        if (!is_lead(p[2]))
            return 1;
        if (left == 3)
            return 3;
        if (!is_digit(p[3]))
            return 1;
        *ret = four_bytes(p);
        return 4;
    }
    if (p[1] >= 0x40 && p[1] != 0x7F && p[1] != 0xFF)
        *ret = hy_decode_look_up_(t, p[0], p[1]);
    return *ret == HY_DECODE_BAD && p[1] < 0x80 ? 1 : 2;
}

static size_t next_big5(const struct hy_double_byte *t, const unsigned char *p, size_t left,
                        uint32_t *ret)
{
    *ret = HY_DECODE_BAD;
    if (!is_lead(p[0]) || left == 1)
        return 1;
    if ((p[1] >= 0x40 && p[1] <= 0x7E) || (p[1] >= 0xA1 && p[1] <= 0xFE))
        *ret = hy_decode_look_up_(t, p[0], p[1]);
    return *ret == HY_DECODE_BAD && p[1] < 0x80 ? 1 : 2;
}

static bool put_pair(struct sink *k, const unsigned char *p, size_t left)
{
    for (size_t i = 0; left > 1 && i < HY_COUNT(pairs_big5); i++)
        if (pairs_big5[i].bytes == (p[0] << 8 | p[1])) {
            put(k, pairs_big5[i].first);
            put(k, pairs_big5[i].second);
            return true;
        }
    return false;
}

static void decode_gb(struct hy_str s, struct sink *k)
{
    const struct hy_double_byte *t = hy_decode_gb_();
    const unsigned char *p = (const unsigned char *)s.p, *end = p + s.n;
    uint32_t c;

    while (p < end) {
        if (*p < 0x80) {
            p += put_ascii(k, p, (size_t)(end - p));
            continue;
        }
        p += next_gb(t, p, (size_t)(end - p), &c);
        put(k, c);
    }
}

static void decode_big5(struct hy_str s, struct sink *k)
{
    const struct hy_double_byte *t = hy_decode_big5_();
    const unsigned char *p = (const unsigned char *)s.p, *end = p + s.n;
    uint32_t c;

    while (p < end) {
        if (*p < 0x80) {
            p += put_ascii(k, p, (size_t)(end - p));
        } else if (*p == 0x88 && put_pair(k, p, (size_t)(end - p))) {
            p += 2;
        } else {
            p += next_big5(t, p, (size_t)(end - p), &c);
            put(k, c);
        }
    }
}

/* -- Unicode forms -------------------------------------------------------------------------- */

/* Length of the longest prefix of a character that an invalid sequence at p begins with. */
static size_t broken_length(const unsigned char *p, size_t left)
{
    unsigned char low = 0x80, high = 0xBF;
    size_t want = p[0] >= 0xF0 ? 3 : p[0] >= 0xE0 ? 2 : 1, n = 1;

    if (p[0] < 0xC2 || p[0] > 0xF4)
        return 1;
    if (p[0] == 0xE0)
        low = 0xA0;
    if (p[0] == 0xED)
        high = 0x9F;
    if (p[0] == 0xF0)
        low = 0x90;
    if (p[0] == 0xF4)
        high = 0x8F;
    while (n <= want && n < left && p[n] >= low && p[n] <= high) {
        n++;
        low = 0x80;
        high = 0xBF;
    }
    return n;
}

static void decode_utf8(struct hy_str s, struct sink *k)
{
    while (s.n) {
        size_t good = hy_utf8_valid_prefix(s, false);
        sink_flush(k);
        hy_buf_add(k->out, s.p, good);
        s = hy_str_sub(s, good, s.n);
        if (s.n) {
            put(k, HY_DECODE_BAD);
            s = hy_str_sub(s, broken_length((const unsigned char *)s.p, s.n), s.n);
        }
    }
}

static void decode_utf16(struct hy_str s, struct sink *k, bool big)
{
    const unsigned char *p = (const unsigned char *)s.p;
    uint32_t high = 0;

    for (size_t i = 0; i + 1 < s.n; i += 2) {
        uint32_t u = big ? (uint32_t)p[i] << 8 | p[i + 1] : (uint32_t)p[i + 1] << 8 | p[i];
        if (high && (u & 0xFC00) == 0xDC00) {
            put(k, 0x10000 + ((high & 0x3FF) << 10) + (u & 0x3FF));
            high = 0;
            continue;
        }
        if (high)
            put(k, HY_DECODE_BAD);
        high = (u & 0xFC00) == 0xD800 ? u : 0;
        if (!high)
            put(k, (u & 0xFC00) == 0xDC00 ? HY_DECODE_BAD : u);
    }
    if (high || s.n % 2)
        put(k, HY_DECODE_BAD);
}

/* -- the rest, through iconv ---------------------------------------------------------------- */

static const struct {
    const char *name, *iconv_name; /* where the two differ */
} iconv_names[] = {
    {"EUC-JP", "EUC-JP-MS"},        {"Shift_JIS", "CP932"},       {"EUC-KR", "UHC"},
    {"ISO-8859-8-I", "ISO-8859-8"}, {"x-mac-cyrillic", "MAC-UK"}, {"windows-874", "CP874"},
    {"windows-1250", "CP1250"},     {"windows-1251", "CP1251"},   {"windows-1252", "CP1252"},
    {"windows-1253", "CP1253"},     {"windows-1254", "CP1254"},   {"windows-1255", "CP1255"},
    {"windows-1256", "CP1256"},     {"windows-1257", "CP1257"},   {"windows-1258", "CP1258"},
};

static const char *iconv_name_of(const char *name)
{
    for (size_t i = 0; i < HY_COUNT(iconv_names); i++)
        if (strcmp(iconv_names[i].name, name) == 0)
            return iconv_names[i].iconv_name;
    return name;
}

static bool is_multi_byte(const char *name)
{
    return strcmp(name, "EUC-JP") == 0 || strcmp(name, "Shift_JIS") == 0 ||
           strcmp(name, "EUC-KR") == 0 || strcmp(name, "ISO-2022-JP") == 0;
}

/* Bytes 80..9F that a Windows code page leaves open are C1 controls on the web. */
static void decode_single(const char *name, struct hy_str s, struct sink *k)
{
    uint32_t code[256];
    iconv_t cd = hy_decode_open_("UTF-32LE", iconv_name_of(name));

    for (unsigned i = 0; i < 256; i++) {
        code[i] = i < 0x80 ? i : hy_decode_one_(cd, (unsigned char[]){(unsigned char)i}, 1);
        if (code[i] == HY_DECODE_BAD && i < 0xA0)
            code[i] = i;
    }
    iconv_close(cd);
    for (size_t i = 0; i < s.n; i++)
        put(k, code[(unsigned char)s.p[i]]);
}

static void decode_iconv(const char *name, struct hy_str s, struct sink *k)
{
    iconv_t cd = hy_decode_open_("UTF-8", iconv_name_of(name));
    char *in = (char *)(uintptr_t)s.p;
    size_t in_left = s.n;

    while (in_left) {
        char *to = k->block + k->n;
        size_t out_left = sizeof(k->block) - k->n;
        size_t rc = iconv(cd, &in, &in_left, &to, &out_left);
        k->n = (size_t)(to - k->block);
        sink_flush(k);
        if (rc != (size_t)-1 || errno == E2BIG)
            continue;
        put(k, HY_DECODE_BAD);
        bool cut = errno == EINVAL; /* the end inside a character */
        in += cut ? in_left : 1;
        in_left -= cut ? in_left : 1;
    }
    iconv_close(cd);
}

static struct hy_str without_bom(const char *name, struct hy_str s)
{
    bool u8 = strcmp(name, "UTF-8") == 0, gb = strcmp(name, "gb18030") == 0;
    struct hy_str mark = u8                              ? HY_STR("\xEF\xBB\xBF")
                         : gb                            ? HY_STR("\x84\x31\x95\x33")
                         : strcmp(name, "UTF-16BE") == 0 ? HY_STR("\xFE\xFF")
                         : strcmp(name, "UTF-16LE") == 0 ? HY_STR("\xFF\xFE")
                                                         : (struct hy_str){0};

    return mark.n && hy_str_starts(s, mark) ? hy_str_sub(s, mark.n, s.n) : s;
}

void hy_decode(const char *name, struct hy_str bytes, struct hy_buf *out)
{
    struct sink k = {.out = out};
    struct hy_str s = without_bom(name, bytes);

    if (strcmp(name, "UTF-8") == 0)
        decode_utf8(s, &k);
    else if (strcmp(name, "gb18030") == 0 || strcmp(name, "GBK") == 0)
        decode_gb(s, &k);
    else if (strcmp(name, "Big5") == 0)
        decode_big5(s, &k);
    else if (strncmp(name, "UTF-16", 6) == 0)
        decode_utf16(s, &k, strcmp(name, "UTF-16BE") == 0);
    else if (is_multi_byte(name))
        decode_iconv(name, s, &k);
    else
        decode_single(name, s, &k);
    sink_flush(&k);
}

static bool iconv_opened_for(const char *name)
{
    return strcmp(name, "UTF-8") != 0 && strncmp(name, "UTF-16", 6) != 0 &&
           strcmp(name, "gb18030") != 0 && strcmp(name, "GBK") != 0 && strcmp(name, "Big5") != 0;
}

void hy_decode_load(const char *name)
{
    static const char sample[] = "\x81\x30\x81\x30\xA4\x40"; /* four bytes and two, for GB18030 */
    static iconv_t kept[64]; /* never closed: glibc unloads a module nobody has open */
    static size_t n;
    struct hy_buf out = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_decode(name, hy_str(sample), &out);
    hy_buf_release(&out);
    if (iconv_opened_for(name) && n < HY_COUNT(kept))
        kept[n++] = hy_decode_open_(is_multi_byte(name) ? "UTF-8" : "UTF-32LE", iconv_name_of(name));
}
