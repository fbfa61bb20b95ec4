/* SPDX-License-Identifier: Apache-2.0 */
/* Decoders as the WHATWG Encoding standard defines them.
 *
 * UTF-8, UTF-16, GB18030 and Big5 are walked here, so that every malformed byte gives U+FFFD as
 * often as in a browser; their tables come from glibc's iconv, corrected where glibc differs from
 * the standard's indexes (found by comparing all 23,940 two-byte points of each with a browser).
 * Single-byte sets become 256-entry tables the same way; the four remaining multi-byte sets go
 * through iconv itself, one U+FFFD for each byte it refuses. */
#include "crawler/page/decode.h"

#include "core/mem.h"
#include "core/utf8.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

enum {
    LEADS = 0xFE - 0x81 + 1,
    TRAILS = 0x100 - 0x40,
    FOUR_BYTE_BMP = 39420, /* pointers of GB18030 below this are in the plane 0 */
    FOUR_BYTE_ASTRAL = 189000,
    BAD = 0xFFFD,
};

struct fix {
    uint16_t bytes;
    uint32_t code;
};

/* GB18030 as of 2005 in the six private-use points, as of the web in A3A0. */
static const struct fix fix_gb[] = {
    {0xA3A0, 0x3000}, {0xFE51, 0xE816}, {0xFE52, 0xE817}, {0xFE53, 0xE818},
    {0xFE6C, 0xE831}, {0xFE76, 0xE83B}, {0xFE91, 0xE855},
};

/* clang-format off */
/* Big5: compatibility points that glibc's BIG5-HKSCS leaves out, and punctuation it maps else. */
static const struct fix fix_big5[] = {
    {0x8E69, 0x7BB8}, {0x8E6F, 0x7C06}, {0x8E7E, 0x7CCE}, {0x8EAB, 0x7DD2}, {0x8EB4, 0x7E1D},
    {0x8ECD, 0x8005}, {0x8ED0, 0x8028}, {0x8F57, 0x83C1}, {0x8F69, 0x84A8}, {0x8F6E, 0x840F},
    {0x8FCB, 0x89A6}, {0x8FCC, 0x89A9}, {0x8FFE, 0x8D77}, {0x906D, 0x90FD}, {0x907A, 0x92B9},
    {0x90DC, 0x975C}, {0x90F1, 0x97FF}, {0x91BF, 0x9F16}, {0x9244, 0x8503}, {0x92AF, 0x5159},
    {0x92B0, 0x515B}, {0x92B1, 0x515D}, {0x92B2, 0x515E}, {0x92C8, 0x936E}, {0x92D1, 0x7479},
    {0x9447, 0x6D67}, {0x94CA, 0x799B}, {0x95D9, 0x9097}, {0x9644, 0x975D}, {0x96ED, 0x701E},
    {0x96FC, 0x5B28}, {0x9B76, 0x7201}, {0x9B78, 0x77D7}, {0x9B7B, 0x7E87}, {0x9BC6, 0x99D6},
    {0x9BDE, 0x91D4}, {0x9BEC, 0x60DE}, {0x9BF6, 0x6FB6}, {0x9C42, 0x8F36}, {0x9C53, 0x4FBB},
    {0x9C62, 0x71DF}, {0x9C68, 0x9104}, {0x9C6B, 0x9DF0}, {0x9C77, 0x83CF}, {0x9CBC, 0x5C10},
    {0x9CBD, 0x79E3}, {0x9CD0, 0x5A67}, {0x9D57, 0x8F0B}, {0x9D5A, 0x7B51}, {0x9DC4, 0x62D0},
    {0x9EA9, 0x6062}, {0x9EEF, 0x75F9}, {0x9EFD, 0x6C4A}, {0x9F60, 0x9B2E}, {0x9F66, 0x9F17},
    {0x9FCB, 0x50ED}, {0x9FD8, 0x5F0C}, {0xA063, 0x880F}, {0xA077, 0x62CE}, {0xA0D5, 0x7468},
    {0xA0DF, 0x7162}, {0xA0E4, 0x7250}, {0xA145, 0x2027}, {0xA14E, 0xFE51}, {0xA15A, 0x2574},
    {0xA1C2, 0xAF}, {0xA1C3, 0xFFE3}, {0xA1C5, 0x2CD}, {0xA1E3, 0xFF5E}, {0xA1F2, 0x2295},
    {0xA1F3, 0x2299}, {0xA1FE, 0xFF0F}, {0xA240, 0xFF3C}, {0xA241, 0x2215}, {0xA242, 0xFE68},
    {0xA244, 0xFFE5}, {0xA246, 0xFFE0}, {0xA247, 0xFFE1}, {0xA2CC, 0x5341}, {0xA2CE, 0x5345},
    {0xA3C0, 0x2400}, {0xA3C1, 0x2401}, {0xA3C2, 0x2402}, {0xA3C3, 0x2403}, {0xA3C4, 0x2404},
    {0xA3C5, 0x2405}, {0xA3C6, 0x2406}, {0xA3C7, 0x2407}, {0xA3C8, 0x2408}, {0xA3C9, 0x2409},
    {0xA3CA, 0x240A}, {0xA3CB, 0x240B}, {0xA3CC, 0x240C}, {0xA3CD, 0x240D}, {0xA3CE, 0x240E},
    {0xA3CF, 0x240F}, {0xA3D0, 0x2410}, {0xA3D1, 0x2411}, {0xA3D2, 0x2412}, {0xA3D3, 0x2413},
    {0xA3D4, 0x2414}, {0xA3D5, 0x2415}, {0xA3D6, 0x2416}, {0xA3D7, 0x2417}, {0xA3D8, 0x2418},
    {0xA3D9, 0x2419}, {0xA3DA, 0x241A}, {0xA3DB, 0x241B}, {0xA3DC, 0x241C}, {0xA3DD, 0x241D},
    {0xA3DE, 0x241E}, {0xA3DF, 0x241F}, {0xA3E0, 0x2421}, {0xA3E1, 0x20AC}, {0xC6CF, 0x5EF4},
    {0xC6D3, 0x65E0}, {0xC6D5, 0x7676}, {0xC6D7, 0x96B6}, {0xC6DE, 0x3003}, {0xC6DF, 0x4EDD},
    {0xFA5F, 0x5029}, {0xFA66, 0x507D}, {0xFABD, 0x5305}, {0xFAC5, 0x5344}, {0xFAD5, 0x537F},
    {0xFB48, 0x5605}, {0xFBB8, 0x5A77}, {0xFBF3, 0x5E75}, {0xFBF9, 0x5ED0}, {0xFC4F, 0x5F58},
    {0xFC6C, 0x60A4}, {0xFCB9, 0x6490}, {0xFCE2, 0x6674}, {0xFCF1, 0x675E}, {0xFDB7, 0x6C9C},
    {0xFDB8, 0x6E1D}, {0xFDBB, 0x6E2F}, {0xFDF1, 0x716E}, {0xFE52, 0x732A}, {0xFE6F, 0x745C},
    {0xFEAA, 0x74E9}, {0xFEDD, 0x7809},
};
/* clang-format on */

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

/* -- tables --------------------------------------------------------------------------------- */

/* One code point of `n` bytes through an open descriptor to UTF-32LE, or BAD. */
static uint32_t convert_one(iconv_t cd, const unsigned char *bytes, size_t n)
{
    unsigned char out[16];
    char *in = (char *)(uintptr_t)bytes, *to = (char *)out;
    size_t in_left = n, out_left = sizeof(out);

    iconv(cd, NULL, NULL, NULL, NULL);
    if (iconv(cd, &in, &in_left, &to, &out_left) == (size_t)-1 || in_left != 0)
        return BAD;
    iconv(cd, NULL, NULL, &to, &out_left); /* BIG5-HKSCS holds back letters that may combine */
    if (out_left != sizeof(out) - 4)
        return BAD;
    return out[0] | (uint32_t)out[1] << 8 | (uint32_t)out[2] << 16 | (uint32_t)out[3] << 24;
}

static iconv_t open_or_die(const char *to, const char *from)
{
    iconv_t cd = iconv_open(to, from);

    if (cd == (iconv_t)-1)
        hy_bug("iconv has no %s: is the libc's gconv directory installed?", from);
    return cd;
}

struct double_byte {
    bool ready;
    uint32_t code[LEADS][TRAILS];
};

static void fill(struct double_byte *t, const char *iconv_name, const struct fix *fix, size_t n)
{
    iconv_t cd = open_or_die("UTF-32LE", iconv_name);

    for (unsigned lead = 0; lead < LEADS; lead++)
        for (unsigned trail = 0; trail < TRAILS; trail++)
            t->code[lead][trail] = convert_one(
                cd, (unsigned char[]){(unsigned char)(lead + 0x81), (unsigned char)(trail + 0x40)},
                2);
    for (size_t i = 0; i < n; i++)
        t->code[(fix[i].bytes >> 8) - 0x81][(fix[i].bytes & 0xFF) - 0x40] = fix[i].code;
    iconv_close(cd);
    t->ready = true;
}

static const struct double_byte *table_gb(void)
{
    static struct double_byte t;

    if (!t.ready)
        fill(&t, "GB18030", fix_gb, HY_COUNT(fix_gb));
    return &t;
}

static const struct double_byte *table_big5(void)
{
    static struct double_byte t;

    if (!t.ready)
        fill(&t, "BIG5-HKSCS", fix_big5, HY_COUNT(fix_big5));
    return &t;
}

static inline uint32_t look_up(const struct double_byte *t, unsigned lead, unsigned trail)
{
    return lead >= 0x81 && lead <= 0xFE && trail >= 0x40 ? t->code[lead - 0x81][trail - 0x40] : BAD;
}

/* -- GB18030 -------------------------------------------------------------------------------- */

static uint32_t four_bytes(const unsigned char *b)
{
    static iconv_t cd = NULL;
    uint32_t pointer =
        (b[0] - 0x81u) * 12600 + (b[1] - 0x30u) * 1260 + (b[2] - 0x81u) * 10 + (b[3] - 0x30u);

    if (pointer >= FOUR_BYTE_ASTRAL)
        return pointer - FOUR_BYTE_ASTRAL <= 0xFFFFF ? pointer - FOUR_BYTE_ASTRAL + 0x10000 : BAD;
    if (pointer >= FOUR_BYTE_BMP)
        return BAD;
    if (pointer >= 19057 && pointer <= 19064) /* moved to two bytes in 2022, both are read */
        return 0x9FB4 + pointer - 19057;
    if (pointer >= 39076 && pointer <= 39085)
        return 0xFE10 + pointer - 39076;
    if (cd == NULL)
        cd = open_or_die("UTF-32LE", "GB18030");
    return convert_one(cd, b, 4);
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
static size_t next_gb(const struct double_byte *t, const unsigned char *p, size_t left,
                      uint32_t *ret)
{
    *ret = BAD;
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
        *ret = look_up(t, p[0], p[1]);
    return *ret == BAD && p[1] < 0x80 ? 1 : 2;
}

static size_t next_big5(const struct double_byte *t, const unsigned char *p, size_t left,
                        uint32_t *ret)
{
    *ret = BAD;
    if (!is_lead(p[0]) || left == 1)
        return 1;
    if ((p[1] >= 0x40 && p[1] <= 0x7E) || (p[1] >= 0xA1 && p[1] <= 0xFE))
        *ret = look_up(t, p[0], p[1]);
    return *ret == BAD && p[1] < 0x80 ? 1 : 2;
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
    const struct double_byte *t = table_gb();
    const unsigned char *p = (const unsigned char *)s.p, *end = p + s.n;
    uint32_t c;

    while (p < end) {
        if (*p < 0x80) {
            put(k, *p++);
            continue;
        }
        p += next_gb(t, p, (size_t)(end - p), &c);
        put(k, c);
    }
}

static void decode_big5(struct hy_str s, struct sink *k)
{
    const struct double_byte *t = table_big5();
    const unsigned char *p = (const unsigned char *)s.p, *end = p + s.n;
    uint32_t c;

    while (p < end) {
        if (*p < 0x80) {
            put(k, *p++);
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
            put(k, BAD);
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
            put(k, BAD);
        high = (u & 0xFC00) == 0xD800 ? u : 0;
        if (!high)
            put(k, (u & 0xFC00) == 0xDC00 ? BAD : u);
    }
    if (high || s.n % 2)
        put(k, BAD);
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
    iconv_t cd = open_or_die("UTF-32LE", iconv_name_of(name));

    for (unsigned i = 0; i < 256; i++) {
        code[i] = i < 0x80 ? i : convert_one(cd, (unsigned char[]){(unsigned char)i}, 1);
        if (code[i] == BAD && i < 0xA0)
            code[i] = i;
    }
    iconv_close(cd);
    for (size_t i = 0; i < s.n; i++)
        put(k, code[(unsigned char)s.p[i]]);
}

static void decode_iconv(const char *name, struct hy_str s, struct sink *k)
{
    iconv_t cd = open_or_die("UTF-8", iconv_name_of(name));
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
        put(k, BAD);
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
        kept[n++] = open_or_die(is_multi_byte(name) ? "UTF-8" : "UTF-32LE", iconv_name_of(name));
}
