/* SPDX-License-Identifier: Apache-2.0 */
/* Operations of one transaction, written as they go over the wire, without an allocation each: a burst
 * of a thousand timers is some ten thousand arguments.  What they mean is keep_meaning.c's. */
#include "alerts/keep/keep.h"

#include "core/mem.h"

#include <stdio.h>
#include <string.h>

enum { FEED_LENGTH = 20000, REPLY_SECONDS = 7 * 86400 };

const char *hy_keep_key(const struct hy_keep *k, const char *what)
{
    static char buf[4][512];
    static unsigned next;
    char *out = buf[next++ % HY_COUNT(buf)];

    snprintf(out, sizeof(buf[0]), "%s%s", k->prefix, what);
    return out;
}

void hy_ops_release(struct hy_ops *ops)
{
    hy_wire_release(&ops->wire);
    hy_buf_release(&ops->gone);
    hy_buf_release(&ops->due);
    ops->n = 0;
    ops->head.seq = 0;
}

void hy_ops_begin(struct hy_ops *ops, int argc)
{
    hy_wire_int(&ops->wire, argc);
    ops->n++;
}

void hy_ops_arg(struct hy_ops *ops, struct hy_str arg)
{
    hy_wire_arg(&ops->wire, arg);
}

void hy_ops_key(struct hy_ops *ops, const struct hy_keep *k, const char *what, struct hy_str id)
{
    const struct hy_str parts[] = {hy_str(k->prefix), hy_str(what), HY_STR(":"), id};

    hy_wire_join(&ops->wire, parts, id.n ? HY_COUNT(parts) : 2);
}

void hy_ops_int(struct hy_ops *ops, int64_t v)
{
    hy_wire_int(&ops->wire, v);
}

void hy_ops_move(struct hy_ops *to, struct hy_ops *from)
{
    hy_buf_str(&to->wire.b, hy_buf_view(&from->wire.b));
    hy_buf_str(&to->gone, hy_buf_view(&from->gone));
    hy_buf_str(&to->due, hy_buf_view(&from->due));
    to->wire.argc += from->wire.argc;
    to->n += from->n;
    if (from->head.seq > 0)
        to->head = from->head;
    hy_ops_release(from);
}

void hy_ops_feed(struct hy_ops *ops, const struct hy_keep *k, const char *type, struct hy_str data,
                 struct hy_str to)
{
    hy_ops_begin(ops, 12);
    hy_ops_arg(ops, HY_STR("XADD"));
    hy_ops_key(ops, k, "feed", HY_NO_ID);
    hy_ops_arg(ops, HY_STR("MAXLEN"));
    hy_ops_arg(ops, HY_STR("~"));
    hy_ops_int(ops, FEED_LENGTH);
    hy_ops_arg(ops, HY_STR("*"));
    hy_ops_arg(ops, HY_STR("type"));
    hy_ops_arg(ops, hy_str(type));
    hy_ops_arg(ops, HY_STR("data"));
    hy_ops_arg(ops, data);
    hy_ops_arg(ops, HY_STR("to"));
    hy_ops_arg(ops, to);
}

void hy_ops_reply(struct hy_ops *ops, const struct hy_keep *k, const json_t *reply)
{
    HY_CLEANUP(hy_freep) char *text = hy_json_text(reply);

    if (hy_json_str(reply, "id").n) {
        hy_ops_begin(ops, 5);
        hy_ops_arg(ops, HY_STR("SET"));
        hy_ops_key(ops, k, "reply", hy_json_str(reply, "id"));
        hy_ops_arg(ops, hy_str(text));
        hy_ops_arg(ops, HY_STR("EX"));
        hy_ops_int(ops, REPLY_SECONDS);
    }
    hy_ops_feed(ops, k, "reply", hy_str(text), hy_str(""));
}

void hy_ops_timer_gone(struct hy_ops *ops, struct hy_str member)
{
    hy_buf_str(&ops->gone, member);
    hy_buf_char(&ops->gone, '\0');
}

void hy_ops_timer_due(struct hy_ops *ops, const struct hy_pending *p)
{
    hy_buf_int(&ops->due, p->due.ms);
    hy_buf_char(&ops->due, '\0');
    hy_buf_add(&ops->due, p->member, strlen(p->member) + 1);
}
