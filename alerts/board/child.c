/* SPDX-License-Identifier: Apache-2.0 */
/* A child is a process, three anonymous files and a pidfd that tells the loop when it has ended. */
#include "alerts/board/child.h"

#include "core/mem.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_ARGS = 16, OUT_MAX = 32 << 20, ERRORS_MAX = 64 << 10 };
extern char **environ;

struct hy_child {
    struct hy_loop *loop;
    pid_t pid;
    int file[3]; /* stdin, stdout, stderr */
    int pidfd;
    off_t input_size;
    struct hy_watch *watch;
    struct hy_timer *timeout;
    void (*done)(int status, struct hy_str out, struct hy_str errors, void *user);
    void *user;
};

static void close_all(struct hy_child *c)
{
    for (size_t i = 0; i < HY_COUNT(c->file); i++)
        if (c->file[i] >= 0)
            close(c->file[i]);
    if (c->pidfd >= 0)
        close(c->pidfd);
}

static void release(void *p)
{
    struct hy_child *c = p;

    hy_watch_free(c->watch);
    hy_timer_free(c->timeout);
    close_all(c);
    free(c);
}

/* A view of the whole file, at most `max` bytes; unmap it. */
static struct hy_str map(int fd, size_t max)
{
    struct stat st;

    if (fstat(fd, &st) < 0 || st.st_size == 0)
        return hy_str("");
    size_t n = HY_MIN((size_t)st.st_size, max);
    void *p = mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0);
    return p == MAP_FAILED ? hy_str("") : hy_str_n(p, n);
}

static void unmap(struct hy_str s)
{
    if (s.n)
        munmap((void *)(uintptr_t)s.p, s.n);
}

static void on_end(void *user)
{
    struct hy_child *c = user;
    int status = 0;

    if (waitpid(c->pid, &status, WNOHANG) != c->pid)
        return;
    hy_watch_free(HY_TAKE(c->watch));
    hy_timer_cancel(c->timeout);
    struct hy_str out = map(c->file[1], OUT_MAX), errors = map(c->file[2], ERRORS_MAX);
    c->done(WIFEXITED(status) ? WEXITSTATUS(status) : -1, out, errors, c->user);
    unmap(out);
    unmap(errors);
    hy_loop_defer_free(c->loop, c, release);
}

static void on_timeout(void *user)
{
    struct hy_child *c = user;
    kill(c->pid, SIGKILL); /* its end comes by the pidfd */
}

static bool fill(int fd, struct hy_str s)
{
    while (s.n) {
        ssize_t n = write(fd, s.p, s.n);
        if (n <= 0)
            return false;
        s = hy_str_sub(s, (size_t)n, s.n);
    }
    return lseek(fd, 0, SEEK_SET) == 0;
}

static int open_file(const char *dir)
{
    int fd = dir ? open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : -1;

    return fd >= 0 ? fd : memfd_create("huiying", MFD_CLOEXEC);
}

static int open_files(struct hy_child *c, const struct hy_child_job *job, struct hy_err *err)
{
    struct stat st;

    for (int i = job->input_fd >= 0; i < 3; i++)
        if ((c->file[i] = open_file(job->dir)) < 0)
            return hy_fail_errno(err, "a file without a name");
    if (job->input_fd >= 0)
        c->file[0] = fcntl(job->input_fd, F_DUPFD_CLOEXEC, 3);
    bool ok = c->file[0] >= 0 &&
              (job->input_fd >= 0 ? lseek(c->file[0], 0, SEEK_SET) == 0 : fill(c->file[0], job->input));
    if (!ok || fstat(c->file[0], &st) < 0)
        return hy_fail_errno(err, "input");
    c->input_size = st.st_size;
    return HY_OK;
}

static int spawn(struct hy_child *c, const char *const *args, struct hy_err *err)
{
    posix_spawn_file_actions_t fa;
    const char *argv[MAX_ARGS + 2] = {"huiying"};

    for (size_t i = 0; args[i]; i++) {
        if (i == MAX_ARGS)
            hy_bug("too many arguments for a child");
        argv[i + 1] = args[i];
    }
    posix_spawn_file_actions_init(&fa);
    for (int i = 0; i < 3; i++)
        posix_spawn_file_actions_adddup2(&fa, c->file[i], i);
    posix_spawn_file_actions_addclosefrom_np(&fa, 3); /* no socket of ours goes along */
    int failed = posix_spawn(&c->pid, "/proc/self/exe", &fa, NULL,
                             (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&fa);
    if (failed)
        return hy_fail(err, HY_E_IO, "cannot start %s: %s", args[0], strerror(failed));
    c->pidfd = pidfd_open(c->pid, 0);
    return c->pidfd < 0 ? hy_fail_errno(err, "pidfd") : HY_OK;
}

static void end_now(struct hy_child *c)
{
    if (c->pid <= 0)
        return;
    kill(c->pid, SIGKILL);
    waitpid(c->pid, NULL, 0);
}

int hy_child_start(struct hy_loop *l, const struct hy_child_job *job, struct hy_child **ret,
                   struct hy_err *err)
{
    struct hy_child *c = hy_xcalloc(1, sizeof(*c));

    *c = (struct hy_child){.loop = l, .file = {-1, -1, -1}, .pidfd = -1, .done = job->done,
                           .user = job->user};
    if (open_files(c, job, err) < 0 || spawn(c, job->args, err) < 0) {
        end_now(c);
        release(c);
        return err->code;
    }
    c->watch = hy_watch_new(l, c->pidfd, on_end, c);
    c->timeout = hy_timer_new(l, on_timeout, c);
    hy_timer_arm(c->timeout, job->timeout_ms);
    *ret = c;
    return HY_OK;
}

double hy_child_progress(const struct hy_child *c)
{
    off_t at = lseek(c->file[0], 0, SEEK_CUR);

    return c->input_size > 0 && at > 0 ? (double)at / (double)c->input_size : 0;
}

int hy_child_output_fd(const struct hy_child *c)
{
    return fcntl(c->file[1], F_DUPFD_CLOEXEC, 3);
}

void hy_child_free(struct hy_child *c)
{
    if (c == NULL)
        return;
    end_now(c);
    release(c);
}
