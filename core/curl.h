/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl's multi interface on our loop, for the files that transfer something
 * (crawler/fetch/http.c, alerts/deliver/net.c), and the options that every transfer of ours has.
 *
 * The caller owns its easy handles.  `done` is called once per handle that was added, after libcurl
 * has returned, with the handle already removed from the multi: it may add it again, add others or
 * clean it up.  Handles still added when the multi is freed have to be removed before. */
#pragma once
#include "core/loop.h"

#include <curl/curl.h> /* CURL is the shape of a transfer */

struct hy_curl;
typedef void (*hy_curl_done_fn)(CURL *easy, CURLcode code, void *user);

/* `kept`: idle connections kept open. */
struct hy_curl *hy_curl_new(struct hy_loop *l, long kept, hy_curl_done_fn done, void *user);
void hy_curl_free(struct hy_curl *c); /* NULL is a no-op */
void hy_curl_add(struct hy_curl *c, CURL *easy);
void hy_curl_remove(struct hy_curl *c, CURL *easy);

/* No signals, no blocking on a lookup that timed out, no proxy from the environment, the CA store
 * cached (numbers-io: Debian's CAPATH switches that cache off, 17 ms per TLS connection), sockets
 * opened and closed here.  A CURLOPT_OPENSOCKETFUNCTION of the caller's ends in hy_curl_open(). */
void hy_curl_common(struct hy_curl *c, CURL *easy);
curl_socket_t hy_curl_open(struct hy_curl *c, const struct curl_sockaddr *a);

/* curl_easy_setopt that must succeed. */
#define HY_CURL_SET(easy, option, value)                                                           \
    do {                                                                                           \
        if (curl_easy_setopt(easy, option, value) != CURLE_OK)                                     \
            hy_bug("libcurl refuses option " #option);                                             \
    } while (0)
