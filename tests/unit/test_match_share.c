/* SPDX-License-Identifier: Apache-2.0 */
#include "analyzer/match.h"
#include "core/mem.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/harness.h"

static const struct hy_str words[] = {{"爆炸", 6}, {"化工厂爆炸", 15}, {"fire", 4}};

/* The path of the only file in the directory; "" without one, "many" of several. */
static const char *only_file(const char *dir, char out[256])
{
    DIR *d = opendir(dir);
    int n = 0;

    out[0] = '\0';
    for (struct dirent *e; (e = readdir(d));)
        if (e->d_name[0] != '.' && n++ == 0)
            snprintf(out, 256, "%s/%.100s", dir, e->d_name);
    closedir(d);
    return n > 1 ? "many" : out;
}

static size_t hits_of(const struct hy_match *m)
{
    struct hy_match_hits hits = {0};

    hy_match_scan(m, HY_STR("清溪县化工厂爆炸, fire"), &hits);
    size_t n = hits.n;
    hy_vec_release(&hits);
    return n;
}

/* Opens the tables once more; they are shared or not, and find what they should. */
static void expect(const char *dir, bool shared)
{
    HY_CLEANUP(hy_match_freep) struct hy_match *m = hy_match_new_in(dir, words, HY_COUNT(words));

    assert_int_equal(hy_match_is_shared(m), shared);
    assert_int_equal(hits_of(m), 3);
}

static void damage(const char *path, off_t at)
{
    int fd = open(path, O_RDWR);
    char c;

    assert_int_equal(pread(fd, &c, 1, at), 1);
    c ^= 1;
    assert_int_equal(pwrite(fd, &c, 1, at), 1);
    close(fd);
}

TEST(processes_share_one_file_and_never_trust_a_damaged_one)
{
    char dir[] = "/tmp/hy-match-XXXXXX", path[256], same[256];
    struct stat first, second;

    assert_non_null(mkdtemp(dir));
    expect(dir, true);
    assert_string_equal(only_file(dir, path), path);
    assert_int_equal(stat(path, &first), 0);
    expect(dir, true); /* the same file */
    assert_int_equal(stat(only_file(dir, same), &second), 0);
    assert_int_equal(first.st_ino, second.st_ino);

    for (off_t at = 0; at < first.st_size; at += first.st_size / 7 + 1) {
        damage(path, at);
        expect(dir, true); /* built and stored anew */
        assert_string_equal(only_file(dir, same), path);
    }
    assert_int_equal(truncate(path, first.st_size / 2), 0);
    expect(dir, true);
    assert_int_equal(chmod(path, 0666), 0); /* anybody could have written it */
    expect(dir, true);
    assert_int_equal(stat(path, &second), 0);
    assert_int_equal(second.st_mode & 0777, 0600);
    unlink(path);
    assert_int_equal(rmdir(dir), 0);
}

TEST(other_words_are_another_file)
{
    char dir[] = "/tmp/hy-match-XXXXXX", one[256], path[256];

    assert_non_null(mkdtemp(dir));
    expect(dir, true);
    only_file(dir, one);
    struct hy_match *m = hy_match_new_in(dir, words, 2);
    assert_true(hy_match_is_shared(m));
    hy_match_free(m);
    assert_string_equal(only_file(dir, path), "many");
    unlink(one);
    unlink(only_file(dir, path));
    assert_int_equal(rmdir(dir), 0);
}

TEST(without_a_directory_the_tables_are_private)
{
    expect(NULL, false);
    expect("/nonexistent/tables", false);
}
