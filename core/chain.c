/* SPDX-License-Identifier: Apache-2.0 */
#include "core/chain.h"

#include "core/hash.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAIL = 9 + 64 + 2 /* ,"hash":"<64>"} */, FRAME_MAX = 256 /* "prev" to "v" */ };

/* ---- writing ---- */

/* In the order of their names, which is the order of the line. */
static const char *const before_prev[] = {"actor", "at", "cmd", "data", "incident"};

void hy_journal_seal(const json_t *entry, struct hy_head *head, struct hy_buf *out)
{
    size_t start = out->n;
    char hash[HY_SHA256_HEX];

    for (size_t i = 0; i < HY_COUNT(before_prev); i++) {
        const json_t *v = json_object_get(entry, before_prev[i]);
        if (v == NULL)
            continue;
        hy_buf_printf(out, "%s\"%s\":", out->n == start ? "{" : ",", before_prev[i]);
        hy_json_write(v, out);
    }
    hy_buf_printf(out, ",\"prev\":\"%s\",\"seq\":%lld,\"term\":%lld,\"type\":\"%s\",\"v\":%d}",
                  head->hash, (long long)head->seq + 1, (long long)head->term,
                  hy_json_str(entry, "type").p, HY_JOURNAL_V);
    hy_sha256_hex(hy_str_sub(hy_buf_view(out), start, out->n), hash);
    out->p[out->n - 1] = ','; /* the closing brace goes behind the hash */
    hy_buf_printf(out, "\"hash\":\"%s\"}", hash);
    head->seq++;
    memcpy(head->hash, hash, sizeof(head->hash));
}

/* ---- reading one line ---- */

struct frame { /* what links a line to the others */
    int64_t v, seq, term;
    struct hy_str prev;
};

struct hy_str hy_journal_hash(struct hy_str line)
{
    return hy_str_sub(line, line.n - 66, line.n - 2);
}

/* The hash a line should have, and the one it says it has. */
static int hash_of(struct hy_str line, char ret[HY_SHA256_HEX], struct hy_str *ret_said,
                   struct hy_err *err)
{
    struct hy_str tail = hy_str_sub(line, line.n < TAIL ? 0 : line.n - TAIL, line.n);
    struct hy_sha256 h;

    if (line.n <= TAIL || !hy_str_starts(tail, HY_STR(",\"hash\":\"")) ||
        !hy_str_ends(tail, HY_STR("\"}")))
        return hy_fail(err, HY_E_PARSE, "不是日志行：末尾没有 hash");
    *ret_said = hy_str_sub(tail, 9, 9 + 64);
    hy_sha256_init(&h);
    hy_sha256_add(&h, hy_str_sub(line, 0, line.n - TAIL));
    hy_sha256_add(&h, HY_STR("}"));
    hy_sha256_end(&h, ret);
    return HY_OK;
}

/* Cut `text`, up to the end of *s, off the end of *s: what stands behind `mark`, which is looked
 * for from the end. */
static bool cut_back(struct hy_str *s, const char *mark, struct hy_str *ret)
{
    size_t n = strlen(mark);

    for (size_t at = s->n < n ? 0 : s->n - n + 1; at-- > 0;) {
        if (memcmp(s->p + at, mark, n) != 0)
            continue;
        *ret = hy_str_sub(*s, at + n, s->n);
        s->n = at;
        return true;
    }
    return false;
}

/* Our own writer always ends a line in the same way, so the links can be read from there: what a
 * line says in `data` cannot stand behind its `prev`.  False: another writer, to be parsed. */
static bool frame_from_end(struct hy_str line, struct frame *f)
{
    struct hy_str s = hy_str_sub(line, 0, line.n - TAIL), v, type, term, seq;

    s = hy_str_sub(s, s.n < FRAME_MAX ? 0 : s.n - FRAME_MAX, s.n);
    if (!cut_back(&s, ",\"v\":", &v) || !hy_str_to_i64(v, &f->v) ||
        !cut_back(&s, ",\"type\":\"", &type) || hy_str_find_char(type, '"', 0) + 1 != type.n)
        return false;
    f->term = 0;
    if (f->v > 1 && (!cut_back(&s, ",\"term\":", &term) || !hy_str_to_i64(term, &f->term)))
        return false;
    if (!cut_back(&s, ",\"seq\":", &seq) || !hy_str_to_i64(seq, &f->seq) ||
        !cut_back(&s, ",\"prev\":\"", &f->prev) || f->prev.n != 65 || f->prev.p[64] != '"')
        return false;
    f->prev.n = 64;
    return true;
}

static struct frame frame_of(const json_t *entry)
{
    return (struct frame){.v = hy_json_int(entry, "v", 0),
                          .seq = hy_json_int(entry, "seq", -1),
                          .term = hy_json_int(entry, "term", -1),
                          .prev = hy_json_str(entry, "prev")};
}

int64_t hy_journal_seq(struct hy_str line)
{
    struct frame f;

    return line.n > TAIL && frame_from_end(line, &f) ? f.seq : -1;
}

static int check_links(const struct frame *f, const struct hy_head *head, struct hy_err *err)
{
    if (f->v < 1 || f->v > HY_JOURNAL_V)
        return hy_fail(err, HY_E_PARSE,
                       "第 %lld 条：格式版本 %lld 不认识（本程序认识 1 至 %d），请升级 huiying",
                       (long long)f->seq, (long long)f->v, HY_JOURNAL_V);
    if (f->seq != head->seq + 1)
        return hy_fail(err, HY_E_STATE, "应为第 %lld 条，却是第 %lld 条：有缺失或次序被改动",
                       (long long)head->seq + 1, (long long)f->seq);
    if (!hy_str_is(f->prev, head->hash))
        return hy_fail(err, HY_E_STATE, "第 %lld 条与前一条接不上：前面有改动、缺失或替换",
                       (long long)f->seq);
    if ((f->v == 1 ? 0 : f->term) < head->term)
        return hy_fail(err, HY_E_STATE,
                       "第 %lld 条由已被接替的值守程序写入（任期 %lld，前一条 %lld）",
                       (long long)f->seq, (long long)f->term, (long long)head->term);
    return HY_OK;
}

static int parse(struct hy_str line, json_t **ret, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *entry = NULL;

    if (hy_json_parse(line, &entry, err) < 0)
        return err->code;
    if (!json_is_object(entry))
        return hy_fail(err, HY_E_PARSE, "不是日志行：不是一个对象");
    *ret = HY_TAKE(entry);
    return HY_OK;
}

int hy_journal_check(struct hy_str line, struct hy_head *head, json_t **ret, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *entry = NULL;
    char hash[HY_SHA256_HEX];
    struct hy_str said;
    struct frame f;

    if (hash_of(line, hash, &said, err) < 0)
        return err->code;
    if (ret || !frame_from_end(line, &f)) {
        if (parse(line, &entry, err) < 0)
            return err->code;
        f = frame_of(entry);
    }
    if (!hy_str_is(said, hash))
        return hy_fail(err, HY_E_PARSE, "第 %lld 条被改动过：内容与其 hash 不符",
                       (long long)(f.seq < 0 ? head->seq + 1 : f.seq));
    if (check_links(&f, head, err) < 0)
        return err->code;
    head->seq++;
    head->term = HY_MAX(head->term, f.v == 1 ? 0 : f.term);
    memcpy(head->hash, hash, sizeof(head->hash));
    if (ret)
        *ret = HY_TAKE(entry);
    return HY_OK;
}

int hy_journal_alone(struct hy_str line, struct hy_head *head, json_t **ret, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *entry = NULL;
    struct hy_head before = HY_HEAD_INIT;
    struct hy_str prev;

    if (parse(line, &entry, err) < 0)
        return err->code;
    prev = hy_json_str(entry, "prev");
    before.seq = hy_json_int(entry, "seq", 0) - 1;
    snprintf(before.hash, sizeof(before.hash), HY_STR_FMT, HY_STR_ARG(prev));
    if (hy_journal_check(line, &before, NULL, err) < 0)
        return err->code;
    *head = before;
    *ret = HY_TAKE(entry);
    return HY_OK;
}
