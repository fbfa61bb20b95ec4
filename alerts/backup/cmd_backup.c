/* SPDX-License-Identifier: Apache-2.0 */
/* huiying backup, huiying restore. */
#include "alerts/backup/backup.h"

#include "core/command.h"
#include "core/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

struct opts {
    struct hy_role_opts role;
    const char *out, *rules, *office;
};

extern const struct hy_command hy_cmd_backup, hy_cmd_restore;

static void tell(const char *what, const char *where, const struct hy_backup_sum *s)
{
    printf("%s：%s（%" PRId64 " 个文件，%.1f MB，日志 %" PRId64 " 条）\n", what, where, s->files,
           (double)s->bytes / 1e6, s->lines);
}

static int run_backup(const void *options, int nargs, char **args)
{
    const struct opts *o = options;
    HY_CLEANUP(hy_role_release) struct hy_role role = {0};
    struct hy_backup_sum sum = {0};
    struct hy_err err = HY_ERR_INIT;
    int rc = HY_OK;

    (void)args;
    umask(0077);
    if (nargs || o->out == NULL)
        rc = hy_fail(&err, HY_E_USAGE, "where to? Say -o FILE.tar.zst");
    if (rc == HY_OK)
        rc = hy_role_resolve(&o->role, &role, &err);
    if (rc == HY_OK)
        rc = hy_backup(&role, o->out, &sum, &err);
    if (rc < 0)
        return hy_command_fail(&hy_cmd_backup, &err);
    tell("已备份", o->out, &sum);
    return HY_EXIT_OK;
}

static int run_restore(const void *options, int nargs, char **args)
{
    const struct opts *o = options;
    HY_CLEANUP(hy_role_release) struct hy_role role = {0};
    struct hy_backup_sum sum = {0};
    struct hy_err err = HY_ERR_INIT;
    int rc = HY_OK;

    umask(0077);
    if (nargs != 1)
        rc = hy_fail(&err, HY_E_USAGE, "which backup? Name its file");
    if (rc == HY_OK)
        rc = hy_role_resolve(&o->role, &role, &err);
    if (rc == HY_OK)
        rc = o->office ? hy_restore_office(args[0], o->office, role.data, o->rules, &sum, &err)
                       : hy_restore(args[0], role.data, o->rules, &sum, &err);
    if (rc < 0)
        return hy_command_fail(&hy_cmd_restore, &err);
    tell("已恢复到", role.data, &sum);
    return HY_EXIT_OK;
}

static const struct hy_opt backup_rows[] = {
    HY_ROLE_OPT_ROWS(struct opts),
    {"output", 'o', HY_OPT_TEXT, offsetof(struct opts, out), "FILE",
     "what to write: .tar.zst, .tar.gz or .zip"},
    {NULL},
};

static const struct hy_opt restore_rows[] = {
    HY_ROLE_OPT_ROWS(struct opts),
    {"rules", 0, HY_OPT_TEXT, offsetof(struct opts, rules), "DIR",
     "put the office's rules there (an empty or new directory)"},
    {"office", 0, HY_OPT_TEXT, offsetof(struct opts, office), "ID",
     "of several offices this one alone; --data is its own directory"},
    {NULL},
};

const struct hy_command hy_cmd_backup = {
    .name = "backup",
    .usage = "-o FILE.tar.zst [-c DIR] [--data DIR] [--redis URL]",
    .summary = "everything in one file, while the service runs",
    .details =
        "Journal, archive with pages, accounts, rules and Redis, as one state, with a digest of\n"
        "every file.  It holds texts and hashes of passwords: keep it where nobody else reads.\n\n"
        "  huiying backup -o /srv/backup/huiying-$(date +%F).tar.zst",
    .opts = backup_rows,
    .opts_size = sizeof(struct opts),
    .run = run_backup,
};

const struct hy_command hy_cmd_restore = {
    .name = "restore",
    .usage = "FILE [--data DIR] [--rules DIR] [--office ID]",
    .summary = "a backup becomes the data directory",
    .details =
        "Stop the service and move the old data directory away first: nothing is overwritten, and\n"
        "nothing appears before every file was held against the backup's digests.  Then start the\n"
        "service and ask `huiying verify`.\n\n"
        "--office ID takes one office out of a backup of several: back into DATA/offices/ID when it\n"
        "is lost there, or to be an installation of its own. Redis is not touched; what it has of\n"
        "the office, or else the journal, is what its keeper goes on with.\n\n"
        "  systemctl stop huiying; mv /var/lib/huiying /var/lib/huiying.old\n"
        "  install -d -m 700 -o huiying -g huiying /var/lib/huiying\n"
        "  huiying restore huiying-2026-11-26.tar.zst --data /var/lib/huiying\n"
        "  systemctl start huiying",
    .opts = restore_rows,
    .opts_size = sizeof(struct opts),
    .run = run_restore,
};
