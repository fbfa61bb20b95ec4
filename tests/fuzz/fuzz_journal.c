/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as journal lines: no crash, and a line that passes passes only in its place.
 * Covers: alerts/decide/state alerts/decide/apply core/chain */
#include "alerts/decide/state.h"
#include "core/hash.h"
#include "core/mem.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HY_CLEANUP(hy_state_freep) struct hy_state *s = hy_state_new();
    struct hy_head head = HY_HEAD_INIT;
    struct hy_err err = HY_ERR_INIT;

    hy_hash_init();
    for (struct hy_lines it = hy_lines(hy_str_n((const char *)data, size)); hy_lines_next(&it);) {
        HY_CLEANUP(hy_json_freep) json_t *entry = NULL;
        struct hy_head before = head;
        if (hy_journal_check(it.line, &head, &entry, &err) < 0) {
            if (head.seq != before.seq)
                abort();
            continue;
        }
        if (head.seq != before.seq + 1 || hy_journal_check(it.line, &head, NULL, &err) == HY_OK)
            abort();
        int rc = hy_apply(s, entry, &err);
        (void)rc;
    }
    return 0;
}
