/* SPDX-License-Identifier: Apache-2.0 */
/* What the writing, the reading and the keeping of snapshot files share. */
#pragma once
#include "alerts/keep/snapshot.h"

enum { HY_SNAPSHOT_CHAIN = 8 /* files that one snapshot may consist of */ };
#define HY_SNAPSHOT_FORMAT "huiying-snapshot"
#define HY_SNAPSHOT_MARK ".snap-"

char *hy_snapshot_path(const char *mirror, int64_t seq); /* free() */
