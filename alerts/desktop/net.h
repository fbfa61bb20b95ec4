/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's line to the board: one event stream that reconnects for ever, and small requests
 * that are sent again until the server has answered.  libcurl multi on the GLib loop; the only
 * file of the agent that knows libcurl. */
#pragma once
#include "core/err.h"
#include "core/json.h"

struct hy_net;

struct hy_net_events {
    void (*connected)(void *user);
    void (*heard)(void *user);
    void (*event)(void *user, struct hy_str type, const json_t *data);
    void (*refused)(void *user, long status); /* 401, 403, 404: the server is there but says no */
    void *user;
};

/* status 0: the request could not be delivered within its tries; answer may be NULL. */
typedef void (*hy_net_done)(void *user, const char *tag, long status, const json_t *answer);

/* token and ca_file are copied; ca_file may be NULL (the system's). */
struct hy_net *hy_net_new(const char *server, const char *token, const char *ca_file,
                          struct hy_net_events ev);
void hy_net_free(struct hy_net *n);
void hy_net_start(struct hy_net *n);
/* What is under way is begun again on new connections, now: those there are may be dead, and only
 * their time limits would say so.  Not from within an event. */
void hy_net_reconnect(struct hy_net *n);
/* body NULL: GET.  `tag` is handed back.  Sent again with back-off for `tries` times (0: for ever)
 * on connection errors and 5xx. */
void hy_net_request(struct hy_net *n, const char *path, const json_t *body, int tries,
                    const char *tag, hy_net_done done);
