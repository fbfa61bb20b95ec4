/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/amend.h"

#include "core/mem.h"

#include <string.h>

#include "tests/unit/harness.h"

static const char file[] = "# 说明 weight: 1\n"
                           "groups:\n"
                           "\n"
                           "- id: fire      # 火\n"
                           "  name: 火灾\n"
                           "  weight: 36   # 正文\n"
                           "  title_weight: 60\n"
                           "  words: [火灾, 起火]\n"
                           "\n"
                           "# 下一组\n"
                           "- {id: storm, purpose: emergency, weight: 26, words: [暴雨: 30]}\n"
                           "\n"
                           "- id: fire_more\n"
                           "  weight: 5\n"
                           "  words:\n"
                           "    - 大火\n";

static char *amended(const char *yaml, const char *id, const char *key, double v)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_err err = HY_ERR_INIT;

    if (hy_amend_row(hy_str(yaml), id, key, v, &b, &err) < 0) {
        hy_buf_release(&b);
        return NULL;
    }
    char *text = hy_str_dup(hy_buf_view(&b));
    hy_buf_release(&b);
    return text;
}

static char *diff(const char *before, const char *after)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_amend_diff("lexicon/x.yaml", hy_str(before), hy_str(after), &b);
    char *text = hy_str_dup(hy_buf_view(&b));
    hy_buf_release(&b);
    return text;
}

TEST(only_the_number_changes)
{
    HY_CLEANUP(hy_freep) char *text = amended(file, "fire", "weight", 27);
    HY_CLEANUP(hy_freep) char *d = diff(file, text);

    assert_string_equal(d, "--- a/lexicon/x.yaml\n"
                           "+++ b/lexicon/x.yaml\n"
                           "@@ -3,7 +3,7 @@\n"
                           " \n"
                           " - id: fire      # 火\n"
                           "   name: 火灾\n"
                           "-  weight: 36   # 正文\n"
                           "+  weight: 27   # 正文\n"
                           "   title_weight: 60\n"
                           "   words: [火灾, 起火]\n"
                           " \n");
}

TEST(rows_in_flow_form_and_of_longer_names_are_told_apart)
{
    HY_CLEANUP(hy_freep) char *flow = amended(file, "storm", "weight", 19.5);
    HY_CLEANUP(hy_freep) char *longer = amended(file, "fire_more", "weight", 7);

    assert_non_null(strstr(flow, "weight: 19.5, words: [暴雨: 30]}"));
    assert_non_null(strstr(flow, "weight: 36   # 正文"));
    assert_non_null(strstr(longer, "- id: fire_more\n  weight: 7\n"));
    assert_null(amended(file, "fire_more", "title_weight", 7));
    assert_null(amended(file, "flood", "weight", 7));
    assert_null(amended("", "flood", "weight", 7));
}

TEST(a_row_ends_where_the_next_begins)
{
    struct hy_str row = hy_amend_find_row(hy_str(file), "fire");

    assert_true(hy_str_starts(row, HY_STR("- id: fire ")));
    assert_true(hy_str_ends(row, HY_STR("words: [火灾, 起火]\n")));
    row = hy_amend_find_row(hy_str(file), "fire_more");
    assert_true(hy_str_ends(row, HY_STR("    - 大火\n")));
    assert_int_equal(hy_amend_find_row(hy_str(file), "nobody").n, 0);
}

static char *mapped(const char *yaml, const char *key, double v)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_amend_map(hy_str(yaml), "alerts", key, v, &b);
    char *text = hy_str_dup(hy_buf_view(&b));
    hy_buf_release(&b);
    return text;
}

TEST(thresholds_are_changed_added_or_begun)
{
    HY_CLEANUP(hy_freep)
    char *changed = mapped("alerts:\n  alert: 52  # 叫醒\n  list: 45\n\nunits: []\n", "alert", 55);
    HY_CLEANUP(hy_freep) char *added = mapped("alerts:\n  list: 45\n\nunits: []\n", "alert", 55);
    HY_CLEANUP(hy_freep) char *begun = mapped("units: []", "alert", 55);
    HY_CLEANUP(hy_freep) char *fresh = mapped("", "alert", 55);

    assert_string_equal(changed, "alerts:\n  alert: 55  # 叫醒\n  list: 45\n\nunits: []\n");
    assert_string_equal(added, "alerts:\n  list: 45\n  alert: 55\n\nunits: []\n");
    assert_string_equal(begun, "units: []\n\nalerts:\n  alert: 55\n");
    assert_string_equal(fresh, "alerts:\n  alert: 55\n");
}

TEST(diffs_show_new_files_and_far_changes_apart)
{
    HY_CLEANUP(hy_freep) char *fresh = diff("", "a\nb\n");
    HY_CLEANUP(hy_freep)
    char *far = diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n", "x\n2\n3\n4\n5\n6\n7\n8\n9\n");
    HY_CLEANUP(hy_freep) char *none = diff("a\n", "a\n");

    assert_string_equal(fresh, "--- /dev/null\n+++ b/lexicon/x.yaml\n@@ -0,0 +1,2 @@\n+a\n+b\n");
    assert_string_equal(far, "--- a/lexicon/x.yaml\n+++ b/lexicon/x.yaml\n"
                             "@@ -1,4 +1,4 @@\n-1\n+x\n 2\n 3\n 4\n"
                             "@@ -7,4 +7,3 @@\n 7\n 8\n 9\n-10\n");
    assert_string_equal(none, "");
}
