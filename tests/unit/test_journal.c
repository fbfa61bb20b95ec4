/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/keep/journal.h"
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
    int rc = hy_journal_verify(path, ret_count, &head, &err);
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
    assert_int_equal(hy_mirror_open(path, count_line, &seen, &m, &err), HY_OK);
    assert_int_equal(seen, 3);
    assert_int_equal(hy_mirror_head(m).seq, 3);
    assert_int_equal(hy_mirror_open(path, NULL, NULL, &second, &err), HY_OK);
    assert_null(second); /* held */
    for (int i = 0; i < 5; i++)
        assert_int_equal(hy_journal_check(hy_str(c.line[i]), &head, NULL, &err), HY_OK);
    HY_CLEANUP(hy_freep) char *two = hy_xasprintf("%s\n%s\n", c.line[3], c.line[4]);
    assert_int_equal(hy_mirror_append(m, hy_str(two), head, &err), HY_OK);
    assert_int_equal(hy_mirror_undo(m, &err), HY_OK);
    assert_int_equal(hy_mirror_head(m).seq, 3);
    assert_int_equal(hy_mirror_append(m, hy_str(two), head, &err), HY_OK);
    hy_mirror_close(m);
    assert_int_equal(hy_journal_verify(path, &count, &head, &err), HY_OK);
    assert_int_equal(count, 5);
    unlink(path);
    free_chain(&c);
}

TEST(a_damaged_mirror_is_refused)
{
    struct chain c = make_chain();
    char path[64];
    struct hy_mirror *m = NULL;
    struct hy_err err = HY_ERR_INIT;

    path_of(path);
    c.line[1][10] ^= 1;
    write_file(path, c.line, 3, "");
    assert_int_equal(hy_mirror_open(path, NULL, NULL, &m, &err), HY_E_PARSE);
    assert_non_null(strstr(err.msg, "第 2 行"));
    unlink(path);
    free_chain(&c);
}
