/* SPDX-License-Identifier: Apache-2.0 */
/* May the crawler talk to this address?  Pure.
 *
 * Only globally routable unicast addresses pass.  Everything that reaches into the machine or its
 * network is refused: private, loopback, link-local (with the cloud metadata services), CGNAT,
 * benchmarking, documentation, multicast, reserved, "this network", IPv6 unique local and site
 * local, and every IPv6 form that carries an IPv4 address (mapped, compatible, NAT64, 6to4, Teredo,
 * ISATAP), whatever that address is.  Sources: IANA special-purpose address registries (RFC 6890,
 * 8190), RFC 6598, RFC 6052, RFC 3056, RFC 4380. */
#pragma once
#include <stdbool.h>
#include <sys/socket.h>

bool hy_address_is_public(const struct sockaddr *sa, socklen_t len);
/* The same for its text form, as inet_pton reads it; false for anything else. */
bool hy_address_text_is_public(const char *ip);
