/* SPDX-License-Identifier: Apache-2.0 */
/* What whoever started this process is told about it: systemd (sd_notify(3), libsystemd behind one
 * file), or `huiying run`, whose pipe (core/supervisor.h) gets a byte for being ready and one for
 * being alive and nothing of the rest.  Without either every call does nothing. */
#pragma once
#include <stdint.h>

enum { HY_ALIVE_MS = 10000 }; /* between two signs of life to `huiying run` */

void hy_manager_ready(void);     /* the work is done from now on; also the end of a reload */
void hy_manager_reloading(void); /* rules are being read again */
void hy_manager_stopping(void);
void hy_manager_status(const char *text); /* one line for `systemctl status` */
/* Milliseconds between two calls of hy_manager_alive(): HY_ALIVE_MS, or half of what the unit's
 * WatchdogSec allows; 0: nobody waits for them. */
int64_t hy_manager_alive_every(void);
void hy_manager_alive(void);
/* The same for who has no loop of core/loop.h: at every turn; it tells as often as it must. */
void hy_manager_turned(void);
