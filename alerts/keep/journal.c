/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/keep/journal.h"

#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int hy_journal_verify(const char *path, hy_journal_fn each, void *user, size_t *ret_count,
                      struct hy_head *head, struct hy_err *err)
{
    bool from_stdin = strcmp(path, "-") == 0;
    FILE *f = from_stdin ? stdin : fopen(path, "re");
    HY_CLEANUP(hy_freep) char *line = NULL;
    size_t room = 0, no = 0;
    ssize_t n = 0;
    int rc = HY_OK;

    if (f == NULL)
        return hy_fail_errno(err, "%s", path);
    *head = HY_HEAD_INIT;
    while (rc == HY_OK && (n = getline(&line, &room, f)) > 0) {
        struct hy_str s = hy_str_n(line, (size_t)n - 1);
        no++;
        if (line[n - 1] != '\n')
            rc = hy_fail(err, HY_E_PARSE, "最后一行不完整");
        else if (hy_journal_check(s, head, NULL, err) < 0 || (each && each(s, user, err) < 0))
            rc = err->code;
    }
    if (rc == HY_OK && ferror(f))
        rc = hy_fail_errno(err, "%s", path);
    else if (rc < 0)
        rc = hy_wrap(err, "%s 第 %zu 行", path, no);
    *ret_count = (size_t)head->seq;
    if (!from_stdin)
        fclose(f);
    return rc;
}
