/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/fetch/address.h"

#include "core/mem.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

/* Blocks that are not for us, by the IANA special-purpose registries. */
static const struct {
    uint32_t net;
    int bits;
} refused_v4[] = {
    {0x00000000, 8},  /* 0.0.0.0/8        this network */
    {0x0A000000, 8},  /* 10.0.0.0/8       private */
    {0x64400000, 10}, /* 100.64.0.0/10    carrier-grade NAT */
    {0x7F000000, 8},  /* 127.0.0.0/8      loopback */
    {0xA9FE0000, 16}, /* 169.254.0.0/16   link-local, metadata services */
    {0xAC100000, 12}, /* 172.16.0.0/12    private */
    {0xC0000000, 24}, /* 192.0.0.0/24     protocol assignments */
    {0xC0000200, 24}, /* 192.0.2.0/24     documentation */
    {0xC01FC400, 24}, /* 192.31.196.0/24  AS112 */
    {0xC034C100, 24}, /* 192.52.193.0/24  AMT */
    {0xC0586300, 24}, /* 192.88.99.0/24   6to4 relays */
    {0xC0A80000, 16}, /* 192.168.0.0/16   private */
    {0xC0AF3000, 24}, /* 192.175.48.0/24  AS112 */
    {0xC6120000, 15}, /* 198.18.0.0/15    benchmarking */
    {0xC6336400, 24}, /* 198.51.100.0/24  documentation */
    {0xCB007100, 24}, /* 203.0.113.0/24   documentation */
    {0xE0000000, 4},  /* 224.0.0.0/4      multicast */
    {0xF0000000, 4},  /* 240.0.0.0/4      reserved, broadcast */
};

/* Of IPv6 only 2000::/3 is global unicast; inside of it these are not, or carry an IPv4 address. */
static const struct {
    uint8_t net[8];
    int bits;
} refused_v6[] = {
    {{0x20, 0x01, 0x00, 0x00}, 23}, /* 2001::/23      protocol assignments: Teredo, ORCHID, ... */
    {{0x20, 0x01, 0x0D, 0xB8}, 32}, /* 2001:db8::/32  documentation */
    {{0x20, 0x02}, 16},             /* 2002::/16      6to4 */
    {{0x26, 0x20, 0x00, 0x4F, 0x80, 0x00}, 48}, /* 2620:4f:8000::/48 AS112 */
    {{0x3F, 0xFE}, 16},                         /* 3ffe::/16      6bone, returned */
    {{0x3F, 0xFF, 0x00}, 20},                   /* 3fff::/20      documentation */
};

static bool v4_is_public(uint32_t ip)
{
    for (size_t i = 0; i < HY_COUNT(refused_v4); i++)
        if ((ip ^ refused_v4[i].net) >> (32 - refused_v4[i].bits) == 0)
            return false;
    return true;
}

static bool in_net(const uint8_t *ip, const uint8_t *net, int bits)
{
    int whole = bits / 8, rest = bits % 8;

    return memcmp(ip, net, (size_t)whole) == 0 &&
           (rest == 0 || ((ip[whole] ^ net[whole]) >> (8 - rest)) == 0);
}

static bool v6_is_public(const uint8_t ip[16])
{
    static const uint8_t isatap[3] = {0x00, 0x5E, 0xFE}; /* ::[02]00:5efe:a.b.c.d */

    if ((ip[0] & 0xE0) != 0x20) /* mapped, compatible, NAT64, ULA, link-local, multicast, ... */
        return false;
    for (size_t i = 0; i < HY_COUNT(refused_v6); i++)
        if (in_net(ip, refused_v6[i].net, refused_v6[i].bits))
            return false;
    return !((ip[8] & ~0x02) == 0 && memcmp(ip + 9, isatap, sizeof(isatap)) == 0);
}

bool hy_address_is_public(const struct sockaddr *sa, socklen_t len)
{
    if (sa->sa_family == AF_INET && len >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in in;
        memcpy(&in, sa, sizeof(in));
        return v4_is_public(ntohl(in.sin_addr.s_addr));
    }
    if (sa->sa_family == AF_INET6 && len >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 in6;
        memcpy(&in6, sa, sizeof(in6));
        return v6_is_public(in6.sin6_addr.s6_addr);
    }
    return false;
}

bool hy_address_text_is_public(const char *ip)
{
    struct in_addr v4;
    struct in6_addr v6;

    if (inet_pton(AF_INET, ip, &v4) == 1)
        return v4_is_public(ntohl(v4.s_addr));
    return inet_pton(AF_INET6, ip, &v6) == 1 && v6_is_public(v6.s6_addr);
}
