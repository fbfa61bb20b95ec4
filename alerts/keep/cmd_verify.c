/* SPDX-License-Identifier: Apache-2.0 */
/* huiying verify, huiying journal cat: the record proves itself and can be read. */
#include "alerts/decide/anchor.h"
#include "alerts/keep/journal.h"
#include "core/mem.h"
#include "core/role.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct opts {
    struct hy_role_opts role;
    const char *heads, *tsq;
    bool json;
};
static const struct hy_opt rows[] =
    {
        HY_ROLE_OPT_ROWS(struct opts),
        {"json", 0, HY_OPT_FLAG, offsetof(struct opts, json), NULL, "answer as one JSON object"},
        {"heads", 0, HY_OPT_TEXT, offsetof(struct opts, heads), "FILE",
         "heads that were kept elsewhere: nothing was cut off or made anew since"},
        {NULL},
},
                           journal_rows[] = {
                               HY_ROLE_OPT_ROWS(struct opts),
                               {"tsq", 0, HY_OPT_TEXT, offsetof(struct opts, tsq), "FILE",
                                "with head: write a request for an RFC 3161 time stamp on it"},
                               {NULL},
};
extern const struct hy_command hy_cmd_verify, hy_cmd_journal;

/* The given file, or the only journal of the data directory. */
static int journal_path(const struct opts *o, int nargs, char **args, char **ret,
                        struct hy_err *err)
{
    HY_CLEANUP(hy_role_release) struct hy_role role = {0};
    HY_CLEANUP(hy_freep) char *pattern = NULL;
    glob_t g = {0};

    if (nargs > 0) {
        *ret = hy_xstrdup(args[0]);
        return HY_OK;
    }
    if (hy_role_resolve(&o->role, &role, err) < 0)
        return err->code;
    pattern = hy_xasprintf("%s/journal/*.jsonl", role.data);
    if (glob(pattern, 0, NULL, &g) == 0 && g.gl_pathc == 1)
        *ret = hy_xstrdup(g.gl_pathv[0]);
    size_t n = g.gl_pathc;
    globfree(&g);
    if (n == 1)
        return HY_OK;
    return hy_fail(err, HY_E_USAGE, n ? "%s: several journals, name one" : "%s: no journal there",
                   pattern);
}

static void print_fit(const struct hy_anchors *heads)
{
    const struct hy_anchor_row *fit = hy_anchors_fit(heads);
    char at[HY_TIME_SIZE] = "时间不明";

    if (fit == NULL)
        return;
    if (hy_wall_known(fit->at))
        hy_wall_format(fit->at, HY_CST, at);
    printf("已证明：第 1 至 %lld 条与留存的哈希一致：在 %s "
           "已经存在（以留存者记下的时间为准），之后没有"
           "被重做。\n",
           (long long)fit->seq, at);
}

/* Exactly what the answer says, and what it does not. */
static void print_statement(size_t count, const struct hy_anchors *heads)
{
    printf("已证明：第 1 至 %zu 条首尾相连，写下以后没有被改动、抽掉、插入、调换或改期。\n", count);
    print_fit(heads);
    if (heads->n == 0)
        printf("未证明：末尾没有被截掉、整个文件没有被重做。要有留存在外的哈希（--heads）。\n");
    else if (hy_anchors_last(heads)->seq < (int64_t)count)
        printf("未证明：第 %lld 条以后没有被截掉或重做，那以后还没有留存过哈希。\n",
               (long long)hy_anchors_last(heads)->seq);
    printf("不能证明：人工填写的时间属实；该记的都记了；账号由本人使用；提醒有人读过。\n");
}

/* What is left when something is wrong.  That lines follow one upon another proves nothing by
 * itself once a head says that they were made anew. */
static void print_rest(size_t count, const struct hy_anchors *heads, bool chain)
{
    const struct hy_anchor_row *fit = hy_anchors_fit(heads);

    if (!chain && heads->n == 0 && count) {
        printf("已证明：第 1 至 %zu 条首尾相连；从第 %zu 条起不能作为证据。\n", count, count + 1);
        return;
    }
    print_fit(heads);
    if (chain)
        printf("全部 %zu 条首尾相连，但这不说明它们就是当时写下的：整个重做的日志也首尾相连。\n",
               count);
    printf("未证明：从第 %lld 条起是当时写下的。\n", fit ? (long long)fit->seq + 1 : 1LL);
}

static void print_json(const char *path, size_t count, const struct hy_head *head,
                       const struct hy_anchors *heads, const struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *o = json_object();
    const struct hy_anchor_row *fit = hy_anchors_fit(heads);

    json_object_set_new(o, "ok", json_boolean(err->code == HY_OK));
    hy_json_set_str(o, "file", hy_str(path));
    hy_json_set_int(o, "count", (int64_t)count);
    hy_json_set_str(o, "hash", hy_str(head->hash));
    hy_json_set_int(o, "heads", (int64_t)heads->n);
    if (heads->n)
        hy_json_set_int(o, "proven_by_heads", fit ? fit->seq : 0);
    if (err->code != HY_OK)
        hy_json_set_str(o, "broken", hy_str(err->msg));
    hy_json_print(o);
}

/* `chain`: the lines follow one upon another; the error is then about the heads. */
static void print_verdict(size_t count, const struct hy_head *head, const struct hy_anchors *heads,
                          bool chain, const struct hy_err *err)
{
    if (err->code == HY_OK) {
        printf("ok: %zu 条，末尾哈希 %s\n", count, head->hash);
        print_statement(count, heads);
        return;
    }
    if (chain)
        printf("broken: %s\n", err->msg);
    else
        printf("broken: 前 %zu 条首尾相连；%s\n", count, err->msg);
    print_rest(count, heads, chain);
}

static int hold_against(struct hy_str line, void *user, struct hy_err *err)
{
    (void)err;
    hy_anchors_check(user, line);
    return HY_OK;
}

static int run_verify(const void *options, int nargs, char **args)
{
    const struct opts *o = options;
    HY_CLEANUP(hy_freep) char *path = NULL;
    struct hy_err err = HY_ERR_INIT;
    struct hy_head head = HY_HEAD_INIT;
    struct hy_anchors heads = {0};
    size_t count = 0;

    if (journal_path(o, nargs, args, &path, &err) < 0 ||
        (o->heads && hy_anchors_read(o->heads, &heads, &err) < 0)) {
        hy_vec_release(&heads);
        return hy_command_fail(&hy_cmd_verify, &err);
    }
    int rc = hy_journal_verify(path, hold_against, &heads, &count, &head, &err);
    bool chain = rc == HY_OK;
    if (chain)
        rc = hy_anchors_end(&heads, head.seq, &err);
    if (rc != HY_E_IO && o->json)
        print_json(path, count, &head, &heads, &err);
    else if (rc != HY_E_IO)
        print_verdict(count, &head, &heads, chain, &err);
    hy_vec_release(&heads);
    if (rc == HY_E_IO)
        return hy_command_fail(&hy_cmd_verify, &err);
    return rc == HY_OK ? HY_EXIT_OK : HY_EXIT_NO;
}

const struct hy_command hy_cmd_verify = {
    .name = "verify",
    .usage = "[--data DIR] [--heads FILE] [FILE|-]",
    .summary = "the journal's chain: ok, or the first broken entry",
    .details =
        "Checks that no entry was edited, dropped, moved or re-dated since it was written.\n"
        "Without FILE the journal of the data directory.  --heads names lines that `huiying\n"
        "journal head` printed and somebody else kept: then a cut end or a journal made anew\n"
        "shows too.  docs/TRUST.md says what is proven and what is not.\n\n"
        "Example:\n  huiying verify --heads heads.jsonl data/journal/qingxi.jsonl",
    .opts = rows,
    .opts_size = sizeof(struct opts),
    .run = run_verify,
};

static int cat(const char *path, struct hy_err *err)
{
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    ssize_t n;

    if (f == NULL)
        return hy_fail_errno(err, "%s", path);
    while ((n = getline(&line, &room, f)) > 0)
        fwrite(line, 1, (size_t)n, stdout);
    free(line);
    if (f != stdin)
        fclose(f);
    return HY_OK;
}

static int write_file(const char *path, struct hy_str bytes, struct hy_err *err)
{
    FILE *f = fopen(path, "we");

    if (f == NULL)
        return hy_fail_errno(err, "%s", path);
    bool ok = fwrite(bytes.p, 1, bytes.n, f) == bytes.n;
    ok = fclose(f) == 0 && ok;
    return ok ? HY_OK : hy_fail_errno(err, "%s", path);
}

/* The end of the journal, for somebody else to keep.  A broken journal has no head. */
static int head(const char *path, const char *tsq, struct hy_err *err)
{
    const char *name = strrchr(path, '/');
    struct hy_buf line = HY_BUF_INIT(4096), request = HY_BUF_INIT(4096);
    struct hy_head end = HY_HEAD_INIT;
    size_t count = 0;
    int rc = hy_journal_verify(path, NULL, NULL, &count, &end, err);

    if (rc == HY_OK) {
        hy_anchor_write(&end, hy_wall_now(), name ? name + 1 : path, &line);
        hy_anchor_tsq(&end, &request);
        if (tsq)
            rc = write_file(tsq, hy_buf_view(&request), err);
    }
    if (rc == HY_OK)
        fwrite(line.p, 1, line.n, stdout);
    hy_buf_release(&line);
    hy_buf_release(&request);
    return rc;
}

static int run_journal(const void *options, int nargs, char **args)
{
    const struct opts *o = options;
    HY_CLEANUP(hy_freep) char *path = NULL;
    struct hy_err err = HY_ERR_INIT;

    bool heads = nargs > 0 && strcmp(args[0], "head") == 0;

    if (nargs < 1 || (!heads && strcmp(args[0], "cat") != 0)) {
        fprintf(stderr, "huiying journal: say `huiying journal cat|head [FILE]`\n");
        return HY_EXIT_USAGE;
    }
    if (journal_path(o, nargs - 1, args + 1, &path, &err) < 0 ||
        (heads ? head(path, o->tsq, &err) : cat(path, &err)) < 0)
        return hy_command_fail(&hy_cmd_journal, &err);
    return HY_EXIT_OK;
}

const struct hy_command hy_cmd_journal = {
    .name = "journal",
    .usage = "cat|head [--data DIR] [--tsq FILE] [FILE]",
    .summary = "print the journal's lines as they were written, or its head for others to keep",
    .details =
        "head checks the journal and prints one line with its last number and hash.  Give it\n"
        "away once a day, e.g. from cron by mail or to a directory of the supervising office;\n"
        "--tsq writes a request that any RFC 3161 time stamping service answers.\n\n"
        "Example:\n  huiying journal cat | tail -1 | jq .\n"
        "  huiying journal head --tsq head.tsq | mail -s huiying office@example.gov.cn",
    .opts = journal_rows,
    .opts_size = sizeof(struct opts),
    .run = run_journal,
};
