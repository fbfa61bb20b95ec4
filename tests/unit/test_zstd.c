/* SPDX-License-Identifier: Apache-2.0 */
#include "core/zstd.h"

#include "core/mem.h"

#include <string.h>

#include "tests/unit/harness.h"

static struct hy_buf packed_of(struct hy_str plain)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_zstd_pack(plain, &b);
    return b;
}

TEST(what_is_packed_comes_back)
{
    static const char zeros[100000];
    const struct hy_str texts[] = {HY_STR(""), HY_STR("a"), HY_STR("清溪县一化工厂爆炸"),
                                   hy_str_n(zeros, sizeof(zeros))};

    for (size_t i = 0; i < HY_COUNT(texts); i++) {
        struct hy_buf packed = packed_of(texts[i]), plain = HY_BUF_INIT(sizeof(zeros) + 1);
        struct hy_err err = HY_ERR_INIT;
        hy_buf_puts(&plain, "+"); /* it appends */
        assert_int_equal(hy_zstd_unpack(hy_buf_view(&packed), &plain, &err), HY_OK);
        assert_true(hy_str_eq(hy_str_sub(hy_buf_view(&plain), 1, plain.n), texts[i]));
        hy_buf_release(&packed);
        hy_buf_release(&plain);
    }
}

TEST(a_bomb_is_refused_by_what_it_says)
{
    static const char zeros[1 << 20];
    struct hy_buf packed = packed_of(hy_str_n(zeros, sizeof(zeros)));
    struct hy_buf plain = HY_BUF_INIT(sizeof(zeros) - 1);
    struct hy_err err = HY_ERR_INIT;

    assert_true(packed.n < 1000);
    assert_int_equal(hy_zstd_unpack(hy_buf_view(&packed), &plain, &err), HY_E_TOOBIG);
    assert_int_equal(plain.n, 0);
    hy_buf_release(&packed);
    hy_buf_release(&plain);
}

TEST(damage_is_an_error_and_never_other_bytes)
{
    struct hy_str text = HY_STR("这是一段正文，说的是自来水公司今晚停水检修的事情，请互相转告。");
    struct hy_buf packed = packed_of(text);

    for (size_t cut = 0; cut < packed.n; cut++) {
        struct hy_buf plain = HY_BUF_INIT(4096);
        struct hy_err err = HY_ERR_INIT;
        assert_true(hy_zstd_unpack(hy_str_n(packed.p, cut), &plain, &err) < 0);
        assert_int_equal(plain.n, 0);
        hy_buf_release(&plain);
    }
    for (size_t i = 0; i < packed.n; i++) {
        struct hy_buf plain = HY_BUF_INIT(4096);
        struct hy_err err = HY_ERR_INIT;
        packed.p[i] ^= 0x10;
        if (hy_zstd_unpack(hy_buf_view(&packed), &plain, &err) == HY_OK)
            assert_true(hy_str_eq(hy_buf_view(&plain), text)); /* a bit that means nothing */
        packed.p[i] ^= 0x10;
        hy_buf_release(&plain);
    }
    hy_buf_release(&packed);
}
