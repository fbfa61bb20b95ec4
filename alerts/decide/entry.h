/* SPDX-License-Identifier: Apache-2.0 */
/* Types of journal entries.
 *
 * Every entry says what happened (`type`, `actor`, `at`, what a person gave in data.args) and what
 * it changed, as plain data:
 *     data.set   {member: value}          replaces members of the document
 *     data.put   {member: [objects]}      adds to a list, replacing what has the same id
 *     data.item  the full item of an `item` entry: text, score, trace
 *     data.moved  of a `split` entry: [{"id","trace"}] of the items that went
 *     data.notice  the full notice of a `notice` entry
 * so replaying needs no knowledge of the rules that were in force. */
#pragma once

enum hy_entry {
    HY_ENTRY_OPEN,
    HY_ENTRY_ITEM,
    HY_ENTRY_CLOCKS,
    HY_ENTRY_NOTICE,
    HY_ENTRY_FOUND,
    HY_ENTRY_ACK,
    HY_ENTRY_CONFIRM,
    HY_ENTRY_DISMISS,
    HY_ENTRY_LEVEL,
    HY_ENTRY_ASSIGN,
    HY_ENTRY_RESPOND,
    HY_ENTRY_REJECT_FOUND,
    HY_ENTRY_WAIVE,
    HY_ENTRY_MERGE,
    HY_ENTRY_TIMES,
    HY_ENTRY_NOTE,
    HY_ENTRY_STATE,
    HY_ENTRY_CLOSE,
    HY_ENTRY_REOPEN,
    HY_ENTRY_RECEIPT,
    HY_ENTRY_CLASSIFY,
    HY_ENTRY_VERIFY,
    HY_ENTRY_CONSULT,
    HY_ENTRY_LINE,
    HY_ENTRY_DRAFT,
    HY_ENTRY_SUBMIT,
    HY_ENTRY_APPROVE,
    HY_ENTRY_REJECT,
    HY_ENTRY_EXTEND,
    HY_ENTRY_SUSPEND,
    HY_ENTRY_RESUME,
    HY_ENTRY_REFER,
    HY_ENTRY_CORRECT,
    HY_ENTRY_WITHDRAW,
    HY_ENTRY_EVALUATE,
    HY_ENTRY_URGE,
    HY_ENTRY_CALL,
    HY_ENTRY_SPLIT,  /* items went to another incident; `moved` has their traces */
    HY_ENTRY_SNOOZE, /* reminders to the duty officers wait */
    HY_ENTRY_SOURCE, /* a source changed its health; "incident" is the source's document */
    HY_ENTRY_DUTY,   /* the duty list was changed by hand; "incident" is its document */
    HY_ENTRY_RISK,   /* a pre-release risk assessment; "incident" is its document */
    HY_ENTRY_KEEPER, /* a keeper began to lead, or loaded new rules; no incident */
    HY_ENTRY_COUNT
};
extern const char *const hy_entry_name[HY_ENTRY_COUNT + 1]; /* "open", ...; NULL-terminated */
extern const char *const hy_entry_label[HY_ENTRY_COUNT];    /* 发现 归入 ... for timelines */
