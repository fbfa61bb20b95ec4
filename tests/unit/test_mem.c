/* SPDX-License-Identifier: Apache-2.0 */
/* What owns memory: buffers, arenas, arrays, maps. */
#include "core/arena.h"
#include "core/buf.h"
#include "core/map.h"
#include "core/vec.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/harness.h"

/* ---- buf ---- */

TEST(a_buffer_grows_and_is_always_terminated)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    assert_int_equal(hy_buf_view(&b).n, 0);
    hy_buf_add(&b, "", 0);
    assert_string_equal(b.p, "");
    for (int i = 0; i < 1000; i++)
        hy_buf_printf(&b, "%d,", i % 10);
    assert_int_equal(b.n, 2000);
    assert_int_equal(strlen(b.p), 2000);
    hy_buf_clear(&b);
    assert_string_equal(b.p, "");
    hy_buf_release(&b);
}

TEST(a_cap_is_sticky_and_named)
{
    struct hy_buf b = HY_BUF_INIT(4);
    struct hy_err err = HY_ERR_INIT;

    hy_buf_puts(&b, "abc");
    assert_int_equal(hy_buf_check(&b, "x", &err), 0);
    hy_buf_printf(&b, "%s", "de");
    hy_buf_char(&b, 'f'); /* would fit, but what stands before it is missing */
    assert_string_equal(b.p, "abc");
    assert_int_equal(hy_buf_check(&b, "the page", &err), HY_E_TOOBIG);
    assert_string_equal(err.msg, "the page is larger than 4 bytes");
    hy_buf_clear(&b);
    hy_buf_puts(&b, "abcd");
    assert_int_equal(hy_buf_check(&b, "x", &err), 0);
    hy_buf_release(&b);
}

TEST(code_points_are_encoded)
{
    static const struct {
        uint32_t c;
        const char *utf8;
    } cases[] = {{'a', "a"},
                 {0x7FF, "\xdf\xbf"},
                 {0x6E05, "清"},
                 {0xFFFD, "�"},
                 {0x10FFFF, "\xf4\x8f\xbf\xbf"},
                 {0x110000, "�"},
                 {0xD800, "�"},
                 {0x20000, "\xf0\xa0\x80\x80"}};

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_buf b = HY_BUF_INIT(16);
        hy_buf_utf8(&b, cases[i].c);
        assert_string_equal(b.p, cases[i].utf8);
        hy_buf_release(&b);
    }
}

TEST(taking_leaves_an_empty_buffer)
{
    struct hy_buf b = HY_BUF_INIT(16);

    hy_buf_puts(&b, "x");
    char *p = hy_buf_take(&b);
    assert_string_equal(p, "x");
    free(p);
    p = hy_buf_take(&b);
    assert_string_equal(p, "");
    free(p);
    hy_buf_release(&b);
}

TEST(files_are_read_whole_or_refused)
{
    char path[] = "/tmp/hy-buf-XXXXXX";
    int fd = mkstemp(path);
    struct hy_err err = HY_ERR_INIT;
    struct hy_buf b = HY_BUF_INIT(100000), small = HY_BUF_INIT(10);

    for (int i = 0; i < 9000; i++)
        assert_int_equal(write(fd, "0123456789", 10), 10);
    assert_int_equal(hy_buf_read_file(&b, path, &err), 0);
    assert_int_equal(b.n, 90000);
    assert_int_equal(hy_buf_read_file(&small, path, &err), HY_E_TOOBIG);
    assert_non_null(strstr(err.msg, path));
    unlink(path);
    close(fd);
    assert_int_equal(hy_buf_read_file(&b, path, &err), HY_E_IO);
    hy_buf_release(&b);
    hy_buf_release(&small);
}

/* ---- arena ---- */

TEST(an_arena_gives_zeroed_aligned_memory_again_and_again)
{
    struct hy_arena *a = hy_arena_new();

    for (int round = 0; round < 3; round++) {
        for (size_t n = 0; n < 5000; n += 7) {
            char *p = hy_arena_alloc(a, n);
            assert_int_equal((uintptr_t)p % 16, 0);
            for (size_t i = 0; i < n; i++)
                assert_int_equal(p[i], 0);
            memset(p, 0xFF, n);
        }
        assert_true(hy_arena_used(a) > 1000000);
        hy_arena_reset(a);
        assert_int_equal(hy_arena_used(a), 0);
    }
    hy_arena_free(a);
    hy_arena_free(NULL);
}

TEST(an_arena_copies_views)
{
    struct hy_arena *a = hy_arena_new();
    struct hy_str s = hy_arena_str(a, hy_str_n("a\0b", 3)), none = hy_arena_str(a, hy_str(NULL));

    assert_int_equal(s.n, 3);
    assert_memory_equal(s.p, "a\0b", 4);
    assert_string_equal(none.p, "");
    hy_arena_free(a);
}

/* ---- vec ---- */

TEST(an_array_grows)
{
    HY_VEC(int) v = {0};

    for (int i = 0; i < 1000; i++)
        hy_vec_push(&v, i);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(v.v[i], i);
    hy_vec_release(&v);
    assert_null(v.v);
    assert_int_equal(v.n, 0);
}

/* ---- map ---- */

static int freed;

static void count_free(void *p)
{
    (void)p;
    freed++;
}

static struct hy_str key_of(int i, char *buf, size_t size)
{
    return hy_str_n(buf, (size_t)snprintf(buf, size, "key%d", i));
}

/* Against the simplest model there is: an array of what should be in it. */
TEST(a_map_agrees_with_its_model)
{
    enum { KEYS = 300, STEPS = 20000 };
    struct hy_map *m = hy_map_new(NULL);
    static int model[KEYS];
    uint32_t seed = 1;
    char buf[16];

    for (int i = 0; i < STEPS; i++) {
        seed = seed * 1664525 + 1013904223;
        int k = (int)(seed >> 16) % KEYS;
        struct hy_str key = key_of(k, buf, sizeof(buf));
        if (seed >> 31) {
            model[k] = i + 1;
            hy_map_set(m, key, &model[k]);
        } else {
            assert_int_equal(hy_map_remove(m, key), model[k] != 0);
            model[k] = 0;
        }
    }
    size_t want = 0, at = 0, seen = 0;
    struct hy_str key;
    void *value;
    for (int k = 0; k < KEYS; k++) {
        want += model[k] != 0;
        assert_ptr_equal(hy_map_get(m, key_of(k, buf, sizeof(buf))), model[k] ? &model[k] : NULL);
    }
    assert_int_equal(hy_map_count(m), want);
    while (hy_map_next(m, &at, &key, &value))
        seen++;
    assert_int_equal(seen, want);
    hy_map_free(m);
}

TEST(a_map_frees_what_it_owns_once)
{
    struct hy_map *m = hy_map_new(count_free);
    int a, b;

    hy_map_set(m, HY_STR("k"), &a);
    hy_map_set(m, HY_STR("k"), &a); /* the same again is not a replacement */
    assert_int_equal(freed, 0);
    hy_map_set(m, HY_STR("k"), &b);
    assert_int_equal(freed, 1);
    hy_map_set(m, hy_str_n("k\0", 2), &a); /* another key */
    assert_int_equal(hy_map_count(m), 2);
    assert_true(hy_map_remove(m, HY_STR("k")));
    assert_int_equal(freed, 2);
    assert_false(hy_map_remove(m, HY_STR("k")));
    hy_map_free(m);
    assert_int_equal(freed, 3);
}
