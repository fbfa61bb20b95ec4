/* SPDX-License-Identifier: Apache-2.0 */
#include "core/datadir.h"

#include "core/buf.h"
#include "core/mem.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/harness.h"

static char root[] = "/tmp/hy-data-XXXXXX";

static int remove_one(const char *path, const struct stat *st, int what, struct FTW *ftw)
{
    (void)st, (void)what, (void)ftw;
    return remove(path);
}

static const char *fresh(const char *below)
{
    static char path[4096];

    memcpy(root + strlen(root) - 6, "XXXXXX", 6);
    assert_non_null(mkdtemp(root));
    snprintf(path, sizeof(path), "%s%s", root, below);
    return path;
}

static void drop(void)
{
    nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

TEST(it_is_created_for_us_alone)
{
    struct hy_datadir d = {.lock = -1};
    struct hy_err err = HY_ERR_INIT;
    struct stat st;

    assert_int_equal(hy_datadir_open(fresh("/a/b"), 0, &d, &err), 0);
    assert_int_equal(stat(d.path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    hy_datadir_close(&d);
    drop();
}

TEST(one_at_a_time_and_the_message_names_the_other)
{
    struct hy_datadir d = {.lock = -1}, e = {.lock = -1};
    struct hy_err err = HY_ERR_INIT;
    const char *path = fresh("");
    char pid[32];

    assert_int_equal(hy_datadir_open(path, 0, &d, &err), 0);
    assert_int_equal(hy_datadir_open(path, 0, &e, &err), HY_E_STATE);
    snprintf(pid, sizeof(pid), "pid %ld", (long)getpid());
    assert_non_null(strstr(err.msg, pid));
    hy_datadir_close(&d);
    assert_int_equal(hy_datadir_open(path, 0, &d, &err), 0);
    hy_datadir_close(&d);
    drop();
}

/* Who took the lock is gone; its child keeps the descriptor a moment longer. */
TEST(a_dying_child_of_the_holder_is_waited_for)
{
    struct hy_datadir d = {.lock = -1};
    struct hy_err err = HY_ERR_INIT;
    const char *path = fresh("");
    int fds[2];
    char byte;

    assert_int_equal(pipe(fds), 0);
    pid_t taker = fork();
    if (taker == 0) {
        close(fds[1]);
        if (hy_datadir_open(path, 0, &d, &err) == 0 && fork() == 0 && read(fds[0], &byte, 1) == 0)
            usleep(10000);
        _exit(0);
    }
    waitpid(taker, NULL, 0);
    assert_int_equal(hy_datadir_open(path, 0, &d, &err), HY_E_STATE);
    close(fds[0]);
    close(fds[1]); /* now it goes, 10 ms later */
    assert_int_equal(hy_datadir_open(path, 10000, &d, &err), 0);
    hy_datadir_close(&d);
    drop();
}

TEST(a_file_in_the_way_is_named)
{
    struct hy_datadir d = {.lock = -1};
    struct hy_err err = HY_ERR_INIT;
    const char *path = fresh("/file/data");
    HY_CLEANUP(hy_freep) char *file = hy_xasprintf("%s/file", root);

    fclose(fopen(file, "we"));
    assert_int_equal(hy_datadir_open(path, 0, &d, &err), HY_E_IO);
    assert_non_null(strstr(err.msg, path));
    assert_non_null(strstr(err.msg, "Not a directory"));
    drop();
}

TEST(a_long_path_gets_a_short_socket)
{
    struct hy_datadir d = {.lock = -1};
    struct hy_err err = HY_ERR_INIT;
    char below[130] = "/", socket[128], *slash;
    struct stat st;

    memset(below + 1, 'x', 120);
    assert_int_equal(hy_datadir_open(fresh("/s"), 0, &d, &err), 0);
    assert_int_equal(hy_datadir_socket(&d, socket, sizeof(socket), &err), 0);
    assert_memory_equal(socket, d.path, strlen(d.path));
    hy_datadir_close(&d);
    drop();

    assert_int_equal(hy_datadir_open(fresh(below), 0, &d, &err), 0);
    assert_int_equal(hy_datadir_socket(&d, socket, sizeof(socket), &err), 0);
    assert_true(strlen(socket) <= 107);
    slash = strrchr(socket, '/');
    *slash = '\0';
    assert_int_equal(lstat(socket, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    chmod(socket, 0755);
    *slash = '/';
    assert_int_equal(hy_datadir_socket(&d, socket, sizeof(socket), &err), HY_E_DENIED);
    *strrchr(socket, '/') = '\0';
    rmdir(socket);
    hy_datadir_close(&d);
    drop();
}

TEST(files_are_replaced_whole)
{
    struct hy_datadir d = {.lock = -1};
    struct hy_err err = HY_ERR_INIT;
    struct hy_buf b = HY_BUF_INIT(100);

    assert_int_equal(hy_datadir_open(fresh(""), 0, &d, &err), 0);
    assert_int_equal(hy_datadir_write(&d, "redis.url", "unix:///a/long/one", &err), 0);
    assert_int_equal(hy_datadir_write(&d, "redis.url", "unix:///b", &err), 0);
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/redis.url", d.path);
    assert_int_equal(hy_buf_read_file(&b, path, &err), 0);
    assert_string_equal(b.p, "unix:///b\n");
    hy_buf_release(&b);
    hy_datadir_close(&d);
    drop();
}
