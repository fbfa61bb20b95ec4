/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of rule folders with one edit: names that lead nowhere else, files as they were. */
#include "alerts/board/trial.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/harness.h"

TEST(a_name_is_a_rule_file_below_the_folder)
{
    static const struct {
        const char *file;
        bool good;
    } cases[] = {
        {"sources.yaml", true},        {"lexicon/try-1.yaml", true}, {"", false},
        {"../users.yaml", false},      {"/etc/x.yaml", false},       {"a/b/c.yaml", false},
        {"lexicon/../../x.yaml", false}, {"x.sh", false},            {".yaml", false},
        {"lexicon//x.yaml", false},    {"Sources.yaml", false},      {"a b.yaml", false},
        {"lexicon/.yaml", false},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_trial_edit e = {.file = hy_str(cases[i].file), .text = hy_str("x")};
        if ((hy_trial_objection(&e) == NULL) != cases[i].good)
            fail_msg("%s", cases[i].file);
    }
}

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

TEST(a_copy_holds_the_edit_and_the_original_stays)
{
    char dir[] = "/tmp/hy-trial-XXXXXX";
    struct hy_err err = HY_ERR_INIT;
    char *copy = NULL;
    json_t *files = NULL;

    assert_non_null(mkdtemp(dir));
    HY_CLEANUP(hy_freep) char *rules = hy_xasprintf("%s/office", dir);
    HY_CLEANUP(hy_freep) char *sources = hy_xasprintf("%s/sources.yaml", rules);
    HY_CLEANUP(hy_freep) char *secret = hy_xasprintf("%s/secret.key", rules);
    assert_int_equal(mkdir(rules, 0700), 0);
    write_text(sources, "sources:\n");
    write_text(secret, "s");
    struct hy_trial_edit e = {
        .file = hy_str("sources.yaml"), .text = hy_str("  - {id: a}"), .append = true};
    assert_int_equal(hy_trial_make(rules, dir, &e, &copy, &err), HY_OK);
    assert_int_equal(hy_trial_files(copy, &files, &err), HY_OK);
    assert_int_equal(json_object_size(files), 1); /* what is no rule stays behind */
    assert_string_equal(json_string_value(json_object_get(files, "sources.yaml")),
                        "sources:\n\n  - {id: a}\n");
    json_decref(files);
    assert_int_equal(hy_trial_files(rules, &files, &err), HY_OK);
    assert_string_equal(json_string_value(json_object_get(files, "sources.yaml")), "sources:\n");
    json_decref(files);
    hy_trial_remove(copy);
    assert_int_equal(access(copy, F_OK), -1);
    free(copy);
    hy_trial_remove(dir);
    assert_int_equal(access(dir, F_OK), -1);
}
