/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/sandbox/sandbox_lock.h"

#include "core/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_ADDRESS_SPACE (UINT64_C(2) << 30)

extern char **environ;

/* The strings themselves: a password in them would still be in memory. */
static void wipe_environment(void)
{
    for (char **e = environ; e && *e; e++)
        explicit_bzero(*e, strlen(*e));
    environ = NULL;
}

void hy_sandbox_forget_(int keep)
{
    int null = open("/dev/null", O_RDWR);

    wipe_environment();
    for (int fd = 0; fd <= 2; fd++)
        if (null < 0 || dup2(null, fd) < 0)
            close(fd);
    if (keep > 3)
        close_range(3, (unsigned)keep - 1, 0);
    close_range((unsigned)HY_MAX(keep + 1, 3), ~0U, 0);
}

static void limit(void)
{
    static const struct {
        int what;
        rlim_t most;
    } rows[] = {
        {RLIMIT_AS, MAX_ADDRESS_SPACE},
        {RLIMIT_FSIZE, 0},
        {RLIMIT_CORE, 0},
        {RLIMIT_NOFILE, 0},
    };

    for (size_t i = 0; i < HY_COUNT(rows); i++)
        setrlimit((__rlimit_resource_t)rows[i].what, &(struct rlimit){rows[i].most, rows[i].most});
}

/* A rule set without rules: nothing of the file system.  Kernels without landlock have the filter
 * below, which alone is enough; one that has it and refuses is told of, for nothing else would show
 * that this door stands open.  Wants a free descriptor, so before limit(). */
static int lock_files(struct hy_err *err)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    struct landlock_ruleset_attr all = {
        .handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1, /* of the first version */
    };

    if (abi < 1)
        return HY_OK;
    int fd = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
    if (fd < 0)
        return hy_fail_errno(err, "cannot make a rule set of landlock");
    int rc = syscall(SYS_landlock_restrict_self, fd, 0) < 0
                 ? hy_fail_errno(err, "the kernel does not take a rule set of landlock")
                 : HY_OK;
    close(fd);
    return rc;
}

/* What malloc, the clock, the socket and the end of a process need. */
static const int allowed[] = {
    SCMP_SYS(brk),          SCMP_SYS(munmap),        SCMP_SYS(mremap),
    SCMP_SYS(madvise),      SCMP_SYS(recvfrom),      SCMP_SYS(sendto),
    SCMP_SYS(futex),        SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),
    SCMP_SYS(setitimer),    SCMP_SYS(exit),          SCMP_SYS(exit_group),
    SCMP_SYS(rt_sigreturn), SCMP_SYS(getrandom),     SCMP_SYS(restart_syscall),
};

static int allow_all(scmp_filter_ctx ctx)
{
    struct scmp_arg_cmp not_executable = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);

    for (size_t i = 0; i < HY_COUNT(allowed); i++)
        if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0) < 0)
            return -1;
    return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, not_executable) < 0 ||
                   seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, not_executable) < 0
               ? -1
               : 0;
}

int hy_sandbox_lock_(struct hy_err *err)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        return hy_fail_errno(err, "cannot give up privileges");
    if (lock_files(err) < 0)
        return err->code;
    limit();
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int rc = ctx && allow_all(ctx) == 0 ? seccomp_load(ctx) : -EINVAL;
    seccomp_release(ctx);
    if (rc < 0)
        return hy_fail(err, HY_E_STATE, "the kernel does not take a filter of system calls: %s",
                       strerror(-rc));
    return HY_OK;
}
