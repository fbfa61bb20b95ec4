/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "core/role.h"

/* The role, until a signal ends it.  common: the archive directory of all offices, when this one is
 * one of several; else NULL.  Fails only for rules that cannot be used. */
HY_MUST_CHECK int hy_archive_run(const struct hy_role *role, const char *common, struct hy_err *err);
