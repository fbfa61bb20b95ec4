/* SPDX-License-Identifier: Apache-2.0 */
/* Any text, a base before the first line break: what is accepted is its own canonical form (parsing
 * the href again gives the href), and all offsets are in order.
 * Covers: core/url */
#include "core/url.h"

#include <stdlib.h>
#include <string.h>

static void check(const struct hy_url *u)
{
    struct hy_err err = HY_ERR_INIT;
    struct hy_url again;

    if (u->scheme_end > u->host || u->host > u->host_end || u->host_end > u->path ||
        u->path > u->query || u->query > u->hash || u->hash > u->n || strlen(u->href) != u->n)
        abort();
    char *canonical = hy_url_canonical(u), *origin = hy_url_origin(u);
    free(canonical);
    free(origin);
    hy_url_registrable(hy_url_host(u));
    int rc = hy_url_parse(hy_str_n(u->href, u->n), NULL, &again, &err);
    if (rc == HY_E_TOOBIG)
        return; /* escapes made it longer than we take */
    if (rc != HY_OK || strcmp(again.href, u->href) != 0)
        abort();
    hy_url_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hy_str rest = hy_str_n((const char *)data, size), first;
    struct hy_err err = HY_ERR_INIT;
    struct hy_url base, u;

    hy_str_cut(&rest, '\n', &first);
    bool has_base = hy_url_parse(first, NULL, &base, &err) == HY_OK;
    if (has_base)
        check(&base);
    if (hy_url_parse(rest, has_base ? &base : NULL, &u, &err) == HY_OK) {
        check(&u);
        hy_url_release(&u);
    }
    if (has_base)
        hy_url_release(&base);
    return 0;
}
