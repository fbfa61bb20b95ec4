/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the reading of bodies: its words (bodies_words.c says what each list is). */
#pragma once
#include "analyzer/bodies.h"
#include "analyzer/chars.h"

extern struct hy_wordlist bodies_alone;
extern struct hy_wordlist bodies_with_matter;
extern struct hy_wordlist bodies_with_owner;
extern struct hy_wordlist bodies_matters;
extern struct hy_wordlist bodies_generic;
extern struct hy_wordlist bodies_common;
extern struct hy_wordlist bodies_official;
extern struct hy_wordlist bodies_ranks;
extern struct hy_wordlist bodies_states;
extern struct hy_wordlist bodies_not_bodies;
