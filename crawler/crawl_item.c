/* SPDX-License-Identifier: Apache-2.0 */
/* An item gets its id and the hash of what it says, and is stored. */
#include "core/hash.h"
#include "crawler/crawl.h"

#include <stdlib.h>
#include <string.h>

void hy_crawl_item_id_(struct hy_item *it, const struct hy_job *j)
{
    char hash[33];

    hy_url_hash_(hy_str(j->first_url), hash);
    free(it->id);
    it->id = hy_xasprintf("u%.24s", hash);
    free(it->source);
    it->source = hy_xstrdup(j->source->id);
}

/* "1", "1,024", "3.5万": a line with a number alone counts views or replies.  It is no news. */
static bool is_counter(struct hy_str line)
{
    line = hy_str_trim(line);
    for (size_t i = 0; i < line.n; i++)
        if (strchr("0123456789,. k", line.p[i]) == NULL)
            return hy_str_is(hy_str_sub(line, i, line.n), "万") && i > 0;
    return true;
}

static void without_counters(struct hy_buf *b, const char *text)
{
    struct hy_str rest = hy_str(text ? text : ""), line;

    while (hy_str_cut(&rest, '\n', &line))
        if (!is_counter(line))
            hy_buf_printf(b, HY_STR_FMT "\n", HY_STR_ARG(line));
}

/* Everything a reader would see as new: title, text, replies. */
static void content_hash(const struct hy_item *it, char out[HY_SHA256_HEX])
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_buf_printf(&b, "%s\n", it->title ? it->title : "");
    without_counters(&b, it->text);
    for (size_t i = 0; i < it->n_replies; i++) {
        hy_buf_printf(&b, "#");
        without_counters(&b, it->replies[i].text);
    }
    hy_sha256_hex(hy_buf_view(&b), out);
    hy_buf_release(&b);
}

/* Articles differ.  Pages that do not are a wall or an error in the clothes of an article. */
static void note_alike(const struct hy_job *j, const char *content)
{
    struct hy_crawl_source *s = j->source;
    uint64_t hash = hy_hash64(hy_str(content));

    if (j->recheck)
        return;
    s->alike = hash == s->alike_hash ? s->alike + 1 : 1;
    s->alike_hash = hash;
}

/* A date without a time says too little; what is older than two days was there before we came. */
static int64_t delay_of(const struct hy_item *it)
{
    int64_t delay = hy_wall_known(it->published) ? it->fetched.ms - it->published.ms : -1;

    return it->precision >= HY_PREC_MINUTE && delay < 2 * HY_DAY_MS ? delay : -1;
}

void hy_crawl_store_item_(struct hy_crawl *c, struct hy_job *j, struct hy_item *it)
{
    char content[HY_SHA256_HEX];

    hy_crawl_item_id_(it, j);
    hy_item_hash(it);
    content_hash(it, content);
    note_alike(j, content);
    j->delay_ms = delay_of(it);
    hy_captures_name(&j->captures, it, j->first_url);
    HY_CLEANUP(hy_json_freep) json_t *o = hy_item_to_json(it);
    hy_crawl_store_(c, j, hy_json_text(o), content);
}
