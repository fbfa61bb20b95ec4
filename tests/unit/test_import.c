/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of cases become commands that the keeper takes; what it says of a file stands in
 * tests/golden/import. */
#include "alerts/decide/import.h"
#include "core/map.h"

#include "tests/unit/world.h"

static json_t *clerk(void)
{
    return json_of("{'id':'d','name':'值班','roles':['duty']}");
}

static void read_all(struct world *w, const char *text, struct hy_import *in)
{
    struct hy_err err = HY_ERR_INIT;

    if (hy_import_read(hy_str(text), HY_STR("message"), &w->rules, in, &err) < 0)
        fail_msg("%s", err.msg);
}

/* Judges and carries out; how many were opened and known. */
static void give(struct world *w, const char *text, int opened, int known)
{
    struct hy_import in;
    json_t *actor = clerk(), *cmds, *cmd;
    size_t i;

    read_all(w, text, &in);
    hy_import_judge(&in, actor, &w->rules, w->d.now);
    assert_int_equal(json_array_size(in.faults), 0);
    cmds = hy_import_commands(&in, actor, "cli", w->d.now);
    json_array_foreach (cmds, i, cmd) {
        hy_decide_command(&w->d, cmd);
        assert_true(hy_json_bool(reply(w), "ok"));
        known -= hy_json_bool(reply(w), "known");
        opened -= !hy_json_bool(reply(w), "known");
    }
    assert_int_equal(opened, 0);
    assert_int_equal(known, 0);
    json_decref(cmds);
    json_decref(actor);
    hy_import_release(&in);
}

TEST(a_list_runs_its_clocks_and_may_be_repeated)
{
    static const char list[] = "编号,标题,种类,收到时间\n"
                               "L-1,路灯,咨询,2026-11-20 08:00\n"
                               ",没有编号,投诉,2026-11-20 08:00\n";
    struct world w;

    world_begin(&w);
    give(&w, list, 2, 0);
    expect_clocks_of(hy_state_incident(w.state, HY_STR("M20261123-0001")),
                     "MSG:open:25T23:59 ZERO:open:20T23:59");
    size_t n = json_array_size(w.d.entries);
    give(&w, list, 0, 2);
    assert_int_equal(json_array_size(w.d.entries), n);
    give(&w, "编号,标题,种类,收到时间\nL-1,路灯,咨询,2026-11-20 08:00\nL-2,井盖,投诉,2026-11-23\n",
         1, 1);
    world_end(&w);
}

TEST(judging_leaves_no_trace)
{
    struct world w;
    struct hy_import in;
    json_t *actor = clerk();

    world_begin(&w);
    read_all(&w, "编号,标题,收到时间\nL-1,路灯,2026-11-20\nL-2,,2026-11-20\n", &in);
    hy_import_judge(&in, actor, &w.rules, w.d.now);
    assert_int_equal(json_array_size(in.faults), 1);
    assert_int_equal(hy_json_int(json_array_get(in.faults, 0), "line", 0), 3);
    assert_int_equal(hy_state_count(w.state), 0);
    hy_import_release(&in);
    json_decref(actor);
    world_end(&w);
}

TEST(who_may_not_register_may_not_import)
{
    struct world w;
    struct hy_import in;
    json_t *actor = json_of("{'id':'x','name':'审计','roles':['auditor']}");

    world_begin(&w);
    read_all(&w, "编号,标题,收到时间\nL-1,路灯,2026-11-20\n", &in);
    hy_import_judge(&in, actor, &w.rules, w.d.now);
    assert_int_equal(json_array_size(in.faults), 1);
    hy_import_release(&in);
    json_decref(actor);
    world_end(&w);
}

TEST(limits_of_a_file)
{
    struct world w;
    struct hy_import in;
    struct hy_err err = HY_ERR_INIT;
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    world_begin(&w);
    hy_buf_puts(&b, "编号,标题\n");
    for (int i = 0; i <= HY_IMPORT_ROWS; i++)
        hy_buf_printf(&b, "%d,x\n", i);
    assert_int_equal(hy_import_read(hy_buf_view(&b), HY_STR(""), &w.rules, &in, &err), HY_E_TOOBIG);
    hy_import_release(&in);
    while (b.n <= HY_IMPORT_BYTES)
        hy_buf_puts(&b,
                    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n");
    assert_int_equal(hy_import_read(hy_buf_view(&b), HY_STR(""), &w.rules, &in, &err), HY_E_TOOBIG);
    hy_import_release(&in);
    hy_buf_release(&b);
    world_end(&w);
}
