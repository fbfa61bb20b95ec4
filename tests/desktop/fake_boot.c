/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded into the agent: CLOCK_BOOTTIME is ahead by as many seconds as stand in the file that
 * $FAKE_SLEPT names, as if the machine had slept so long.  A suspend cannot be had in a test. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long slept_s(void)
{
    const char *path = getenv("FAKE_SLEPT");
    char text[16] = "";
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    if (fd < 0)
        return 0;
    ssize_t n = read(fd, text, sizeof(text) - 1);
    close(fd);
    long s = 0;
    for (ssize_t i = 0; i < n && text[i] >= '0' && text[i] <= '9'; i++)
        s = s * 10 + (text[i] - '0');
    return s;
}

int clock_gettime(clockid_t which, struct timespec *ts)
{
    int rc = (int)syscall(SYS_clock_gettime, which, ts);

    if (rc == 0 && which == CLOCK_BOOTTIME)
        ts->tv_sec += slept_s();
    return rc;
}
