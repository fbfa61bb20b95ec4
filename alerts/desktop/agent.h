/* SPDX-License-Identifier: Apache-2.0 */
/* What the desktop agent of one person does, as a machine that owns no socket and no screen.
 *
 * The board tells it about notices and incidents, the desktop about clicks and closed bubbles, the
 * clock about time passing; it answers through `ops`.  There is one bubble per incident, whatever
 * the number of its notices, and one for the connection itself.  Rules it keeps:
 *   - a notice gets the receipt "shown" only after the desktop has confirmed that it is displayed,
 *     and "failed" when it refused; the service escalates on what the receipts say;
 *   - an urgent bubble that its reader closed without acknowledging comes back after RESHOW_MS;
 *   - the text carries the time left and is refreshed once a minute, never more often;
 *   - a server that gave no sign of life for the silence limit is itself an alert;
 *   - a machine that slept has a connection that is dead without knowing it, and times left that are
 *     wrong: both are made new with the first beat after it;
 *   - the open notices are asked for one question at a time, and an answer takes no bubble away that
 *     was put up while it was on its way: it may have been read before that notice was written.
 *
 * Ownership: everything passed in is copied; what ops receive is borrowed until they return. */
#pragma once
#include "core/clock.h"
#include "core/json.h"

enum { HY_AGENT_REFRESH_MS = 60 * 1000, HY_AGENT_RESHOW_MS = 3 * 60 * 1000 };
#define HY_AGENT_CONNECTION "connection"

struct hy_agent;

struct hy_bubble {
    const char *key;   /* incident id, or HY_AGENT_CONNECTION */
    uint32_t replaces; /* id the desktop gave this bubble before; 0: a new one */
    bool urgent;       /* stays until answered */
    bool can_ack;      /* draw the button */
    const char *title; /* plain text, hostile */
    const char *body;  /* plain text, hostile */
};

struct hy_agent_ops {
    /* Display; the desktop answers through hy_agent_displayed(), never inside show. */
    void (*show)(void *io, const struct hy_bubble *b);
    void (*close)(void *io, uint32_t id);
    /* Deliver until the server has it; state is "shown", "failed" or "closed". */
    void (*receipt)(void *io, const char *notice, const char *state);
    /* Send the acknowledgement; answered by hy_agent_acked(). */
    void (*ack)(void *io, const char *incident);
    void (*open_page)(void *io, const char *incident); /* "" is the list */
    /* Ask for the open notices; answered exactly once by hy_agent_open() or _open_unknown(). */
    void (*fetch_open)(void *io);
    /* Let go of every connection and make it anew, now. */
    void (*reconnect)(void *io);
};

struct hy_agent *hy_agent_new(const struct hy_agent_ops *ops, void *io, int64_t silence_ms);
void hy_agent_free(struct hy_agent *a); /* NULL is a no-op */

/* From the board. */
void hy_agent_connected(struct hy_agent *a, hy_mono mono, hy_wall wall);
void hy_agent_heard(struct hy_agent *a, hy_mono mono, hy_wall wall); /* any byte of the stream */
void hy_agent_event(struct hy_agent *a, struct hy_str type, const json_t *data, hy_wall wall);
/* The whole truth about open notices: shows what is missing, closes what is over, and says once more
 * "shown" of what is on the screen though the record has not heard of it (the Redis that had taken
 * the receipt may have lost it). */
void hy_agent_open(struct hy_agent *a, const json_t *notices, hy_wall wall);
void hy_agent_open_unknown(struct hy_agent *a); /* not to be had; asked again within the minute */
void hy_agent_acked(struct hy_agent *a, const char *incident, bool ok, const char *message,
                    hy_wall wall);
/* The server answers, but refuses this agent (token revoked, wrong address): say so, once. */
void hy_agent_refused(struct hy_agent *a, const char *why, hy_wall wall);

/* From the desktop. */
void hy_agent_displayed(struct hy_agent *a, const char *key, bool ok, uint32_t id, hy_wall wall);
void hy_agent_clicked(struct hy_agent *a, uint32_t id, struct hy_str action);
void hy_agent_closed(struct hy_agent *a, uint32_t id, bool by_person, hy_mono mono);
void hy_agent_desktop_back(struct hy_agent *a, hy_wall wall); /* notification server (re)started */

/* Before each tick.  `boot` also counts while the machine sleeps (hy_boot_now), `mono` does not: what
 * they have drifted apart since the last call is how long it slept. */
void hy_agent_awake(struct hy_agent *a, hy_mono mono, hy_mono boot);
/* At least every few seconds: refresh, re-show, watch for silence. */
void hy_agent_tick(struct hy_agent *a, hy_mono mono, hy_wall wall);
