/* SPDX-License-Identifier: Apache-2.0 */
/* All documents an office has, and which item belongs to which: what the journal adds up to.
 *
 * An incident that somebody works on is held as its parsed document ("hot"), all the others as the
 * text they were last written as ("cold", a fifth of the memory and often a page of a mapped
 * snapshot).  Asking for a document makes it hot; hy_state_cool(), called between two transactions,
 * makes those cold again that nobody has asked for.  So a document is borrowed until then.
 *
 * The only writers are hy_apply() and the loading of a snapshot.  Pure. */
#pragma once
#include "alerts/decide/incident.h"
#include "core/vec.h"

/* The newest id of one prefix: its day and its running number. */
struct hy_newest {
    char day[9];
    int64_t no;
};
struct hy_dossier;
struct hy_state {
    struct hy_head head;         /* of the journal that led here */
    hy_wall at;                  /* of its newest line, as far as we lead; 0: not known */
    struct hy_newest newest[26]; /* by the letter before the day */
    struct hy_map *dossiers;     /* id -> struct hy_dossier *, owned: documents of every kind */
    struct hy_map *items;        /* item id -> struct hy_dossier * */
    HY_VEC(struct hy_dossier *) order; /* as they were opened */
    size_t hot, hot_bytes;             /* how many are parsed, and of how much text */
    size_t hand;                       /* where cooling goes on */
    /* Called when a walk has parsed one more document: in a large office a walk takes longer than
     * those who hold the state may be silent.  Nothing that is decided may depend on it.  NULL: nobody
     * wants to know. */
    void (*breathe)(void *user);
    void *user;
};
struct hy_state *hy_state_new(void);
void hy_state_free(struct hy_state *s); /* NULL is a no-op */
HY_DEFINE_FREEP(struct hy_state, hy_state_free)

json_t *hy_state_incident(const struct hy_state *s, struct hy_str id);   /* borrowed, or NULL */
const char *hy_state_item(const struct hy_state *s, struct hy_str item); /* incident id, or NULL */
/* Id of the case of this kind that is known outside by this number, or NULL. */
const char *hy_state_ref(const struct hy_state *s, const char *kind, struct hy_str ref);
size_t hy_state_count(const struct hy_state *s);
/* Walk in the order of opening; NULL at the end:
 *     struct hy_walk w = {.kinds = 1u << HY_DOC_SOURCE};
 *     while ((doc = hy_state_next(s, &w))) */
struct hy_walk {
    unsigned kinds;      /* bits of enum hy_doc_kind; 0: all */
    bool open;           /* only those that are open */
    const char *letters; /* only ids that begin with one of these; NULL: all */
    int64_t since;       /* only those that an entry of this seq or a later one has changed */
    int64_t until;       /* only those that none after this seq has changed; 0: all */
    bool passing;        /* borrow each only until the next: what was cold is cold again behind us, so
                          * that a look at everything does not hold everything parsed */
    size_t at;
    bool heated; /* the walk's own: the newest was cold */
};
json_t *hy_state_next(const struct hy_state *s, struct hy_walk *w);
/* Next id "I20261123-0001" of this prefix (A-Z) for a document opened now. */
void hy_state_next_id(const struct hy_state *s, char prefix, hy_wall now, char out[32]);

/* Fold one journal entry (with its seq) into the state.  A bad entry is HY_E_PARSE and changes
 * nothing. */
HY_MUST_CHECK int hy_apply(struct hy_state *s, const json_t *entry, struct hy_err *err);

/* ---- for those who store documents ---- */

/* The document's canonical text, written at most once per change.  Borrowed until it changes or
 * cools. */
struct hy_str hy_state_text(struct hy_state *s, struct hy_str id);
/* What Redis was given of a document, for whoever writes to Redis to keep.  A document that was
 * cold has what follows from its text. */
struct hy_given {
    struct hy_pendings timers;
    int open; /* -1: not listed yet */
};
struct hy_given *hy_state_given(const struct hy_state *s, struct hy_str id); /* NULL: unknown id */
/* From now on Redis has what follows from the documents (after loading). */
void hy_state_given_level(struct hy_state *s);
bool hy_state_is_open(const struct hy_state *s, struct hy_str id); /* without making it hot */
/* Leave at most about `keep` bytes of documents hot, as text: parsed they take about eleven times that. */
void hy_state_cool(struct hy_state *s, size_t keep);

/* What the state is, in 64 hex digits: the same for everybody who folded the same journal.
 * BLAKE2b over the dossiers in the order of opening, each by id and its own BLAKE2b over kind,
 * openness, text and item ids. */
#define HY_DIGEST_HEX 65
const char *hy_state_digest(struct hy_state *s, char out[HY_DIGEST_HEX]);

/* ---- for snapshots (alerts/keep/snapshot.h) ---- */

struct hy_cold { /* a dossier as a snapshot has it */
    struct hy_str id, text;
    bool open;
    unsigned kind;
    int64_t changed; /* seq of the entry that changed it last */
    const struct hy_str *items;
    size_t n_items;
};
/* Put one in, replacing an older one of this id.  `text` is borrowed for the state's life. */
void hy_state_put(struct hy_state *s, const struct hy_cold *c);
/* The i-th in the order of opening; writes the text if it has to.  c->items is malloc'ed (free it),
 * its texts are borrowed. */
void hy_state_get(struct hy_state *s, size_t i, struct hy_cold *c);

/* ---- for hy_apply() ---- */

json_t *hy_state_open(struct hy_state *s, struct hy_str id); /* a new document that has its id */
/* A member of a document has another value, or only the element `at` of its list has or is new
 * (core/json_splice.h); at the end say that all of it is done. */
void hy_state_changes(struct hy_state *s, struct hy_str id, const char *key, int64_t at);
void hy_state_changed(struct hy_state *s, struct hy_str id, int64_t seq);
void hy_state_own_item(struct hy_state *s, struct hy_str id, struct hy_str item, int64_t seq);
/* The number a case is known by outside: kept like an item's id, under a name no item has. */
void hy_state_own_ref(struct hy_state *s, struct hy_str id, struct hy_str kind, struct hy_str ref,
                      int64_t seq);
void hy_state_move_items(struct hy_state *s, struct hy_str from, struct hy_str into, int64_t seq);
