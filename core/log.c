/* SPDX-License-Identifier: Apache-2.0 */
#include "core/log.h"

#include "core/buf.h"
#include "core/clock.h"
#include "core/mem.h"
#include "core/utf8.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_CAP = 4096, VALUE_CHARS = 600 };

static const char *const level_name[] = {"error", "warn", "info", "debug"};
static const char *const priority[] = {"<3>", "<4>", "<6>", "<7>"}; /* sd-daemon(3) */
static struct {
    const char *role;
    const char *office; /* NULL: none is named */
    enum hy_level level;
    bool journald; /* standard error goes there: lines begin with their priority */
} setup = {.role = "huiying", .level = HY_INFO};

/* systemd names device and inode of the stream it gave us; a redirected one is another. */
static bool is_journald(void)
{
    HY_CLEANUP(hy_freep) char *here = NULL;
    const char *named = getenv("JOURNAL_STREAM");
    struct stat st;

    if (named == NULL || fstat(STDERR_FILENO, &st) < 0)
        return false;
    here = hy_xasprintf("%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
    return strcmp(named, here) == 0;
}

void hy_log_setup(const char *role, enum hy_level level)
{
    struct hy_str wanted = hy_str(getenv("HUIYING_LOG"));

    setup.role = role;
    setup.level = level;
    setup.journald = is_journald();
    for (size_t i = 0; i < HY_COUNT(level_name); i++)
        if (hy_str_is(wanted, level_name[i]))
            setup.level = (enum hy_level)i;
}

void hy_log_office(const char *id)
{
    setup.office = id;
}

bool hy_log_enabled(enum hy_level level)
{
    return level <= setup.level;
}

static bool is_plain(struct hy_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7F)
            return false;
    }
    return s.n > 0;
}

/* Control characters, line separators and bidi overrides are escaped: a terminal or a log viewer
 * must show what is there, not what a hostile title wants it to show. */
static void put_char(struct hy_buf *out, uint32_t c)
{
    bool bidi = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);

    if (c == '"' || c == '\\')
        hy_buf_printf(out, "\\%c", (char)c);
    else if (c == '\n')
        hy_buf_puts(out, "\\n");
    else if (c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 || bidi)
        hy_buf_printf(out, "\\u%04x", c);
    else
        hy_buf_utf8(out, c);
}

static void put_value(struct hy_buf *out, struct hy_str s)
{
    size_t chars = 0;

    if (is_plain(s) && hy_utf8_valid(s) && s.n < VALUE_CHARS) {
        bool ascii = true;
        for (size_t i = 0; i < s.n; i++)
            ascii = ascii && (unsigned char)s.p[i] < 0x80;
        if (ascii) {
            hy_buf_str(out, s);
            return;
        }
    }
    hy_buf_char(out, '"');
    for (size_t at = 0; at < s.n && chars < VALUE_CHARS; chars++)
        put_char(out, hy_utf8_next(s, &at));
    hy_buf_char(out, '"');
}

static void put_pair(struct hy_buf *line, const struct hy_kv *kv)
{
    hy_buf_printf(line, " %s=", kv->key);
    if (kv->text.p)
        put_value(line, kv->text);
    else
        hy_buf_printf(line, "%lld", (long long)kv->number);
}

static bool says_office(const struct hy_kv *kv, size_t n)
{
    for (size_t i = 0; i < n && kv[i].key; i++)
        if (hy_str_is(hy_str(kv[i].key), "office"))
            return true;
    return false;
}

void hy_log_write(enum hy_level level, const char *event, const struct hy_kv *kv, size_t n)
{
    int saved = errno;
    char ts[HY_TIME_SIZE];
    struct hy_buf line = HY_BUF_INIT(LINE_CAP);

    hy_buf_printf(&line, "%sts=%s level=%s role=%s event=%s", setup.journald ? priority[level] : "",
                  hy_wall_format(hy_wall_now(), HY_CST, ts), level_name[level], setup.role, event);
    for (size_t i = 0; i < n && kv[i].key; i++)
        put_pair(&line, &kv[i]);
    if (setup.office && !says_office(kv, n))
        put_pair(&line, &HY_KV("office", setup.office));
    line.overflow = false;
    hy_buf_char(&line, '\n');
    ssize_t ignored = write(STDERR_FILENO, line.p, line.n); /* one write: lines do not interleave */
    (void)ignored;
    hy_buf_release(&line);
    errno = saved;
}
