/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of open incidents that the archive wants looked at again: are they still there, do they
 * still say the same?  It puts them into the set hy:crawl:recheck (member "<source> <url>", score =
 * when); each crawler takes out what lies on its own hosts and queues it like any other page, so
 * robots.txt and politeness hold.
 *
 * Taken means forgotten here: when this crawler dies, or the page cannot be had just now, nobody
 * answers and the archive asks again. */
#include "core/log.h"
#include "crawler/crawl.h"

#include <stdlib.h>
#include <string.h>

enum { AT_ONCE = 50 };

/* Of one host: what a visit finds comes first. */
enum { HOST_BACKLOG = 100 };

static bool is_ours(struct hy_crawl_host *h, const struct hy_crawl_source *s)
{
    return hy_crawl_is_ours_(h->sources.n ? h : s->host) && h->n_pages < HOST_BACKLOG;
}

struct taking {
    struct hy_crawl *c;
    struct hy_job *job;
};

static void on_taken(const redisReply *reply, void *user)
{
    struct taking *t = user;

    if (reply && reply->type == REDIS_REPLY_INTEGER && reply->integer == 1 && !t->c->stopping)
        hy_crawl_queue_(t->c, HY_TAKE(t->job));
    hy_job_free_(t->job); /* another crawler was quicker, or nobody knows: then it comes again */
    free(t);
}

/* The archive of one office among several knows a source by the office's name for it, not by ours:
 * then any source of the site will do. */
static struct hy_crawl_source *source_of(struct hy_crawl *c, struct hy_str id, struct hy_str url)
{
    struct hy_crawl_source *s = hy_map_get(c->sources, id);
    struct hy_crawl_host *h = s || !c->offices->several ? NULL : hy_crawl_host_(c, url);

    return h && h->sources.n ? h->sources.v[0] : s;
}

static struct hy_job *job_of(struct hy_crawl *c, struct hy_str member)
{
    struct hy_str url = member, id;
    struct hy_crawl_source *s =
        hy_str_cut(&url, ' ', &id) && url.n ? source_of(c, id, url) : NULL;
    struct hy_crawl_host *h = s && s->rules ? hy_crawl_host_(c, url) : NULL;
    char hash[33];

    if (h == NULL || !is_ours(h, s))
        return NULL;
    struct hy_job *j = hy_job_new_(HY_JOB_PAGE, s, url);
    hy_url_hash_(url, hash);
    j->state_key = hy_xstrdup(hash);
    j->recheck = true;
    return j;
}

/* Members of sources that nobody has any more are the archive's to take back. */
static void on_members(const redisReply *reply, void *user)
{
    struct hy_crawl *c = user;

    if (c->stopping || reply == NULL || reply->type != REDIS_REPLY_ARRAY)
        return;
    for (size_t i = 0; i < reply->elements; i++) {
        struct hy_str member = hy_reply_str(reply->element[i]);
        struct hy_job *j = job_of(c, member);
        if (j == NULL)
            continue;
        struct taking *t = hy_xmalloc(sizeof(*t));
        *t = (struct taking){c, j};
        const char *argv[] = {"ZREM", "hy:crawl:recheck", member.p};
        const size_t lengths[] = {strlen(argv[0]), strlen(argv[1]), member.n};
        hy_redis_cmdv(c->redis, on_taken, t, HY_COUNT(argv), argv, lengths);
    }
}

void hy_crawl_rechecks_(struct hy_crawl *c)
{
    hy_redis_cmd(c->redis, on_members, c, "ZRANGE hy:crawl:recheck 0 %d", AT_ONCE - 1);
}
