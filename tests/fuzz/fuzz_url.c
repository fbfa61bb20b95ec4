/* SPDX-License-Identifier: Apache-2.0 */
/* Any text, a base before the first line break: what is accepted is its own canonical form (parsing
 * the href again gives the href), all offsets are in order, and the quick way for plain URLs says what
 * the book says.
 * Covers: core/url */
#include "core/buf.h"
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

/* A space in front is nothing to a URL, but nothing that begins with one is taken the quick way. */
static void check_by_the_book(struct hy_str text, const struct hy_url *base, const struct hy_url *u)
{
    struct hy_buf spaced = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_err err = HY_ERR_INIT;
    struct hy_url book;

    hy_buf_char(&spaced, ' ');
    hy_buf_str(&spaced, text);
    if (hy_url_parse(hy_buf_view(&spaced), base, &book, &err) != HY_OK ||
        strcmp(book.href, u->href) != 0 || book.scheme_end != u->scheme_end ||
        book.host != u->host || book.host_end != u->host_end || book.path != u->path ||
        book.query != u->query || book.hash != u->hash || book.port != u->port ||
        book.opaque != u->opaque || book.has_host != u->has_host)
        abort();
    hy_url_release(&book);
    hy_buf_release(&spaced);
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
        check_by_the_book(rest, has_base ? &base : NULL, &u);
        hy_url_release(&u);
    }
    if (has_base)
        hy_url_release(&base);
    return 0;
}
