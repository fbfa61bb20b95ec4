/* SPDX-License-Identifier: Apache-2.0 */
#include "core/err.h"

#include "core/mem.h"
#include "core/utf8.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/harness.h"

TEST(failing_sets_and_returns)
{
    struct hy_err err = HY_ERR_INIT;

    assert_int_equal(hy_fail(&err, HY_E_PARSE, "unknown key \"%s\"", "k"), HY_E_PARSE);
    assert_int_equal(err.code, HY_E_PARSE);
    assert_string_equal(err.msg, "unknown key \"k\"");
}

TEST(wrapping_puts_context_before_and_keeps_the_code)
{
    struct hy_err err = HY_ERR_INIT;

    hy_fail(&err, HY_E_TOOBIG, "too long");
    assert_int_equal(hy_wrap(&err, "line %d", 7), HY_E_TOOBIG);
    assert_int_equal(hy_wrap(&err, "%s", "file"), HY_E_TOOBIG);
    assert_string_equal(err.msg, "file: line 7: too long");
}

TEST(errno_is_told_in_words)
{
    struct hy_err err = HY_ERR_INIT;

    errno = ENOENT;
    assert_int_equal(hy_fail_errno(&err, "cannot open %s", "/x"), HY_E_IO);
    assert_string_equal(err.msg, "cannot open /x: No such file or directory");
}

/* Three bytes a character: whatever the length, the cut falls between characters. */
TEST(long_messages_are_cut_between_characters)
{
    char text[400];

    for (size_t shift = 0; shift < 4; shift++) {
        struct hy_err err = HY_ERR_INIT;
        memset(text, 'a', shift);
        for (size_t i = shift; i + 4 < sizeof(text); i += 3)
            memcpy(text + i, "溪", 4);
        hy_fail(&err, HY_E_IO, "%s", text);
        assert_true(hy_utf8_valid(hy_str(err.msg)));
        assert_true(strlen(err.msg) >= sizeof(err.msg) - 4);
        hy_wrap(&err, "%s", text);
        assert_true(hy_utf8_valid(hy_str(err.msg)));
    }
}

TEST(every_code_has_a_stable_name)
{
    static const struct {
        enum hy_code code;
        const char *name;
    } cases[] = {
        {HY_OK, "ok"},
        {HY_E_USAGE, "usage"},
        {HY_E_PARSE, "parse"},
        {HY_E_TOOBIG, "too_big"},
        {HY_E_IO, "io"},
        {HY_E_REDIS, "redis"},
        {HY_E_STATE, "state"},
        {HY_E_NOTFOUND, "not_found"},
        {HY_E_DENIED, "denied"},
        {HY_E_TIMEOUT, "timeout"},
        {(enum hy_code) - 99, "unknown"},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++)
        assert_string_equal(hy_code_name(cases[i].code), cases[i].name);
}
