/* SPDX-License-Identifier: Apache-2.0 */
/* Labels and the choice of a charset; crawler/page/decode.c turns bytes into text.  Pure. */
#include "crawler/page/charset.h"

#include "core/mem.h"
#include "core/utf8.h"
#include "crawler/page/decode.h"

#include <string.h>
#include <uchardet/uchardet.h>

const char *const hy_charset_from_name[] = {"bom", "http", "meta", "content", "fallback"};
_Static_assert(HY_COUNT(hy_charset_from_name) == HY_CHARSET_FROM_COUNT, "name every origin");

enum {
    PRESCAN_BYTES = 16 * 1024, /* browsers stop at 1024 but find a later <meta> while parsing */
    SAMPLE_BYTES = 256 * 1024, /* of the input that statistics look at */
    DETECT_BYTES = 4 * 1024,   /* handed to uchardet, which is slow (0.3 ms per KB) */
};

/* Names that the rules below compare by pointer. */
static const char utf8[] = "UTF-8";
static const char gb18030[] = "gb18030";
static const char windows_1252[] = "windows-1252";
static const char gbk[] = "GBK";

/* Encoding standard, section 4.2; the labels of "replacement" are left out on purpose, a page that
 * claims one of them is judged by its bytes.  cp936 and friends are our addition. */
static const struct {
    const char *name, *labels;
} encodings[] = {
    {utf8, " unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8 utf8mb4 "},
    {gb18030, " gb18030 gb18030-2000 gb18030-2005 gb18030-2022 "},
    {gbk, " chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk"
          " cp936 ms936 windows-936 gb-2312 gb2312-80 euc-cn "},
    {"Big5", " big5 big5-hkscs cn-big5 csbig5 x-x-big5 cp950 big5hkscs "},
    {"EUC-JP", " cseucpkdfmtjapanese euc-jp x-euc-jp "},
    {"ISO-2022-JP", " csiso2022jp iso-2022-jp "},
    {"Shift_JIS", " csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis "},
    {"EUC-KR", " cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989"
               " ksc5601 ksc_5601 windows-949 "},
    {"UTF-16BE", " unicodefffe utf-16be "},
    {"UTF-16LE", " csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le "},
    {"IBM866", " 866 cp866 csibm866 ibm866 "},
    {"ISO-8859-2", " csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2"
                   " iso_8859-2:1987 l2 latin2 "},
    {"ISO-8859-3", " csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3"
                   " iso_8859-3:1988 l3 latin3 "},
    {"ISO-8859-4", " csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4"
                   " iso_8859-4:1988 l4 latin4 "},
    {"ISO-8859-5", " csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595"
                   " iso_8859-5 iso_8859-5:1988 "},
    {"ISO-8859-6", " arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6"
                   " iso-8859-6-e iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6"
                   " iso_8859-6:1987 "},
    {"ISO-8859-7", " csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126"
                   " iso8859-7 iso88597 iso_8859-7 iso_8859-7:1987 sun_eu_greek "},
    {"ISO-8859-8", " csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138"
                   " iso8859-8 iso88598 iso_8859-8 iso_8859-8:1988 visual "},
    {"ISO-8859-8-I", " csiso88598i iso-8859-8-i logical "},
    {"ISO-8859-10", " csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6 "},
    {"ISO-8859-13", " iso-8859-13 iso8859-13 iso885913 "},
    {"ISO-8859-14", " iso-8859-14 iso8859-14 iso885914 "},
    {"ISO-8859-15", " csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9 "},
    {"ISO-8859-16", " iso-8859-16 "},
    {"KOI8-R", " cskoi8r koi koi8 koi8-r koi8_r "},
    {"KOI8-U", " koi8-ru koi8-u "},
    {"macintosh", " csmacintosh mac macintosh x-mac-roman "},
    {"windows-874", " dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874 "},
    {"windows-1250", " cp1250 windows-1250 x-cp1250 "},
    {"windows-1251", " cp1251 windows-1251 x-cp1251 "},
    {windows_1252, " ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100"
                   " iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii"
                   " windows-1252 x-cp1252 x-user-defined "},
    {"windows-1253", " cp1253 windows-1253 x-cp1253 "},
    {"windows-1254", " cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9"
                     " iso_8859-9:1989 l5 latin5 windows-1254 x-cp1254 "},
    {"windows-1255", " cp1255 windows-1255 x-cp1255 "},
    {"windows-1256", " cp1256 windows-1256 x-cp1256 "},
    {"windows-1257", " cp1257 windows-1257 x-cp1257 "},
    {"windows-1258", " cp1258 windows-1258 x-cp1258 "},
    {"x-mac-cyrillic", " x-mac-cyrillic x-mac-ukrainian "},
};

const char *hy_charset_of_label(struct hy_str label)
{
    char key[40];

    label = hy_str_trim(label);
    if (label.n == 0 || label.n > sizeof(key) - 3 || memchr(label.p, ' ', label.n) ||
        memchr(label.p, '\0', label.n))
        return NULL;
    key[0] = ' ';
    for (size_t i = 0; i < label.n; i++) {
        char c = label.p[i];
        key[1 + i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    key[1 + label.n] = ' ';
    key[2 + label.n] = '\0';
    for (size_t i = 0; i < HY_COUNT(encodings); i++)
        if (strstr(encodings[i].labels, key))
            return encodings[i].name;
    return NULL;
}

/* -- declarations --------------------------------------------------------------------------- */

static bool is_white(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static size_t skip_white(struct hy_str s, size_t i)
{
    while (i < s.n && is_white(s.p[i]))
        i++;
    return i;
}

/* "Algorithm for extracting a character encoding from a meta element": the value of the first
 * charset= in `s`, quoted or up to white space or a semicolon. */
static struct hy_str charset_value(struct hy_str s)
{
    for (size_t i = 0; i + 7 <= s.n; i++) {
        if (!hy_str_ieq(hy_str_sub(s, i, i + 7), HY_STR("charset")))
            continue;
        size_t at = skip_white(s, i + 7);
        if (at >= s.n || s.p[at] != '=')
            continue;
        at = skip_white(s, at + 1);
        if (at < s.n && (s.p[at] == '"' || s.p[at] == '\'')) {
            size_t close = hy_str_find_char(s, s.p[at], at + 1);
            return close == HY_NPOS ? (struct hy_str){0} : hy_str_sub(s, at + 1, close);
        }
        size_t end = at;
        while (end < s.n && !is_white(s.p[end]) && s.p[end] != ';')
            end++;
        return hy_str_sub(s, at, end);
    }
    return (struct hy_str){0};
}

const char *hy_charset_of_content_type(struct hy_str content_type)
{
    return hy_charset_of_label(charset_value(content_type));
}

struct attribute {
    struct hy_str name, value;
};

/* "Get an attribute" of the prescan; false at the end of the tag.  *at moves past what was read. */
static bool next_attribute(struct hy_str s, size_t *at, struct attribute *ret)
{
    size_t i = *at;

    while (i < s.n && (is_white(s.p[i]) || s.p[i] == '/'))
        i++;
    *at = i;
    if (i >= s.n || s.p[i] == '>')
        return false;
    size_t start = i;
    while (i < s.n && !is_white(s.p[i]) && s.p[i] != '/' && s.p[i] != '>' &&
           (s.p[i] != '=' || i == start))
        i++;
    *ret = (struct attribute){.name = hy_str_sub(s, start, i)};
    size_t equals = skip_white(s, i);
    if (equals >= s.n || s.p[equals] != '=') {
        *at = i;
        return true;
    }
    i = skip_white(s, equals + 1);
    if (i < s.n && (s.p[i] == '"' || s.p[i] == '\'')) {
        size_t close = hy_str_find_char(s, s.p[i], i + 1);
        *at = close == HY_NPOS ? s.n : close + 1;
        ret->value = close == HY_NPOS ? (struct hy_str){0} : hy_str_sub(s, i + 1, close);
        return close != HY_NPOS;
    }
    start = i;
    while (i < s.n && !is_white(s.p[i]) && s.p[i] != '>')
        i++;
    ret->value = hy_str_sub(s, start, i);
    *at = i;
    return true;
}

/* The attributes of one <meta>; NULL when it declares nothing or is cut off. */
static const char *charset_of_meta_tag(struct hy_str s, size_t *at)
{
    struct attribute a;
    struct hy_str charset = {0}, content = {0};
    bool pragma = false;

    while (next_attribute(s, at, &a)) {
        if (hy_str_ieq(a.name, HY_STR("http-equiv")) && hy_str_ieq(a.value, HY_STR("content-type")))
            pragma = true;
        else if (hy_str_ieq(a.name, HY_STR("charset")) && charset.p == NULL)
            charset = a.value;
        else if (hy_str_ieq(a.name, HY_STR("content")) && content.p == NULL)
            content = charset_value(a.value);
    }
    if (*at >= s.n)
        return NULL;
    const char *name = hy_charset_of_label(charset.p ? charset : pragma ? content : charset);
    return name && strncmp(name, "UTF-16", 6) == 0 ? utf8 : name;
}

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Past a tag, its attributes included (a '>' inside quotes does not end it). */
static size_t skip_tag(struct hy_str s, size_t i)
{
    struct attribute a;

    while (i < s.n && !is_white(s.p[i]) && s.p[i] != '>')
        i++;
    while (next_attribute(s, &i, &a))
        ;
    return i;
}

const char *hy_charset_of_meta(struct hy_str html)
{
    struct hy_str s = hy_str_sub(html, 0, PRESCAN_BYTES);

    for (size_t i = hy_str_find_char(s, '<', 0); i < s.n; i = hy_str_find_char(s, '<', i)) {
        struct hy_str rest = hy_str_sub(s, i, s.n);
        if (hy_str_starts(rest, HY_STR("<!--"))) {
            size_t end = hy_str_find(s, HY_STR("-->"), i + 2);
            i = end == HY_NPOS ? s.n : end + 3;
        } else if (rest.n > 5 && hy_str_ieq(hy_str_sub(rest, 0, 5), HY_STR("<meta")) &&
                   (is_white(rest.p[5]) || rest.p[5] == '/')) {
            i += 5;
            const char *name = charset_of_meta_tag(s, &i);
            if (name)
                return name;
        } else if (rest.n > 1 && (is_alpha(rest.p[1]) ||
                                  (rest.p[1] == '/' && rest.n > 2 && is_alpha(rest.p[2])))) {
            i = skip_tag(s, i + 1);
        } else if (rest.n > 1 && hy_char_in(rest.p[1], "!/?")) {
            size_t end = hy_str_find_char(s, '>', i);
            i = end == HY_NPOS ? s.n : end;
        } else {
            i++;
        }
    }
    return NULL;
}

/* encoding="..." of an XML declaration. */
static const char *charset_of_xml(struct hy_str s)
{
    if (!hy_str_starts(s, HY_STR("<?xml")))
        return NULL;
    s = hy_str_sub(s, 0, hy_str_find(s, HY_STR("?>"), 0));
    size_t at = hy_str_find(s, HY_STR("encoding"), 0);
    if (at == HY_NPOS)
        return NULL;
    at = skip_white(s, at + 8);
    if (at >= s.n || s.p[at] != '=')
        return NULL;
    at = skip_white(s, at + 1);
    if (at >= s.n || (s.p[at] != '"' && s.p[at] != '\''))
        return NULL;
    return hy_charset_of_label(hy_str_sub(s, at + 1, hy_str_find_char(s, s.p[at], at + 1)));
}

/* -- the bytes themselves ------------------------------------------------------------------- */

struct statistics {
    size_t high;              /* bytes >= 0x80 */
    size_t utf8_ok, utf8_bad; /* multi-byte characters; bytes that fit nowhere */
    size_t gb_ok, gb_bad;     /* two- and four-byte units of GB18030 */
    size_t gb_low; /* of these, second byte is ASCII: rare in Chinese, usual in Latin-1 */
};

static void count_utf8(struct hy_str s, struct statistics *st)
{
    for (size_t i = 0; i < s.n;) {
        if ((unsigned char)s.p[i] < 0x80) {
            i += hy_utf8_ascii_prefix(s.p + i, s.n - i);
            continue;
        }
        size_t from = i;
        uint32_t c = hy_utf8_next(s, &i);
        if (i - from == 1)
            st->utf8_bad++;
        else
            st->utf8_ok += c != 0xFFFD;
    }
}

static void count_gb(struct hy_str s, struct statistics *st)
{
    const unsigned char *p = (const unsigned char *)s.p;

    for (size_t i = 0; i < s.n;) {
        if (p[i] < 0x80) {
            i += hy_utf8_ascii_prefix(p + i, s.n - i);
            continue;
        }
        st->high++;
        unsigned char trail = i + 1 < s.n ? p[i + 1] : 0;
        bool lead = p[i] > 0x80 && p[i] < 0xFF;
        if (lead && i + 3 < s.n && trail >= 0x30 && trail <= 0x39 && p[i + 2] > 0x80 &&
            p[i + 2] < 0xFF && p[i + 3] >= 0x30 && p[i + 3] <= 0x39) {
            st->gb_ok++;
            i += 4;
        } else if (lead && trail >= 0x40 && trail != 0x7F && trail != 0xFF) {
            st->gb_ok++;
            st->gb_low += trail < 0x80;
            i += 2;
        } else {
            st->gb_bad++;
            i++;
        }
    }
}

static struct statistics statistics_of(struct hy_str bytes)
{
    struct hy_str s = hy_str_sub(bytes, 0, SAMPLE_BYTES);
    struct statistics st = {0};

    count_utf8(s, &st);
    count_gb(s, &st);
    return st;
}

static bool looks_gb(const struct statistics *st)
{
    return st->gb_ok > 20 * st->gb_bad && st->gb_ok > 4 * st->gb_low;
}

/* Only what has high bytes is shown: markup would drown a short text. */
static const char *detect(struct hy_str bytes)
{
    uchardet_t ud = uchardet_new();
    size_t from = 0;

    while (from < bytes.n && (unsigned char)bytes.p[from] < 0x80)
        from++;
    from = from > 16 ? from - 16 : 0;
    struct hy_str part = hy_str_sub(bytes, from, from + DETECT_BYTES);
    uchardet_handle_data(ud, part.p, part.n);
    uchardet_data_end(ud);
    const char *name = hy_charset_of_label(hy_str(uchardet_get_charset(ud)));
    uchardet_delete(ud);
    return name;
}

static struct hy_charset by_content(struct hy_str bytes, const struct statistics *st)
{
    if (looks_gb(st))
        return (struct hy_charset){gb18030, HY_CHARSET_CONTENT};
    const char *name = detect(bytes);
    if (name && name != utf8)
        return (struct hy_charset){name, HY_CHARSET_CONTENT};
    if (st->gb_ok > 4 * st->gb_bad && st->gb_ok > 2 * st->gb_low)
        return (struct hy_charset){gb18030, HY_CHARSET_FALLBACK};
    return (struct hy_charset){windows_1252, HY_CHARSET_FALLBACK};
}

static struct hy_charset by_bom(struct hy_str bytes)
{
    static const struct {
        struct hy_str mark;
        const char *name;
    } marks[] = {
        {{"\xEF\xBB\xBF", 3}, utf8},
        {{"\xFE\xFF", 2}, "UTF-16BE"},
        {{"\xFF\xFE", 2}, "UTF-16LE"},
        {{"\x84\x31\x95\x33", 4}, gb18030},
    };

    for (size_t i = 0; i < HY_COUNT(marks); i++)
        if (hy_str_starts(bytes, marks[i].mark))
            return (struct hy_charset){marks[i].name, HY_CHARSET_BOM};
    return (struct hy_charset){0};
}

/* A declaration is believed unless the bytes contradict it; "GBK" and "GB2312" mean GB18030. */
static struct hy_charset believe(struct hy_charset declared, struct hy_str bytes)
{
    struct statistics st = statistics_of(bytes);

    if (st.utf8_ok > 20 * st.utf8_bad) /* a few broken bytes in what else is UTF-8 */
        return (struct hy_charset){utf8,
                                   declared.name == utf8 ? declared.from : HY_CHARSET_CONTENT};
    bool suspect = declared.name == NULL || declared.name == utf8 ||
                   declared.name == windows_1252; /* the default of many a server and editor */
    if (suspect && (declared.name == NULL || looks_gb(&st)))
        return by_content(bytes, &st);
    if (declared.name == utf8)
        return st.utf8_ok > 2 * st.utf8_bad ? declared : by_content(bytes, &st);
    return declared;
}

static bool is_ascii(struct hy_str s)
{
    unsigned char any = 0;

    for (size_t i = 0; i < s.n; i++)
        any |= (unsigned char)s.p[i];
    return any < 0x80;
}

static struct hy_charset declared(struct hy_str bytes, struct hy_str content_type, bool html)
{
    struct hy_charset http = {hy_charset_of_content_type(content_type), HY_CHARSET_HTTP};
    struct hy_charset meta = {html ? hy_charset_of_meta(bytes) : NULL, HY_CHARSET_META};

    if (meta.name == NULL)
        meta.name = charset_of_xml(bytes);
    if (http.name && strncmp(http.name, "UTF-16", 6) == 0 && !memchr(bytes.p, '\0', bytes.n))
        http.name = NULL; /* no page of 16-bit units is without one zero byte */
    if (http.name && (http.name != windows_1252 || meta.name == NULL))
        return http;
    return meta;
}

struct hy_charset hy_charset_sniff(struct hy_str bytes, struct hy_str content_type, bool html)
{
    struct hy_charset c = by_bom(bytes);

    if (c.name || bytes.n == 0)
        return c.name ? c : (struct hy_charset){utf8, HY_CHARSET_FALLBACK};
    c = declared(bytes, content_type, html);
    if (is_ascii(bytes) && (c.name == NULL || strncmp(c.name, "ISO-2022", 8) != 0))
        return c.name ? c : (struct hy_charset){utf8, HY_CHARSET_FALLBACK};
    if (hy_utf8_valid_prefix(bytes, true) == bytes.n)
        return (struct hy_charset){utf8, c.name == utf8 ? c.from : HY_CHARSET_CONTENT};
    c = believe(c, bytes);
    if (c.name == gbk)
        c.name = gb18030;
    return c;
}

void hy_charset_decode(const char *name, struct hy_str bytes, struct hy_buf *out)
{
    hy_decode(name, bytes, out);
}

void hy_charset_load_all(void)
{
    static bool loaded;

    for (size_t i = 0; i < HY_COUNT(encodings) && !loaded; i++)
        hy_decode_load(encodings[i].name);
    loaded = true;
}
