/* SPDX-License-Identifier: Apache-2.0 */
/* The labels of a letter to an office and of what the office answered: whose words follow. */
#pragma once
#include "crawler/page/view.h"
#include "crawler/page/when.h"

enum hy_label {
    HY_LABEL_NONE,
    HY_LABEL_STATUS, /* says nothing about who speaks */
    HY_LABEL_LETTER_INFO,
    HY_LABEL_LETTER_TIME,
    HY_LABEL_LETTER_TITLE,
    HY_LABEL_LETTER_TEXT,
    HY_LABEL_REPLY_INFO,
    HY_LABEL_REPLY_TIME,
    HY_LABEL_REPLY_HEAD, /* the reply follows, maybe behind a name */
    HY_LABEL_REPLY_TEXT, /* and at once */
    HY_LABEL_AGAIN,      /* the citizen's further words */
    HY_LABEL_RATING,
};

struct hy_labelled {
    enum hy_label role;
    size_t value; /* bytes in front of the value */
    bool own;     /* no common word: only letters have it */
    bool strong;  /* ... and no guide to an office's services has it: evidence */
};

/* The label a line begins with; role HY_LABEL_NONE: none. */
struct hy_labelled hy_label_find(const struct hy_view *v, const struct hy_line *l);
/* "来信人：张** 来信时间：2026-11-18 08:22": the time behind a label of this role in the line. */
bool hy_label_time(struct hy_str line, enum hy_label role, struct hy_when *ret);
/* More than a status: "姓名：张三", but "状态：路灯坏了三个月，没人修". */
bool hy_label_has_words(const struct hy_line *l);
