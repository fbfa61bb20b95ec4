/* SPDX-License-Identifier: Apache-2.0 */
/* Personal numbers in text, replaced at intake: mobile phones, identity cards, bank cards (with
 * their check digits), car plates, e-mail addresses.  Digits and letters become '*' one for one, so
 * offsets and lengths stay; enough is left to see what stood there (138****5678).  Numbers of
 * organisations stay: land lines, 400 numbers, short service numbers, public mail of *.gov.cn. */
#pragma once
#include "core/str.h"

/* In place; `text` is valid UTF-8 and stays it.  How many were masked. */
size_t hy_mask(char *text, size_t n);
