/* SPDX-License-Identifier: Apache-2.0 */
#include "core/command.h"

#include "core/mem.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_OPTS = 32, LONG_BASE = 1000 };

/* What stands before the name in messages. */
static const char *prefix(const struct hy_command *cmd)
{
    return cmd->standalone ? "" : "huiying ";
}

static void print_help(const struct hy_command *cmd)
{
    printf("%s%s %s\n\n%s\n", prefix(cmd), cmd->name, cmd->usage, cmd->summary);
    if (cmd->details)
        printf("\n%s\n", cmd->details);
    printf("\nOptions:\n");
    for (const struct hy_opt *o = cmd->opts; o && o->name; o++) {
        char left[64], letter[8] = "    ";
        if (o->letter)
            snprintf(letter, sizeof(letter), "-%c, ", o->letter);
        snprintf(left, sizeof(left), "%s--%s%s%s", letter, o->name, o->arg ? " " : "",
                 o->arg ? o->arg : "");
        printf("  %-28s %s\n", left, o->help);
    }
    printf("  %-28s %s\n", "    --help", "this text");
}

static int usage(const struct hy_command *cmd, const char *what, const char *which)
{
    const char *p = prefix(cmd);

    fprintf(stderr, "%s%s: %s%s\nusage: %s%s %s\n(%s%s --help explains)\n", p, cmd->name, what,
            which, p, cmd->name, cmd->usage, p, cmd->name);
    return HY_EXIT_USAGE;
}

static int store(const struct hy_command *cmd, const struct hy_opt *o, const char *value, void *to)
{
    char *field = (char *)to + o->offset;
    int64_t n;

    switch (o->kind) {
    case HY_OPT_FLAG:
        *(bool *)field = true;
        return HY_OK;
    case HY_OPT_TEXT:
        *(const char **)field = value;
        return HY_OK;
    case HY_OPT_NUMBER:
        if (!hy_str_to_i64(hy_str(value), &n))
            return usage(cmd, "not a number: --", o->name);
        *(int64_t *)field = n;
        return HY_OK;
    }
    hy_bug("option kind %d", o->kind);
}

/* getopt's two forms of our table; returns how many rows there are. */
static int getopt_tables(const struct hy_opt *opts, struct option *longs, char *shorts)
{
    int n = 0;

    *shorts++ = ':'; /* report a missing argument as such */
    for (; opts && opts[n].name; n++) {
        int has_arg = opts[n].kind == HY_OPT_FLAG ? no_argument : required_argument;
        if (n == MAX_OPTS)
            hy_bug("more than %d options", MAX_OPTS);
        longs[n] = (struct option){opts[n].name, has_arg, NULL, LONG_BASE + n};
        if (opts[n].letter == 0)
            continue;
        *shorts++ = opts[n].letter;
        if (has_arg == required_argument)
            *shorts++ = ':';
    }
    *shorts = '\0';
    longs[n] = (struct option){"help", no_argument, NULL, 'H'};
    return n;
}

static const struct hy_opt *row_of(const struct hy_command *cmd, int code, int n)
{
    if (code >= LONG_BASE)
        return &cmd->opts[code - LONG_BASE];
    for (int i = 0; i < n; i++)
        if (cmd->opts[i].letter == code)
            return &cmd->opts[i];
    hy_bug("getopt returned %d", code);
}

int hy_command_main(const struct hy_command *cmd, int argc, char **argv)
{
    struct option longs[MAX_OPTS + 2] = {0};
    char shorts[2 * MAX_OPTS + 2];
    int n = getopt_tables(cmd->opts, longs, shorts), code;
    HY_CLEANUP(hy_freep) void *values = hy_xcalloc(1, cmd->opts_size);

    optind = 0; /* rescan: another command line may have been parsed before */
    opterr = 0;
    while ((code = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        if (code == 'H') {
            print_help(cmd);
            return HY_EXIT_OK;
        }
        if (code == '?' || code == ':')
            return usage(cmd, code == '?' ? "unknown option " : "argument missing for ",
                         argv[optind - 1]);
        int rc = store(cmd, row_of(cmd, code, n), optarg, values);
        if (rc != HY_OK)
            return rc;
    }
    return cmd->run(values, argc - optind, argv + optind);
}

int hy_command_fail(const struct hy_command *cmd, const struct hy_err *err)
{
    fprintf(stderr, "%s%s: %s\n", prefix(cmd), cmd->name, err->msg);
    return err->code == HY_E_USAGE ? HY_EXIT_USAGE : HY_EXIT_NO;
}
