/* SPDX-License-Identifier: Apache-2.0 */
#include "core/manager.h"

#include "core/clock.h"
#include "core/str.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

/* The pipe to `huiying run`, or -1.  The variables go with the first call: what we start ourselves
 * is not what they speak of. */
static int supervisor(void)
{
    static int fd = -1;
    const char *text = getenv("HUIYING_READY_FD");
    int64_t n;

    if (text == NULL)
        return fd;
    if (hy_str_to_i64(hy_str(text), &n) && n > STDERR_FILENO && n <= INT_MAX) {
        fd = (int)n;
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    unsetenv("HUIYING_READY_FD");
    unsetenv("NOTIFY_SOCKET");
    return fd;
}

/* A byte that does not go in is missed by nobody: the pipe is full of those before. */
static void tell(const char *state)
{
    int fd = supervisor();
    ssize_t ignored = fd < 0 ? sd_notify(0, state) : write(fd, "\n", 1);

    (void)ignored;
}

void hy_manager_ready(void)
{
    tell("READY=1");
}

/* systemd wants to know when the reload began, on its own clock (Type=notify-reload). */
void hy_manager_reloading(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
               (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

void hy_manager_stopping(void)
{
    sd_notify(0, "STOPPING=1");
}

void hy_manager_status(const char *text)
{
    sd_notifyf(0, "STATUS=%s", text);
}

int64_t hy_manager_alive_every(void)
{
    uint64_t usec;

    if (supervisor() >= 0)
        return HY_ALIVE_MS;
    return sd_watchdog_enabled(0, &usec) > 0 ? (int64_t)(usec / 2000) : 0;
}

void hy_manager_alive(void)
{
    tell("WATCHDOG=1");
}

void hy_manager_turned(void)
{
    static int64_t every_ms = -1; /* of this process, for good */
    static hy_mono due;
    hy_mono now = hy_mono_now();

    if (every_ms < 0)
        every_ms = hy_manager_alive_every();
    if (every_ms == 0 || now.us < due.us)
        return;
    due = hy_mono_add_ms(now, every_ms);
    hy_manager_alive();
}
