/* SPDX-License-Identifier: Apache-2.0 */
/* The desk of one officer: a board, her desktop agent on a session bus of its own, and a notification
 * server that takes everything.  Board and agent are real processes that may die at any moment. */
#pragma once
#include "tests/scenario/play.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define OFFICER "lin.yue"

struct desk {
    char dir[96], bin[128]; /* what is hers; where the programs are */
    char token[128];
    int port, fake_in;
    pid_t bus, fake, board, agent; /* 0: not running */
};

struct desk_program {
    const char *log, *in, *out; /* files beside it; NULL: as we have it */
    const char *argv[12];
};

static inline void desk_redirect(const struct desk *d, const char *name, int to, int flags)
{
    char path[160];
    int fd;

    if (name == NULL)
        return;
    snprintf(path, sizeof(path), "%s/%s", d->dir, name);
    fd = open(path, flags, 0600);
    if (fd < 0 || dup2(fd, to) < 0)
        _exit(126);
}

static inline pid_t desk_spawn(const struct play *p, const struct desk *d,
                               const struct desk_program *program)
{
    char bus[160];
    pid_t parent = getpid(), pid = fork();

    assert_true(pid >= 0);
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    desk_redirect(d, program->in, STDIN_FILENO, O_RDONLY);
    desk_redirect(d, program->out, STDOUT_FILENO, O_WRONLY | O_CREAT | O_TRUNC);
    desk_redirect(d, program->log, STDERR_FILENO, O_WRONLY | O_CREAT | O_APPEND);
    snprintf(bus, sizeof(bus), "unix:path=%s/bus", d->dir);
    setenv("DBUS_SESSION_BUS_ADDRESS", bus, 1);
    setenv("HUIYING_TEST_CLOCK", p->clock_path, 1);
    unsetenv("DISPLAY");
    execvp(program->argv[0], (char *const *)program->argv);
    perror(program->argv[0]);
    _exit(127);
}

static inline void desk_run(const struct play *p, const struct desk *d,
                            const struct desk_program *program)
{
    int status;
    pid_t pid = desk_spawn(p, d, program);

    if (waitpid(pid, &status, 0) != pid || status != 0)
        fail_msg("%s %s: status %d", program->argv[0], program->argv[1], status);
}

static inline void desk_kill(pid_t *pid)
{
    if (*pid == 0)
        return;
    kill(*pid, SIGKILL);
    waitpid(*pid, NULL, 0);
    *pid = 0;
}

/* ---- what may die ---- */

static inline void board_start(const struct play *p, struct desk *d)
{
    char rules[128], listen[32];

    snprintf(rules, sizeof(rules), "%s/sample", p->rules);
    snprintf(listen, sizeof(listen), "127.0.0.1:%d", d->port);
    d->board = desk_spawn(p, d,
                          &(struct desk_program){.log = "board.log",
                                                 .argv = {getenv("HUIYING"), "board", "-c", rules,
                                                          "--listen", listen, "--redis", p->via,
                                                          "--data", d->dir}});
}

static inline void agent_start(const struct play *p, struct desk *d)
{
    char program[160], server[48], token[128];

    snprintf(program, sizeof(program), "%s/huiying-notify", d->bin);
    snprintf(server, sizeof(server), "http://127.0.0.1:%d", d->port);
    snprintf(token, sizeof(token), "%s/token", d->dir);
    d->agent = desk_spawn(p, d,
                          &(struct desk_program){.log = "agent.log",
                                                 .argv = {program, "--server", server,
                                                          "--token-file", token}});
}

/* ---- what stays ---- */

static inline int free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
                getsockname(fd, (struct sockaddr *)&a, &size) == 0);
    close(fd);
    return ntohs(a.sin_port);
}

static inline void desk_account(const struct play *p, struct desk *d)
{
    const char *binary = getenv("HUIYING");
    char path[128];
    FILE *f;

    snprintf(path, sizeof(path), "%s/password", d->dir);
    f = fopen(path, "w");
    fputs("这是一句足够长的测试口令\n", f);
    fclose(f);
    desk_run(p, d,
             &(struct desk_program){.in = "password",
                                    .out = "added",
                                    .argv = {binary, "user", "add", OFFICER, "--name", OFFICER,
                                             "--roles", "duty", "--data", d->dir}});
    desk_run(p, d,
             &(struct desk_program){
                 .out = "token", .argv = {binary, "user", "token", OFFICER, "--data", d->dir}});
    snprintf(path, sizeof(path), "%s/token", d->dir);
    f = fopen(path, "r");
    assert_true(f && fscanf(f, "%127s", d->token) == 1);
    fclose(f);
}

static inline void bus_start(const struct play *p, struct desk *d)
{
    char address[160], path[128], program[160];
    int ends[2];

    snprintf(path, sizeof(path), "%s/bus", d->dir);
    snprintf(address, sizeof(address), "--address=unix:path=%s", path);
    d->bus = desk_spawn(p, d,
                        &(struct desk_program){.log = "bus.log",
                                               .argv = {"dbus-daemon", "--session", "--nofork",
                                                        "--nopidfile", address}});
    for (int i = 0; i < 1000 && access(path, F_OK) < 0; i++)
        usleep(10000);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0); /* it ends with its standard input */
    d->fake_in = ends[1];
    snprintf(program, sizeof(program), "%s/tests/fake_notifications", d->bin);
    int saved = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    dup2(ends[0], STDIN_FILENO);
    d->fake = desk_spawn(p, d,
                         &(struct desk_program){
                             .log = "fake.log", .out = "shown", .argv = {program}});
    dup2(saved, STDIN_FILENO);
    close(saved);
    close(ends[0]);
}

static inline void desk_start(struct desk *d, const struct play *p)
{
    const char *binary = getenv("HUIYING"), *slash = strrchr(binary, '/');

    snprintf(d->bin, sizeof(d->bin), "%.*s", slash ? (int)(slash - binary) : 1,
             slash ? binary : ".");
    snprintf(d->dir, sizeof(d->dir), "%s/desk", p->redis.dir);
    assert_int_equal(mkdir(d->dir, 0700), 0);
    d->port = free_port();
    desk_account(p, d);
    bus_start(p, d);
}

static inline void desk_end(struct desk *d)
{
    desk_kill(&d->agent);
    desk_kill(&d->board);
    desk_kill(&d->fake);
    desk_kill(&d->bus);
    close(d->fake_in);
}

/* ---- asking the board ---- */

/* GET with the officer's token; the JSON, or NULL when the board does not answer (yet). */
static inline json_t *desk_get(const struct desk *d, const char *path)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)d->port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = 10};
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_err err = HY_ERR_INIT;
    json_t *o = NULL;
    char text[4096];
    ssize_t n = -1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    snprintf(text, sizeof(text),
             "GET %s HTTP/1.0\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n\r\n", path,
             d->port, d->token);
    if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
        send(fd, text, strlen(text), MSG_NOSIGNAL) > 0)
        while ((n = read(fd, text, sizeof(text))) > 0)
            hy_buf_add(&b, text, (size_t)n);
    close(fd);
    const char *body = n == 0 && b.n > 12 && memcmp(b.p + 8, " 200", 4) == 0
                           ? strstr(b.p, "\r\n\r\n")
                           : NULL;
    if (body && hy_json_parse(hy_str(body + 4), &o, &err) < 0)
        o = NULL;
    hy_buf_release(&b);
    return o;
}
