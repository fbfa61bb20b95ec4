/* SPDX-License-Identifier: Apache-2.0 */
/* The options of every command that reads the record, and where they lead: the office's Redis, or
 * with --journal a file and nothing else. */
#pragma once
#include "alerts/record/record.h"
#include "core/role.h"

struct hy_record_opts {
    const char *journal, *from, *to;
};
/* To stand behind HY_ROLE_OPT_ROWS(type) in a type with members `role` and `record`. */
#define HY_RECORD_OPT_ROWS(type)                                                                   \
    {"journal",   0,                                                                               \
     HY_OPT_TEXT, offsetof(type, record.journal),                                                  \
     "FILE",      "read this journal (or -) instead of Redis; needs no rules"},                    \
        {"from", 0, HY_OPT_TEXT, offsetof(type, record.from), "T", "what begins at T or later"},   \
    {                                                                                              \
        "to", 0, HY_OPT_TEXT, offsetof(type, record.to), "T",                                      \
            "what begins before T (2026-11-01 or RFC 3339)"                                        \
    }

/* [from, to) as given; HY_WALL_NONE where it was not.  HY_E_USAGE for what is no time. */
HY_MUST_CHECK int hy_record_period(const struct hy_record_opts *o, hy_wall *ret_from,
                                   hy_wall *ret_to, struct hy_err *err);
/* Every document of these kinds, in the order of record.h; `what` names the progress bar. */
HY_MUST_CHECK int hy_record_each(const struct hy_role_opts *role, const struct hy_record_opts *o,
                                 unsigned kinds, const char *what, hy_record_fn each, void *user,
                                 struct hy_err *err);
/* For headings, owned: name of the office, "" when no rules directory is named; and who is on duty
 * at `now` ("林悦，备班周明"), NULL when that is not known. */
HY_MUST_CHECK int hy_record_office(const struct hy_role_opts *role, hy_wall now, char **ret,
                                   char **ret_duty, struct hy_err *err);
