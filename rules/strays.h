/* SPDX-License-Identifier: Apache-2.0 */
/* Files that somebody meant to be rules and that are read by nobody: source.yaml, sources.yml, and
 * the lexicon/local.yaml.txt of an editor that adds an ending of its own. */
#pragma once
#include "rules/rules.h"

/* A warning in d for each one in the office's directory `dir`, of which these sections are read. */
void hy_rules_warn_of_strays(const char *dir, const struct hy_section *const *sections,
                             size_t n_sections, struct hy_diag *d);
