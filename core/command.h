/* SPDX-License-Identifier: Apache-2.0 */
/* A subcommand or role of the binary is one row; main.c holds the table of rows.  Options are rows
 * too: parsing and --help come from the same table.
 *
 * Exit codes: 0 fine, 1 the answer is "no" or the input is bad, 2 wrong usage. */
#pragma once
#include "core/err.h"
#include "core/str.h"

enum { HY_EXIT_OK = 0, HY_EXIT_NO = 1, HY_EXIT_USAGE = 2 };

enum hy_opt_kind { HY_OPT_FLAG, HY_OPT_TEXT, HY_OPT_NUMBER };

struct hy_opt {
    const char *name; /* "config" for --config; the array ends with a row of NULL */
    char letter;      /* 'c' for -c, or 0 */
    enum hy_opt_kind kind;
    size_t offset;   /* into the options struct: bool, const char *, int64_t */
    const char *arg; /* "DIR" in the help text */
    const char *help;
};

struct hy_command {
    const char *name;
    bool standalone;     /* an executable of its own: messages name it without "huiying" */
    const char *usage;   /* "[-c DIR] FILE|-": what follows the name */
    const char *summary; /* one line */
    const char *details; /* paragraphs and an example; printed by --help */
    const struct hy_opt *opts;
    size_t opts_size; /* sizeof the options struct, zeroed before parsing */
    /* `args` are the operands behind the options.  The result is the exit code. */
    int (*run)(const void *opts, int nargs, char **args);
};

/* Parse argv (argv[0] is the subcommand's name), answer --help, run.  Wrong usage prints one line
 * naming the option and where help is, and gives 2. */
int hy_command_main(const struct hy_command *cmd, int argc, char **argv);
/* Print "huiying NAME: message" and give the exit code that belongs to err->code. */
int hy_command_fail(const struct hy_command *cmd, const struct hy_err *err);
