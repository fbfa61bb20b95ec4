/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/feed/charset.h"

#include "core/mem.h"
#include "core/utf8.h"
#include "crawler/page/charset.h"

#include <ctype.h>
#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <string.h>

enum { DECLARATION_MAX = 200 };

/* How a document begins that can only be in this encoding (XML 1.0 appendix F). */
static const struct {
    const char *bytes;
    size_t n, skip;
    const char *label;
} starts[] = {
    {"\x00\x00\xFE\xFF", 4, 4, "UTF-32BE"}, {"\xFF\xFE\x00\x00", 4, 4, "UTF-32LE"},
    {"\x00\x00\x00<", 4, 0, "UTF-32BE"},    {"<\x00\x00\x00", 4, 0, "UTF-32LE"},
    {"\xFE\xFF", 2, 2, "UTF-16BE"},         {"\xFF\xFE", 2, 2, "UTF-16LE"},
    {"\x00<\x00", 3, 0, "UTF-16BE"},        {"<\x00", 2, 0, "UTF-16LE"},
    {"\xEF\xBB\xBF", 3, 3, "UTF-8"},        {"\x4C\x6F\xA7\x94", 4, 0, "IBM037"}, /* EBCDIC */
};

static void note(char label[HY_XML_LABEL_SIZE], struct hy_str name)
{
    snprintf(label, HY_XML_LABEL_SIZE, HY_STR_FMT, HY_STR_ARG(name));
}

/* Bytes that the encoding does not know become one U+FFFD each. */
static bool by_iconv(const char *label, struct hy_str bytes, struct hy_buf *out)
{
    iconv_t cd = iconv_open("UTF-8", label);
    char *in = (char *)bytes.p, chunk[8192];
    size_t left = bytes.n;

    if (cd == (iconv_t)-1)
        return false;
    while (left) {
        char *to = chunk;
        size_t room = sizeof(chunk);
        size_t rc = iconv(cd, &in, &left, &to, &room);
        hy_buf_add(out, chunk, sizeof(chunk) - room);
        if (rc == (size_t)-1 && errno != E2BIG) {
            hy_buf_utf8(out, 0xFFFD);
            in++;
            left--;
        }
    }
    iconv_close(cd);
    return true;
}

/* Decode by any label that WHATWG or iconv knows. */
static bool by_label(struct hy_str name, struct hy_str bytes, struct hy_buf *out, char *label)
{
    const char *known = hy_charset_of_label(name);
    char text[HY_XML_LABEL_SIZE];

    if (known) {
        note(label, hy_str(known));
        hy_charset_decode(known, bytes, out);
        return true;
    }
    for (size_t i = 0; i < name.n; i++)
        if (!isalnum((unsigned char)name.p[i]) && memchr("-_.:", name.p[i], 4) == NULL)
            return false; /* "//IGNORE" and the like are not for strangers */
    if (name.n == 0 || name.n >= sizeof(text))
        return false;
    note(text, name);
    note(label, name);
    return by_iconv(text, bytes, out);
}

/* charset=... of a Content-Type, quoted in any way. */
static struct hy_str http_label(struct hy_str type)
{
    for (size_t at = 0; at + 8 <= type.n; at++) {
        if (!hy_str_ieq(hy_str_sub(type, at, at + 7), HY_STR("charset")))
            continue;
        struct hy_str v = hy_str_trim(hy_str_sub(type, at + 7, type.n));
        if (v.n == 0 || v.p[0] != '=')
            continue;
        size_t semicolon = hy_str_find_char(v, ';', 0);
        v = hy_str_trim(hy_str_sub(v, 1, semicolon == HY_NPOS ? v.n : semicolon));
        while (v.n && (v.p[0] == '"' || v.p[0] == '\''))
            v = hy_str_sub(v, 1, v.n);
        while (v.n && (v.p[v.n - 1] == '"' || v.p[v.n - 1] == '\''))
            v.n--;
        return v;
    }
    return hy_str("");
}

/* encoding="..." of the XML declaration. */
static struct hy_str declared_label(struct hy_str bytes)
{
    struct hy_str head = hy_str_sub(hy_str_trim(bytes), 0, DECLARATION_MAX);

    if (!hy_str_starts(head, HY_STR("<?xml")))
        return hy_str("");
    size_t end = hy_str_find(head, HY_STR("?>"), 0);
    size_t at = hy_str_find(head, HY_STR("encoding"), 0);
    if (end == HY_NPOS || at == HY_NPOS || at > end)
        return hy_str("");
    struct hy_str v = hy_str_trim(hy_str_sub(head, at + 8, end));
    if (v.n < 3 || v.p[0] != '=')
        return hy_str("");
    v = hy_str_trim(hy_str_sub(v, 1, v.n));
    size_t close =
        v.n && (v.p[0] == '"' || v.p[0] == '\'') ? hy_str_find_char(v, v.p[0], 1) : HY_NPOS;
    return close == HY_NPOS ? hy_str("") : hy_str_trim(hy_str_sub(v, 1, close));
}

static bool is_ascii(struct hy_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80)
            return false;
    return true;
}

/* A charset of escape sequences looks like ASCII and is none. */
static bool is_stateful(struct hy_str label)
{
    return label.n >= 4 && (hy_str_ieq(hy_str_sub(label, 0, 4), HY_STR("iso-")) ||
                            hy_str_ieq(hy_str_sub(label, 0, 3), HY_STR("hz-")) ||
                            hy_str_ieq(hy_str_sub(label, 0, 4), HY_STR("utf-")));
}

static bool is_wide(struct hy_str label)
{
    return label.n >= 5 && (hy_str_ieq(hy_str_sub(label, 0, 5), HY_STR("utf-1")) ||
                            hy_str_ieq(hy_str_sub(label, 0, 5), HY_STR("utf-3")) ||
                            hy_str_ieq(hy_str_sub(label, 0, 3), HY_STR("ucs")));
}

void hy_xml_decode(struct hy_str bytes, struct hy_str content_type, struct hy_buf *out,
                   char label[HY_XML_LABEL_SIZE])
{
    struct hy_str names[] = {http_label(content_type), declared_label(bytes)};

    for (size_t i = 0; i < HY_COUNT(starts); i++) {
        struct hy_str start = {starts[i].bytes, starts[i].n};
        if (hy_str_starts(bytes, start) &&
            by_label(hy_str(starts[i].label), hy_str_sub(bytes, starts[i].skip, bytes.n), out,
                     label))
            return;
    }
    bool ascii = is_ascii(bytes);
    if (!ascii && hy_utf8_valid(bytes)) {
        note(label, HY_STR("UTF-8"));
        hy_buf_str(out, bytes);
        return;
    }
    for (size_t i = 0; i < HY_COUNT(names); i++) {
        /* an ASCII start has shown that it is not UTF-16; invalid UTF-8 is not UTF-8 */
        const char *known = hy_charset_of_label(names[i]);
        bool lies = is_wide(names[i]) || (!ascii && known && hy_str_is(hy_str(known), "UTF-8"));
        if (!lies && by_label(names[i], bytes, out, label))
            return;
    }
    if (ascii && !is_stateful(names[0])) {
        note(label, HY_STR("UTF-8"));
        hy_buf_str(out, bytes);
        return;
    }
    struct hy_charset sniffed = hy_charset_sniff(bytes, hy_str(""), false);
    note(label, hy_str(sniffed.name));
    hy_charset_decode(sniffed.name, bytes, out);
}
