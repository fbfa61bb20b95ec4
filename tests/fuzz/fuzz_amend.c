/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a rule file, an id and a key before the first two line breaks: what is changed stays
 * to be found and can be changed again to the same, and a diff of the two is no longer than both.
 * Covers: rules/amend */
#include "rules/amend.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

enum { NUMBER = 37 };

static void check_row(struct hy_str yaml, const char *id, const char *key)
{
    struct hy_buf once = HY_BUF_INIT(HY_BUF_UNBOUNDED), again = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_buf diff = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_err err = HY_ERR_INIT;

    if (hy_amend_row(yaml, id, key, NUMBER, &once, &err) == HY_OK) {
        if (hy_amend_find_row(hy_buf_view(&once), id).n == 0 ||
            hy_amend_row(hy_buf_view(&once), id, key, NUMBER, &again, &err) < 0 ||
            !hy_str_eq(hy_buf_view(&once), hy_buf_view(&again)))
            abort();
        hy_amend_diff("x", yaml, hy_buf_view(&once), &diff);
        if (diff.n > 4 * (yaml.n + once.n) + 400)
            abort();
    }
    hy_buf_release(&once);
    hy_buf_release(&again);
    hy_buf_release(&diff);
}

static void check_map(struct hy_str yaml, const char *key)
{
    struct hy_buf once = HY_BUF_INIT(HY_BUF_UNBOUNDED), again = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_amend_map(yaml, "alerts", key, NUMBER, &once);
    hy_amend_map(hy_buf_view(&once), "alerts", key, NUMBER, &again);
    if (!hy_str_eq(hy_buf_view(&once), hy_buf_view(&again)))
        abort();
    hy_buf_release(&once);
    hy_buf_release(&again);
}

/* Keys and ids as rule files have them. */
static char *word_of(struct hy_str s, const char *otherwise)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || s.p[i] == '_'))
            return hy_xstrdup(otherwise);
    return s.n ? hy_str_dup(s) : hy_xstrdup(otherwise);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hy_str rest = hy_str_n((const char *)data, size), first = {0}, second = {0};

    hy_str_cut(&rest, '\n', &first);
    hy_str_cut(&rest, '\n', &second);
    HY_CLEANUP(hy_freep) char *id = word_of(first, "fire");
    HY_CLEANUP(hy_freep) char *key = word_of(second, "weight");
    check_row(rest, id, key);
    check_map(rest, key);
    return 0;
}
