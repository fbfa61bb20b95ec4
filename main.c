/* SPDX-License-Identifier: Apache-2.0 */
/* The table of roles and subcommands, and nothing else. */
#include "core/command.h"
#include "core/hash.h"
#include "core/manual.h"
#include "core/mem.h"

#include <stdio.h>
#include <string.h>

/* One line per command, in the order of the help text: HY_CMD(identifier). */
#define COMMANDS(HY_CMD)                                                                           \
    HY_CMD(run)                                                                                    \
    HY_CMD(crawl)                                                                                  \
    HY_CMD(analyze)                                                                                \
    HY_CMD(keep)                                                                                   \
    HY_CMD(board)                                                                                  \
    HY_CMD(deliver)                                                                                \
    HY_CMD(archive)                                                                                \
    HY_CMD(status)                                                                                 \
    HY_CMD(check)                                                                                  \
    HY_CMD(extract)                                                                                \
    HY_CMD(score)                                                                                  \
    HY_CMD(group)                                                                                  \
    HY_CMD(due)                                                                                    \
    HY_CMD(read)                                                                                   \
    HY_CMD(charset)                                                                                \
    HY_CMD(feed)                                                                                   \
    HY_CMD(robots)                                                                                 \
    HY_CMD(url)                                                                                    \
    HY_CMD(incident)                                                                               \
    HY_CMD(case)                                                                                   \
    HY_CMD(duty)                                                                                   \
    HY_CMD(drill)                                                                                  \
    HY_CMD(export)                                                                                 \
    HY_CMD(report)                                                                                 \
    HY_CMD(backtest)                                                                               \
    HY_CMD(tune)                                                                                   \
    HY_CMD(verify)                                                                                 \
    HY_CMD(backup)                                                                                 \
    HY_CMD(restore)                                                                                \
    HY_CMD(user)                                                                                   \
    HY_CMD(acl)                                                                                    \
    HY_CMD(journal)

#define DECLARE(id) extern const struct hy_command hy_cmd_##id;
#define ROW(id) &hy_cmd_##id,
COMMANDS(DECLARE)
static const struct hy_command *const commands[] = {COMMANDS(ROW) NULL};

static int help(FILE *out, int exit_code)
{
    fprintf(out, "huiying %s: finds what concerns the government and keeps its response clocks\n\n",
            HY_VERSION);
    for (size_t i = 0; commands[i]; i++)
        fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fprintf(out, "\nhuiying COMMAND --help explains one of them.\n");
    return exit_code;
}

/* For whoever builds a package: huiying --man, huiying --completion bash|zsh|fish. */
static int manual(int argc, char **argv)
{
    if (strcmp(argv[1], "--man") == 0)
        return hy_manual_page(stdout, commands), HY_EXIT_OK;
    if (argc == 3 && hy_manual_completion(stdout, argv[2], commands))
        return HY_EXIT_OK;
    fprintf(stderr, "huiying: --completion wants bash, zsh or fish\n");
    return HY_EXIT_USAGE;
}

int main(int argc, char **argv)
{
    hy_hash_init();
    if (argc < 2)
        return help(stderr, HY_EXIT_USAGE);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        return help(stdout, HY_EXIT_OK);
    if (strcmp(argv[1], "--version") == 0) {
        printf("huiying %s\n", HY_VERSION);
        return HY_EXIT_OK;
    }
    if (strcmp(argv[1], "--man") == 0 || strcmp(argv[1], "--completion") == 0)
        return manual(argc, argv);
    for (size_t i = 0; commands[i]; i++)
        if (strcmp(argv[1], commands[i]->name) == 0)
            return hy_command_main(commands[i], argc - 1, argv + 1);
    fprintf(stderr, "huiying: no command \"%s\" (huiying --help lists them)\n", argv[1]);
    return HY_EXIT_USAGE;
}
