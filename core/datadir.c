/* SPDX-License-Identifier: Apache-2.0 */
#include "core/datadir.h"

#include "core/clock.h"
#include "core/hash.h"
#include "core/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { POLL_MS = 20 };

/* mkdir -p: parents as the umask says, the last one for us alone. */
static int make_dirs(const char *path, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *p = hy_xstrdup(path);

    for (char *slash = p[0] ? strchr(p + 1, '/') : NULL; slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(p, 0777) < 0 && errno != EEXIST)
            return hy_fail_errno(err, "cannot create the data directory %s at %s", path, p);
        *slash = '/';
    }
    if (mkdir(p, 0700) < 0 && errno != EEXIST)
        return hy_fail_errno(err, "cannot create the data directory %s", path);
    return HY_OK;
}

static int64_t holder(int fd)
{
    char text[32] = "";
    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
    int64_t pid = 0;

    if (n > 0)
        (void)hy_str_to_i64(hy_str_trim(hy_str_n(text, (size_t)n)), &pid);
    return pid;
}

/* The lock may outlive who took it, in a child that is dying.  Then waiting is worth it. */
static bool is_alive(int64_t pid)
{
    return pid > 0 && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

static int in_use(int fd, const char *path, struct hy_err *err)
{
    return hy_fail(
        err, HY_E_STATE,
        "the data directory %s is in use by another huiying (pid %lld); stop that one or "
        "choose another directory with --data",
        path, (long long)holder(fd));
}

static int take_lock(int fd, const char *path, long patience_ms, struct hy_err *err)
{
    hy_mono until = hy_mono_add_ms(hy_mono_now(), patience_ms);

    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return hy_fail_errno(err, "cannot lock %s", path);
        if (hy_mono_now().us >= until.us || is_alive(holder(fd)))
            return in_use(fd, path, err);
        nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
    }
    if (ftruncate(fd, 0) < 0 || dprintf(fd, "%ld\n", (long)getpid()) < 0)
        return hy_fail_errno(err, "the data directory %s cannot be written", path);
    return HY_OK;
}

int hy_datadir_open(const char *path, long patience_ms, struct hy_datadir *ret, struct hy_err *err)
{
    HY_CLEANUP(hy_datadir_close) struct hy_datadir d = {.lock = -1};

    if (make_dirs(path, err) < 0)
        return err->code;
    d.path = realpath(path, NULL);
    if (d.path == NULL)
        return hy_fail_errno(err, "data directory %s", path);
    HY_CLEANUP(hy_freep) char *lock = hy_xasprintf("%s/lock", d.path);
    d.lock = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (d.lock < 0)
        return hy_fail_errno(err, "the data directory %s cannot be written", d.path);
    if (take_lock(d.lock, d.path, patience_ms, err) < 0)
        return err->code;
    *ret = d;
    d = (struct hy_datadir){.lock = -1};
    return HY_OK;
}

void hy_datadir_close(struct hy_datadir *d)
{
    free(d->path);
    if (d->lock >= 0)
        close(d->lock);
    *d = (struct hy_datadir){.lock = -1};
}

/* /tmp is everybody's: a directory that is not ours, or a link, is an attack or a mistake. */
static int private_dir(const char *path, struct hy_err *err)
{
    struct stat st;

    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return hy_fail_errno(err, "cannot create %s", path);
    if (lstat(path, &st) < 0)
        return hy_fail_errno(err, "%s", path);
    if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077))
        return hy_fail(err, HY_E_DENIED, "%s belongs to somebody else", path);
    return HY_OK;
}

int hy_datadir_socket(const struct hy_datadir *d, char *ret, size_t size, struct hy_err *err)
{
    const size_t longest = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;
    const char *run = getenv("XDG_RUNTIME_DIR");
    char dir[PATH_MAX];

    int n = snprintf(ret, size, "%s/redis.sock", d->path);
    if (n >= 0 && (size_t)n < size && (size_t)n <= longest)
        return HY_OK;
    if (run == NULL || access(run, W_OK) < 0 || strlen(run) > longest - 40)
        run = "/tmp";
    snprintf(dir, sizeof(dir), "%s/huiying-%016llx", run,
             (unsigned long long)hy_hash64(hy_str(d->path)));
    if (private_dir(dir, err) < 0)
        return err->code;
    n = snprintf(ret, size, "%s/redis.sock", dir);
    if (n < 0 || (size_t)n >= size)
        return hy_fail(err, HY_E_TOOBIG, "no room for the path of a socket");
    return HY_OK;
}

/* An administrator's command may run as root; what it writes stays the service's to read. */
static int give_to_owner(int fd, const char *path)
{
    HY_CLEANUP(hy_freep) char *dir = hy_xstrdup(path);
    char *slash = strrchr(dir, '/');
    struct stat st;

    if (geteuid() != 0 || slash == NULL)
        return 0;
    *slash = '\0';
    return stat(dir[0] ? dir : "/", &st) < 0 ? -1 : fchown(fd, st.st_uid, st.st_gid);
}

static int write_all(int fd, struct hy_str text)
{
    while (text.n) {
        ssize_t n = write(fd, text.p, text.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        text = hy_str_sub(text, (size_t)n, text.n);
    }
    return fsync(fd);
}

int hy_datadir_replace(const char *path, struct hy_str text, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *part = hy_xasprintf("%s.new", path);
    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return hy_fail_errno(err, "cannot write %s", part);
    bool written =
        fchmod(fd, 0600) == 0 && give_to_owner(fd, path) == 0 && write_all(fd, text) == 0;
    if (close(fd) < 0 || !written || rename(part, path) < 0)
        return hy_fail_errno(err, "cannot write %s", path);
    return HY_OK;
}

int hy_datadir_write(const struct hy_datadir *d, const char *name, const char *text,
                     struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/%s", d->path, name);
    HY_CLEANUP(hy_freep) char *line = hy_xasprintf("%s\n", text);

    return hy_datadir_replace(path, hy_str(line), err);
}
