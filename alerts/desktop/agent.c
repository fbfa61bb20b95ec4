/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/desktop/agent.h"

#include "core/mem.h"
#include "core/utf8.h"
#include "core/vec.h"

#include <stdlib.h>
#include <string.h>

enum { TITLE_CHARS = 80, BODY_CHARS = 400, SLEPT_FROM_US = 2 * 1000 * 1000 };

/* ABSENT is not on the screen and is tried with the next refresh; SHOWING waits for the desktop's
 * answer; HIDDEN was closed by its reader and comes back. */
enum state { ABSENT, SHOWING, DISPLAYED, HIDDEN };

struct bubble {
    char *key;
    char *title, *body;   /* of the newest notice */
    HY_VEC(char *) known; /* ids of all notices it stands for */
    size_t confirmed;     /* how many of them have the receipt "shown" */
    hy_wall due;
    hy_wall told; /* when the newest of them was decided */
    bool urgent, can_ack, acking;
    bool again; /* changed while SHOWING */
    bool fresh; /* told while the answer about the open notices was on its way */
    enum state state;
    uint32_t id;  /* the desktop's; 0 while it has none */
    uint32_t was; /* of the bubble this one took the place of, for clicks that are on their way */
    hy_mono hidden_at;
};

struct hy_agent {
    const struct hy_agent_ops *ops;
    void *io;
    int64_t silence_ms;
    HY_VEC(struct bubble *) bubbles;
    hy_mono heard, refreshed;
    hy_wall heard_wall;
    bool started; /* `heard` is set */
    int64_t apart_us; /* the clock that counts sleep, less the one that does not */
    bool awake;       /* `apart_us` is set */
    bool told;    /* the connection bubble says what is wrong */
    bool asking, ask_again; /* for the open notices; once more after the answer */
};

static void bubble_free(struct bubble *b)
{
    for (size_t i = 0; i < b->known.n; i++)
        free(b->known.v[i]);
    hy_vec_release(&b->known);
    free(b->key);
    free(b->title);
    free(b->body);
    free(b);
}

static struct bubble *by_key(struct hy_agent *a, const char *key)
{
    for (size_t i = 0; i < a->bubbles.n; i++)
        if (strcmp(a->bubbles.v[i]->key, key) == 0)
            return a->bubbles.v[i];
    return NULL;
}

static struct bubble *by_id(struct hy_agent *a, uint32_t id)
{
    for (size_t i = 0; i < a->bubbles.n; i++)
        if (id && a->bubbles.v[i]->id == id)
            return a->bubbles.v[i];
    return NULL;
}

/* Who presses a button in the moment in which a newer notice takes its bubble away has pressed it. */
static struct bubble *by_click(struct hy_agent *a, uint32_t id)
{
    struct bubble *b = by_id(a, id);

    for (size_t i = 0; b == NULL && id && i < a->bubbles.n; i++)
        if (a->bubbles.v[i]->was == id)
            b = a->bubbles.v[i];
    return b;
}

static struct bubble *need(struct hy_agent *a, const char *key)
{
    struct bubble *b = by_key(a, key);

    if (b)
        return b;
    b = hy_xcalloc(1, sizeof(*b));
    b->key = hy_xstrdup(key);
    b->due = b->told = HY_WALL_NONE;
    hy_vec_push(&a->bubbles, b);
    return b;
}

static void drop(struct hy_agent *a, struct bubble *b)
{
    uint32_t id = b->id;

    for (size_t i = 0; i < a->bubbles.n; i++)
        if (a->bubbles.v[i] == b)
            a->bubbles.v[i] = a->bubbles.v[--a->bubbles.n];
    bubble_free(b);
    if (id)
        a->ops->close(a->io, id);
}

/* "剩余 2 小时 05 分" or "已超过设定时限 3 分钟": what a tired person reads first. */
static void put_time_left(struct hy_buf *out, hy_wall due, hy_wall now)
{
    int64_t left = due.ms - now.ms;
    long long min = (left < 0 ? -left : left) / HY_MINUTE_MS;

    hy_buf_puts(out, left < 0 ? "已超过设定时限 " : "剩余 ");
    if (min >= 60)
        hy_buf_printf(out, "%lld 小时 %02lld 分\n", min / 60, min % 60);
    else
        hy_buf_printf(out, "%lld 分钟\n", min);
}

static void show(struct hy_agent *a, struct bubble *b, hy_wall now)
{
    struct hy_buf body = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    if (b->state == SHOWING) { /* one question at a time; asked again after the answer */
        b->again = true;
        return;
    }
    if (hy_wall_known(b->due))
        put_time_left(&body, b->due, now);
    hy_buf_puts(&body, b->body);
    b->state = SHOWING;
    b->again = false;
    a->ops->show(a->io, &(struct hy_bubble){.key = b->key,
                                            .replaces = b->id,
                                            .urgent = b->urgent,
                                            .can_ack = b->can_ack,
                                            .title = b->title,
                                            .body = hy_buf_view(&body).p});
    hy_buf_release(&body);
}

/* Marks that turn the direction of text around ("gpj.exe" read as "exe.jpg"), and controls. */
static bool is_shown(uint32_t c)
{
    if (c < 0x20)
        return c == '\n' || c == '\t';
    return !((c >= 0x7F && c < 0xA0) || c == 0x061C || c == 0x200E || c == 0x200F ||
             (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF);
}

static void set_text(char **field, struct hy_str s, size_t chars)
{
    struct hy_buf text = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    for (size_t at = 0; at < s.n && chars > 0;) {
        size_t from = at;
        if (!is_shown(hy_utf8_next(s, &at)))
            continue;
        hy_buf_str(&text, hy_str_sub(s, from, at));
        chars--;
    }
    free(*field);
    *field = hy_str_dup(hy_buf_view(&text));
    hy_buf_release(&text);
}

static bool knows(const struct bubble *b, struct hy_str notice)
{
    for (size_t i = 0; i < b->known.n; i++)
        if (hy_str_is(notice, b->known.v[i]))
            return true;
    return false;
}

static char *key_of(const json_t *notice)
{
    struct hy_str incident = hy_json_str(notice, "incident");

    return hy_str_dup(incident.n ? incident : hy_json_str(notice, "id"));
}

/* The record has not heard that it is on the screen: the receipt was lost behind the board. */
static void repeat_receipt(struct hy_agent *a, const struct bubble *b, const json_t *notice)
{
    static const char *const less[] = {"queued", "sent", "failed"};
    struct hy_str id = hy_json_str(notice, "id"), state = hy_json_str(notice, "state");

    for (size_t i = 0; i < HY_COUNT(less); i++)
        if (hy_str_is(state, less[i]))
            for (size_t k = 0; k < b->confirmed; k++)
                if (hy_str_is(id, b->known.v[k]))
                    a->ops->receipt(a->io, b->known.v[k], "shown");
}

/* A further notice of the same incident is put up as a new bubble: notification servers do not
 * raise one that is only replaced. */
static void take_notice(struct hy_agent *a, const json_t *notice, hy_wall now)
{
    struct hy_str id = hy_json_str(notice, "id");
    HY_CLEANUP(hy_freep) char *key = key_of(notice);

    if (id.n == 0 || hy_json_str(notice, "quiet").n) /* silenced: only the board shows it */
        return;
    struct bubble *b = need(a, key);
    b->fresh = a->asking;
    if (knows(b, id)) {
        repeat_receipt(a, b, notice);
        return;
    }
    hy_vec_push(&b->known, hy_str_dup(id));
    set_text(&b->title, hy_json_str(notice, "title"), TITLE_CHARS);
    set_text(&b->body, hy_json_str(notice, "body"), BODY_CHARS);
    b->due = hy_json_time(notice, "clock_due");
    hy_wall at = hy_json_time(notice, "at");
    b->told = at.ms > b->told.ms ? at : b->told;
    b->urgent = b->urgent || hy_str_is(hy_json_str(notice, "class"), "urgent");
    b->can_ack = hy_json_str(notice, "incident").n > 0;
    if (b->id && b->state != SHOWING) {
        a->ops->close(a->io, b->id);
        b->was = b->id;
        b->id = 0;
    }
    show(a, b, now);
}

/* An acknowledgement answers what was told before it, not the reminders that come later: the document
 * keeps it, and comes along with each of them. */
static bool is_answered(const struct bubble *b, const json_t *incident)
{
    const json_t *ack = json_object_get(incident, "ack");

    return json_is_object(ack) && hy_json_time(ack, "at").ms >= b->told.ms;
}

/* An incident that somebody answered, closed or merged needs no bubble any more. */
static void take_incident(struct hy_agent *a, const json_t *incident)
{
    HY_CLEANUP(hy_freep) char *key = hy_str_dup(hy_json_str(incident, "id"));
    struct bubble *b = by_key(a, key);
    bool over = json_is_object(json_object_get(incident, "closed")) ||
                json_is_string(json_object_get(incident, "merged_into"));

    if (b && (over || is_answered(b, incident)))
        drop(a, b);
}

static bool listed(const json_t *notices, const char *key)
{
    size_t i;
    const json_t *n;

    json_array_foreach (notices, i, n) {
        HY_CLEANUP(hy_freep) char *other = key_of(n);
        if (strcmp(other, key) == 0)
            return true;
    }
    return false;
}

static void say_connection(struct hy_agent *a, const char *title, const char *body, hy_wall wall)
{
    struct bubble *b = need(a, HY_AGENT_CONNECTION);

    set_text(&b->title, hy_str(title), TITLE_CHARS);
    set_text(&b->body, hy_str(body), BODY_CHARS);
    b->urgent = true;
    a->told = true;
    show(a, b, wall);
}

static void send_receipts(struct hy_agent *a, struct bubble *b, const char *state)
{
    for (size_t i = b->confirmed; i < b->known.n; i++)
        a->ops->receipt(a->io, b->known.v[i], state);
}

static void watch_silence(struct hy_agent *a, hy_mono mono, hy_wall wall)
{
    if (!a->started) { /* count from the start, or a wrong address would stay silent for ever */
        a->heard = mono;
        a->heard_wall = wall;
        a->started = true;
    }
    if (a->told || mono.us - a->heard.us < a->silence_ms * 1000)
        return;
    struct hy_civil c = hy_civil_of(a->heard_wall, HY_CST);
    HY_CLEANUP(hy_freep)
    char *body = hy_xasprintf("自 %02d:%02d:%02d 起没有服务器的消息，此后的提醒可能收不到。"
                              "请检查网络，或改看值班室大屏。",
                              c.hour, c.minute, c.second);
    say_connection(a, "回应：与服务器失去联系", body, wall);
}

static void refresh(struct hy_agent *a, struct bubble *b, bool minute, hy_mono mono, hy_wall wall)
{
    bool back = b->state == HIDDEN && b->urgent &&
                mono.us - b->hidden_at.us >= HY_AGENT_RESHOW_MS * INT64_C(1000);
    bool stale = b->state == ABSENT || (b->state == DISPLAYED && hy_wall_known(b->due));

    if (back || (minute && stale))
        show(a, b, wall);
}

static void ask_open(struct hy_agent *a)
{
    a->ask_again = a->asking;
    if (a->asking)
        return;
    a->asking = true;
    for (size_t i = 0; i < a->bubbles.n; i++)
        a->bubbles.v[i]->fresh = false;
    a->ops->fetch_open(a->io);
}

void hy_agent_event(struct hy_agent *a, struct hy_str type, const json_t *data, hy_wall wall)
{
    if (hy_str_is(type, "notice"))
        take_notice(a, data, wall);
    else if (hy_str_is(type, "incident"))
        take_incident(a, data);
    else if (hy_str_is(type, "keeper") || hy_str_is(type, "reload"))
        ask_open(a); /* a new leader, or a stream with a hole: what is there? */
}

void hy_agent_open(struct hy_agent *a, const json_t *notices, hy_wall wall)
{
    size_t i;
    const json_t *n;

    for (size_t at = a->bubbles.n; at-- > 0;) {
        struct bubble *b = a->bubbles.v[at];
        if (strcmp(b->key, HY_AGENT_CONNECTION) != 0 && !b->fresh && !listed(notices, b->key))
            drop(a, b);
    }
    a->asking = false;
    json_array_foreach (notices, i, n) {
        take_notice(a, n, wall);
    }
    if (a->ask_again)
        ask_open(a);
}

void hy_agent_open_unknown(struct hy_agent *a)
{
    a->asking = false;
    a->ask_again = true; /* with the next refresh */
}

void hy_agent_heard(struct hy_agent *a, hy_mono mono, hy_wall wall)
{
    struct bubble *b = by_key(a, HY_AGENT_CONNECTION);

    a->heard = mono;
    a->heard_wall = wall;
    a->started = true;
    a->told = false;
    if (b)
        drop(a, b);
}

void hy_agent_connected(struct hy_agent *a, hy_mono mono, hy_wall wall)
{
    hy_agent_heard(a, mono, wall);
    ask_open(a); /* what was missed while we were away */
}

void hy_agent_refused(struct hy_agent *a, const char *why, hy_wall wall)
{
    if (!a->told)
        say_connection(a, "回应：收不到提醒", why, wall);
}

void hy_agent_acked(struct hy_agent *a, const char *incident, bool ok, const char *message,
                    hy_wall wall)
{
    struct bubble *b = by_key(a, incident);

    if (b == NULL)
        return;
    b->acking = false;
    if (ok) {
        drop(a, b);
        return;
    }
    HY_CLEANUP(hy_freep) char *text = hy_xasprintf("确认没有成功：%s\n%s", message, b->body);
    set_text(&b->body, hy_str(text), BODY_CHARS);
    show(a, b, wall);
}

void hy_agent_displayed(struct hy_agent *a, const char *key, bool ok, uint32_t id, hy_wall wall)
{
    struct bubble *b = by_key(a, key);

    if (b == NULL) { /* answered while the desktop was still drawing it */
        if (ok)
            a->ops->close(a->io, id);
        return;
    }
    b->state = ok ? DISPLAYED : ABSENT;
    b->id = ok ? id : 0;
    send_receipts(a, b, ok ? "shown" : "failed"); /* after "failed" a later success still counts */
    if (ok)
        b->confirmed = b->known.n;
    if (b->again)
        show(a, b, wall);
}

void hy_agent_clicked(struct hy_agent *a, uint32_t id, struct hy_str action)
{
    struct bubble *b = by_click(a, id);

    if (b == NULL)
        return;
    if (hy_str_is(action, "ack") && b->can_ack && !b->acking) {
        b->acking = true;
        a->ops->ack(a->io, b->key);
    } else if (hy_str_is(action, "default")) {
        a->ops->open_page(a->io, b->can_ack ? b->key : "");
    }
}

void hy_agent_closed(struct hy_agent *a, uint32_t id, bool by_person, hy_mono mono)
{
    struct bubble *b = by_id(a, id);

    if (b == NULL)
        return;
    b->id = 0;
    b->state = HIDDEN;
    b->hidden_at = mono;
    if (by_person && b->known.n)
        a->ops->receipt(a->io, b->known.v[b->known.n - 1], "closed");
}

void hy_agent_desktop_back(struct hy_agent *a, hy_wall wall)
{
    for (size_t i = 0; i < a->bubbles.n; i++) {
        struct bubble *b = a->bubbles.v[i];
        b->id = b->was = 0; /* the new server knows none of the old ids */
        if (b->state == DISPLAYED)
            b->state = ABSENT;
        if (b->state == ABSENT)
            show(a, b, wall);
    }
}

void hy_agent_awake(struct hy_agent *a, hy_mono mono, hy_mono boot)
{
    int64_t apart = boot.us - mono.us, slept = apart - a->apart_us;
    bool first = !a->awake;

    a->awake = true;
    a->apart_us = apart;
    if (first || slept < SLEPT_FROM_US)
        return;
    a->refreshed = (hy_mono){mono.us - HY_AGENT_REFRESH_MS * INT64_C(1000)};
    for (size_t i = 0; i < a->bubbles.n; i++)
        a->bubbles.v[i]->hidden_at.us -= slept; /* to its reader the time has passed */
    a->ops->reconnect(a->io);
}

void hy_agent_tick(struct hy_agent *a, hy_mono mono, hy_wall wall)
{
    bool minute = mono.us - a->refreshed.us >= HY_AGENT_REFRESH_MS * INT64_C(1000);

    if (minute)
        a->refreshed = mono;
    if (minute && a->ask_again && !a->asking)
        ask_open(a);
    for (size_t i = 0; i < a->bubbles.n; i++)
        refresh(a, a->bubbles.v[i], minute, mono, wall);
    watch_silence(a, mono, wall);
}

struct hy_agent *hy_agent_new(const struct hy_agent_ops *ops, void *io, int64_t silence_ms)
{
    struct hy_agent *a = hy_xcalloc(1, sizeof(*a));

    a->ops = ops;
    a->io = io;
    a->silence_ms = silence_ms;
    return a;
}

void hy_agent_free(struct hy_agent *a)
{
    if (a == NULL)
        return;
    for (size_t i = 0; i < a->bubbles.n; i++)
        bubble_free(a->bubbles.v[i]);
    hy_vec_release(&a->bubbles);
    free(a);
}
