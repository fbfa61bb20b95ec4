/* SPDX-License-Identifier: Apache-2.0 */
/* `huiying user`: accounts of the board from the command line.  Secrets come from standard input or
 * the terminal, never from arguments, and a new token is printed once. */
#include "alerts/board/account.h"
#include "alerts/board/password.h"
#include "core/command.h"
#include "core/role.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

struct opts {
    struct hy_role_opts role;
    const char *name, *roles, *scope, *expires;
    bool json;
};

struct act {
    const struct opts *opts;
    struct hy_accounts *accounts;
    struct hy_str id; /* of the person; empty for list */
};

extern const struct hy_command hy_cmd_user;

/* One line from standard input, without echo on a terminal. */
static int ask(const char *prompt, struct hy_buf *out, struct hy_err *err)
{
    struct termios old, quiet;
    bool tty = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &old) == 0;
    int c;

    if (tty) {
        quiet = old;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        fputs(prompt, stderr);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    while ((c = getchar()) != EOF && c != '\n')
        hy_buf_char(out, (char)c);
    if (tty) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
        fputc('\n', stderr);
    }
    return hy_buf_check(out, "口令", err);
}

static int new_password(char hash[HY_PASSWORD_HASH_SIZE], struct hy_err *err)
{
    HY_CLEANUP(hy_buf_release) struct hy_buf line = HY_BUF_INIT(HY_PASSWORD_MAX);

    if (ask("口令：", &line, err) < 0)
        return err->code;
    const char *objection = hy_password_objection(hy_buf_view(&line));
    if (objection)
        return hy_fail(err, HY_E_PARSE, "%s", objection);
    return hy_password_hash(hy_buf_view(&line), hash, err);
}

static int do_add(const struct act *a, struct hy_err *err)
{
    struct hy_account_new n = {.id = a->id, .now = hy_wall_now()};
    char hash[HY_PASSWORD_HASH_SIZE];

    n.name = hy_str(a->opts->name ? a->opts->name : "");
    if (hy_roles_parse(hy_str(a->opts->roles ? a->opts->roles : "monitor"), &n.roles, err) < 0 ||
        new_password(hash, err) < 0)
        return err->code;
    n.password = hash;
    if (hy_accounts_add(a->accounts, &n, err) < 0)
        return err->code;
    printf("已添加 " HY_STR_FMT "（" HY_STR_FMT "）\n", HY_STR_ARG(a->id), HY_STR_ARG(n.name));
    return HY_OK;
}

static int do_passwd(const struct act *a, struct hy_err *err)
{
    char hash[HY_PASSWORD_HASH_SIZE];

    if (new_password(hash, err) < 0 || hy_accounts_set_password(a->accounts, a->id, hash, err) < 0)
        return err->code;
    printf("已更改 " HY_STR_FMT " 的口令\n", HY_STR_ARG(a->id));
    return HY_OK;
}

static int do_token(const struct act *a, struct hy_err *err)
{
    struct hy_token_new n = {.owner = a->id, .scope = HY_TOKEN_SCOPE_ACT, .now = hy_wall_now()};
    char token[HY_TOKEN_SIZE];
    int64_t lasts_ms = 365 * HY_DAY_MS;

    n.name = hy_str(a->opts->name ? a->opts->name : "令牌");
    if (a->opts->scope && (n.scope = hy_token_scope_find(hy_str(a->opts->scope))) < 0)
        return hy_fail(err, HY_E_USAGE, "--scope 应为 read、act 或 calendar");
    if (a->opts->expires && !hy_duration_parse(hy_str(a->opts->expires), &lasts_ms))
        return hy_fail(err, HY_E_USAGE, "--expires 应为时长，例如 90d");
    n.expires = hy_wall_add_ms(n.now, lasts_ms);
    if (hy_accounts_add_token(a->accounts, &n, token, err) < 0)
        return err->code;
    puts(token);
    return HY_OK;
}

static void print_text(const struct hy_account *u)
{
    printf("%-16s %s ", u->id, u->name);
    for (int i = 0, n = 0; i < HY_ROLE_COUNT; i++)
        if (u->roles & 1u << i)
            printf("%s%s", n++ ? "、" : " ", hy_role_label[i]);
    printf("%s", u->disabled ? "（已停用）" : "");
    printf("%s\n", u->password ? "" : "（没有口令）");
}

static void print_json(const struct hy_account *u)
{
    json_t *o =
        json_pack("{s:s,s:s,s:o,s:b,s:i}", "id", u->id, "name", u->name, "roles",
                  hy_roles_json(u->roles), "disabled", u->disabled, "tokens", (int)u->tokens.n);
    hy_json_print(o);
    json_decref(o);
}

static int do_list(const struct act *a, struct hy_err *err)
{
    (void)err;
    for (size_t i = 0; i < hy_accounts_count(a->accounts); i++)
        (a->opts->json ? print_json : print_text)(hy_accounts_at(a->accounts, i));
    return HY_OK;
}

static const struct {
    const char *name;
    int operands;
    int (*run)(const struct act *a, struct hy_err *err);
} acts[] = {
    {"add", 2, do_add},
    {"list", 1, do_list},
    {"passwd", 2, do_passwd},
    {"token", 2, do_token},
};

static int perform(const struct opts *o, int nargs, char **args, struct hy_err *err)
{
    HY_CLEANUP(hy_role_release) struct hy_role role = {0};
    HY_CLEANUP(hy_accounts_freep) struct hy_accounts *accounts = NULL;

    for (size_t i = 0; i < HY_COUNT(acts); i++) {
        if (nargs != acts[i].operands || strcmp(args[0], acts[i].name) != 0)
            continue;
        if (hy_role_resolve(&o->role, &role, err) < 0)
            return err->code;
        if (mkdir(role.data, 0700) < 0 && errno != EEXIST)
            return hy_fail_errno(err, "不能建立数据目录 %s", role.data);
        if (hy_accounts_open(role.data, &accounts, err) < 0)
            return err->code;
        return acts[i].run(&(struct act){o, accounts, hy_str(nargs > 1 ? args[1] : "")}, err);
    }
    return hy_fail(err, HY_E_USAGE, "应为 add|passwd|token 编号，或 list");
}

static int run(const void *options, int nargs, char **args)
{
    struct hy_err err = HY_ERR_INIT;

    if (perform(options, nargs, args, &err) < 0)
        return hy_command_fail(&hy_cmd_user, &err);
    return HY_EXIT_OK;
}

static const struct hy_opt rows[] = {
    HY_ROLE_OPT_ROWS(struct opts),
    {"name", 0, HY_OPT_TEXT, offsetof(struct opts, name), "TEXT",
     "name of the person or the token"},
    {"roles", 0, HY_OPT_TEXT, offsetof(struct opts, roles), "LIST",
     "monitor,duty,analyst,editor,approver,supervisor,auditor,admin"},
    {"scope", 0, HY_OPT_TEXT, offsetof(struct opts, scope), "read|act|calendar",
     "what a token may do (act); calendar: subscribe to the duty list, no more"},
    {"expires", 0, HY_OPT_TEXT, offsetof(struct opts, expires), "TIME", "a token's life (365d)"},
    {"json", 0, HY_OPT_FLAG, offsetof(struct opts, json), NULL, "list as JSON Lines"},
    {NULL},
};

const struct hy_command hy_cmd_user = {
    .name = "user",
    .usage = "add ID --name NAME --roles LIST | passwd ID | token ID | list",
    .summary = "accounts of the board",
    .details = "Passwords are read from standard input.  IDs are those of the people in\n"
               "duty.yaml.  A token is printed once; give it to huiying-notify or a program.\n\n"
               "  huiying user add wangmin --name 王敏 --roles duty,analyst\n"
               "  huiying user token wangmin --name 桌面提醒 > ~/.config/huiying/token",
    .opts = rows,
    .opts_size = sizeof(struct opts),
    .run = run,
};
