/* SPDX-License-Identifier: Apache-2.0 */
/* The state and its snapshots: what is loaded is what was written, and what was tampered with is
 * refused. */
#include "alerts/keep/snapshot.h"
#include "core/hash.h"
#include "core/mem.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/harness.h"

/* ---- a small office ---- */

struct office {
    char dir[48], mirror[64];
    struct hy_state *state;
    struct hy_regroup *regroup;
    int64_t seq;
};

static void begin(struct office *o)
{
    *o = (struct office){.dir = "/tmp/hy-test-snapshot-XXXXXX"};
    assert_non_null(mkdtemp(o->dir));
    snprintf(o->mirror, sizeof(o->mirror), "%s/a.jsonl", o->dir);
    o->state = hy_state_new();
    o->regroup = hy_regroup_new(NULL);
}

static void end(struct office *o)
{
    hy_state_free(o->state);
    hy_regroup_free(o->regroup);
    char command[80];
    snprintf(command, sizeof(command), "%s", o->dir);
    hy_snapshot_prune(o->mirror, 0, 0);
    assert_int_equal(rmdir(command), 0);
}

static int apply(struct office *o, const char *type, const char *incident, json_t *data)
{
    json_t *e = json_pack("{s:s,s:s,s:I,s:o}", "type", type, "incident", incident, "seq",
                          (json_int_t)++o->seq, "data", data);
    struct hy_err err = HY_ERR_INIT;
    int rc = hy_apply(o->state, e, &err);

    if (rc == HY_OK)
        hy_regroup_note(o->regroup, e);
    json_decref(e);
    return rc;
}

static void open_one(struct office *o, const char *id, const char *title)
{
    assert_int_equal(apply(o, "open", id,
                           json_pack("{s:{s:s,s:s,s:s,s:[]}}", "set", "title", title, "state",
                                     "collected", "kind", "opinion", "items")),
                     HY_OK);
}

static void add_item(struct office *o, const char *id, const char *item)
{
    assert_int_equal(
        apply(o, "item", id,
              json_pack("{s:{s:[{s:s}]},s:{s:s,s:{s:s}}}", "put", "items", "id", item, "item", "id",
                        item, "trace", "at", "2026-11-23T09:12:00+08:00")),
        HY_OK);
}

static void note(struct office *o, const char *id, const char *text)
{
    assert_int_equal(
        apply(o, "note", id, json_pack("{s:{s:[{s:s}]}}", "put", "notes", "text", text)), HY_OK);
}

static const char *digest(struct office *o)
{
    static char out[2][HY_DIGEST_HEX];
    static int n;

    return hy_state_digest(o->state, out[n++ % 2]);
}

static struct hy_snapshot_at at_of(const struct office *o)
{
    struct hy_snapshot_at at = {HY_HEAD_INIT, o->seq * 100};

    at.head.seq = o->seq;
    memset(at.head.hash, 'a', 64);
    return at;
}

static void save(struct office *o, int64_t base)
{
    struct hy_snapshot_at at = at_of(o);
    struct hy_err err = HY_ERR_INIT;

    if (hy_snapshot_write(o->mirror, "qingxi", &at, base, o->state, o->regroup, &err) < 0)
        fail_msg("%s", err.msg);
}

struct loaded {
    struct hy_state *state;
    struct hy_regroup *regroup;
    struct hy_snapshot_files *files;
    struct hy_snapshot_at at;
};

static int load(const struct office *o, int64_t seq, struct loaded *l, struct hy_err *err)
{
    *l = (struct loaded){.state = hy_state_new(), .regroup = hy_regroup_new(NULL)};
    return hy_snapshot_load(o->mirror, "qingxi", seq, l->state, l->regroup, &l->at, &l->files, err);
}

static void unload(struct loaded *l)
{
    hy_state_free(l->state);
    hy_regroup_free(l->regroup);
    hy_snapshot_files_free(l->files);
}

static void populate(struct office *o)
{
    open_one(o, "I20261123-0001", "化工厂爆炸");
    add_item(o, "I20261123-0001", "a");
    open_one(o, "I20261123-0002", "制表符\t换行\n引号\"");
    add_item(o, "I20261123-0002", "b");
    add_item(o, "I20261123-0002", "c\t\"d\n");
    note(o, "I20261123-0001", "第一条");
}

/* ---- the state ---- */

TEST(cold_documents_are_the_same_documents)
{
    struct office o;
    char before[HY_DIGEST_HEX];

    begin(&o);
    populate(&o);
    hy_state_digest(o.state, before);
    hy_state_cool(o.state, 0);
    assert_int_equal(o.state->hot, 0);
    assert_int_equal(o.state->hot_bytes, 0);
    assert_string_equal(digest(&o), before);
    assert_int_equal(o.state->hot, 0);
    const json_t *doc = hy_state_incident(o.state, HY_STR("I20261123-0002"));
    assert_string_equal(hy_json_str(doc, "title").p, "制表符\t换行\n引号\"");
    assert_int_equal(o.state->hot, 1);
    hy_state_cool(o.state, 0); /* it was asked for just now: stays until nobody asks again */
    hy_state_cool(o.state, 0);
    assert_int_equal(o.state->hot, 0);
    note(&o, "I20261123-0002", "第二条");
    assert_string_not_equal(digest(&o), before);
    end(&o);
}

TEST(a_walk_in_passing_leaves_cold_what_was_cold_and_hot_what_was_hot)
{
    struct office o;
    struct hy_walk all = {.passing = true}, since = {0};
    char before[HY_DIGEST_HEX];
    int n = 0;

    begin(&o);
    populate(&o);
    hy_state_digest(o.state, before);
    hy_state_cool(o.state, 0);
    const json_t *hot = hy_state_incident(o.state, HY_STR("I20261123-0002"));
    for (const json_t *doc; (doc = hy_state_next(o.state, &all)); n++)
        assert_true(json_is_string(json_object_get(doc, "title")));
    assert_int_equal(n, 2);
    assert_int_equal(o.state->hot, 1);
    assert_ptr_equal(hot, hy_state_incident(o.state, HY_STR("I20261123-0002")));
    all = (struct hy_walk){.passing = true};
    assert_non_null(hy_state_next(o.state, &all));
    note(&o, "I20261123-0001", "在走查中间改的"); /* changed under the walk: it stays */
    while (hy_state_next(o.state, &all))
        ;
    assert_int_equal(o.state->hot, 2);
    assert_string_not_equal(digest(&o), before);
    since.since = o.seq;
    const json_t *newest = hy_state_next(o.state, &since);
    assert_string_equal(hy_json_str(newest, "id").p, "I20261123-0001");
    assert_null(hy_state_next(o.state, &since));
    end(&o);
}

TEST(every_item_is_known_whatever_the_document_lists)
{
    struct office o;

    begin(&o);
    populate(&o);
    assert_int_equal(
        apply(&o, "item", "I20261123-0001", json_pack("{s:{s:s}}", "item", "id", "not listed")),
        HY_OK);
    assert_string_equal(hy_state_item(o.state, HY_STR("not listed")), "I20261123-0001");
    assert_int_equal(apply(&o, "merge", "I20261123-0002",
                           json_pack("{s:{s:s}}", "args", "from", "I20261123-0001")),
                     HY_OK);
    assert_string_equal(hy_state_item(o.state, HY_STR("not listed")), "I20261123-0002");
    assert_string_equal(hy_state_item(o.state, HY_STR("a")), "I20261123-0002");
    assert_null(hy_state_item(o.state, HY_STR("x")));
    end(&o);
}

TEST(a_bad_entry_changes_nothing)
{
    struct office o;
    char before[HY_DIGEST_HEX];

    begin(&o);
    populate(&o);
    hy_state_digest(o.state, before);
    assert_int_equal(apply(&o, "open", "I20261123-0001", json_object()), HY_E_PARSE);
    assert_int_equal(apply(&o, "open", "", json_object()), HY_E_PARSE);
    assert_int_equal(apply(&o, "note", "I20261123-0009", json_object()), HY_E_PARSE);
    assert_int_equal(apply(&o, "dance", "I20261123-0001", json_object()), HY_E_PARSE);
    assert_string_equal(digest(&o), before);
    end(&o);
}

/* ---- snapshots ---- */

static void expect_same(struct office *o, struct loaded *l)
{
    char theirs[HY_DIGEST_HEX];
    struct hy_walk a = {0}, b = {0};
    const json_t *x, *y;

    assert_string_equal(hy_state_digest(l->state, theirs), digest(o));
    while ((x = hy_state_next(o->state, &a))) {
        y = hy_state_next(l->state, &b);
        assert_true(json_equal(x, y));
    }
    assert_null(hy_state_next(l->state, &b));
    assert_memory_equal(l->state->newest, o->state->newest, sizeof(o->state->newest));
    assert_int_equal(hy_regroup_count(l->regroup), hy_regroup_count(o->regroup));
    for (size_t i = 0; i < hy_regroup_count(l->regroup); i++) {
        int64_t s, t;
        assert_true(
            hy_str_eq(hy_regroup_text(l->regroup, i, &s), hy_regroup_text(o->regroup, i, &t)));
        assert_int_equal(s, t);
    }
}

TEST(a_snapshot_is_the_state)
{
    struct office o;
    struct loaded l;
    struct hy_err err = HY_ERR_INIT;

    begin(&o);
    populate(&o);
    save(&o, 0);
    assert_int_equal(load(&o, o.seq, &l, &err), HY_OK);
    expect_same(&o, &l);
    assert_int_equal(l.at.end, o.seq * 100);
    assert_int_equal(l.at.head.seq, o.seq);
    assert_string_equal(hy_state_item(l.state, HY_STR("c\t\"d\n")), "I20261123-0002");
    unload(&l);
    end(&o);
}

TEST(a_snapshot_builds_on_the_one_before)
{
    struct office o;
    struct loaded l;
    struct hy_err err = HY_ERR_INIT;
    int64_t seqs[12];

    begin(&o);
    populate(&o);
    save(&o, 0);
    seqs[0] = o.seq;
    for (int i = 1; i < 12; i++) {
        char id[32];
        snprintf(id, sizeof(id), "I20261124-%04d", i);
        if (i % 2)
            open_one(&o, id, "后来的事");
        else
            note(&o, "I20261123-0001", "又一条");
        if (i == 5)
            apply(&o, "merge", "I20261123-0002",
                  json_pack("{s:{s:s}}", "args", "from", "I20261123-0001"));
        int64_t base = hy_snapshot_base(o.mirror, seqs[i - 1]);
        assert_true(base == 0 || base == seqs[i - 1]);
        save(&o, base);
        seqs[i] = o.seq;
        assert_int_equal(load(&o, o.seq, &l, &err), HY_OK);
        expect_same(&o, &l);
        unload(&l);
        hy_snapshot_prune(o.mirror, seqs[i], seqs[i - 1]);
        assert_int_equal(load(&o, seqs[i - 1], &l, &err), HY_OK);
        unload(&l);
    }
    end(&o);
}

static char *read_whole(const char *path, size_t *ret_n)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_err err = HY_ERR_INIT;

    assert_int_equal(hy_buf_read_file(&b, path, &err), HY_OK);
    *ret_n = b.n;
    return hy_buf_take(&b);
}

static void write_whole(const char *path, const char *p, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_int_equal(write(fd, p, n), n);
    close(fd);
}

TEST(whatever_is_changed_in_a_snapshot_is_refused)
{
    struct office o;
    struct loaded l;
    char path[96], before[HY_DIGEST_HEX], after[HY_DIGEST_HEX];
    size_t n;

    begin(&o);
    populate(&o);
    save(&o, 0);
    hy_state_digest(o.state, before);
    snprintf(path, sizeof(path), "%s.snap-%012lld", o.mirror, (long long)o.seq);
    HY_CLEANUP(hy_freep) char *text = read_whole(path, &n);
    for (size_t i = 0; i < n; i++) {
        struct hy_err err = HY_ERR_INIT;
        char was = text[i];
        text[i] = was == '1' ? '2' : '1';
        write_whole(path, text, n);
        /* What the journal compares with is computed from what was loaded. */
        if (load(&o, o.seq, &l, &err) == HY_OK) {
            bool same_place = l.at.end == o.seq * 100 && l.at.head.hash[0] == 'a' &&
                              strspn(l.at.head.hash, "a") == 64;
            bool same_state = strcmp(hy_state_digest(l.state, after), before) == 0;
            if (same_place && same_state && memchr("DGZ{", text[i], 4) == NULL) {
                /* only the seq of a last change and the count of documents may differ unseen */
                size_t line = i;
                while (line > 0 && text[line - 1] != '\n')
                    line--;
                assert_true(text[line] == 'D' || text[line] == '{');
            }
        }
        unload(&l);
        text[i] = was;
    }
    for (size_t cut = 1; cut < n; cut += 3) {
        struct hy_err err = HY_ERR_INIT;
        write_whole(path, text, n - cut);
        assert_true(load(&o, o.seq, &l, &err) < 0);
        unload(&l);
    }
    end(&o);
}

TEST(a_forged_document_needs_another_line_in_the_journal)
{
    struct office o, forger;
    struct loaded l;
    struct hy_err err = HY_ERR_INIT;
    char honest[HY_DIGEST_HEX];

    begin(&o);
    populate(&o);
    hy_state_digest(o.state, honest);
    json_t *stated = json_pack("{s:s,s:{s:{s:s,s:s}}}", "type", "keeper", "data", "args", "event",
                               "state", "digest", honest);
    forger = o; /* the same history but for one word, and all sums computed anew */
    forger.state = hy_state_new();
    forger.regroup = hy_regroup_new(NULL);
    forger.seq = 0;
    populate(&forger);
    forger.seq--;
    apply(&forger, "note", "I20261123-0001", json_pack("{s:{s:s}}", "set", "title", "没有爆炸"));
    forger.seq = o.seq;
    save(&forger, 0);
    assert_int_equal(load(&o, o.seq, &l, &err), HY_OK);
    char theirs[HY_DIGEST_HEX];
    hy_state_digest(l.state, theirs);
    assert_true(hy_snapshot_states(stated));
    assert_true(hy_snapshot_is_stated(stated, honest));
    assert_false(hy_snapshot_is_stated(stated, theirs));
    json_decref(stated);
    unload(&l);
    hy_state_free(forger.state);
    hy_regroup_free(forger.regroup);
    end(&o);
}

TEST(what_belongs_to_another_journal_is_refused)
{
    struct office o;
    struct hy_state *s = hy_state_new();
    struct hy_regroup *r = hy_regroup_new(NULL);
    struct hy_snapshot_files *files = NULL;
    struct hy_snapshot_at at;
    struct hy_err err = HY_ERR_INIT;

    begin(&o);
    populate(&o);
    save(&o, 0);
    assert_int_equal(hy_snapshot_load(o.mirror, "hebei", o.seq, s, r, &at, &files, &err),
                     HY_E_PARSE);
    assert_int_equal(hy_snapshot_load(o.mirror, "qingxi", o.seq + 1, s, r, &at, &files, &err),
                     HY_E_IO);
    hy_state_free(s);
    hy_regroup_free(r);
    end(&o);
}

TEST(what_nobody_needs_is_removed)
{
    struct office o;
    struct hy_snapshot_list list;
    char left[96];

    begin(&o);
    for (int i = 0; i < 4; i++) {
        populate(&o);
        hy_state_free(o.state);
        o.state = hy_state_new();
        save(&o, 0);
    }
    snprintf(left, sizeof(left), "%s.snap-000000000099.new", o.mirror);
    write_whole(left, "x", 1);
    hy_snapshot_list(o.mirror, &list);
    assert_int_equal(list.n, 4);
    assert_int_equal(list.v[0], o.seq);
    hy_snapshot_prune(o.mirror, list.v[1], list.v[2]);
    hy_vec_release(&list);
    hy_snapshot_list(o.mirror, &list);
    assert_int_equal(list.n, 2);
    hy_vec_release(&list);
    assert_int_equal(access(left, F_OK), -1);
    end(&o);
}

/* ---- grouping's memory ---- */

TEST(grouping_warms_up_in_the_order_of_the_journal)
{
    struct office o;

    begin(&o);
    hy_regroup_put(o.regroup, HY_STR("{\"incident\":\"I1\",\"id\":\"x\",\"trace\":{}}"), 1);
    hy_regroup_put(o.regroup, HY_STR("{\"from\":\"I1\",\"incident\":\"I2\"}"), 2);
    populate(&o); /* what comes meanwhile waits behind them */
    assert_int_equal(hy_regroup_count(o.regroup), 5);
    assert_false(hy_regroup_warm(o.regroup, 0));
    assert_false(hy_regroup_warm(o.regroup, 3));
    assert_true(hy_regroup_warm(o.regroup, 3));
    assert_non_null(hy_regroup_group(o.regroup));
    add_item(&o, "I20261123-0001", "e");
    assert_true(hy_regroup_warm(o.regroup, 0));
    end(&o);
}

static bool only_the_second(struct hy_str incident, void *user)
{
    (void)user;
    return hy_str_is(incident, "I2");
}

TEST(grouping_forgets_what_is_old_and_closed)
{
    struct office o;
    char text[96];

    begin(&o);
    for (int i = 0; i < 30000; i++) {
        snprintf(text, sizeof(text), "{\"incident\":\"I%d\",\"gone\":\"I9\"}", i == 5 ? 2 : 1);
        hy_regroup_put(o.regroup,
                       hy_str(i == 5 ? "{\"incident\":\"I2\",\"gone\":\"I9\"}"
                                     : "{\"incident\":\"I1\",\"gone\":\"I9\"}"),
                       i + 1);
    }
    hy_regroup_trim(o.regroup, only_the_second, NULL);
    assert_int_equal(hy_regroup_count(o.regroup), 30000); /* not before it is warm */
    assert_true(hy_regroup_warm(o.regroup, 30000));
    hy_regroup_trim(o.regroup, only_the_second, NULL);
    assert_int_equal(hy_regroup_count(o.regroup), 20001);
    int64_t seq;
    hy_regroup_text(o.regroup, 0, &seq);
    assert_int_equal(seq, 6);
    end(&o);
}
