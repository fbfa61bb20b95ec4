/* SPDX-License-Identifier: Apache-2.0 */
/* The queue of one host: each page once, what is new before what nobody waits for. */
#include "crawler/crawl.h"

#include <string.h>

enum { TURNS = 3 }; /* of pages that are new before one that nobody waits for */

/* The same page twice: from two sources, or behind a redirect.  Whoever is queued already brings
 * it; the other's place in its own frontier is done with, or a restart would ask for the page
 * again. */
static bool is_double(struct hy_crawl *c, struct hy_crawl_host *h, struct hy_job *job)
{
    const struct hy_job *first = NULL;

    if (job->kind == HY_JOB_PAGE && job->walk == NULL) /* a thread's page belongs to its thread */
        first = hy_map_get(h->queued, hy_str(job->url));
    if (first == NULL)
        return false;
    bool shared = job->source == first->source && strcmp(job->first_url, first->first_url) == 0;
    if (shared || job->recheck)
        hy_job_free_(job);
    else
        c->ends[job->kind].known(c, job);
    return true;
}

void hy_crawl_queue_(struct hy_crawl *c, struct hy_job *job)
{
    struct hy_crawl_host *h = hy_crawl_host_(c, hy_str(job->url));

    if (h == NULL) {
        c->ends[job->kind].lost(c, job, "no http address");
        return;
    }
    if (is_double(c, h, job))
        return;
    job->host = h;
    if (job->kind == HY_JOB_PAGE && job->walk == NULL)
        hy_map_set(h->queued, hy_str(job->url), job);
    TAILQ_INSERT_TAIL(&h->pages, job, entry);
    h->n_pages++;
    h->n_late += job->late;
    hy_crawl_wake_(c);
}

void hy_crawl_unqueue_(struct hy_crawl_host *h, struct hy_job *j)
{
    TAILQ_REMOVE(&h->pages, j, entry);
    h->n_pages--;
    h->n_late -= j->late;
    h->turns = j->late ? 0 : h->turns + 1;
    if (j->kind == HY_JOB_PAGE && j->walk == NULL)
        hy_map_remove(h->queued, hy_str(j->url));
}

hy_wall hy_crawl_rested_(const struct hy_crawl_source *s, hy_wall due, hy_wall now)
{
    hy_wall end = s && s->rules ? hy_source_quiet_until(s->rules, now) : HY_WALL_NONE;

    return hy_wall_known(end) && end.ms > due.ms ? end : due;
}

struct hy_job *hy_crawl_due_page_(struct hy_crawl_host *h, hy_wall now, hy_wall *ret_next)
{
    struct hy_job *j, *best[2] = {NULL, NULL}; /* by late */

    TAILQ_FOREACH (j, &h->pages, entry) {
        hy_wall due = hy_crawl_rested_(j->source, j->due, now);
        if (due.ms <= now.ms)
            best[j->late] = best[j->late] ? best[j->late] : j;
        else if (!hy_wall_known(*ret_next) || due.ms < ret_next->ms)
            *ret_next = due;
        if (best[false] && (best[true] || h->n_late == 0))
            break;
    }
    if (best[false] && best[true])
        return best[h->turns >= TURNS];
    return best[false] ? best[false] : best[true];
}
