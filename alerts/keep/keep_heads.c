/* SPDX-License-Identifier: Apache-2.0 */
/* DATA/heads: what somebody outside should fetch and keep (docs/TRUST.md).
 *
 *     heads/<office>.jsonl       the journal's head of every day on which we led, a line each
 *     heads/<office>-<seq>.tsq   request for a time stamp (RFC 3161) on that head
 *
 * Written once a day by the leader, the directory readable for everybody who may enter the data
 * directory.  That it cannot be written is told in the log once a day and stops nothing. */
#include "alerts/decide/anchor.h"
#include "alerts/keep/keep.h"
#include "core/log.h"
#include "core/mem.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int64_t day_of(hy_wall t)
{
    return (t.ms + HY_CST * HY_MINUTE_MS) / HY_DAY_MS;
}

/* The day of the last line; 0 when there is none that can be read. */
static int64_t day_written(const char *path)
{
    struct hy_anchors list = {0};
    struct hy_err ignored = HY_ERR_INIT;
    int64_t day = 0;

    if (hy_anchors_read(path, &list, &ignored) == HY_OK && list.n)
        day = day_of(hy_anchors_last(&list)->at);
    hy_vec_release(&list);
    return day;
}

static int write_file(const char *path, const char *mode, struct hy_str bytes, struct hy_err *err)
{
    FILE *f = fopen(path, mode);
    bool ok =
        f && fwrite(bytes.p, 1, bytes.n, f) == bytes.n && fflush(f) == 0 && fsync(fileno(f)) == 0;

    if (f && fclose(f) != 0)
        ok = false;
    return ok ? HY_OK : hy_fail_errno(err, "cannot write %s", path);
}

static int publish(const struct hy_keep *k, const char *dir, const char *path, hy_wall now,
                   struct hy_err *err)
{
    const struct hy_head *head = &k->state->head;
    HY_CLEANUP(hy_freep) char *journal = hy_xasprintf("%s.jsonl", k->office);
    HY_CLEANUP(hy_freep)
    char *request = hy_xasprintf("%s/%s-%lld.tsq", dir, k->office, (long long)head->seq);
    struct hy_buf line = HY_BUF_INIT(4096), tsq = HY_BUF_INIT(4096);
    int rc;

    hy_anchor_write(head, now, journal, &line);
    hy_anchor_tsq(head, &tsq);
    rc = write_file(request, "we", hy_buf_view(&tsq), err);
    if (rc == HY_OK) /* last, because it is what says that the day is done */
        rc = write_file(path, "ae", hy_buf_view(&line), err);
    hy_buf_release(&line);
    hy_buf_release(&tsq);
    return rc;
}

void hy_keep_heads(struct hy_keep *k)
{
    hy_wall now = hy_wall_now();
    struct hy_err err = HY_ERR_INIT;

    if (k->state->head.seq == 0 || k->head_day == day_of(now))
        return;
    HY_CLEANUP(hy_freep) char *dir = hy_xasprintf("%s/heads", k->role->data);
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/%s.jsonl", dir, k->office);
    k->head_day = day_of(now);
    if (day_written(path) == k->head_day)
        return;
    if (mkdir(dir, 0755) < 0 && errno != EEXIST)
        hy_fail_errno(&err, "cannot make %s", dir);
    else if (publish(k, dir, path, now, &err) == HY_OK)
        hy_log(HY_INFO, "head_published", HY_KVN("seq", k->state->head.seq));
    if (err.code != HY_OK)
        hy_log(HY_ERROR, "head_not_published", HY_KV("err", err.msg));
}
