/* SPDX-License-Identifier: Apache-2.0 */
/* What every verb may say: no, with a Chinese sentence and a code; a hint beside a yes; and who
 * says it. */
#include "alerts/decide/command.h"

#include "rules/names.h"

#include <stdarg.h>
#include <stdio.h>

enum { HINTS_MAX = 8 };

int hy_refuse(struct hy_work *w, const char *code, const char *field, const char *fmt, ...)
{
    va_list ap;

    w->no.code = code;
    w->no.field = field;
    va_start(ap, fmt);
    vsnprintf(w->no.message, sizeof(w->no.message), fmt, ap);
    va_end(ap);
    return HY_E_STATE;
}

int hy_refuse_role(struct hy_work *w, const char *what, unsigned roles)
{
    struct hy_buf b = HY_BUF_INIT(200);

    for (int r = 0; r < HY_ROLE_COUNT; r++)
        if (roles & 1u << r)
            hy_buf_printf(&b, "%s%s", b.n ? "、" : "", hy_role_label[r]);
    int rc = hy_refuse(w, "forbidden", NULL, "没有权限：“%s”需要%s", what, b.p ? b.p : "其他角色");
    hy_buf_release(&b);
    return rc;
}

void hy_hint(struct hy_work *w, const char *text)
{
    if (json_array_size(w->hints) < HINTS_MAX)
        json_array_append_new(w->hints, json_string(text));
}

json_t *hy_signed(const struct hy_work *w)
{
    json_t *o = json_object();

    hy_json_set_str(o, "by", hy_json_str(w->actor, "id"));
    hy_json_set_str(o, "name", hy_json_str(w->actor, "name"));
    json_object_set_new(o, "at", hy_now_json(w->d));
    return o;
}
