/* SPDX-License-Identifier: Apache-2.0 */
/* The driver of fuzz targets where there is no libFuzzer: runs LLVMFuzzerTestOneInput over every
 * file of the directories and over every file given as argument, and over the empty input.  So the
 * corpus, with every input that ever broke something, is replayed in every test run. */
#include "core/buf.h"
#include "core/hash.h"
#include "core/mem.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { INPUT_CAP = 64 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t replayed;

static int replay_file(const char *path)
{
    struct hy_buf b = HY_BUF_INIT(INPUT_CAP);
    struct hy_err err = HY_ERR_INIT;

    if (hy_buf_read_file(&b, path, &err) < 0) {
        fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    /* A copy of exactly this size: reading behind the end is what the sanitizer must see. */
    uint8_t *exact = hy_xmalloc(b.n);
    if (b.n)
        memcpy(exact, b.p, b.n);
    LLVMFuzzerTestOneInput(exact, b.n);
    free(exact);
    hy_buf_release(&b);
    replayed++;
    return 0;
}

static int replay_dir(const char *path)
{
    DIR *d = opendir(path);
    int failed = 0;

    for (struct dirent *e; d && (e = readdir(d));) {
        if (e->d_name[0] == '.')
            continue;
        HY_CLEANUP(hy_freep) char *file = hy_xasprintf("%s/%s", path, e->d_name);
        failed |= replay_file(file);
    }
    if (d)
        closedir(d);
    return failed;
}

int main(int argc, char **argv)
{
    int failed = 0;

    hy_hash_init();
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++) {
        struct stat st;
        bool is_dir = stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode);
        failed |= is_dir ? replay_dir(argv[i]) : replay_file(argv[i]);
    }
    printf("%zu inputs replayed\n", replayed);
    return failed;
}
