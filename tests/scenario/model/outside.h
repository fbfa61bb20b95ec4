/* SPDX-License-Identifier: Apache-2.0 */
/* What lies outside: the delivery's process, and the gateway that it tells.  The gateway writes down
 * every message before it answers, so that a message whose answer is lost counts as received. */
#pragma once
#include "tests/scenario/play.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>

enum { REQUEST_MAX = 65536 };

struct gateway_faults {
    _Atomic int refuse; /* so many of the next messages are answered with 503 and not taken */
    _Atomic int cut;    /* so many are taken, and the connection ends without an answer */
    _Atomic int slow_ms;
    _Atomic int cuts;   /* how many there were */
};
struct outside {
    struct gateway_faults *faults;
    int port;
    char log[96]; /* one line a message: the JSON */
    pid_t gateway;
    pid_t deliver; /* 0: not running */
    int deliver_kills;
};

/* ---- the gateway ---- */

static inline void gateway_answer(int fd, const char *status)
{
    char text[128];
    int n = snprintf(text, sizeof(text),
                     "HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status);

    if (send(fd, text, (size_t)n, MSG_NOSIGNAL) < 0)
        return;
}

/* The body of one request; "" when it did not come whole. */
static inline const char *gateway_read(int fd)
{
    static char text[REQUEST_MAX];
    size_t n = 0;
    ssize_t got;

    while ((got = read(fd, text + n, sizeof(text) - 1 - n)) > 0) {
        n += (size_t)got;
        text[n] = '\0';
        const char *end = strstr(text, "\r\n\r\n"), *length = strcasestr(text, "\r\ncontent-length:");
        if (end && length && n >= (size_t)(end + 4 - text) + strtoul(length + 17, NULL, 10))
            return end + 4;
    }
    return "";
}

static inline void gateway_take(const struct outside *o, int log, int fd)
{
    const char *body = gateway_read(fd);

    if (o->faults->slow_ms > 0)
        usleep((useconds_t)o->faults->slow_ms * 1000);
    if (body[0] == '\0')
        return;
    if (o->faults->refuse > 0) {
        o->faults->refuse--;
        gateway_answer(fd, "503 Service Unavailable");
        return;
    }
    dprintf(log, "%s\n", body);
    if (o->faults->cut > 0) {
        o->faults->cut--;
        o->faults->cuts++;
        return;
    }
    gateway_answer(fd, "200 OK");
}

static inline void gateway_run(const struct outside *o, int listening)
{
    int log = open(o->log, O_WRONLY | O_CREAT | O_APPEND, 0600);

    for (;;) {
        int fd = accept(listening, NULL, NULL);
        if (fd < 0)
            continue;
        gateway_take(o, log, fd);
        close(fd);
    }
}

static inline void gateway_start(struct outside *o, const char *dir)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(a);
    int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pid_t parent = getpid();

    snprintf(o->log, sizeof(o->log), "%s/gateway.log", dir);
    o->faults =
        mmap(NULL, sizeof(*o->faults), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(bind(listening, (struct sockaddr *)&a, sizeof(a)) == 0 &&
                listen(listening, 64) == 0 &&
                getsockname(listening, (struct sockaddr *)&a, &size) == 0);
    o->port = ntohs(a.sin_port);
    o->gateway = fork();
    if (o->gateway == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        gateway_run(o, listening);
    }
    close(listening);
}

/* ---- the delivery ---- */

static inline void deliver_start(const struct play *p, struct outside *o)
{
    char log[128], rules[128];
    const char *binary = getenv("HUIYING");
    pid_t parent = getpid();

    o->deliver = fork();
    if (o->deliver != 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    snprintf(log, sizeof(log), "%s/deliver.log", p->redis.dir);
    dup2(open(log, O_WRONLY | O_CREAT | O_APPEND, 0600), STDERR_FILENO);
    snprintf(rules, sizeof(rules), "%s/sample", p->rules);
    setenv("HUIYING_TEST_CLOCK", p->clock_path, 1);
    execl(binary, binary, "deliver", "-c", rules, "--redis", p->via, (char *)NULL);
    perror(binary);
    _exit(127);
}

static inline void deliver_kill(struct outside *o)
{
    if (o->deliver == 0)
        return;
    kill(o->deliver, SIGKILL);
    waitpid(o->deliver, NULL, 0);
    o->deliver = 0;
    o->deliver_kills++;
}

/* ---- the rules of the office, with the gateway in them ---- */

static inline void write_rules(struct play *p, const struct outside *o)
{
    char path[160];

    play_copy_rules(p);
    snprintf(path, sizeof(path), "%s/sample/duty.yaml", p->rules);
    FILE *f = fopen(path, "a");
    fprintf(f,
            "\nwebhooks:\n"
            "  - {id: gate, kind: json, url: \"http://127.0.0.1:%d/\", give_up: 20h}\n",
            o->port);
    fclose(f);
}

static inline void outside_start(struct outside *o, struct play *p)
{
    gateway_start(o, p->redis.dir);
    write_rules(p, o);
}

static inline void outside_end(struct outside *o)
{
    deliver_kill(o);
    kill(o->gateway, SIGKILL);
    waitpid(o->gateway, NULL, 0);
    munmap(o->faults, sizeof(*o->faults));
}
