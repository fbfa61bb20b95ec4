/* SPDX-License-Identifier: Apache-2.0 */
#include "core/chain.h"

#include "core/hash.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

/* ,"hash":"<64>"} */
enum { TAIL = 9 + 64 + 2 };

void hy_journal_seal(const json_t *entry, struct hy_head *head, struct hy_buf *out)
{
    HY_CLEANUP(hy_json_freep) json_t *line = json_copy((json_t *)entry);
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    char hash[HY_SHA256_HEX];

    json_object_del(line, "hash");
    hy_json_set_int(line, "v", 1);
    hy_json_set_int(line, "seq", head->seq + 1);
    hy_json_set_str(line, "prev", hy_str(head->hash));
    hy_json_write(line, &b);
    hy_sha256_hex(hy_buf_view(&b), hash);
    hy_buf_add(out, b.p, b.n - 1); /* all but the closing brace */
    hy_buf_printf(out, ",\"hash\":\"%s\"}", hash);
    hy_buf_release(&b);
    head->seq++;
    memcpy(head->hash, hash, sizeof(head->hash));
}

struct hy_str hy_journal_hash(struct hy_str line)
{
    return hy_str_sub(line, line.n - 66, line.n - 2);
}

/* The hash a line should have, and the one it says it has. */
static int hash_of(struct hy_str line, char ret[HY_SHA256_HEX], struct hy_str *ret_said,
                   struct hy_err *err)
{
    struct hy_str tail = hy_str_sub(line, line.n < TAIL ? 0 : line.n - TAIL, line.n);
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    if (line.n <= TAIL || !hy_str_starts(tail, HY_STR(",\"hash\":\"")) ||
        !hy_str_ends(tail, HY_STR("\"}")))
        return hy_fail(err, HY_E_PARSE, "不是日志行：末尾没有 hash");
    *ret_said = hy_str_sub(tail, 9, 9 + 64);
    hy_buf_add(&b, line.p, line.n - TAIL);
    hy_buf_char(&b, '}');
    hy_sha256_hex(hy_buf_view(&b), ret);
    hy_buf_release(&b);
    return HY_OK;
}

static int check_links(const json_t *entry, const struct hy_head *head, struct hy_err *err)
{
    int64_t seq = hy_json_int(entry, "seq", -1);

    if (hy_json_int(entry, "v", 0) != 1)
        return hy_fail(err, HY_E_PARSE, "第 %lld 条：格式版本不是 1", (long long)seq);
    if (seq != head->seq + 1)
        return hy_fail(err, HY_E_STATE, "应为第 %lld 条，却是第 %lld 条：有缺失或次序被改动",
                       (long long)head->seq + 1, (long long)seq);
    if (!hy_str_is(hy_json_str(entry, "prev"), head->hash))
        return hy_fail(err, HY_E_STATE, "第 %lld 条与前一条接不上：前面有改动、缺失或替换",
                       (long long)seq);
    return HY_OK;
}

int hy_journal_check(struct hy_str line, struct hy_head *head, json_t **ret, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *entry = NULL;
    char hash[HY_SHA256_HEX];
    struct hy_str said;

    if (hash_of(line, hash, &said, err) < 0 || hy_json_parse(line, &entry, err) < 0)
        return err->code;
    if (!json_is_object(entry))
        return hy_fail(err, HY_E_PARSE, "不是日志行：不是一个对象");
    if (!hy_str_is(said, hash))
        return hy_fail(err, HY_E_PARSE, "第 %lld 条被改动过：内容与其 hash 不符",
                       (long long)hy_json_int(entry, "seq", head->seq + 1));
    if (check_links(entry, head, err) < 0)
        return err->code;
    head->seq++;
    memcpy(head->hash, hash, sizeof(head->hash));
    if (ret)
        *ret = HY_TAKE(entry);
    return HY_OK;
}
