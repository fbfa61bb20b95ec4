/* SPDX-License-Identifier: Apache-2.0 */
/* The freedesktop notification service, spoken over D-Bus without ever waiting for it.
 *
 * libnotify's calls are synchronous: a notification server that hangs holds its caller for 25 s.
 * GDBus offers the same calls asynchronously with a deadline of our own, so a hung server costs a
 * "failed" receipt and nothing else.  The only file that knows GDBus. */
#pragma once
#include "alerts/desktop/agent.h"

enum { HY_DESKTOP_DEADLINE_MS = 5000 };

struct hy_desktop;

struct hy_desktop_events {
    void (*displayed)(void *user, const char *key, bool ok, uint32_t id);
    void (*clicked)(void *user, uint32_t id, const char *action);
    void (*closed)(void *user, uint32_t id, bool by_person);
    void (*back)(void *user); /* the notification server started or was replaced */
    void *user;
};

/* HY_E_IO when there is no session bus. */
HY_MUST_CHECK int hy_desktop_new(struct hy_desktop_events ev, struct hy_desktop **ret,
                                 struct hy_err *err);
void hy_desktop_free(struct hy_desktop *d);
void hy_desktop_show(struct hy_desktop *d, const struct hy_bubble *b); /* answered by displayed() */
void hy_desktop_close(struct hy_desktop *d, uint32_t id);
void hy_desktop_open_uri(const char *uri);
