/* SPDX-License-Identifier: Apache-2.0 */
/* A dossier is one document with what goes with it: what state.c keeps and state_digest.c sums up.
 * Invariants:
 * - it is hot (doc), or its text is valid, or both; who changes the document makes the text `was`;
 * - `was` is the text before the `changes`, from which the next is made without walking through all
 *   of the document; without it all of it is written;
 * - `given` is what Redis has: taken from the document when it becomes hot, before anything can
 *   change it, and kept by the commit afterwards;
 * - an item id is in the `items` of exactly the dossier the index leads to. */
#pragma once
#include "alerts/decide/state.h"
#include "core/hash.h"
#include "core/json_splice.h"

struct hy_dossier {
    char *id;
    json_t *doc;        /* NULL: cold */
    struct hy_str text; /* {NULL}: to be written anew */
    struct hy_str was;
    HY_VEC(struct hy_json_change) changes; /* their keys are the document's own */
    bool text_owned; /* that, or `was`; else it lies in a mapped snapshot */
    bool open, used;    /* used: since the hand of hy_state_cool() passed */
    bool sum_known;
    size_t weight;                 /* part of hot_bytes */
    unsigned char kind;            /* enum hy_doc_kind */
    unsigned char sum[HY_BLAKE2B]; /* part of the digest */
    int64_t changed;               /* seq */
    HY_VEC(char *) items;          /* owned */
    struct hy_given given;
};

/* Its text is valid afterwards. */
void hy_dossier_write(struct hy_state *s, struct hy_dossier *d);
