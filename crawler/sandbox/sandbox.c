/* SPDX-License-Identifier: Apache-2.0 */
/* Frames are messages of a SEQPACKET socket, the bytes themselves stand in shared memory.  The
 * keeper tells of a death on the same socket.  A worker may die before it has taken its request:
 * the keeper throws it away, and an answer counts only for the call whose number it bears, or each
 * page would be given the text of the one before. */
#include "crawler/sandbox/sandbox.h"

#include "core/clock.h"
#include "core/mem.h"
#include "crawler/sandbox/sandbox_lock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    WALL_BASE_MS = 2000, /* beside the CPU time: how long an answer may take on a busy machine */
    WALL_FACTOR = 20,
    START_MS = 10000,
    KEEP_BYTES = 1024 * 1024, /* of the shared areas between calls; more goes back */
    NO_LOCK = 77,             /* exit status of a worker that could not be locked in */
};

enum what { READY, REQUEST, ANSWER, FAILED, DIED, NO_START };

struct frame {
    uint32_t what; /* enum what */
    int32_t code;  /* FAILED: enum hy_code; DIED: the signal, 0: it left */
    uint64_t call; /* REQUEST, and what answers it */
    uint64_t n;    /* bytes in the shared area */
    int32_t cpu_ms;
    char msg[sizeof(((struct hy_err *)0)->msg)];
};

struct hy_sandbox {
    const struct hy_sandbox_work *work;
    bool apart, ready;
    void *state; /* not apart */
    int fd;
    pid_t keeper;
    uint64_t calls; /* made so far */
    char *in, *out; /* shared, of work->max_in and max_out bytes */
};

/* -- worker --------------------------------------------------------------------------------- */

static bool send_frame(int fd, const struct frame *f)
{
    return send(fd, f, sizeof(*f), MSG_NOSIGNAL) == (ssize_t)sizeof(*f);
}

static void set_cpu_limit(int ms)
{
    struct itimerval t = {.it_value = {ms / 1000, ms % 1000 * 1000}};

    setitimer(ITIMER_PROF, &t, NULL); /* SIGPROF ends the process */
}

static void work_once(const struct hy_sandbox *s, void *state, const struct frame *request,
                      struct frame *answer)
{
    struct hy_buf out = HY_BUF_INIT(s->work->max_out);
    struct hy_err err = HY_ERR_INIT;

    *answer = (struct frame){.what = ANSWER, .call = request->call};
    set_cpu_limit(request->cpu_ms);
    int rc = s->work->run(state, hy_str_n(s->in, request->n), &out, &err);
    if (rc == HY_OK)
        rc = hy_buf_check(&out, "the answer", &err);
    set_cpu_limit(0);
    if (rc < 0) {
        answer->what = FAILED;
        answer->code = err.code;
        memcpy(answer->msg, err.msg, sizeof(answer->msg));
    } else if (out.n) {
        memcpy(s->out, out.p, out.n);
        answer->n = out.n;
    }
    hy_buf_release(&out);
}

static int lock(struct hy_err *err)
{
#ifdef HY_SANITIZED
    (void)err;
    return HY_OK;
#else
    return hy_sandbox_lock_(err);
#endif
}

_Noreturn static void worker(const struct hy_sandbox *s, void *state, int fd)
{
    struct hy_err err = HY_ERR_INIT;
    struct frame request, answer = {.what = READY};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (lock(&err) < 0) {
        answer.what = NO_START;
        memcpy(answer.msg, err.msg, sizeof(answer.msg));
        send_frame(fd, &answer);
        _exit(NO_LOCK);
    }
    send_frame(fd, &answer);
    while (recv(fd, &request, sizeof(request), 0) == (ssize_t)sizeof(request)) {
        if (request.what != REQUEST || request.n > s->work->max_in)
            continue;
        work_once(s, state, &request, &answer);
        if (!send_frame(fd, &answer))
            break;
    }
    _exit(0);
}

/* -- keeper --------------------------------------------------------------------------------- */

static volatile sig_atomic_t worker_pid;

static void on_kill(int signo __attribute__((unused)))
{
    if (worker_pid > 0)
        kill((pid_t)worker_pid, SIGKILL);
}

/* Only SIGUSR1 and the end of the caller matter here; Ctrl-C is for the caller. */
static void keeper_signals(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, on = {.sa_handler = on_kill};
    struct sigaction usual = {.sa_handler = SIG_DFL};
    sigset_t none;

    sigaction(SIGINT, &ignore, NULL);
    sigaction(SIGTERM, &ignore, NULL);
    sigaction(SIGHUP, &ignore, NULL);
    sigaction(SIGCHLD, &usual, NULL);
    sigaction(SIGPROF, &usual, NULL);
    sigaction(SIGUSR1, &on, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* What the dead worker was asked and did not take. */
static void drop_requests(int fd)
{
    struct frame f;

    while (recv(fd, &f, sizeof(f), MSG_DONTWAIT) > 0)
        ;
}

_Noreturn static void keep(const struct hy_sandbox *s, int fd)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    keeper_signals();
    hy_sandbox_forget_(fd);
    void *state = s->work->setup ? s->work->setup() : NULL;
    for (;;) {
        int status = 0;
        pid_t pid = fork();
        if (pid == 0)
            worker(s, state, fd);
        if (pid < 0)
            _exit(1);
        worker_pid = pid;
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
        worker_pid = 0;
        if (WIFEXITED(status) && WEXITSTATUS(status) == NO_LOCK)
            _exit(NO_LOCK);
        drop_requests(fd);
        struct frame died = {.what = DIED, .code = WIFSIGNALED(status) ? WTERMSIG(status) : 0};
        if (!send_frame(fd, &died))
            _exit(0);
    }
}

/* -- caller --------------------------------------------------------------------------------- */

/* False: nothing came in time, or nobody is there. */
static bool receive(const struct hy_sandbox *s, hy_mono until, struct frame *ret)
{
    struct pollfd p = {.fd = s->fd, .events = POLLIN};

    for (;;) {
        int64_t left = (until.us - hy_mono_now().us) / 1000;
        int rc = left > 0 ? poll(&p, 1, (int)left) : 0;
        if (rc < 0 && errno == EINTR)
            continue;
        if (rc <= 0 || recv(s->fd, ret, sizeof(*ret), MSG_DONTWAIT) != (ssize_t)sizeof(*ret))
            return false;
        ret->msg[sizeof(ret->msg) - 1] = '\0';
        return true;
    }
}

static int make_ready(struct hy_sandbox *s, struct hy_err *err)
{
    hy_mono until = hy_mono_add_ms(hy_mono_now(), START_MS);
    struct frame f = {0};

    while (!s->ready) {
        if (!receive(s, until, &f))
            return hy_fail(err, HY_E_STATE, "the process for pages does not start");
        if (f.what == NO_START)
            return hy_fail(err, HY_E_STATE, "%s", f.msg);
        s->ready = f.what == READY;
    }
    return HY_OK;
}

static void *shared(size_t n)
{
    void *p =
        mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (p == MAP_FAILED)
        hy_bug("no address space of %zu bytes", n);
    return p;
}

/* Sanitizers open files and map memory as they like: under them a worker is no process of its own,
 * unless a test wants to see what its death costs and does without the locks. */
static bool wants_apart(void)
{
    struct hy_str how = hy_str(getenv("HY_SANDBOX"));

#ifdef HY_SANITIZED
    return hy_str_eq(how, HY_STR("unlocked"));
#else
    return !hy_str_eq(how, HY_STR("off"));
#endif
}

static int start(struct hy_sandbox *s, struct hy_err *err)
{
    int fd[2];

    s->in = shared(s->work->max_in);
    s->out = shared(s->work->max_out);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) < 0)
        return hy_fail_errno(err, "cannot make a pair of sockets");
    s->fd = fd[0];
    s->keeper = fork();
    if (s->keeper == 0)
        keep(s, fd[1]);
    close(fd[1]);
    if (s->keeper < 0)
        return hy_fail_errno(err, "cannot start a process for pages");
    return make_ready(s, err);
}

int hy_sandbox_new(const struct hy_sandbox_work *work, struct hy_sandbox **ret, struct hy_err *err)
{
    struct hy_sandbox *s = hy_xcalloc(1, sizeof(*s));

    *s = (struct hy_sandbox){.work = work, .apart = wants_apart(), .fd = -1};
    if (!s->apart) {
        s->state = work->setup ? work->setup() : NULL;
    } else if (start(s, err) < 0) {
        hy_sandbox_free(s);
        return hy_wrap(err, "cannot lock in the reader of pages (HY_SANDBOX=off does without)");
    }
    *ret = s;
    return HY_OK;
}

void hy_sandbox_free(struct hy_sandbox *s)
{
    if (s == NULL)
        return;
    if (!s->apart && s->work->teardown)
        s->work->teardown(s->state);
    if (s->keeper > 0) {
        kill(s->keeper, SIGKILL); /* its worker follows: PR_SET_PDEATHSIG */
        while (waitpid(s->keeper, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    if (s->fd >= 0)
        close(s->fd);
    if (s->in)
        munmap(s->in, s->work->max_in);
    if (s->out)
        munmap(s->out, s->work->max_out);
    free(s);
}

bool hy_sandbox_is_apart(const struct hy_sandbox *s)
{
    return s->apart;
}

static void give_back(char *area, size_t n)
{
    if (n > KEEP_BYTES)
        madvise(area, n, MADV_REMOVE);
}

void hy_sandbox_renew(struct hy_sandbox *s)
{
    if (!s->apart)
        return;
    s->ready = false;
    kill(s->keeper, SIGUSR1);
}

static int take_answer(struct hy_sandbox *s, const struct frame *f, struct hy_buf *out,
                       struct hy_err *err)
{
    if (f->what == ANSWER && f->n <= s->work->max_out) {
        hy_buf_add(out, s->out, f->n);
        give_back(s->out, f->n);
        return hy_buf_check(out, "the answer", err);
    }
    if (f->what == FAILED && f->code < 0 && f->code >= HY_E_TIMEOUT)
        return hy_fail(err, (enum hy_code)f->code, "%s", f->msg);
    if (f->what == DIED) {
        s->ready = false;
        return f->code == SIGPROF
                   ? hy_fail(err, HY_E_TIMEOUT, "the page takes too long")
                   : hy_fail(err, HY_E_STATE, "reading it ended the reader (signal %d)",
                             (int)f->code);
    }
    hy_sandbox_renew(s);
    return hy_fail(err, HY_E_STATE, "the reader of pages answered nonsense");
}

/* Answers to earlier calls are passed over. */
static bool await_answer(const struct hy_sandbox *s, hy_mono until, struct frame *ret)
{
    do
        if (!receive(s, until, ret))
            return false;
    while ((ret->what == ANSWER || ret->what == FAILED) && ret->call != s->calls);
    return true;
}

/* What was told since the last call.  A worker that died meanwhile was asked nothing: no work is to
 * blame. */
static void catch_up(struct hy_sandbox *s)
{
    struct frame f;

    while (recv(s->fd, &f, sizeof(f), MSG_DONTWAIT) == (ssize_t)sizeof(f))
        if (f.what == READY || f.what == DIED)
            s->ready = f.what == READY;
}

int hy_sandbox_call(struct hy_sandbox *s, struct hy_str in, int cpu_ms, struct hy_buf *out,
                    struct hy_err *err)
{
    struct frame f = {.what = REQUEST, .n = in.n, .cpu_ms = HY_MAX(cpu_ms, 1)};

    hy_buf_clear(out);
    if (in.n > s->work->max_in)
        return hy_fail(err, HY_E_TOOBIG, "more than %zu bytes", s->work->max_in);
    if (!s->apart)
        return s->work->run(s->state, in, out, err);
    catch_up(s);
    if (make_ready(s, err) < 0)
        return err->code = HY_E_IO; /* whatever it is, this work is not to blame */
    if (in.n)
        memcpy(s->in, in.p, in.n);
    f.call = ++s->calls;
    hy_mono until = hy_mono_add_ms(hy_mono_now(), WALL_BASE_MS + (int64_t)WALL_FACTOR * cpu_ms);
    if (!send_frame(s->fd, &f) || !await_answer(s, until, &f)) {
        hy_sandbox_renew(s);
        return hy_fail(err, HY_E_TIMEOUT, "the reader of pages gives no answer");
    }
    give_back(s->in, in.n);
    return take_answer(s, &f, out, err);
}
