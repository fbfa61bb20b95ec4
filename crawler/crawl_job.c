/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs: made, and let go with all they hold. */
#include "core/mem.h"
#include "crawler/crawl.h"

#include <stdlib.h>

struct hy_job *hy_job_new_(enum hy_job_kind kind, struct hy_crawl_source *s, struct hy_str url)
{
    struct hy_job *j = hy_xcalloc(1, sizeof(*j));

    j->kind = kind;
    j->source = s;
    j->url = hy_str_dup(url);
    j->first_url = hy_str_dup(url);
    j->published = HY_WALL_NONE;
    return j;
}

void hy_thread_walk_free_(struct hy_thread_walk *w)
{
    if (w == NULL)
        return;
    hy_item_release(&w->item);
    free(w->first);
    free(w->last);
    free(w);
}

void hy_job_free_(struct hy_job *j)
{
    if (j == NULL)
        return;
    free(j->url);
    free(j->first_url);
    free(j->state_key);
    free(j->title);
    free(j->text);
    json_decref(j->hops);
    hy_captures_release(&j->captures);
    hy_thread_walk_free_(j->walk);
    free(j);
}
