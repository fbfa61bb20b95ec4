/* SPDX-License-Identifier: Apache-2.0 */
/* Self-registering tests on cmocka: TEST(name) { assert_...; } and nothing else in the file. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/hash.h"

static struct CMUnitTest hy_tests[256];
static size_t hy_test_count;

#define TEST(name)                                                                                 \
    static void test_##name(void **state);                                                         \
    __attribute__((constructor)) static void register_##name(void)                                 \
    {                                                                                              \
        hy_tests[hy_test_count++] = (struct CMUnitTest)cmocka_unit_test(test_##name);              \
    }                                                                                              \
    static void test_##name(void **state __attribute__((unused)))

int main(void)
{
    hy_hash_init();
    return _cmocka_run_group_tests(__BASE_FILE__, hy_tests, hy_test_count, NULL, NULL);
}
