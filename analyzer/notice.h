/* SPDX-License-Identifier: Apache-2.0 */
/* Does an official text tell what happened and what is done about it (情况通报, 警情通报, 情况说明,
 * 续报), or is it everyday work (检查, 会议, 宣传, 提醒)?
 *
 * Both speak of fires and of schools, at the same places and in the same weeks; only the first can
 * answer an incident.  Told by the words of the genre alone, in the title, in how the text begins
 * and in how it goes on. */
#pragma once
#include "analyzer/chars.h"

enum {
    HY_GENRE_MAX = 6,
    HY_GENRE_TITLED = 3, /* from here on the title alone says that it is an account */
};

/* -HY_GENRE_MAX (everyday work) .. HY_GENRE_MAX (an account of something); 0: cannot be told. */
int hy_notice_genre(const struct hy_doc *doc);
/* Goes on about something an earlier notice told of (续报, 处置进展, 最新情况): its first date may
 * be later than the event. */
bool hy_notice_is_follow_up(const struct hy_doc *doc);
/* Speaks of what people had said before: 网民反映, 有市民投诉, 关于…的回应. */
bool hy_notice_is_reply(const struct hy_doc *doc);
