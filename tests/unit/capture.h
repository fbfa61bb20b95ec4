/* SPDX-License-Identifier: Apache-2.0 */
/* What a piece of code writes to standard output or error, and what it reads from standard input.
 *
 *     struct capture c = capture_start(STDOUT_FILENO);
 *     ... code that prints ...
 *     const char *text = capture_end(&c);     valid until the next capture_end
 */
#pragma once
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct capture {
    int target, saved, file;
};

static inline int capture_file(void)
{
    char path[] = "/tmp/hy-capture-XXXXXX";
    int fd = mkstemp(path);

    unlink(path);
    return fd;
}

static inline struct capture capture_start(int target)
{
    fflush(NULL);
    struct capture c = {target, dup(target), capture_file()};
    dup2(c.file, target);
    return c;
}

static inline const char *capture_end(struct capture *c)
{
    static char text[65536];

    fflush(NULL);
    dup2(c->saved, c->target);
    close(c->saved);
    ssize_t n = pread(c->file, text, sizeof(text) - 1, 0);
    text[n < 0 ? 0 : n] = '\0';
    close(c->file);
    return text;
}

/* Path of a temporary file with this content; unlink it. */
static inline const char *capture_input(const char *text)
{
    static char path[32];

    snprintf(path, sizeof(path), "/tmp/hy-input-XXXXXX");
    int fd = mkstemp(path);
    if (fd < 0 || dprintf(fd, "%s", text) < 0)
        abort();
    close(fd);
    return path;
}
