/* SPDX-License-Identifier: Apache-2.0 */
/* A mirror that tells another story than Redis.
 *
 * It comes of a leader that was killed or frozen between its mirror and Redis: whoever led next wrote
 * other lines under the same numbers.  Nobody was told or answered anything out of the lines that only
 * the mirror has, for that is done by the script that did not happen, and their inputs were still in
 * the streams.  Only a Redis that lost data while nobody alive knew better leaves lines that had counted
 * (docs/SOAK.md).
 *
 * So what stands behind the last common line goes into a file of its own, for people to look at, and the
 * log says whether anything in it is known nowhere else.  The rest stays, with its snapshots: an equal
 * hash is an equal past.  A mirror without a common line is set aside as a whole. */
#include "alerts/keep/keep.h"

#include "core/hash.h"
#include "core/log.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BACK_MAX = 20000 }; /* lines: one transaction has some thousands at most */

struct fork {
    off_t at;    /* where the last common line ends; 0: there is none */
    int64_t seq; /* its number */
    int64_t lines, inputs, unknown; /* behind it: lines, those of an input, those Redis knows nothing of */
};

/* The hash of a line of Redis' journal. */
static int hash_in_redis(struct hy_keep *k, int64_t seq, char ret[HY_SHA256_HEX], struct hy_err *err)
{
    redisReply *r = NULL;
    struct hy_str line = {0};

    if (hy_redis_sync_cmd(k->redis, &r, err, "XRANGE %s %lld-0 %lld-0", hy_keep_key(k, "journal"),
                          (long long)seq, (long long)seq) < 0)
        return err->code;
    if (r->elements == 1)
        line = hy_reply_field(r->element[0]->element[1], "e");
    snprintf(ret, HY_SHA256_HEX, HY_STR_FMT, HY_STR_ARG(line.n > 66 ? hy_journal_hash(line) : line));
    freeReplyObject(r);
    if (strlen(ret) + 1 < HY_SHA256_HEX)
        return hy_fail(err, HY_E_STATE, "Redis' journal has no line %lld", (long long)seq);
    return HY_OK;
}

static int is_known(struct hy_keep *k, const char *what, struct hy_str id, bool *ret, struct hy_err *err)
{
    HY_CLEANUP(hy_freep)
    char *key = hy_xasprintf("%s:" HY_STR_FMT, hy_keep_key(k, what), HY_STR_ARG(id));
    redisReply *r = NULL;

    if (hy_redis_sync_cmd(k->redis, &r, err, "EXISTS %s", key) < 0)
        return err->code;
    *ret = r->integer == 1;
    freeReplyObject(r);
    return HY_OK;
}

/* One more line that only the mirror has: has its command been answered, its page been taken, all the
 * same? */
static int note(struct hy_keep *k, struct fork *f, struct hy_str line, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *entry = NULL;

    f->lines++;
    if (hy_json_parse(line, &entry, err) < 0)
        return err->code;
    struct hy_str cmd = hy_json_str(entry, "cmd"),
                  item = hy_json_str(json_object_get(json_object_get(entry, "data"), "item"), "id");
    bool known;
    if (cmd.n == 0 && item.n == 0)
        return HY_OK;
    if (is_known(k, cmd.n ? "reply" : "item", cmd.n ? cmd : item, &known, err) < 0)
        return err->code;
    f->inputs++;
    f->unknown += !known;
    return HY_OK;
}

/* Back from the mirror's end to the last line that Redis has too. */
static int find(struct hy_keep *k, int64_t redis_seq, struct fork *f, struct hy_err *err)
{
    off_t end = hy_mirror_end(k->mirror), begin;

    *f = (struct fork){0};
    for (int n = 0; end > 0 && n < BACK_MAX; n++, end = begin) {
        HY_CLEANUP(hy_buf_release) struct hy_buf line = HY_BUF_INIT(HY_BUF_UNBOUNDED);
        char hash[HY_SHA256_HEX] = "";
        if (hy_mirror_line(k->mirror, end, &line, &begin, err) < 0)
            return err->code;
        int64_t seq = hy_journal_seq(hy_buf_view(&line));
        if (seq < 1)
            return hy_fail(err, HY_E_PARSE, "the mirror's line before byte %lld has no number",
                           (long long)end);
        if (seq <= redis_seq && hash_in_redis(k, seq, hash, err) < 0)
            return err->code;
        if (hy_str_is(hy_journal_hash(hy_buf_view(&line)), hash)) {
            f->at = end;
            f->seq = seq;
            return HY_OK;
        }
        if (note(k, f, hy_buf_view(&line), err) < 0)
            return err->code;
    }
    return HY_OK;
}

static int put_aside(struct hy_keep *k, const struct fork *f, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *path = hy_xstrdup(hy_mirror_path(k->mirror));
    HY_CLEANUP(hy_freep)
    char *to = hy_xasprintf("%s.fork-%lld", path, (long long)hy_wall_now().ms);

    if (f->at == 0) {
        hy_mirror_close(HY_TAKE(k->mirror));
        return hy_keep_set_aside(path, "fork", err);
    }
    if (hy_mirror_split(k->mirror, f->at, to, err) < 0)
        return err->code;
    const struct hy_kv about[] = {HY_KVN("behind", f->seq), HY_KVN("lines", f->lines),
                                  HY_KVN("inputs", f->inputs), HY_KVN("unknown", f->unknown),
                                  HY_KV("kept_as", to)};
    hy_log_write(f->unknown ? HY_ERROR : HY_WARN, "mirror_forked", about, HY_COUNT(about));
    hy_mirror_close(HY_TAKE(k->mirror));
    return HY_OK;
}

int hy_keep_rejoin(struct hy_keep *k, const struct hy_head *redis, struct hy_err *err)
{
    struct fork f;

    if (find(k, redis->seq, &f, err) < 0)
        return err->code;
    if (f.seq == redis->seq)
        return hy_fail(err, HY_E_STATE, "the mirror is ahead of Redis");
    if (put_aside(k, &f, err) < 0 || hy_keep_fold(k, redis->seq, err) < 0)
        return err->code;
    k->heard = redis->seq; /* what the fork was called is no measure of what there is */
    return HY_OK;
}
