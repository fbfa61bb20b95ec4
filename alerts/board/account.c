/* SPDX-License-Identifier: Apache-2.0 */
/* users.yaml: read through the schema walker, written as a whole.
 *
 * A change is: lock users.lock, read, change the rows in memory, write users.yaml.new (0600,
 * fsync), rename.  The lock is only between writers; readers need none. */
#include "alerts/board/account.h"
#include "core/datadir.h"
#include "core/hash.h"
#include "rules/yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_CAP = 4 << 20 };

const char *const hy_token_scope_name[HY_TOKEN_SCOPE_COUNT + 1] = {
    [HY_TOKEN_SCOPE_READ] = "read", [HY_TOKEN_SCOPE_ACT] = "act"};

struct file {
    struct hy_rows users;
};

struct hy_accounts {
    char *path, *lock_path;
    struct file file;
    struct timespec mtime; /* of the bytes in force */
    ino_t inode;
};

#define AT(type, field) offsetof(struct type, field)

static const struct hy_y_key token_keys[] = {
    {"id", HY_Y_TEXT, AT(hy_token, id), .required = true},
    {"name", HY_Y_TEXT, AT(hy_token, name)},
    {"hash", HY_Y_TEXT, AT(hy_token, hash), .required = true},
    {"scope", HY_Y_NAME, AT(hy_token, scope), .names = hy_token_scope_name},
    {"created", HY_Y_TIME, AT(hy_token, created)},
    {"expires", HY_Y_TIME, AT(hy_token, expires)},
    {NULL},
};

static void token_defaults(void *row)
{
    struct hy_token *t = row;
    t->created = t->expires = HY_WALL_NONE;
}

static const struct hy_y_schema token_schema = {sizeof(struct hy_token), token_keys,
                                                token_defaults};
static const struct hy_y_key account_keys[] = {
    {"id", HY_Y_TEXT, AT(hy_account, id), .required = true},
    {"name", HY_Y_TEXT, AT(hy_account, name), .required = true},
    {"roles", HY_Y_TEXTS, AT(hy_account, role_names), .required = true},
    {"password", HY_Y_TEXT, AT(hy_account, password)},
    {"disabled", HY_Y_BOOL, AT(hy_account, disabled)},
    {"created", HY_Y_TIME, AT(hy_account, created)},
    {"tokens", HY_Y_LIST, AT(hy_account, tokens), .sub = &token_schema},
    {NULL},
};

static void account_defaults(void *row)
{
    ((struct hy_account *)row)->created = HY_WALL_NONE;
}

static const struct hy_y_schema account_schema = {sizeof(struct hy_account), account_keys,
                                                  account_defaults};
static const struct hy_y_key file_keys[] = {
    {"users", HY_Y_LIST, AT(file, users), .sub = &account_schema},
    {NULL},
};
static const struct hy_y_schema file_schema = {sizeof(struct file), file_keys, NULL};

/* ---- roles, ids, tokens ---- */

bool hy_account_id_ok(struct hy_str id)
{
    if (id.n < 2 || id.n > 32 || id.p[0] < 'a' || id.p[0] > 'z')
        return false;
    for (size_t i = 0; i < id.n; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-_.", id.p[i]) || id.p[i] == '\0')
            return false;
    return true;
}

static int add_role(struct hy_str name, unsigned *roles, struct hy_err *err)
{
    for (int i = 0; i < HY_ROLE_COUNT; i++) {
        if (hy_str_is(name, hy_role_name[i])) {
            *roles |= 1u << i;
            return HY_OK;
        }
    }
    return hy_fail(err, HY_E_USAGE,
                   "没有“" HY_STR_FMT "”这个角色，可用：monitor duty analyst editor approver "
                   "supervisor auditor admin",
                   HY_STR_ARG(name));
}

int hy_roles_parse(struct hy_str list, unsigned *ret, struct hy_err *err)
{
    struct hy_str name;
    unsigned roles = 0;

    while (hy_str_cut(&list, ',', &name))
        if (add_role(hy_str_trim(name), &roles, err) < 0)
            return err->code;
    *ret = roles;
    return HY_OK;
}

json_t *hy_roles_json(unsigned roles)
{
    json_t *a = json_array();

    for (int i = 0; i < HY_ROLE_COUNT; i++)
        if (roles & 1u << i)
            json_array_append_new(a, json_string(hy_role_name[i]));
    return a;
}

void hy_token_make(char out[HY_TOKEN_SIZE])
{
    unsigned char raw[32];

    randombytes_buf(raw, sizeof(raw));
    memcpy(out, "hy_", 3);
    sodium_bin2base64(out + 3, HY_TOKEN_SIZE - 3, raw, sizeof(raw),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(raw, sizeof(raw));
}

const char *hy_token_hash(struct hy_str token, char out[HY_TOKEN_HASH_SIZE])
{
    unsigned char raw[32];

    crypto_generichash(raw, sizeof(raw), (const unsigned char *)token.p, token.n, NULL, 0);
    return sodium_bin2hex(out, HY_TOKEN_HASH_SIZE, raw, sizeof(raw));
}

/* ---- reading ---- */

static struct hy_account *account_at(const struct file *f, size_t i)
{
    return (struct hy_account *)f->users.v + i;
}

static int finish(struct file *f, struct hy_err *err)
{
    for (size_t i = 0; i < f->users.n; i++) {
        struct hy_account *u = account_at(f, i);
        for (size_t k = 0; k < u->role_names.n; k++)
            if (add_role(hy_str(u->role_names.v[k]), &u->roles, err) < 0)
                return hy_wrap(err, "users.yaml: %s", u->id);
        for (size_t k = 0; k < i; k++)
            if (strcmp(account_at(f, k)->id, u->id) == 0)
                return hy_fail(err, HY_E_PARSE, "users.yaml: %s 出现两次", u->id);
    }
    return HY_OK;
}

static int load(const char *path, struct file *into, struct hy_err *err)
{
    struct hy_diag *d = hy_diag_new();
    int rc = hy_yaml_load(path, &file_schema, into, d, err);

    if (rc == HY_E_PARSE) {
        struct hy_buf text = HY_BUF_INIT(FILE_CAP);
        hy_diag_first(d, &text);
        rc = hy_fail(err, HY_E_PARSE, "%s", text.p ? text.p : path);
        hy_buf_release(&text);
    }
    hy_diag_free(d);
    return rc < 0 ? rc : finish(into, err);
}

static int private_file(const char *path, const struct stat *st, struct hy_err *err)
{
    if (st->st_mode & (S_IRWXG | S_IRWXO))
        return hy_fail(err, HY_E_DENIED, "%s 别人也能读写，请先执行 chmod 600 %s", path, path);
    return HY_OK;
}

int hy_accounts_refresh(struct hy_accounts *a, struct hy_err *err)
{
    struct file fresh = {0};
    struct stat st;

    if (stat(a->path, &st) < 0) {
        if (errno != ENOENT)
            return hy_fail_errno(err, "%s", a->path);
        st = (struct stat){0};
    }
    if (st.st_ino == a->inode && st.st_mtim.tv_sec == a->mtime.tv_sec &&
        st.st_mtim.tv_nsec == a->mtime.tv_nsec)
        return HY_OK;
    if (st.st_ino && (private_file(a->path, &st, err) < 0 || load(a->path, &fresh, err) < 0)) {
        hy_yaml_release(&file_schema, &fresh);
        return err->code;
    }
    hy_yaml_release(&file_schema, &a->file);
    a->file = fresh;
    a->mtime = st.st_mtim;
    a->inode = st.st_ino;
    return HY_OK;
}

size_t hy_accounts_count(const struct hy_accounts *a)
{
    return a->file.users.n;
}

const struct hy_account *hy_accounts_at(const struct hy_accounts *a, size_t i)
{
    return account_at(&a->file, i);
}

const struct hy_account *hy_accounts_find(const struct hy_accounts *a, struct hy_str id)
{
    for (size_t i = 0; i < a->file.users.n; i++)
        if (hy_str_is(id, account_at(&a->file, i)->id))
            return account_at(&a->file, i);
    return NULL;
}

static const struct hy_token *token_of(const struct hy_account *u, const char *hash)
{
    const struct hy_token *tokens = u->tokens.v;

    for (size_t i = 0; i < u->tokens.n; i++)
        if (strcmp(tokens[i].hash, hash) == 0)
            return &tokens[i];
    return NULL;
}

const struct hy_account *hy_accounts_by_token(const struct hy_accounts *a, struct hy_str token,
                                              hy_wall now, const struct hy_token **ret)
{
    char hash[HY_TOKEN_HASH_SIZE];

    hy_token_hash(token, hash);
    for (size_t i = 0; i < a->file.users.n; i++) {
        const struct hy_account *u = account_at(&a->file, i);
        const struct hy_token *t = token_of(u, hash);
        if (t == NULL)
            continue;
        *ret = t;
        return u->disabled || (hy_wall_known(t->expires) && now.ms >= t->expires.ms) ? NULL : u;
    }
    return NULL;
}

/* ---- writing ---- */

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
    HY_CLEANUP(hy_buf_release) struct hy_buf out = HY_BUF_INIT(FILE_CAP);

    hy_buf_puts(&out, "# 看板账号。由 huiying user 和看板写入；口令和令牌只存散列。\n");
    hy_buf_puts(&out, "# 人员编号（id）与 duty.yaml 的人员一致，通知据此送达。\nusers:\n");
    for (size_t i = 0; i < a->file.users.n; i++)
        put_account(&out, account_at(&a->file, i));
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

/* ---- life cycle ---- */

int hy_accounts_open(const char *data_dir, struct hy_accounts **ret, struct hy_err *err)
{
    HY_CLEANUP(hy_accounts_freep) struct hy_accounts *a = hy_xcalloc(1, sizeof(*a));

    a->path = hy_xasprintf("%s/users.yaml", data_dir);
    a->lock_path = hy_xasprintf("%s/users.lock", data_dir);
    if (hy_accounts_refresh(a, err) < 0)
        return err->code;
    *ret = HY_TAKE(a);
    return HY_OK;
}

void hy_accounts_free(struct hy_accounts *a)
{
    if (a == NULL)
        return;
    hy_yaml_release(&file_schema, &a->file);
    free(a->path);
    free(a->lock_path);
    free(a);
}
