/* SPDX-License-Identifier: Apache-2.0 */
/* Does an official text tell what happened and what is done about it (情况通报, 警情通报, 情况说明,
 * 续报), or is it everyday work (检查, 会议, 宣传, 提醒)?
 *
 * Both speak of fires and of schools, at the same places and in the same weeks; only the first can
 * answer an incident.  Told by the words of the genre alone, in the title, in how the text begins
 * and in how it goes on. */
#pragma once
#include "analyzer/chars.h"

enum { HY_GENRE_MAX = 6 };

/* -HY_GENRE_MAX (everyday work) .. HY_GENRE_MAX (an account of something); 0: cannot be told. */
int hy_notice_genre(const struct hy_doc *doc);
