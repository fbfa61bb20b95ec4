/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of users.yaml, which is written as a whole.
 *
 * A change is: lock users.lock, read, change the rows in memory, write users.yaml.new (0600,
 * fsync), rename.  The lock is only between writers; readers need none. */
#include "alerts/board/account_parts.h"

#include "core/datadir.h"
#include "core/hash.h"
#include "core/mem.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* ---- the file ---- */

static void put_key(struct hy_buf *out, const char *indent, const char *key, struct hy_str value)
{
    json_t *s = hy_json_of_str(value); /* a JSON string is a YAML string */
    HY_CLEANUP(hy_freep) char *text = json_dumps(s, JSON_ENCODE_ANY);

    hy_buf_printf(out, "%s%s: %s\n", indent, key, text);
    json_decref(s);
}

static void put_time(struct hy_buf *out, const char *indent, const char *key, hy_wall t)
{
    char text[HY_TIME_SIZE];
    if (hy_wall_known(t))
        hy_buf_printf(out, "%s%s: \"%s\"\n", indent, key, hy_wall_format(t, HY_CST, text));
}

static void put_tokens(struct hy_buf *out, const struct hy_account *u)
{
    const struct hy_token *t = u->tokens.v;

    if (u->tokens.n)
        hy_buf_puts(out, "    tokens:\n");
    for (size_t i = 0; i < u->tokens.n; i++, t++) {
        put_key(out, "      - ", "id", hy_str(t->id));
        put_key(out, "        ", "name", hy_str(t->name));
        put_key(out, "        ", "hash", hy_str(t->hash));
        put_key(out, "        ", "scope", hy_str(hy_token_scope_name[t->scope]));
        put_time(out, "        ", "created", t->created);
        put_time(out, "        ", "expires", t->expires);
    }
}

static void put_account(struct hy_buf *out, const struct hy_account *u)
{
    put_key(out, "  - ", "id", hy_str(u->id));
    put_key(out, "    ", "name", hy_str(u->name));
    hy_buf_puts(out, "    roles: [");
    for (int i = 0, n = 0; i < HY_ROLE_COUNT; i++)
        if (u->roles & 1u << i)
            hy_buf_printf(out, "%s%s", n++ ? ", " : "", hy_role_name[i]);
    hy_buf_puts(out, "]\n");
    if (u->password)
        put_key(out, "    ", "password", hy_str(u->password));
    if (u->disabled)
        hy_buf_puts(out, "    disabled: true\n");
    put_time(out, "    ", "created", u->created);
    put_tokens(out, u);
}

static int save(struct hy_accounts *a, struct hy_err *err)
{
    HY_CLEANUP(hy_buf_release) struct hy_buf out = HY_BUF_INIT(HY_ACCOUNTS_MAX);

    hy_buf_puts(&out, "# 看板账号。由 huiying user 和看板写入；口令和令牌只存散列。\n");
    hy_buf_puts(&out, "# 人员编号（id）与 duty.yaml 的人员一致，通知据此送达。\nusers:\n");
    for (size_t i = 0; i < a->file.users.n; i++)
        put_account(&out, hy_account_in(&a->file, i));
    if (hy_buf_check(&out, "users.yaml", err) < 0 || hy_datadir_replace(a->path, hy_buf_view(&out), err) < 0)
        return err->code;
    a->inode = 0; /* read back what was written */
    return hy_accounts_refresh(a, err);
}

/* ---- changes ---- */

typedef int (*change_fn)(struct hy_accounts *a, const void *what, struct hy_err *err);

static int change(struct hy_accounts *a, change_fn fn, const void *what, struct hy_err *err)
{
    int fd = open(a->lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return hy_fail_errno(err, "不能写 %s", a->lock_path);

    int rc = flock(fd, LOCK_EX) < 0 ? hy_fail_errno(err, "%s", a->lock_path) : HY_OK;
    if (rc == HY_OK)
        rc = hy_accounts_refresh(a, err);
    if (rc == HY_OK)
        rc = fn(a, what, err);
    if (rc == HY_OK)
        rc = save(a, err);
    close(fd);
    return rc;
}

static void *grow(struct hy_rows *rows, size_t size)
{
    rows->v = hy_xrealloc(rows->v, (rows->n + 1) * size);
    void *row = (char *)rows->v + rows->n++ * size;
    memset(row, 0, size);
    return row;
}

static int add(struct hy_accounts *a, const void *what, struct hy_err *err)
{
    const struct hy_account_new *n = what;

    if (!hy_account_id_ok(n->id))
        return hy_fail(err, HY_E_USAGE, "编号用小写字母、数字、点、- 和 _，2 到 32 个，以字母开头");
    if (hy_str_trim(n->name).n == 0 || n->name.n > 90)
        return hy_fail(err, HY_E_USAGE, "请填写姓名（最多 30 个字）");
    if (n->only_first && a->file.users.n)
        return hy_fail(err, HY_E_STATE, "已经有账号了，请登录");
    if (hy_accounts_find(a, n->id))
        return hy_fail(err, HY_E_STATE, "已经有编号为 " HY_STR_FMT " 的账号", HY_STR_ARG(n->id));
    struct hy_account *u = grow(&a->file.users, sizeof(*u));
    u->id = hy_str_dup(n->id);
    u->name = hy_str_dup(hy_str_trim(n->name));
    u->roles = n->roles;
    u->password = hy_xstrdup(n->password);
    u->created = n->now;
    return HY_OK;
}

struct hy_account_new hy_account_first(const char *id, const char *name, const char *hash)
{
    return (struct hy_account_new){.id = hy_str(id),
                                   .name = hy_str(name),
                                   .password = hash,
                                   .roles = HY_ROLE_BIT(ADMIN) | HY_ROLE_BIT(DUTY) |
                                            HY_ROLE_BIT(ANALYST),
                                   .now = hy_wall_now(),
                                   .only_first = true};
}

int hy_accounts_add(struct hy_accounts *a, const struct hy_account_new *n, struct hy_err *err)
{
    return change(a, add, n, err);
}

struct password_change {
    struct hy_str id;
    const char *hash;
};

static int find_for_change(struct hy_accounts *a, struct hy_str id, struct hy_account **ret,
                           struct hy_err *err)
{
    *ret = (struct hy_account *)hy_accounts_find(a, id);
    if (*ret == NULL)
        return hy_fail(err, HY_E_NOTFOUND, "没有编号为 " HY_STR_FMT " 的账号", HY_STR_ARG(id));
    return HY_OK;
}

static int set_password(struct hy_accounts *a, const void *what, struct hy_err *err)
{
    const struct password_change *c = what;
    struct hy_account *u;

    if (find_for_change(a, c->id, &u, err) < 0)
        return err->code;
    free(u->password);
    u->password = hy_xstrdup(c->hash);
    return HY_OK;
}

int hy_accounts_set_password(struct hy_accounts *a, struct hy_str id, const char *password,
                             struct hy_err *err)
{
    struct password_change c = {id, password};
    return change(a, set_password, &c, err);
}

struct token_change {
    const struct hy_token_new *n;
    const char *hash;
};

static int add_token(struct hy_accounts *a, const void *what, struct hy_err *err)
{
    const struct token_change *c = what;
    struct hy_account *u;
    char id[9];

    if (find_for_change(a, c->n->owner, &u, err) < 0)
        return err->code;
    struct hy_token *t = grow(&u->tokens, sizeof(*t));
    hy_random_hex(id, 4);
    t->id = hy_xstrdup(id);
    t->name = hy_str_dup(c->n->name);
    t->hash = hy_xstrdup(c->hash);
    t->scope = c->n->scope;
    t->created = c->n->now;
    t->expires = c->n->expires;
    return HY_OK;
}

int hy_accounts_add_token(struct hy_accounts *a, const struct hy_token_new *n,
                          char out[HY_TOKEN_SIZE], struct hy_err *err)
{
    char hash[HY_TOKEN_HASH_SIZE];

    hy_token_make(out);
    hy_token_hash(hy_str(out), hash);
    struct token_change c = {n, hash};
    return change(a, add_token, &c, err);
}

struct token_removal {
    struct hy_str owner, id;
};

static int remove_token(struct hy_accounts *a, const void *what, struct hy_err *err)
{
    const struct token_removal *c = what;
    struct hy_account *u;

    if (find_for_change(a, c->owner, &u, err) < 0)
        return err->code;
    struct hy_token *t = u->tokens.v;
    for (size_t i = 0; i < u->tokens.n; i++) {
        if (!hy_str_is(c->id, t[i].id))
            continue;
        free(t[i].id);
        free(t[i].name);
        free(t[i].hash);
        memmove(&t[i], &t[i + 1], (--u->tokens.n - i) * sizeof(*t));
        return HY_OK;
    }
    return hy_fail(err, HY_E_NOTFOUND, "没有编号为 " HY_STR_FMT " 的令牌", HY_STR_ARG(c->id));
}

int hy_accounts_remove_token(struct hy_accounts *a, struct hy_str owner, struct hy_str id,
                             struct hy_err *err)
{
    struct token_removal c = {owner, id};
    return change(a, remove_token, &c, err);
}
