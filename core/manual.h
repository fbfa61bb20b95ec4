/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of commands once more, as a man page and as what a shell completes.  Made by the
 * program itself when the package is built, so that neither can say what the program does not. */
#pragma once
#include "core/command.h"

#include <stdio.h>

/* `commands` ends with NULL.  One page of section 1 (man(7)) about all of them; a command that
 * stands alone has a page of its own. */
void hy_manual_page(FILE *out, const struct hy_command *const *commands);
/* `shell`: bash, zsh or fish; false for another one.  Completes the names of commands, their
 * options and, behind options that want a file or directory, paths. */
bool hy_manual_completion(FILE *out, const char *shell, const struct hy_command *const *commands);
