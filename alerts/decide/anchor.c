/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/decide/anchor.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

enum { FILE_CAP = 64 * 1024 * 1024, HASH_HEX = 64 };

static int by_seq(const void *a, const void *b)
{
    const struct hy_anchor_row *x = a, *y = b;

    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static int read_row(struct hy_str line, struct hy_anchors *ret, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *o = NULL;
    struct hy_anchor_row row = {0};
    struct hy_str hash;

    if (hy_json_parse(line, &o, err) < 0)
        return err->code;
    hash = hy_json_str(o, "hash");
    row.seq = hy_json_int(o, "seq", -1);
    row.at = hy_json_time(o, "at");
    if (hash.n != HASH_HEX || row.seq < 0)
        return hy_fail(err, HY_E_PARSE, "不是留存的哈希：要有 seq 和 64 位的 hash");
    memcpy(row.hash, hash.p, HASH_HEX);
    hy_vec_push(ret, row);
    return HY_OK;
}

int hy_anchors_read(const char *path, struct hy_anchors *ret, struct hy_err *err)
{
    struct hy_buf text = HY_BUF_INIT(FILE_CAP);
    int rc = hy_buf_read_file(&text, path, err);

    for (struct hy_lines it = hy_lines(hy_buf_view(&text)); rc == HY_OK && hy_lines_next(&it);)
        if (hy_str_trim(it.line).n && read_row(it.line, ret, err) < 0)
            rc = hy_wrap(err, "%s 第 %zu 行", path, it.no);
    hy_buf_release(&text);
    if (ret->n)
        qsort(ret->v, ret->n, sizeof(*ret->v), by_seq);
    return rc;
}

void hy_anchors_check(struct hy_anchors *a, struct hy_str line)
{
    int64_t seq = hy_journal_seq(line);

    for (size_t i = 0; i < a->n && a->v[i].seq <= seq; i++)
        if (a->v[i].seq == seq)
            a->v[i].is =
                hy_str_is(hy_journal_hash(line), a->v[i].hash) ? HY_ANCHOR_FITS : HY_ANCHOR_OTHER;
}

const struct hy_anchor_row *hy_anchors_last(const struct hy_anchors *a)
{
    return a->n ? &a->v[a->n - 1] : NULL;
}

const struct hy_anchor_row *hy_anchors_fit(const struct hy_anchors *a)
{
    const struct hy_anchor_row *fit = NULL;

    for (size_t i = 0; i < a->n && a->v[i].is == HY_ANCHOR_FITS; i++)
        fit = &a->v[i];
    return fit;
}

static int differs(const struct hy_anchor_row *row, struct hy_err *err)
{
    char at[HY_TIME_SIZE] = "时间不明";

    if (hy_wall_known(row->at))
        hy_wall_format(row->at, HY_CST, at);
    return hy_fail(err, HY_E_STATE,
                   "与留存的哈希不符：%s 留存的第 %lld 条哈希不是现在这一条的。"
                   "这一条或更早的记录在那以后被重做过，或者留存的是另一本日志的哈希",
                   at, (long long)row->seq);
}

int hy_anchors_end(const struct hy_anchors *a, int64_t count, struct hy_err *err)
{
    for (size_t i = 0; i < a->n; i++) {
        if (a->v[i].is == HY_ANCHOR_OTHER)
            return differs(&a->v[i], err);
        if (a->v[i].seq > count)
            return hy_fail(err, HY_E_STATE, "末尾少了：留存过第 %lld 条的哈希，现在只有 %lld 条",
                           (long long)hy_anchors_last(a)->seq, (long long)count);
    }
    return HY_OK;
}

void hy_anchor_write(const struct hy_head *head, hy_wall now, const char *journal,
                     struct hy_buf *out)
{
    HY_CLEANUP(hy_json_freep) json_t *o = json_object();

    hy_json_set_int(o, "seq", head->seq);
    hy_json_set_str(o, "hash", hy_str(head->hash));
    hy_json_set_time(o, "at", now, HY_CST);
    hy_json_set_str(o, "journal", hy_str(journal));
    hy_json_write(o, out);
    hy_buf_char(out, '\n');
}

static int nibble(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

void hy_anchor_tsq(const struct hy_head *head, struct hy_buf *out)
{
    /* TimeStampReq { version 1, MessageImprint { sha256, OCTET STRING of 32 bytes }, certReq TRUE }
     */
    static const unsigned char before[] = {0x30, 0x39, 0x02, 0x01, 0x01, 0x30, 0x31, 0x30,
                                           0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
                                           0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
    static const unsigned char behind[] = {0x01, 0x01, 0xff};

    hy_buf_add(out, before, sizeof(before));
    for (int i = 0; i < HASH_HEX; i += 2)
        hy_buf_char(out, (char)(nibble(head->hash[i]) << 4 | nibble(head->hash[i + 1])));
    hy_buf_add(out, behind, sizeof(behind));
}
