/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/keep/journal.h"
#include "alerts/keep/mirror.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/vec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/harness.h"

enum { LINES = 12 };

struct chain {
    char *line[LINES]; /* without '\n' */
};

static struct chain make_chain(void)
{
    struct hy_head head = HY_HEAD_INIT;
    struct chain c;

    for (int i = 0; i < LINES; i++) {
        struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
        json_t *e = json_pack("{s:s,s:s,s:s,s:s,s:{s:i,s:s}}", "type", "note", "incident", "I1",
                              "actor", "王敏", "at", "2026-11-23T09:12:00+08:00", "data", "n", i,
                              "text", "文字\"引号\"\n换行");
        hy_journal_seal(e, &head, &b);
        json_decref(e);
        c.line[i] = hy_buf_take(&b);
    }
    return c;
}

static void free_chain(struct chain *c)
{
    for (int i = 0; i < LINES; i++)
        free(c->line[i]);
}

static void path_of(char path[64])
{
    snprintf(path, 64, "/tmp/hy-test-journal-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
}

static void write_file(const char *path, char *const *line, size_t n, const char *tail)
{
    FILE *f = fopen(path, "w");

    for (size_t i = 0; i < n; i++)
        fprintf(f, "%s\n", line[i]);
    fputs(tail, f);
    fclose(f);
}

/* What verify says about these lines: how many are right, and the code. */
static int verify(char *const *line, size_t n, const char *tail, size_t *ret_count)
{
    char path[64];
    struct hy_err err = HY_ERR_INIT;
    struct hy_head head;

    path_of(path);
    write_file(path, line, n, tail);
    int rc = hy_journal_verify(path, NULL, NULL, ret_count, &head, &err);
    unlink(path);
    return rc;
}

TEST(a_whole_chain_is_right)
{
    struct chain c = make_chain();
    size_t count;

    assert_int_equal(verify(c.line, LINES, "", &count), HY_OK);
    assert_int_equal(count, LINES);
    assert_int_equal(verify(c.line, 0, "", &count), HY_OK);
    assert_int_equal(count, 0);
    free_chain(&c);
}

TEST(every_edited_byte_is_found)
{
    struct chain c = make_chain();
    size_t count;

    for (int at = 0; at < LINES; at += 5) {
        size_t n = strlen(c.line[at]);
        for (size_t i = 0; i < n; i += 7) {
            char was = c.line[at][i];
            c.line[at][i] = was == 'x' ? 'y' : 'x';
            assert_true(verify(c.line, LINES, "", &count) < 0);
            assert_int_equal(count, at);
            c.line[at][i] = was;
        }
    }
    free_chain(&c);
}

TEST(dropped_moved_doubled_and_re_dated_entries_are_found)
{
    struct chain c = make_chain();
    char *lines[LINES + 1];
    size_t count;

    for (int at = 0; at < LINES - 1; at++) { /* dropped */
        memcpy(lines, c.line, sizeof(c.line));
        memmove(lines + at, lines + at + 1, (size_t)(LINES - at - 1) * sizeof(*lines));
        assert_int_equal(verify(lines, LINES - 1, "", &count), HY_E_STATE);
        assert_int_equal(count, at);
    }
    for (int at = 0; at < LINES - 1; at++) { /* swapped with the next */
        memcpy(lines, c.line, sizeof(c.line));
        lines[at] = c.line[at + 1];
        lines[at + 1] = c.line[at];
        assert_int_equal(verify(lines, LINES, "", &count), HY_E_STATE);
        assert_int_equal(count, at);
    }
    memcpy(lines, c.line, sizeof(c.line)); /* doubled at the end */
    lines[LINES] = c.line[LINES - 1];
    assert_int_equal(verify(lines, LINES + 1, "", &count), HY_E_STATE);
    free_chain(&c);
}

TEST(an_entry_re_dated_with_a_fresh_hash_breaks_the_next)
{
    struct chain c = make_chain();
    struct hy_head head = HY_HEAD_INIT;
    struct hy_err err = HY_ERR_INIT;
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    json_t *e = NULL;
    size_t count;

    for (int i = 0; i < 5; i++)
        assert_int_equal(hy_journal_check(hy_str(c.line[i]), &head, NULL, &err), HY_OK);
    struct hy_head before = head;
    assert_int_equal(hy_journal_check(hy_str(c.line[5]), &head, &e, &err), HY_OK);
    hy_json_set_str(e, "at", HY_STR("2026-11-23T08:00:00+08:00"));
    hy_journal_seal(e, &before, &b); /* the forger computes the hash, too */
    free(c.line[5]);
    c.line[5] = hy_buf_take(&b);
    assert_int_equal(verify(c.line, LINES, "", &count), HY_E_STATE);
    assert_int_equal(count, 6);
    json_decref(e);
    free_chain(&c);
}

TEST(garbage_is_no_journal)
{
    static const char *const lines[] = {
        "", "{}", "null", "[]", "x", "{\"hash\":\"\"}", ",\"hash\":\"0000\"}"};
    struct hy_head head = HY_HEAD_INIT;
    struct hy_err err = HY_ERR_INIT;

    for (size_t i = 0; i < HY_COUNT(lines); i++)
        assert_true(hy_journal_check(hy_str(lines[i]), &head, NULL, &err) < 0);
    assert_int_equal(head.seq, 0);
}

/* ---- formats ---- */

/* The same line as format 1 wrote it. */
static char *as_format_1(const json_t *entry, struct hy_head *head)
{
    HY_CLEANUP(hy_json_freep) json_t *o = json_copy((json_t *)entry);
    char hash[HY_SHA256_HEX];

    hy_json_set_int(o, "v", 1);
    hy_json_set_int(o, "seq", head->seq + 1);
    hy_json_set_str(o, "prev", hy_str(head->hash));
    HY_CLEANUP(hy_freep) char *text = hy_json_text(o);
    hy_sha256_hex(hy_str(text), hash);
    text[strlen(text) - 1] = '\0';
    head->seq++;
    memcpy(head->hash, hash, sizeof(head->hash));
    return hy_xasprintf("%s,\"hash\":\"%s\"}", text, hash);
}

TEST(a_journal_goes_on_from_format_1)
{
    struct hy_head head = HY_HEAD_INIT;
    char *lines[6];
    size_t count;

    for (int i = 0; i < 6; i++) {
        struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
        json_t *e = json_pack("{s:s,s:s,s:s,s:s,s:{s:i}}", "type", "note", "incident", "I1",
                              "actor", "王敏", "at", "2026-11-23T09:12:00+08:00", "data", "n", i);
        head.term = i < 3 ? 0 : i;
        if (i < 3)
            lines[i] = as_format_1(e, &head);
        else
            hy_journal_seal(e, &head, &b);
        if (i >= 3)
            lines[i] = hy_buf_take(&b);
        assert_int_equal(hy_journal_seq(hy_str(lines[i])), i + 1);
        json_decref(e);
    }
    assert_int_equal(verify(lines, 6, "", &count), HY_OK);
    assert_int_equal(count, 6);
    for (int i = 0; i < 6; i++)
        free(lines[i]);
}

TEST(a_line_of_an_earlier_term_is_refused)
{
    struct hy_head head = HY_HEAD_INIT, check = HY_HEAD_INIT;
    struct hy_err err = HY_ERR_INIT;
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    json_t *e = json_pack("{s:s,s:s,s:s,s:s,s:{}}", "type", "note", "incident", "I1", "actor", "w",
                          "at", "2026-11-23T09:12:00+08:00", "data");
    static const struct {
        int64_t term;
        int rc;
    } cases[] = {{3, HY_OK}, {3, HY_OK}, {7, HY_OK}, {6, HY_E_STATE}};

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        head.term = cases[i].term;
        hy_buf_clear(&b);
        hy_journal_seal(e, &head, &b);
        struct hy_head quick = check;
        json_t *parsed = NULL;
        assert_int_equal(hy_journal_check(hy_buf_view(&b), &quick, NULL, &err), cases[i].rc);
        assert_int_equal(hy_journal_check(hy_buf_view(&b), &check, &parsed, &err), cases[i].rc);
        json_decref(parsed);
    }
    assert_non_null(strstr(err.msg, "已被接替"));
    json_decref(e);
    hy_buf_release(&b);
}

TEST(a_newer_format_is_named)
{
    struct chain c = make_chain();
    struct hy_head head = HY_HEAD_INIT;
    struct hy_err err = HY_ERR_INIT;
    char hash[HY_SHA256_HEX];
    char *v = strstr(c.line[0], "\"v\":2"), *tail = strstr(c.line[0], ",\"hash\"");

    v[4] = '3';
    *tail = '\0';
    HY_CLEANUP(hy_freep) char *body = hy_xasprintf("%s}", c.line[0]);
    hy_sha256_hex(hy_str(body), hash);
    HY_CLEANUP(hy_freep) char *line = hy_xasprintf("%s,\"hash\":\"%s\"}", c.line[0], hash);
    assert_int_equal(hy_journal_check(hy_str(line), &head, NULL, &err), HY_E_PARSE);
    assert_non_null(strstr(err.msg, "格式版本 3"));
    assert_non_null(strstr(err.msg, "升级"));
    free_chain(&c);
}

/* What `data` says about seq and prev must not be taken for the line's own. */
TEST(links_are_read_where_they_stand)
{
    struct hy_head head = {41, HY_HASH_ZERO, 9}, quick, slow;
    struct hy_err err = HY_ERR_INIT;
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    json_t *parsed = NULL;
    json_t *e = json_pack("{s:s,s:s,s:s,s:s,s:{s:s,s:i,s:i,s:s,s:i}}", "type", "note", "incident",
                          "I1", "actor", "w", "at", "2026-11-23T09:12:00+08:00", "data", "prev",
                          "0123456789012345678901234567890123456789012345678901234567890123", "seq",
                          7, "term", 1, "type", "x", "v", 2);

    quick = slow = head;
    hy_journal_seal(e, &head, &b);
    assert_int_equal(hy_journal_seq(hy_buf_view(&b)), 42);
    assert_int_equal(hy_journal_check(hy_buf_view(&b), &quick, NULL, &err), HY_OK);
    assert_int_equal(hy_journal_check(hy_buf_view(&b), &slow, &parsed, &err), HY_OK);
    assert_string_equal(quick.hash, slow.hash);
    assert_int_equal(quick.term, slow.term);
    assert_int_equal(quick.seq, 42);
    assert_int_equal(slow.seq, 42);
    json_decref(parsed);
    json_decref(e);
    hy_buf_release(&b);
}

/* ---- the mirror ---- */

static int count_line(struct hy_str line, const json_t *entry, void *user, struct hy_err *err)
{
    (void)line, (void)entry, (void)err;
    ++*(size_t *)user;
    return HY_OK;
}

TEST(the_mirror_continues_where_it_ended)
{
    struct chain c = make_chain();
    char path[64];
    struct hy_mirror *m = NULL, *second = NULL;
    struct hy_err err = HY_ERR_INIT;
    struct hy_head head = HY_HEAD_INIT;
    size_t seen = 0, count;

    path_of(path);
    write_file(path, c.line, 3, "{\"torn");
    assert_int_equal(hy_mirror_open(path, &m, &err), HY_OK);
    assert_int_equal(hy_mirror_read(m, count_line, &seen, &err), HY_OK);
    assert_int_equal(seen, 3);
    assert_int_equal(hy_mirror_head(m).seq, 3);
    assert_int_equal(hy_mirror_open(path, &second, &err), HY_OK);
    assert_null(second); /* held */
    for (int i = 0; i < 5; i++)
        assert_int_equal(hy_journal_check(hy_str(c.line[i]), &head, NULL, &err), HY_OK);
    HY_CLEANUP(hy_freep) char *two = hy_xasprintf("%s\n%s\n", c.line[3], c.line[4]);
    assert_int_equal(hy_mirror_append(m, hy_str(two), head, &err), HY_OK);
    assert_int_equal(hy_mirror_undo(m, &err), HY_OK);
    assert_int_equal(hy_mirror_head(m).seq, 3);
    assert_int_equal(hy_mirror_append(m, hy_str(two), head, &err), HY_OK);
    hy_mirror_close(m);
    assert_int_equal(hy_journal_verify(path, NULL, NULL, &count, &head, &err), HY_OK);
    assert_int_equal(count, 5);
    unlink(path);
    free_chain(&c);
}

TEST(the_mirror_is_entered_behind_any_line_that_is_known)
{
    struct chain c = make_chain();
    struct hy_head at[LINES + 1] = {HY_HEAD_INIT}, wrong;
    char path[64];
    HY_CLEANUP(hy_mirror_closep) struct hy_mirror *m = NULL;
    struct hy_err err = HY_ERR_INIT;
    off_t end, sum = 0;

    path_of(path);
    write_file(path, c.line, LINES, "");
    assert_int_equal(hy_mirror_open(path, &m, &err), HY_OK);
    for (int i = 0; i < LINES; i++) {
        at[i + 1] = at[i];
        assert_int_equal(hy_journal_check(hy_str(c.line[i]), &at[i + 1], NULL, &err), HY_OK);
    }
    for (int i = 0; i <= LINES; i++) {
        size_t seen = 0;
        json_t *entry = NULL;
        assert_int_equal(hy_mirror_find(m, i, &end, &err), HY_OK);
        assert_int_equal(end, sum);
        assert_int_equal(hy_mirror_seek(m, end, &at[i], &entry, &err), HY_OK);
        assert_int_equal(hy_json_int(entry, "seq", 0), i);
        json_decref(entry);
        assert_int_equal(hy_mirror_read(m, count_line, &seen, &err), HY_OK);
        assert_int_equal(seen, LINES - i);
        wrong = at[i];
        wrong.hash[0] = wrong.hash[0] == 'a' ? 'b' : 'a';
        assert_int_equal(hy_mirror_seek(m, end, &wrong, NULL, &err), HY_E_STATE);
        assert_true(hy_mirror_seek(m, end + 1, &at[i], NULL, &err) < 0);
        sum += i < LINES ? (off_t)strlen(c.line[i]) + 1 : 0;
    }
    assert_int_equal(hy_mirror_find(m, LINES + 1, &end, &err), HY_E_NOTFOUND);
    unlink(path);
    free_chain(&c);
}

TEST(a_damaged_mirror_is_refused)
{
    struct chain c = make_chain();
    char path[64];
    HY_CLEANUP(hy_mirror_closep) struct hy_mirror *m = NULL;
    struct hy_err err = HY_ERR_INIT;
    size_t seen = 0;

    path_of(path);
    c.line[1][10] ^= 1;
    write_file(path, c.line, 3, "");
    assert_int_equal(hy_mirror_open(path, &m, &err), HY_OK);
    assert_int_equal(hy_mirror_read(m, count_line, &seen, &err), HY_E_PARSE);
    assert_non_null(strstr(err.msg, "第 2 行"));
    unlink(path);
    free_chain(&c);
}
