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
#include "core/vec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BACK_MAX = 20000 /* lines; one transaction has some thousands at most */, KEYS_MAX = 500 };

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

/* Back from the mirror's end to the last line that Redis has too. */
static int find(struct hy_keep *k, int64_t redis_seq, struct fork *f, struct hy_err *err)
{
    off_t end = hy_mirror_end(k->mirror), begin;

    *f = (struct fork){0};
    for (; end > 0 && f->lines < BACK_MAX; f->lines++, end = begin) {
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
        if (!hy_str_is(hy_journal_hash(hy_buf_view(&line)), hash))
            continue;
        f->at = end;
        f->seq = seq;
        return HY_OK;
    }
    return HY_OK;
}

/* ---- what is in them ---- */

struct keys {
    HY_VEC(char *) v; /* owned; EXISTS and the keys */
};

static void keys_clear(struct keys *keys)
{
    for (size_t i = 0; i < keys->v.n; i++)
        free(keys->v.v[i]);
    hy_vec_release(&keys->v);
}

/* How many of them are there. */
static int count_known(struct hy_keep *k, struct keys *keys, struct fork *f, struct hy_err *err)
{
    redisReply *r = NULL;

    if (keys->v.n < 2)
        return HY_OK;
    if (hy_redis_sync_cmdv(k->redis, &r, err, (int)keys->v.n, (const char **)keys->v.v, NULL) < 0)
        return err->code;
    f->inputs += (int64_t)keys->v.n - 1;
    f->unknown += (int64_t)keys->v.n - 1 - r->integer;
    freeReplyObject(r);
    keys_clear(keys);
    return HY_OK;
}

/* The key that a line leaves when its input was taken, by whomever: the reply to a command, an item. */
static char *key_of(const struct hy_keep *k, struct hy_str line)
{
    struct hy_err ignored = HY_ERR_INIT;
    HY_CLEANUP(hy_json_freep) json_t *entry = NULL;

    if (hy_json_parse(line, &entry, &ignored) < 0)
        return NULL;
    struct hy_str cmd = hy_json_str(entry, "cmd"),
                  item = hy_json_str(json_object_get(json_object_get(entry, "data"), "item"), "id"),
                  id = cmd.n ? cmd : item;
    return id.n == 0 ? NULL
                     : hy_xasprintf("%s:" HY_STR_FMT, hy_keep_key(k, cmd.n ? "reply" : "item"),
                                    HY_STR_ARG(id));
}

/* Has everything that came from outside been answered and taken all the same? */
static int count_inputs(struct hy_keep *k, struct fork *f, struct hy_err *err)
{
    HY_CLEANUP(keys_clear) struct keys keys = {0};
    off_t begin;

    for (off_t end = hy_mirror_end(k->mirror); end > f->at; end = begin) {
        HY_CLEANUP(hy_buf_release) struct hy_buf line = HY_BUF_INIT(HY_BUF_UNBOUNDED);
        if (hy_mirror_line(k->mirror, end, &line, &begin, err) < 0)
            return err->code;
        char *key = key_of(k, hy_buf_view(&line));
        if (key && keys.v.n == 0)
            hy_vec_push(&keys.v, hy_xstrdup("EXISTS"));
        if (key)
            hy_vec_push(&keys.v, key);
        if (keys.v.n > KEYS_MAX && count_known(k, &keys, f, err) < 0)
            return err->code;
    }
    return count_known(k, &keys, f, err);
}

static int put_aside(struct hy_keep *k, struct fork *f, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *path = hy_xstrdup(hy_mirror_path(k->mirror));
    HY_CLEANUP(hy_freep)
    char *to = hy_xasprintf("%s.fork-%lld", path, (long long)hy_wall_now().ms);

    if (f->at == 0) {
        hy_mirror_close(HY_TAKE(k->mirror));
        return hy_keep_set_aside(path, "fork", err);
    }
    if (count_inputs(k, f, err) < 0)
        return err->code;
    if (hy_mirror_split(k->mirror, f->at, to, err) < 0)
        return err->code;
    const struct hy_kv about[] = {HY_KVN("behind", f->seq), HY_KVN("lines", f->lines),
                                  HY_KVN("inputs", f->inputs), HY_KVN("unknown", f->unknown),
                                  HY_KV("kept_as", to)};
    hy_log_write(f->unknown ? HY_ERROR : HY_WARN, "mirror_forked", about, HY_COUNT(about));
    hy_mirror_close(HY_TAKE(k->mirror));
    return HY_OK;
}

/* Has the mirror Redis' newest line?  Then it has only more, however much: Redis is filled again by
 * somebody, and that takes long enough to be looked at half way. */
static int is_ahead(struct hy_keep *k, const struct hy_head *redis, bool *ret, struct hy_err *err)
{
    HY_CLEANUP(hy_buf_release) struct hy_buf line = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    off_t end, ignored;

    *ret = false;
    if (hy_mirror_find(k->mirror, redis->seq, &end, err) < 0) {
        if (err->code != HY_E_NOTFOUND)
            return err->code;
        *err = HY_ERR_INIT; /* it is shorter */
        return HY_OK;
    }
    if (end > 0 && hy_mirror_line(k->mirror, end, &line, &ignored, err) < 0)
        return err->code;
    *ret = end == 0 || hy_str_is(hy_journal_hash(hy_buf_view(&line)), redis->hash);
    return HY_OK;
}

int hy_keep_rejoin(struct hy_keep *k, const struct hy_head *redis, struct hy_err *err)
{
    struct fork f = {0};
    bool ahead;

    if (is_ahead(k, redis, &ahead, err) < 0 || (!ahead && find(k, redis->seq, &f, err) < 0))
        return err->code;
    if (ahead || f.seq == redis->seq)
        return hy_fail(err, HY_E_STATE, "the mirror is ahead of Redis");
    if (put_aside(k, &f, err) < 0 || hy_keep_fold(k, redis->seq, err) < 0)
        return err->code;
    k->heard = redis->seq; /* what the fork was called is no measure of what there is */
    return HY_OK;
}
