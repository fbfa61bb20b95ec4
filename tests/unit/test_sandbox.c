/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/sandbox/sandbox.h"

#include "core/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/harness.h"
#include "tests/unit/processes.h"

enum { MAX = 4096, CPU_MS = 50, PATIENCE_MS = 20000 };

static const char *denied(void)
{
    char byte;

    if (open("/etc/passwd", O_RDONLY) >= 0 || errno != EPERM)
        return "open";
    if (open("/proc/self/environ", O_RDONLY) >= 0)
        return "environ";
    if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EPERM)
        return "socket";
    if (fork() >= 0)
        return "fork";
    if (kill(getppid(), SIGKILL) == 0)
        return "kill";
    if (read(0, &byte, 1) >= 0)
        return "read";
    if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
        return "executable memory";
    return getenv("HY_SECRET") ? "environment" : "";
}

/* What a page could make its reader do, by name. */
static int obey(void *state, struct hy_str in, struct hy_buf *out, struct hy_err *err)
{
    (void)state;
    if (hy_str_eq(in, HY_STR("crash")))
        raise(SIGKILL), abort(); /* where the lock forbids the one, the other ends in a fault */
    if (hy_str_eq(in, HY_STR("leave")))
        _exit(0);
    if (hy_str_eq(in, HY_STR("hang")))
        for (volatile unsigned i = 0;; i++)
            ;
    if (hy_str_eq(in, HY_STR("fail")))
        return hy_fail(err, HY_E_PARSE, "no page");
    if (hy_str_eq(in, HY_STR("flood")))
        for (int i = 0; i < 2 * MAX; i++)
            hy_buf_char(out, 'x');
    hy_buf_puts(out, hy_str_eq(in, HY_STR("escape")) ? denied() : "fine");
    return HY_OK;
}

static const struct hy_sandbox_work work = {.run = obey, .max_in = MAX, .max_out = MAX};

static const struct {
    const char *in, *out; /* NULL: it fails */
    enum hy_code code;
    enum { ANYWHERE, APART, LOCKED } where;
} cases[] = {
    {"hello", "fine", HY_OK, ANYWHERE},
    {"escape", "", HY_OK, LOCKED}, /* names the first thing that was possible */
    {"fail", NULL, HY_E_PARSE, ANYWHERE},
    {"crash", NULL, HY_E_STATE, APART},
    {"leave", NULL, HY_E_STATE, APART},
    {"hang", NULL, HY_E_TIMEOUT, APART},
    {"flood", NULL, HY_E_TOOBIG, APART},
};

#ifdef HY_SANITIZED
enum { LOCKS = false }; /* plain.test_sandbox is the same test without sanitizers */
#else
enum { LOCKS = true };
#endif

static void obey_all(const char *how)
{
    struct hy_sandbox *s = NULL;
    struct hy_err err = HY_ERR_INIT;
    struct hy_buf out = HY_BUF_INIT(MAX);

    setenv("HY_SECRET", "password", 1);
    setenv("HY_SANDBOX", how, 1);
    assert_int_equal(hy_sandbox_new(&work, &s, &err), HY_OK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool apart = hy_sandbox_is_apart(s);
        if (cases[i].where > (apart && LOCKS ? LOCKED : apart ? APART : ANYWHERE))
            continue;
        err = HY_ERR_INIT;
        int rc = hy_sandbox_call(s, hy_str(cases[i].in), CPU_MS, &out, &err);
        if (rc != (int)cases[i].code)
            fail_msg("%s: %d %s", cases[i].in, rc, err.msg);
        if (cases[i].out)
            assert_string_equal(out.p ? out.p : "", cases[i].out);
        assert_int_equal(hy_sandbox_call(s, HY_STR("next"), CPU_MS, &out, &err), HY_OK);
        assert_string_equal(out.p, "fine");
    }
    hy_sandbox_free(s);
    hy_buf_release(&out);
}

/* After each page, whatever it did, the next one is read. */
TEST(each_page_costs_only_itself)
{
    obey_all("");
}

TEST(a_worker_apart_may_die)
{
    obey_all("unlocked"); /* without sanitizers it is locked all the same */
}

static pid_t await_other_worker(pid_t keeper, pid_t old)
{
    hy_mono give_up = hy_mono_add_ms(hy_mono_now(), PATIENCE_MS);
    pid_t now = old;

    while ((now == old || now == 0) && hy_mono_now().us < give_up.us)
        now = child_of(keeper);
    assert_true(now > 0 && now != old);
    return now;
}

/* Out of memory, or an operator: nobody was asked anything, so no page is to blame. */
TEST(a_worker_that_dies_between_two_calls_costs_none)
{
    struct hy_sandbox *s = NULL;
    struct hy_err err = HY_ERR_INIT;
    struct hy_buf out = HY_BUF_INIT(MAX);

    setenv("HY_SANDBOX", "unlocked", 1);
    assert_int_equal(hy_sandbox_new(&work, &s, &err), HY_OK);
    for (int deaths = 0; deaths < 3; deaths++) {
        pid_t keeper = child_of(getpid()), worker = await_other_worker(keeper, 0);
        for (int at_once = 0; at_once <= deaths; at_once++) {
            kill(worker, SIGKILL);
            worker = await_other_worker(keeper, worker); /* so the death of the old one is told */
        }
        if (hy_sandbox_call(s, HY_STR("next"), CPU_MS, &out, &err) < 0)
            fail_msg("%s", err.msg);
        assert_string_equal(out.p, "fine");
    }
    hy_sandbox_free(s);
    hy_buf_release(&out);
}

TEST(without_a_process_of_its_own_pages_are_read_all_the_same)
{
    obey_all("off");
}

TEST(too_much_is_refused)
{
    static char big[MAX + 1];
    struct hy_sandbox *s = NULL;
    struct hy_err err = HY_ERR_INIT;
    struct hy_buf out = HY_BUF_INIT(MAX);

    memset(big, 'x', sizeof(big));
    assert_int_equal(hy_sandbox_new(&work, &s, &err), HY_OK);
    assert_int_equal(hy_sandbox_call(s, hy_str_n(big, sizeof(big)), CPU_MS, &out, &err),
                     HY_E_TOOBIG);
    hy_sandbox_free(s);
    hy_buf_release(&out);
}
