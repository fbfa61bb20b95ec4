/* SPDX-License-Identifier: Apache-2.0 */
/* TLS for the board: certificate and key from files, read again on SIGHUP.
 *
 * TLS 1.2 with forward secrecy and 1.3, no compression, no renegotiation, no session tickets (their
 * key would live as long as the process).  No OCSP: the office's network may not reach a responder,
 * and short-lived certificates do the same work.
 *
 * The key's file may be readable by its owner and a group (Debian's ssl-cert), never by everybody. */
#pragma once
#include "core/clock.h"
#include "core/err.h"

struct bufferevent;
struct event_base;
struct hy_tls;

/* One sentence that names the file and what is wrong: unreadable, no certificate, not its key,
 * already expired. */
HY_MUST_CHECK int hy_tls_open(const char *cert, const char *key, struct hy_tls **ret,
                              struct hy_err *err);
/* The files again, for connections from now on.  On an error the certificate stays that was there. */
HY_MUST_CHECK int hy_tls_reload(struct hy_tls *t, struct hy_err *err);
void hy_tls_free(struct hy_tls *t); /* NULL is a no-op */
/* A connection that waits for its client's greeting. */
struct bufferevent *hy_tls_accept(struct hy_tls *t, struct event_base *base);
hy_wall hy_tls_expires(const struct hy_tls *t);
