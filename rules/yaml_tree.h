/* SPDX-License-Identifier: Apache-2.0 */
/* A parsed YAML document as the walker sees it: plain nodes in an arena, every one with its place.
 * Private to rules/yaml.c (which makes it out of libfyaml's), rules/walk.c and rules/scalars.c
 * (which read it). */
#pragma once
#include "core/arena.h"
#include "rules/yaml.h"

struct hy_y_pair {
    struct hy_str key; /* empty in a sequence */
    struct hy_pos key_pos;
    const struct hy_y_node *value;
};

struct hy_y_node {
    enum hy_y_node_kind kind;
    bool empty; /* nothing was written: `key:` */
    struct hy_pos pos;
    struct hy_str text;   /* of a scalar */
    struct hy_y_pair *at; /* of a sequence or mapping */
    size_t n;
};

/* Defaults of a struct that nothing was read into yet, and of the structs inside it. */
void hy_y_init(const struct hy_y_schema *s, void *into);
/* One of the types that are written as a single text. */
void hy_y_read_scalar(const struct hy_y_key *k, const struct hy_y_node *n, void *field,
                      struct hy_diag *d);
/* "“key”应为want，这里却是..."; key "" when the place has no name. */
void hy_y_report_kind(const char *key, const char *want, const struct hy_y_node *n,
                      struct hy_diag *d);

/* The document in `text` as a tree, or NULL when it has no usable shape.  `file` is what
 * hy_diag_file() gave for it.  An empty document is an empty mapping. */
const struct hy_y_node *hy_yaml_tree(struct hy_str text, struct hy_pos file, struct hy_arena *arena,
                                     struct hy_diag *d);
