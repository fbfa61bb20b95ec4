/* SPDX-License-Identifier: Apache-2.0 */
/* The plan over a stretch of time: where somebody is missing, and the calendar file.  Both walk
 * from one change of the plan to the next. */
#include "rules/duty.h"

#include "core/mem.h"
#include "core/utf8.h"

#include <stdio.h>
#include <string.h>

enum { STRETCHES_MAX = 4000, ICAL_LINE = 75 };

/* ---- gaps ---- */

static void absent(const struct hy_duty *d, const struct hy_absence *a, char out[200])
{
    const struct hy_person *p = hy_duty_person(d, hy_str(a->who));

    snprintf(out, 200, "%s不在岗%s%s", p ? p->name : a->who, a->why ? "：" : "",
             a->why ? a->why : "");
}

/* Why the duty officer's place is as good as empty; "" when it is not. */
static void why_no_duty(const struct hy_duty *d, const struct hy_shift *t, bool any, char out[200])
{
    out[0] = '\0';
    if (!any)
        snprintf(out, 200, "值班表还没有排到这一段");
    else if (t->duty_away)
        absent(d, t->duty_away, out);
    else if (t->duty == NULL)
        snprintf(out, 200, "没有排值班员");
}

static void why_no_second(const struct hy_duty *d, const struct hy_shift *t, bool any, char out[200])
{
    out[0] = '\0';
    if (!any || !hy_rota_has_second(hy_duty_rota(d)))
        return;
    if (t->second_away)
        absent(d, t->second_away, out);
    else if (t->second && t->second == t->duty)
        snprintf(out, 200, "值班员和备班都是%s", t->second->name);
    else if (t->second == NULL)
        snprintf(out, 200, "没有排备班");
}

/* Longer by a neighbour that is missing for the same reason. */
static size_t add_gap(struct hy_gap *list, size_t n, size_t max, const struct hy_gap *g)
{
    for (size_t i = n; i-- > 0;)
        if (list[i].post == g->post && list[i].to.ms == g->from.ms &&
            strcmp(list[i].why, g->why) == 0) {
            list[i].to = g->to;
            return n;
        }
    if (n < max)
        list[n++] = *g;
    return n;
}

size_t hy_duty_gaps(const struct hy_duty *d, const struct hy_hand *hand, hy_wall from, hy_wall to,
                    struct hy_gap *ret, size_t max)
{
    size_t n = 0;

    if (hy_duty_count(d) == 0)
        return 0;
    for (int i = 0; from.ms < to.ms && i < STRETCHES_MAX; i++) {
        struct hy_shift t;
        bool any = hy_duty_turn(d, hand, from, &t);
        struct hy_gap g = {.from = from, .to = {HY_MIN(t.to.ms, to.ms)}};
        why_no_duty(d, &t, any, g.why);
        g.post = HY_POST_DUTY;
        if (g.why[0])
            n = add_gap(ret, n, max, &g);
        why_no_second(d, &t, any, g.why);
        g.post = HY_POST_SECOND;
        if (g.why[0])
            n = add_gap(ret, n, max, &g);
        from = t.to;
    }
    return n;
}

/* ---- the calendar file ---- */

/* One content line, folded at 75 bytes between characters; text values are escaped. */
static void put_line(struct hy_buf *out, const char *name, struct hy_str value)
{
    size_t column = 0;

    for (const char *p = name; *p; p++, column++)
        hy_buf_char(out, *p);
    for (size_t at = 0; at < value.n;) {
        size_t n = 1;
        while (at + n < value.n && ((unsigned char)value.p[at + n] & 0xc0) == 0x80)
            n++;
        char c = value.p[at];
        bool escape = c == '\\' || c == ';' || c == ',' || c == '\n';
        if (column + n + escape > ICAL_LINE) {
            hy_buf_puts(out, "\r\n ");
            column = 1;
        }
        if (escape)
            hy_buf_char(out, '\\');
        hy_buf_str(out, c == '\n' ? HY_STR("n") : hy_str_n(value.p + at, n));
        column += n + escape;
        at += n;
    }
    hy_buf_puts(out, "\r\n");
}

static void put_time(struct hy_buf *out, const char *name, hy_wall t)
{
    struct hy_civil c = hy_civil_of(t, 0);

    hy_buf_printf(out, "%s:%04d%02d%02dT%02d%02d%02dZ\r\n", name, c.year, c.month, c.day, c.hour,
                  c.minute, c.second);
}

static void put_event(struct hy_buf *out, const struct hy_ical *what, const struct hy_shift *t,
                      enum hy_post post)
{
    const struct hy_person *p = post == HY_POST_DUTY ? t->duty : t->second;
    const struct hy_person *other = post == HY_POST_DUTY ? t->second : t->duty;
    struct hy_buf text = HY_BUF_INIT(4096);

    if (p == NULL || (what->person.n && !hy_str_is(what->person, p->id)))
        return;
    hy_buf_puts(out, "BEGIN:VEVENT\r\n");
    hy_buf_printf(&text, "%s-%lld@" HY_STR_FMT ".huiying", hy_post_name[post],
                  (long long)(t->from.ms / 1000), HY_STR_ARG(what->office));
    put_line(out, "UID:", hy_buf_view(&text));
    put_time(out, "DTSTAMP", what->now);
    put_time(out, "DTSTART", t->from);
    put_time(out, "DTEND", t->to);
    hy_buf_clear(&text);
    hy_buf_printf(&text, "%s：%s", hy_post_label[post], p->name);
    put_line(out, "SUMMARY:", hy_buf_view(&text));
    hy_buf_clear(&text);
    if (other)
        hy_buf_printf(&text, "%s：%s\n",
                      hy_post_label[post == HY_POST_DUTY ? HY_POST_SECOND : HY_POST_DUTY],
                      other->name);
    if (t->why)
        hy_buf_printf(&text, "原因：%s\n", t->why);
    if (text.n)
        put_line(out, "DESCRIPTION:", hy_str_trim(hy_buf_view(&text)));
    hy_buf_puts(out, "TRANSP:TRANSPARENT\r\nEND:VEVENT\r\n");
    hy_buf_release(&text);
}

void hy_duty_ical(const struct hy_duty *d, const struct hy_hand *hand, const struct hy_ical *what,
                  struct hy_buf *out)
{
    struct hy_buf name = HY_BUF_INIT(1024);
    hy_wall at = what->from;

    hy_buf_puts(out, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//huiying//duty//ZH\r\n"
                     "CALSCALE:GREGORIAN\r\nMETHOD:PUBLISH\r\n"
                     "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\nX-PUBLISHED-TTL:PT1H\r\n");
    hy_buf_printf(&name, HY_STR_FMT "值班", HY_STR_ARG(what->name));
    put_line(out, "X-WR-CALNAME:", hy_buf_view(&name));
    for (int i = 0; at.ms < what->to.ms && i < STRETCHES_MAX; i++) {
        struct hy_shift t;
        if (hy_duty_turn(d, hand, at, &t)) {
            put_event(out, what, &t, HY_POST_DUTY);
            put_event(out, what, &t, HY_POST_SECOND);
        }
        at = t.to;
    }
    hy_buf_puts(out, "END:VCALENDAR\r\n");
    hy_buf_release(&name);
}
