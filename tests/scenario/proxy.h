/* SPDX-License-Identifier: Apache-2.0 */
/* Between a program and its Redis: passes bytes on, late or cut off in the middle of a reply.  One
 * process a connection, so that a program that is frozen holds up nobody else.
 *
 *     struct proxy x;
 *     proxy_start(&x, dir, "redis.sock");   x.path is the socket to connect to
 *     x.faults->delay_ms = 50;              every piece of a reply comes that much later
 *     x.faults->cut_after = 1000;           after so many bytes of replies one connection breaks
 *     proxy_end(&x); */
#pragma once
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

struct proxy_faults {
    _Atomic int delay_ms;
    _Atomic long cut_after; /* bytes; below 0: never */
    _Atomic int cuts;       /* how many there were */
};
struct proxy {
    struct proxy_faults *faults;
    char path[96], behind[96];
    pid_t pid;
};

static inline struct sockaddr_un proxy_address(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
    return a;
}

static inline bool proxy_write(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t did = send(fd, p, n, MSG_NOSIGNAL);
        if (did <= 0)
            return false;
        p += did;
        n -= (size_t)did;
    }
    return true;
}

/* A piece of a reply; false when the connection is to end with it. */
static inline bool proxy_reply(struct proxy_faults *f, int to, const char *p, size_t n)
{
    long left = f->cut_after;

    if (f->delay_ms > 0)
        usleep((useconds_t)f->delay_ms * 1000);
    if (left < 0)
        return proxy_write(to, p, n);
    if ((size_t)left >= n) {
        f->cut_after = left - (long)n;
        return proxy_write(to, p, n);
    }
    f->cut_after = -1;
    f->cuts++;
    proxy_write(to, p, (size_t)left);
    return false;
}

static inline void proxy_serve(const struct proxy *x, int client)
{
    struct sockaddr_un a = proxy_address(x->behind);
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    static char buf[65536];
    bool on = connect(server, (struct sockaddr *)&a, sizeof(a)) == 0;

    while (on) {
        struct pollfd fds[] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
        poll(fds, 2, -1);
        for (int i = 0; on && i < 2; i++) {
            if (fds[i].revents == 0)
                continue;
            ssize_t n = read(fds[i].fd, buf, sizeof(buf));
            on = n > 0 && (i == 0 ? proxy_write(server, buf, (size_t)n)
                                  : proxy_reply(x->faults, client, buf, (size_t)n));
        }
    }
    _exit(0);
}

static inline void proxy_run(const struct proxy *x, int listening)
{
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        int client = accept(listening, NULL, NULL);
        pid_t parent = getpid();
        if (client >= 0 && fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (getppid() != parent)
                _exit(1);
            close(listening);
            proxy_serve(x, client);
        }
        close(client);
    }
}

static inline void proxy_start(struct proxy *x, const char *dir, const char *socket_name)
{
    struct sockaddr_un a;
    int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pid_t parent = getpid();

    snprintf(x->path, sizeof(x->path), "%s/proxy.sock", dir);
    snprintf(x->behind, sizeof(x->behind), "%s/%s", dir, socket_name);
    x->faults = mmap(NULL, sizeof(*x->faults), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                     -1, 0);
    x->faults->cut_after = -1;
    a = proxy_address(x->path);
    if (bind(listening, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(listening, 32) < 0)
        abort();
    x->pid = fork();
    if (x->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        proxy_run(x, listening);
    }
    close(listening);
}

static inline void proxy_end(struct proxy *x)
{
    kill(x->pid, SIGKILL);
    waitpid(x->pid, NULL, 0);
    munmap(x->faults, sizeof(*x->faults));
}
