/* SPDX-License-Identifier: Apache-2.0 */
#include "core/manual.h"

#include "core/mem.h"

#include <string.h>

/* ---- the man page ---- */

/* Text of ours as troff: no control lines, no escapes, hyphens that can be copied to a shell. */
static void roff(FILE *out, const char *text)
{
    bool start = true;

    for (; *text; text++) {
        if (start && (*text == '.' || *text == '\''))
            fputs("\\&", out);
        start = *text == '\n';
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else
            fputc(*text, out);
    }
}

/* Paragraphs; a line that begins with a space is an example and stands as it is. */
static void roff_details(FILE *out, const char *text)
{
    bool verbatim = false;

    while (*text) {
        size_t n = strcspn(text, "\n");
        HY_CLEANUP(hy_freep) char *line = hy_xstrndup(text, n);
        bool indented = line[0] == ' ';

        if (indented != verbatim)
            fputs(indented ? ".nf\n" : ".fi\n", out);
        verbatim = indented;
        if (n == 0)
            fputs(".PP", out);
        roff(out, line);
        fputc('\n', out);
        text += n + (text[n] == '\n');
    }
    if (verbatim)
        fputs(".fi\n", out);
}

static void roff_options(FILE *out, const struct hy_command *c)
{
    for (const struct hy_opt *o = c->opts; o && o->name; o++) {
        fputs(".TP\n\\fB", out);
        if (o->letter)
            fprintf(out, "\\-%c\\fR, \\fB", o->letter);
        roff(out, "--");
        roff(out, o->name);
        fputs("\\fR", out);
        if (o->arg) {
            fputs(" \\fI", out);
            roff(out, o->arg);
            fputs("\\fR", out);
        }
        fputc('\n', out);
        roff(out, o->help);
        fputc('\n', out);
    }
}

static void roff_command(FILE *out, const struct hy_command *c)
{
    fputs(c->standalone ? ".SH SYNOPSIS\n\\fB" : ".SS \"", out);
    roff(out, c->name);
    fputs(c->standalone ? "\\fR " : " ", out);
    if (c->standalone)
        roff(out, c->usage);
    else /* inside quotes */
        for (const char *p = c->usage; *p; p++)
            fputs(*p == '"' ? "\\(dq" : (char[]){*p, '\0'}, out);
    fputs(c->standalone ? "\n.SH DESCRIPTION\n" : "\"\n", out);
    roff(out, c->summary);
    fputs(".\n", out);
    if (c->details) {
        fputs(".PP\n", out);
        roff_details(out, c->details);
    }
    if (c->standalone)
        fputs(".SH OPTIONS\n", out);
    roff_options(out, c);
}

void hy_manual_page(FILE *out, const struct hy_command *const *commands)
{
    const struct hy_command *alone = commands[0]->standalone ? commands[0] : NULL;
    const char *name = alone ? alone->name : "huiying";

    fprintf(out, ".TH %s 1 \"\" \"huiying %s\" \"huiying\"\n.SH NAME\n", name, HY_VERSION);
    roff(out, name);
    fputs(" \\- ", out);
    roff(out, alone ? alone->summary
                    : "finds what concerns the government and keeps its response clocks");
    fputc('\n', out);
    if (alone == NULL)
        fputs(".SH SYNOPSIS\n\\fBhuiying\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n"
              ".SH DESCRIPTION\n"
              "One program, one role or question a command. \\fBhuiying\\fR \\fICOMMAND\\fR "
              "\\fB\\-\\-help\\fR explains one of them.\n"
              ".SH COMMANDS\n",
              out);
    for (size_t i = 0; commands[i]; i++)
        roff_command(out, commands[i]);
    fputs(".SH EXIT STATUS\n0: fine. 1: the answer is no, or the input is bad. 2: wrong usage.\n",
          out);
    if (alone == NULL)
        fputs(".SH FILES\n.TP\n/etc/huiying/office\nthe office's rules, in YAML, each explained in "
              "Chinese beside it\n.TP\n/etc/default/huiying\noptions of the service\n.TP\n"
              "/var/lib/huiying\njournal, archive, accounts, the private Redis\n"
              ".SH SEE ALSO\n\\fBhuiying\\-notify\\fR(1), /usr/share/doc/huiying\n",
              out);
}

/* ---- completion ---- */

static bool wants_path(const struct hy_opt *o)
{
    static const char *const paths[] = {"DIR", "FILE", "F", "FILE|-"};

    for (size_t i = 0; o->arg && i < HY_COUNT(paths); i++)
        if (strcmp(o->arg, paths[i]) == 0)
            return true;
    return false;
}

static void bash_completion(FILE *out, const struct hy_command *const *commands)
{
    fputs("# bash completion for huiying\n_huiying()\n{\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} words=''\n"
          "    case $COMP_CWORD:${COMP_WORDS[1]} in\n    1:*) words='",
          out);
    for (size_t i = 0; commands[i]; i++)
        fprintf(out, "%s ", commands[i]->name);
    fputs("--help --version' ;;\n", out);
    for (size_t i = 0; commands[i]; i++) {
        fprintf(out, "    *:%s) words='", commands[i]->name);
        for (const struct hy_opt *o = commands[i]->opts; o && o->name; o++)
            fprintf(out, "--%s ", o->name);
        fputs("--help' ;;\n", out);
    }
    fputs("    esac\n"
          "    if [[ $COMP_CWORD -gt 1 && $cur != -* ]]; then\n"
          "        COMPREPLY=($(compgen -f -- \"$cur\"))\n"
          "    else\n"
          "        COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
          "    fi\n}\ncomplete -o filenames -F _huiying huiying\n",
          out);
}

/* In single quotes for zsh's _arguments and _describe: their own colons and brackets escaped. */
static void zsh_text(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\'", out);
        else if (strchr(":[]\\", *text))
            fputc('\\', out);
        fputc(*text, out);
    }
}

static void zsh_completion(FILE *out, const struct hy_command *const *commands)
{
    fputs("#compdef huiying\nlocal -a commands\ncommands=(\n", out);
    for (size_t i = 0; commands[i]; i++) {
        fprintf(out, "    '%s:", commands[i]->name);
        zsh_text(out, commands[i]->summary);
        fputs("'\n", out);
    }
    fputs(")\nif (( CURRENT == 2 )); then\n    _describe command commands\n    return\nfi\n"
          "local command=$words[2]\nshift words\n(( CURRENT-- ))\ncase $command in\n",
          out);
    for (size_t i = 0; commands[i]; i++) {
        fprintf(out, "%s)\n    _arguments '--help[explain it]'", commands[i]->name);
        for (const struct hy_opt *o = commands[i]->opts; o && o->name; o++) {
            fprintf(out, " \\\n        '--%s[", o->name);
            zsh_text(out, o->help);
            fputc(']', out);
            if (o->arg) {
                fputc(':', out);
                zsh_text(out, o->arg);
                fputs(wants_path(o) ? ":_files" : ": ", out);
            }
            fputc('\'', out);
        }
        fputs(" \\\n        '*:file:_files' ;;\n", out);
    }
    fputs("esac\n", out);
}

static void fish_text(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("'\\", *text))
            fputc('\\', out);
        fputc(*text, out);
    }
}

static void fish_completion(FILE *out, const struct hy_command *const *commands)
{
    for (size_t i = 0; commands[i]; i++) {
        fprintf(out, "complete -c huiying -f -n __fish_use_subcommand -a %s -d '",
                commands[i]->name);
        fish_text(out, commands[i]->summary);
        fputs("'\n", out);
        for (const struct hy_opt *o = commands[i]->opts; o && o->name; o++) {
            fprintf(out, "complete -c huiying -n '__fish_seen_subcommand_from %s' -l %s",
                    commands[i]->name, o->name);
            if (o->letter)
                fprintf(out, " -s %c", o->letter);
            fputs(o->arg == NULL ? " -d '" : wants_path(o) ? " -rF -d '" : " -x -d '", out);
            fish_text(out, o->help);
            fputs("'\n", out);
        }
    }
}

bool hy_manual_completion(FILE *out, const char *shell, const struct hy_command *const *commands)
{
    static const struct {
        const char *shell;
        void (*write)(FILE *out, const struct hy_command *const *commands);
    } shells[] = {
        {"bash", bash_completion}, {"zsh", zsh_completion}, {"fish", fish_completion}};

    for (size_t i = 0; i < HY_COUNT(shells); i++)
        if (strcmp(shells[i].shell, shell) == 0)
            return shells[i].write(out, commands), true;
    return false;
}
