/* SPDX-License-Identifier: Apache-2.0 */
/* What we write as web archive is read by a reader that knows only the standard
 * (tests/archive/warc.py), hostile headers and all; and it finds what somebody changed. */
#include "archive/warc.h"
#include "core/mem.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/harness.h"

static const char first[] =
    "{\"item\":\"i1\",\"at\":\"2026-11-23T09:12:00.250+08:00\",\"part\":1,\"page\":true,\"meta\":{"
    "\"url\":\"http://a.example/1\",\"final_url\":\"https://a.example/1?x=1\",\"status\":200,"
    "\"status_line\":\"HTTP/1.1 200 "
    "OK\",\"bytes\":13,\"headers\":[[\"Content-Type\",\"text/html\"],"
    "[\"Content-Encoding\",\"gzip\"],[\"Transfer-Encoding\",\"chunked\"],[\"Content-Length\",\"9\"]"
    ","
    "[\"X-Evil\",\"a\\r\\nWARC-Type: forged\\r\\n\\r\\nbody\"]]}}";
static const char gone[] =
    "{\"item\":\"i1\",\"at\":\"2026-11-23T10:00:00+08:00\",\"part\":1,\"page\":false,\"meta\":{"
    "\"url\":\"http://a.example/1\",\"status\":404,\"bytes\":0,\"headers\":[]}}";
static const char feed[] = /* words of a feed: no page of its own */
    "{\"item\":\"i2\",\"at\":\"2026-11-23T10:01:00+08:00\",\"part\":1,\"page\":false,\"meta\":{"
    "\"url\":\"http://a.example/2\",\"status\":200,\"bytes\":7,\"headers\":[]}}";

static void add(const char *text, const char *page, const char *words, struct hy_buf *out)
{
    struct hy_err err = HY_ERR_INIT;
    HY_CLEANUP(hy_json_freep) json_t *capture = NULL;

    assert_int_equal(hy_json_parse(hy_str(text), &capture, &err), HY_OK);
    hy_warc_capture(capture, hy_str(page), out);
    if (words)
        hy_warc_text(capture, hy_str(words), out);
}

static struct hy_buf archive(void)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_warc_info("pages.warc.gz", (hy_wall){1795395600000}, "清溪\r\nX: y", &b);
    add(first, "<p>起火</p>", "题目\n起火", &b);
    add(gone, "", NULL, &b);
    add(feed, "", "题目\n停水", &b);
    return b;
}

/* What the reader prints; its exit status in *ret. */
static char *read_with_python(const struct hy_buf *bytes, int *ret)
{
    char path[] = "/tmp/test-warc-XXXXXX", said[] = "/tmp/test-warc-said-XXXXXX";
    const char *args[] = {"python3", "tests/archive/warc.py", path, NULL};
    struct hy_buf out = HY_BUF_INIT(1 << 20);
    struct hy_err err = HY_ERR_INIT;
    posix_spawn_file_actions_t files;
    extern char **environ;
    int fd = mkstemp(path), status = 0;
    pid_t pid;

    assert_int_equal(write(fd, bytes->p, bytes->n), (ssize_t)bytes->n);
    close(fd);
    close(mkstemp(said));
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, said, O_WRONLY | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    assert_int_equal(
        posix_spawnp(&pid, args[0], &files, NULL, (char *const *)(uintptr_t)args, environ), 0);
    posix_spawn_file_actions_destroy(&files);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    *ret = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    assert_int_equal(hy_buf_read_file(&out, said, &err), HY_OK);
    unlink(path);
    unlink(said);
    return out.n ? hy_buf_take(&out) : hy_xstrdup("");
}

TEST(a_reader_of_the_standard_reads_it)
{
    struct hy_buf b = archive(), again = archive();
    int status;
    HY_CLEANUP(hy_freep) char *said = read_with_python(&b, &status);

    assert_int_equal(status, 0);
    assert_string_equal(said, "warcinfo - \n"
                              "response https://a.example/1?x=1 200 13 bytes\n"
                              "metadata https://a.example/1?x=1 \n"
                              "conversion https://a.example/1?x=1 13 bytes\n"
                              "response http://a.example/1 404 0 bytes\n"
                              "metadata http://a.example/1 \n"
                              "metadata http://a.example/2 \n"
                              "conversion http://a.example/2 13 bytes\n");
    assert_int_equal(b.n, again.n);
    assert_memory_equal(b.p, again.p, b.n);
    hy_buf_release(&b);
    hy_buf_release(&again);
}

/* The reader is strict enough to be believed. */
TEST(a_changed_byte_is_noticed)
{
    struct hy_buf b = archive();
    int status;

    for (size_t at = 40; at < b.n; at += b.n / 7) {
        b.p[at] ^= 1;
        free(read_with_python(&b, &status));
        assert_int_not_equal(status, 0);
        b.p[at] ^= 1;
    }
    b.n -= 5;
    free(read_with_python(&b, &status));
    assert_int_not_equal(status, 0);
    hy_buf_release(&b);
}
