/* SPDX-License-Identifier: Apache-2.0 */
/* What the verbs of `huiying archive` share: opening, a period of time, lines for the terminal. */
#include "archive/cmd.h"

#include "core/mem.h"
#include "core/utf8.h"

#include <stdio.h>
#include <stdlib.h>

int hy_archive_open(const struct hy_archive_opts *o, enum hy_store_mode mode, struct hy_store **ret,
                    struct hy_err *err)
{
    HY_CLEANUP(hy_role_release) struct hy_role role = {0};

    if (hy_role_resolve(&o->role, &role, err) < 0)
        return err->code;
    HY_CLEANUP(hy_freep) char *dir = hy_xasprintf("%s/archive", role.data);
    return hy_store_open(dir, mode, ret, err);
}

int hy_archive_period(const struct hy_archive_opts *o, hy_wall *ret_from, hy_wall *ret_to,
                      struct hy_err *err)
{
    if (!hy_day_or_time_parse(hy_str(o->from), ret_from))
        return hy_fail(err, HY_E_USAGE, "--from: “%s”不是日期（2026-11-01）或时间", o->from);
    if (!hy_day_or_time_parse(hy_str(o->to), ret_to))
        return hy_fail(err, HY_E_USAGE, "--to: “%s”不是日期（2026-11-01）或时间", o->to);
    return HY_OK;
}

const char *hy_archive_time(hy_wall t, char out[HY_SHORT_TIME])
{
    struct hy_civil c;

    out[0] = '\0';
    if (!hy_wall_known(t))
        return out;
    c = hy_civil_of(t, HY_CST);
    snprintf(out, HY_SHORT_TIME, "%04d-%02d-%02d %02d:%02d", c.year, c.month, c.day, c.hour,
             c.minute);
    return out;
}

/* Marks as bold letters on a terminal, else the plain text; on the screen nothing may move the
 * cursor but we. */
void hy_archive_marked(struct hy_str text, const json_t *marks, bool bold)
{
    size_t next = 0, chars = 0, n = json_array_size(marks);

    for (size_t at = 0; at < text.n; chars++) {
        const json_t *m = next < n ? json_array_get(marks, next) : NULL;
        size_t from = at;
        if (bold && m && json_integer_value(json_array_get(m, 0)) == (json_int_t)chars)
            fputs("\033[1m", stdout);
        uint32_t c = hy_utf8_next(text, &at);
        if (c >= ' ' && c != 0x7F && !(c >= 0x80 && c < 0xA0))
            fwrite(text.p + from, 1, at - from, stdout);
        if (m && json_integer_value(json_array_get(m, 1)) == (json_int_t)chars + 1) {
            fputs(bold ? "\033[0m" : "", stdout);
            next++;
        }
    }
}

void hy_archive_line(const char *before, struct hy_str text, const char *after)
{
    fputs(before, stdout);
    hy_archive_marked(text, NULL, false);
    fputs(after, stdout);
}
