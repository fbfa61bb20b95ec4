/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts of URLs (URL standard, section 3.5): names through IDNA, IPv4 in every notation a browser
 * takes, IPv6.  Private to core/url.c. */
#pragma once
#include "core/buf.h"
#include "core/err.h"

/* Append the serialised host.  `special`: the scheme is http, https, ws, wss, ftp or file. */
HY_MUST_CHECK int hy_url_host_parse(struct hy_str input, bool special, struct hy_buf *out,
                                    struct hy_err *err);
