/* SPDX-License-Identifier: Apache-2.0 */
/* Hosts: found by an address, or made; what is known of their robots.txt. */
#include "core/mem.h"
#include "core/url.h"
#include "crawler/crawl.h"

#include <stdlib.h>

static const char *const agent = "huiying"; /* product token in robots.txt */

struct hy_crawl_host *hy_crawl_host_(struct hy_crawl *c, struct hy_str url)
{
    struct hy_url u = {0};
    struct hy_err err = HY_ERR_INIT;

    if (hy_url_parse(url, NULL, &u, &err) < 0 || !hy_url_is_http(&u)) {
        hy_url_release(&u);
        return NULL;
    }
    HY_CLEANUP(hy_freep) char *key = hy_url_origin(&u);
    hy_url_release(&u);
    struct hy_crawl_host *h = hy_map_get(c->hosts, hy_str(key));
    if (h == NULL) {
        h = hy_xcalloc(1, sizeof(*h));
        h->c = c;
        h->key = hy_xstrdup(key);
        h->site = hy_crawl_site_(hy_str(key));
        h->queued = hy_map_new(NULL);
        TAILQ_INIT(&h->pages);
        hy_map_set(c->hosts, hy_str(key), h);
    }
    return h;
}

void hy_crawl_host_free_(void *host)
{
    struct hy_crawl_host *h = host;
    struct hy_job *j;

    while ((j = TAILQ_FIRST(&h->pages))) {
        TAILQ_REMOVE(&h->pages, j, entry);
        hy_job_free_(j);
    }
    hy_robots_free(h->robots);
    hy_map_free(h->queued);
    hy_vec_release(&h->sources);
    free(h->key);
    free(h->site);
    free(h);
}

void hy_crawl_take_robots_(struct hy_crawl_host *h, enum hy_robots_access access,
                           struct hy_str body, hy_wall until)
{
    hy_robots_free(HY_TAKE(h->robots));
    h->robots = hy_robots_parse(access == HY_ROBOTS_RULES ? body : hy_str(""), agent);
    h->access = access;
    h->robots_known = true;
    h->robots_until = until;
}

void hy_crawl_wake_(struct hy_crawl *c)
{
    if (!c->stopping)
        hy_timer_arm(c->wake, 0);
}
