/* SPDX-License-Identifier: Apache-2.0 */
/* YAML with a schema.  rules/yaml.c is the only file that knows libfyaml; rules/walk.c applies the
 * schema.  Files are UTF-8, one document, at most 8 MB and 32 levels deep, without aliases and
 * tags.
 *
 * A schema is a table of keys with the offset of the field each one fills.  The walker fills plain
 * structs and reports every mistake it finds - unknown key (with the nearest known one), wrong
 * type, unknown name, value out of range, missing key, duplicate id - each with file:line:column,
 * the line and a caret.  Whoever needs a check the table cannot express (a reference to another
 * section) keeps the position (HY_Y_POS) and reports with hy_diag_at(). */
#pragma once
#include "core/clock.h"
#include "rules/diag.h"

enum hy_y_type {
    HY_Y_TEXT,     /* char * (owned) */
    HY_Y_INT,      /* int64_t, within [min, max] when max > min */
    HY_Y_NUM,      /* double, likewise */
    HY_Y_BOOL,     /* bool: true/false/是/否 */
    HY_Y_NAME,     /* int: index into `names` */
    HY_Y_DURATION, /* int64_t milliseconds: 90s 10m 5h 2d */
    HY_Y_DATE,     /* int64_t days since 1970-01-01: 2026-10-01 */
    HY_Y_TIME,     /* hy_wall: RFC 3339 */
    HY_Y_TEXTS,    /* struct hy_texts: a list of texts; a single text is a list of one */
    HY_Y_MAP,      /* the struct described by `sub`, in place */
    HY_Y_LIST,     /* struct hy_rows of structs described by `sub` */
    HY_Y_DICT,     /* struct hy_rows likewise, from a mapping: the key goes to sub's first row */
    HY_Y_POS,      /* struct hy_pos: with key "" of the mapping, else of the value of that key */
    HY_Y_CUSTOM,   /* `custom` reads the node itself */
};

struct hy_texts {
    char **v;
    size_t n;
    struct hy_pos *pos; /* of each text */
};
struct hy_rows {
    void *v; /* n structs of sub->size bytes; cast to the element type */
    size_t n;
    const struct hy_rows *lent; /* hy_yaml_lend(): whose the first rows are, NULL: nobody's ... */
    bool *own;                  /* ... but those that were replaced here */
};

struct hy_y_node; /* a node of the document, for HY_Y_CUSTOM */
struct hy_y_key {
    const char *key;
    enum hy_y_type type;
    size_t offset;
    bool required;
    int64_t min, max;
    const char *const *names;      /* HY_Y_NAME: NULL-terminated */
    const struct hy_y_schema *sub; /* HY_Y_MAP, HY_Y_LIST, HY_Y_DICT */
    void (*custom)(const struct hy_y_node *node, void *field, struct hy_diag *d);
    const char *help; /* one line for docs and for messages */
    /* The row's identity: twice in one file is a mistake, a row of an earlier file is replaced. */
    bool unique;
    void (*custom_free)(void *field); /* HY_Y_CUSTOM: NULL when it allocates nothing */
};
struct hy_y_schema {
    size_t size;                 /* of the struct */
    const struct hy_y_key *keys; /* ends with a row of key NULL */
    void (*defaults)(void *row); /* on a zeroed struct, before its keys are read; may be NULL */
};

/* Parse a file and walk it into *into (a struct of schema->size, zeroed or holding earlier rows:
 * lists are appended to).  Mistakes go to d, also a file that cannot be read; HY_E_PARSE when there
 * were any, HY_E_IO when the file cannot be read.  What was read stays in *into either way; release
 * it with hy_yaml_release. */
HY_MUST_CHECK int hy_yaml_load(const char *path, const struct hy_y_schema *schema, void *into,
                               struct hy_diag *d, struct hy_err *err);
/* The same from memory; `name` stands for the file in messages. */
HY_MUST_CHECK int hy_yaml_load_text(struct hy_str text, const char *name,
                                    const struct hy_y_schema *schema, void *into, struct hy_diag *d,
                                    struct hy_err *err);
/* `file` in the directory `dir`.  A missing file is fine unless `required`.  When `file` ends in
 * "/" it is a directory: all its *.yaml in the order of their names. */
HY_MUST_CHECK int hy_yaml_load_from(const char *dir, const char *file, bool required,
                                    const struct hy_y_schema *schema, void *into, struct hy_diag *d,
                                    struct hy_err *err);
/* Free everything the schema allocated inside *what (not the struct itself). */
void hy_yaml_release(const struct hy_y_schema *schema, void *what);

/* Make *to (zeroed) what *from is, with its rows on loan: files read into *to replace and add rows
 * there alone, and releasing it leaves the others be.  *from must outlive *to and not change.  Not
 * for structs with a HY_Y_CUSTOM field outside of rows. */
void hy_yaml_lend(const struct hy_y_schema *schema, const void *from, void *to);

/* For HY_Y_CUSTOM readers.  Nodes live until the load returns. */
enum hy_y_node_kind { HY_Y_SCALAR, HY_Y_SEQ, HY_Y_MAPPING };
enum hy_y_node_kind hy_y_kind(const struct hy_y_node *n);
struct hy_str hy_y_scalar(const struct hy_y_node *n);
size_t hy_y_count(const struct hy_y_node *n);
/* i-th element; of a mapping also its key (*ret_key may be NULL). */
const struct hy_y_node *hy_y_at(const struct hy_y_node *n, size_t i, struct hy_str *ret_key);
struct hy_pos hy_y_pos(const struct hy_y_node *n, struct hy_diag *d);
struct hy_pos hy_y_key_pos(const struct hy_y_node *n, size_t i); /* of the i-th key of a mapping */
/* Walk a mapping as a schema says: for keys that may be a text or a mapping. */
void hy_y_walk(const struct hy_y_node *n, const struct hy_y_schema *schema, void *into,
               struct hy_diag *d);
