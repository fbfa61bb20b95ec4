/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at the machine's two clocks, as leader and as standby, and tells of a jump ahead as soon as we
 * lead (alerts/decide/set_ahead.h). */
#include "alerts/keep/keep.h"

#include "core/log.h"

#include <stdlib.h>

void hy_keep_look(struct hy_keep *k)
{
    if (!hy_wall_is_real()) /* an accelerated clock is not to be compared with a real one */
        return;
    hy_look_again(&k->look, hy_wall_now(), hy_boot_now());
}

int hy_keep_set_ahead(struct hy_keep *k, struct hy_err *err)
{
    struct hy_turn t;

    hy_keep_look(k);
    if (!hy_look_jumped(&k->look))
        return HY_OK;
    hy_log(HY_WARN, "clock_jumped_ahead", HY_KVN("by_ms", k->look.to.ms - k->look.from.ms));
    hy_turn_begin(&t, k);
    hy_set_ahead_tell(&t.d, k->look.from, k->look.to);
    int rc = hy_turn_commit(&t, err);
    hy_turn_end(&t);
    if (rc == HY_OK)
        hy_look_told(&k->look);
    return rc;
}
