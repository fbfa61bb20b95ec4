/* SPDX-License-Identifier: Apache-2.0 */
/* The matcher's tables in a file that every process of this machine maps read-only: built by
 * whoever comes first, named by the hash of the words, so that other words are another file and
 * nothing is ever changed in place.
 *
 * Invariant: a file that bears its name is whole (written beside it, synced, renamed), and is used
 * only when it is ours, nobody else may write it, and its content has the hash its head states.
 * Whatever goes wrong, the tables are built for this process alone: sharing saves memory, nothing
 * else depends on it.  Files that no process has opened for a week are removed. */
#include "analyzer/match_table.h"

#include "core/hash.h"
#include "core/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FORMAT = 3, NAME_SIZE = 64, UNUSED_SECONDS = 7 * 24 * 3600 };
static const char prefix[] = "match-";

static void name_of(const struct hy_str *words, size_t n, char out[NAME_SIZE])
{
    struct hy_hasher h;
    unsigned char hash[HY_BLAKE2B];
    uint32_t format[2] = {FORMAT, sizeof(struct match_head)};
    size_t at = (size_t)snprintf(out, NAME_SIZE, "%s", prefix);

    hy_hasher_init(&h);
    hy_hasher_add(&h, hy_str_n((const char *)format, sizeof(format)));
    for (size_t i = 0; i < n; i++) {
        hy_hasher_add(&h, hy_str_n((const char *)&words[i].n, sizeof(words[i].n)));
        hy_hasher_add(&h, words[i]);
    }
    hy_hasher_end(&h, hash);
    for (size_t i = 0; i < 16; i++)
        at += (size_t)snprintf(out + at, NAME_SIZE - at, "%02x", hash[i]);
}

static uint64_t content_of(const struct match_head *h)
{
    return hy_hash64(hy_str_n((const char *)(h + 1), h->bytes - sizeof(*h)));
}

static bool is_ours(const struct stat *st)
{
    return S_ISREG(st->st_mode) && st->st_uid == geteuid() && (st->st_mode & 022) == 0 &&
           (size_t)st->st_size >= sizeof(struct match_head);
}

static bool is_whole(const struct match_head *h, size_t size)
{
    return memcmp(h->magic, "hymatch", 8) == 0 && h->bytes == size && h->words == content_of(h);
}

/* NULL: no such file, or none to be trusted. */
static const struct match_head *map(int dir, const char *name)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat st;
    void *p = MAP_FAILED;

    if (fd < 0)
        return NULL;
    if (fstat(fd, &st) == 0 && is_ours(&st))
        p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (p != MAP_FAILED)
        (void)futimens(fd, NULL); /* in use */
    close(fd);
    if (p == MAP_FAILED || is_whole(p, (size_t)st.st_size))
        return p == MAP_FAILED ? NULL : p;
    munmap(p, (size_t)st.st_size);
    return NULL;
}

static bool put(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && errno != EINTR)
            return false;
        p += HY_MAX(done, (ssize_t)0);
        n -= (size_t)HY_MAX(done, (ssize_t)0);
    }
    return fsync(fd) == 0;
}

static void store(int dir, const char *name, const struct match_head *h)
{
    char draft[NAME_SIZE + 16];

    snprintf(draft, sizeof(draft), "%s.%ld", name, (long)getpid());
    int fd = openat(dir, draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return;
    bool ok = put(fd, (const char *)h, h->bytes);
    ok = close(fd) == 0 && ok;
    if (!ok || renameat(dir, draft, dir, name) < 0)
        unlinkat(dir, draft, 0);
}

static void remove_unused(int dir)
{
    DIR *d = fdopendir(dup(dir));
    time_t now = time(NULL);
    struct stat st;

    for (struct dirent *e; d && (e = readdir(d));)
        if (strncmp(e->d_name, prefix, sizeof(prefix) - 1) == 0 &&
            fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            now - st.st_mtime > UNUSED_SECONDS)
            unlinkat(dir, e->d_name, 0);
    if (d)
        closedir(d);
}

struct hy_match *hy_match_new_in(const char *path, const struct hy_str *words, size_t n)
{
    char name[NAME_SIZE];
    int dir = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    if (dir < 0)
        return hy_match_new(words, n);
    name_of(words, n, name);
    const struct match_head *shared = map(dir, name);
    struct match_head *own = shared ? NULL : match_build(words, n);
    if (own) {
        own->words = content_of(own);
        store(dir, name, own);
        shared = map(dir, name);
        remove_unused(dir);
    }
    close(dir);
    if (shared == NULL)
        return match_over(own, 0);
    free(own);
    return match_over(shared, shared->bytes);
}

bool hy_match_is_shared(const struct hy_match *m)
{
    return m->mapped > 0;
}
