/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/fetch/address.h"

#include "core/mem.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "tests/unit/harness.h"

static const struct {
    const char *ip;
    bool public;
} cases[] = {
    {"8.8.8.8", true},
    {"1.1.1.1", true},
    {"172.15.255.255", true},
    {"172.32.0.0", true},
    {"100.63.255.255", true},
    {"223.255.255.255", true},
    {"0.0.0.0", false},
    {"10.1.2.3", false},
    {"100.64.0.1", false},
    {"100.127.255.255", false},
    {"127.0.0.1", false},
    {"127.255.1.1", false},
    {"169.254.169.254", false},
    {"172.16.0.1", false},
    {"172.31.255.255", false},
    {"192.168.1.1", false},
    {"192.0.0.170", false},
    {"192.0.2.1", false},
    {"198.19.255.255", false},
    {"198.51.100.7", false},
    {"203.0.113.9", false},
    {"224.0.0.1", false},
    {"239.1.1.1", false},
    {"255.255.255.255", false},
    {"2606:4700::1111", true},
    {"2400:3200::1", true},
    {"2a00:1450::1", true},
    {"::", false},
    {"::1", false},
    {"::ffff:8.8.8.8", false},
    {"::8.8.8.8", false},
    {"64:ff9b::808:808", false},
    {"64:ff9b:1::1", false},
    {"2002:0808:0808::1", false},
    {"2001::1", false},
    {"2001:db8::1", false},
    {"2001:10::1", false},
    {"fc00::1", false},
    {"fd12:3456::1", false},
    {"fe80::1", false},
    {"fec0::1", false},
    {"ff02::1", false},
    {"100::1", false},
    {"2400:3200::5efe:a00:1", false},
    {"3fff::1", false},
    {"", false},
    {"localhost", false},
    {"0x7f.1", false},
};

TEST(texts)
{
    for (size_t i = 0; i < HY_COUNT(cases); i++)
        if (hy_address_text_is_public(cases[i].ip) != cases[i].public)
            fail_msg("%s", cases[i].ip);
}

TEST(socket_addresses)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x08080808)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    struct sockaddr other = {.sa_family = AF_UNIX};

    assert_true(hy_address_is_public((struct sockaddr *)&v4, sizeof(v4)));
    v4.sin_addr.s_addr = htonl(0x7F000001);
    assert_false(hy_address_is_public((struct sockaddr *)&v4, sizeof(v4)));
    assert_int_equal(inet_pton(AF_INET6, "2606:4700::1", &v6.sin6_addr), 1);
    assert_true(hy_address_is_public((struct sockaddr *)&v6, sizeof(v6)));
    assert_false(hy_address_is_public((struct sockaddr *)&v6, sizeof(v6) - 1));
    assert_false(hy_address_is_public(&other, sizeof(other)));
}
