/* SPDX-License-Identifier: Apache-2.0 */
/* References by id to units, topics and word groups: what to say when there is none of that id.
 * People write 应急管理局 or emergency_bureua for emergency_bureau; the message names the right one. */
#pragma once
#include "rules/lexicon.h"

enum hy_ref_kind { HY_REF_UNIT, HY_REF_TOPIC, HY_REF_GROUP, HY_REF_KIND_COUNT };

void hy_lexicon_no_ref(const struct hy_lexicon *l, enum hy_ref_kind kind, const char *id,
                       struct hy_pos pos, struct hy_diag *d);
