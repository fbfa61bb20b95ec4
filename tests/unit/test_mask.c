/* SPDX-License-Identifier: Apache-2.0 */
#include "core/mask.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/harness.h"

/* Numbers made up; identity and card numbers have their check digits. */
static const struct {
    const char *in, *out;
} cases[] = {
    {"电话13812345678。", "电话138****5678。"},
    {"138 1234 5678", "138 **** 5678"},
    {"+86 13812345678", "+86 138****5678"},
    {"8613812345678", "86138****5678"},
    {"12345678901", "12345678901"},     /* no mobile prefix */
    {"0571-88012345", "0571-88012345"}, /* a land line */
    {"400-800-1234", "400-800-1234"},
    {"身份证11010519491231002X号", "身份证110105************号"},
    {"440524188001010014", "440524************"},
    {"440524188001010015", "440524188001010015"}, /* check digit wrong */
    {"6222021234567890128", "6222***********0128"},
    {"卡号4111 1111 1111 1111", "卡号4111 **** **** 1111"},
    {"邮箱zhang.san@example.com", "邮箱z****.***@example.com"},
    {"邮箱office@city.gov.cn", "邮箱office@city.gov.cn"},
    {"a@b", "a@b"},
    {"车牌粤B12345驶离", "车牌粤B1***5驶离"},
    {"京A·8K765", "京A·8***5"},
    {"2022年02月13日20:04:17", "2022年02月13日20:04:17"},
    {"涉案12345678元", "涉案12345678元"},
    {"", ""},
};

TEST(cases_of_mask)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[200];
        snprintf(text, sizeof(text), "%s", cases[i].in);
        size_t n = strlen(text);
        hy_mask(text, n);
        assert_string_equal(text, cases[i].out);
        assert_int_equal(strlen(text), n); /* offsets stay */
    }
}
