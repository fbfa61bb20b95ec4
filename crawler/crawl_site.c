/* SPDX-License-Identifier: Apache-2.0 */
/* Which crawler takes which site.  Of all that sign the list (crawl_crew.c) each site belongs to the one
 * whose name and the site's give the largest hash (rendezvous hashing).  So everybody comes to the
 * same answer without asking, and when a crawler comes or goes only its own share moves.
 *
 * This only says who should ask for a lease.  That a host is talked to by one crawler at a time is
 * the lease's promise alone, also while two crawlers see different crews. */
#include "core/hash.h"
#include "core/url.h"
#include "crawler/crawl.h"

#include <stdlib.h>
#include <string.h>

void hy_crawl_crew_forget_(struct hy_crawl *c)
{
    for (size_t i = 0; i < c->crew.n; i++)
        free(c->crew.v[i]);
    c->crew.n = 0;
}

/* www.example.cn and bbs.example.cn stay together: pages of the one are listed on the other. */
char *hy_crawl_site_(struct hy_str origin)
{
    struct hy_url u = {0};
    struct hy_err err = HY_ERR_INIT;
    struct hy_str site = origin;

    if (hy_url_parse(origin, NULL, &u, &err) == HY_OK) {
        struct hy_str host = hy_url_host(&u);
        bool literal = host.n && (host.p[host.n - 1] == ']' ||
                                  (host.p[host.n - 1] >= '0' && host.p[host.n - 1] <= '9'));
        if (!literal)
            site = hy_url_registrable(host);
    }
    char *text = hy_str_dup(site);
    hy_url_release(&u);
    return text;
}

char *hy_crawl_site_of_(const char *url)
{
    struct hy_url u = {0};
    struct hy_err err = HY_ERR_INIT;
    char *site = NULL;

    if (hy_url_parse(hy_str(url), NULL, &u, &err) == HY_OK && hy_url_is_http(&u)) {
        HY_CLEANUP(hy_freep) char *origin = hy_url_origin(&u);
        site = hy_crawl_site_(hy_str(origin));
    }
    hy_url_release(&u);
    return site ? site : hy_xstrdup("");
}

static bool decide(const struct hy_crawl *c, const char *site)
{
    char best[HY_SHA256_HEX] = "", hash[HY_SHA256_HEX];
    const char *owner = "";

    for (size_t i = 0; i < c->crew.n; i++) {
        HY_CLEANUP(hy_freep) char *text = hy_xasprintf("%s %s", c->crew.v[i], site);
        if (strcmp(hy_sha256_hex(hy_str(text), hash), best) > 0) {
            memcpy(best, hash, sizeof(best));
            owner = c->crew.v[i];
        }
    }
    return strcmp(owner, c->me) == 0;
}

bool hy_crawl_is_ours_(struct hy_crawl_host *h)
{
    struct hy_crawl *c = h->c;

    if (h->crew_version != c->crew_version) {
        h->crew_version = c->crew_version;
        h->ours = decide(c, h->site);
    }
    return h->ours;
}
