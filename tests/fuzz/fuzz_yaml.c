/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a rule file: every mistake has a place inside the text, what is printed is valid
 * UTF-8 and bounded, and everything that was read can be released.
 * Covers: rules/yaml */
#include "core/hash.h"
#include "core/utf8.h"
#include "rules/yaml.h"

#include <stddef.h>

struct row {
    struct hy_pos pos;
    char *id;
    int64_t n, wait;
    double w;
    bool on;
    int kind;
    struct hy_texts words;
    struct hy_rows below;
};
struct file {
    char *name;
    struct row one;
    struct hy_rows rows, dict;
};

static const char *const kinds[] = {"list", "feed", NULL};
static void touch(const struct hy_y_node *n, void *field, struct hy_diag *d)
{
    (void)field;
    for (size_t i = 0; i < hy_y_count(n); i++)
        touch(hy_y_at(n, i, NULL), field, d);
}

static const struct hy_y_key leaf_keys[] = {
    {"id", HY_Y_TEXT, offsetof(struct row, id), .required = true},
    {NULL},
};
static const struct hy_y_schema leaf = {sizeof(struct row), leaf_keys, NULL};
static const struct hy_y_key row_keys[] = {
    {"id", HY_Y_TEXT, offsetof(struct row, id), .required = true, .unique = true},
    {"", HY_Y_POS, offsetof(struct row, pos)},
    {"n", HY_Y_INT, offsetof(struct row, n), .min = 1, .max = 9},
    {"w", HY_Y_NUM, offsetof(struct row, w)},
    {"wait", HY_Y_DURATION, offsetof(struct row, wait)},
    {"on", HY_Y_BOOL, offsetof(struct row, on)},
    {"kind", HY_Y_NAME, offsetof(struct row, kind), .names = kinds},
    {"words", HY_Y_TEXTS, offsetof(struct row, words)},
    {"below", HY_Y_LIST, offsetof(struct row, below), .sub = &leaf},
    {"custom", HY_Y_CUSTOM, 0, .custom = touch},
    {NULL},
};
static const struct hy_y_schema row_schema = {sizeof(struct row), row_keys, NULL};
static const struct hy_y_key file_keys[] = {
    {"name", HY_Y_TEXT, offsetof(struct file, name)},
    {"one", HY_Y_MAP, offsetof(struct file, one), .sub = &row_schema},
    {"rows", HY_Y_LIST, offsetof(struct file, rows), .sub = &row_schema},
    {"dict", HY_Y_DICT, offsetof(struct file, dict), .sub = &row_schema},
    {NULL},
};
static const struct hy_y_schema file_schema = {sizeof(struct file), file_keys, NULL};

/* libfyaml 0.7 forgets a scalar's atom on some of its error paths (corpus: quotes.yaml). */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml.so";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hy_str text = {(const char *)data, size};
    struct hy_diag *d = hy_diag_new();
    struct hy_buf out = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_err err = HY_ERR_INIT;
    struct file f = {0};

    hy_hash_init();
    int rc = hy_yaml_load_text(text, "fuzz.yaml", &file_schema, &f, d, &err);
    if ((rc < 0) != (hy_diag_errors(d) > 0))
        hy_bug("result %d with %zu mistakes", rc, hy_diag_errors(d));
    hy_diag_print(d, &out);
    hy_diag_print_json(d, &out);
    if (!hy_utf8_valid(hy_buf_view(&out)) || out.n > 4 << 20)
        hy_bug("the messages are broken");
    rc = hy_yaml_load_text(text, "again.yaml", &file_schema, &f, d, &err); /* replaces rows */
    (void)rc;
    hy_yaml_release(&file_schema, &f);
    hy_buf_release(&out);
    hy_diag_free(d);
    return 0;
}
