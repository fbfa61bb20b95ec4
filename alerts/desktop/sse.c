/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/desktop/sse.h"

void hy_sse_init(struct hy_sse *s,
                 void (*event)(void *user, struct hy_str id, struct hy_str type,
                               struct hy_str data),
                 void *user)
{
    *s = (struct hy_sse){.line = HY_BUF_INIT(HY_SSE_EVENT_CAP),
                         .type = HY_BUF_INIT(256),
                         .data = HY_BUF_INIT(HY_SSE_EVENT_CAP),
                         .id = HY_BUF_INIT(256),
                         .event = event,
                         .user = user};
}

void hy_sse_release(struct hy_sse *s)
{
    hy_buf_release(&s->line);
    hy_buf_release(&s->type);
    hy_buf_release(&s->data);
    hy_buf_release(&s->id);
}

static void forget_event(struct hy_sse *s)
{
    hy_buf_clear(&s->type);
    hy_buf_clear(&s->data);
}

void hy_sse_restart(struct hy_sse *s)
{
    forget_event(s);
    hy_buf_clear(&s->line);
    s->skip_lf = false;
}

static void dispatch(struct hy_sse *s)
{
    struct hy_str data = hy_buf_view(&s->data), type = hy_buf_view(&s->type);

    if (data.n && !s->data.overflow && !s->type.overflow) {
        data.n--; /* the line feed behind the last data line */
        s->event(s->user, hy_buf_view(&s->id), type.n ? type : HY_STR("message"), data);
    }
    forget_event(s);
}

static void field(struct hy_sse *s, struct hy_str name, struct hy_str value)
{
    if (hy_str_is(name, "data")) {
        hy_buf_str(&s->data, value);
        hy_buf_char(&s->data, '\n');
    } else if (hy_str_is(name, "event")) {
        hy_buf_clear(&s->type);
        hy_buf_str(&s->type, value);
    } else if (hy_str_is(name, "id") && hy_str_find_char(value, '\0', 0) == HY_NPOS) {
        hy_buf_clear(&s->id);
        hy_buf_str(&s->id, value);
    }
}

static void end_of_line(struct hy_sse *s)
{
    struct hy_str line = hy_buf_view(&s->line), name;

    if (s->line.overflow) {
        s->data.overflow = true; /* the whole event goes, not a piece of it */
    } else if (line.n == 0) {
        dispatch(s);
    } else if (line.p[0] != ':') {
        struct hy_str value = line;
        hy_str_cut(&value, ':', &name);
        if (value.p == NULL)
            value = hy_str("");
        if (value.n && value.p[0] == ' ')
            value = hy_str_sub(value, 1, value.n);
        field(s, name, value);
    }
    hy_buf_clear(&s->line);
}

void hy_sse_feed(struct hy_sse *s, struct hy_str bytes)
{
    for (size_t i = 0; i < bytes.n; i++) {
        char c = bytes.p[i];
        if (c == '\n' && s->skip_lf) {
            s->skip_lf = false;
            continue;
        }
        s->skip_lf = c == '\r';
        if (c == '\n' || c == '\r')
            end_of_line(s);
        else
            hy_buf_char(&s->line, c);
    }
}
