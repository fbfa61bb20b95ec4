/* SPDX-License-Identifier: Apache-2.0 */
/* users.yaml, read through the schema walker; who it names, which roles, which tokens.  Changes are
 * made in account_change.c. */
#include "alerts/board/account_parts.h"
#include "alerts/board/password.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

const char *const hy_token_scope_name[HY_TOKEN_SCOPE_COUNT + 1] = {[HY_TOKEN_SCOPE_READ] = "read",
                                                                   [HY_TOKEN_SCOPE_ACT] = "act",
                                                                   [HY_TOKEN_SCOPE_CALENDAR] =
                                                                       "calendar"};

int hy_token_scope_find(struct hy_str name)
{
    for (int i = 0; i < HY_TOKEN_SCOPE_COUNT; i++)
        if (hy_str_is(name, hy_token_scope_name[i]))
            return i;
    return -1;
}

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
    {"users", HY_Y_LIST, AT(hy_account_file, users), .sub = &account_schema},
    {NULL},
};
static const struct hy_y_schema file_schema = {sizeof(struct hy_account_file), file_keys, NULL};

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

const char *hy_account_objection(const json_t *account)
{
    if (!hy_account_id_ok(hy_json_str(account, "id")))
        return "编号用小写字母、数字、点、- 和 _，2 到 32 个，以字母开头";
    if (hy_str_trim(hy_json_str(account, "name")).n == 0)
        return "请填写姓名";
    return hy_password_objection(hy_json_str(account, "password"));
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

struct hy_account *hy_account_in(const struct hy_account_file *f, size_t i)
{
    return (struct hy_account *)f->users.v + i;
}

static int finish(struct hy_account_file *f, struct hy_err *err)
{
    for (size_t i = 0; i < f->users.n; i++) {
        struct hy_account *u = hy_account_in(f, i);
        for (size_t k = 0; k < u->role_names.n; k++)
            if (add_role(hy_str(u->role_names.v[k]), &u->roles, err) < 0)
                return hy_wrap(err, "users.yaml: %s", u->id);
        for (size_t k = 0; k < i; k++)
            if (strcmp(hy_account_in(f, k)->id, u->id) == 0)
                return hy_fail(err, HY_E_PARSE, "users.yaml: %s 出现两次", u->id);
    }
    return HY_OK;
}

static int load(const char *path, struct hy_account_file *into, struct hy_err *err)
{
    struct hy_diag *d = hy_diag_new();
    int rc = hy_yaml_load(path, &file_schema, into, d, err);

    if (rc == HY_E_PARSE) {
        struct hy_buf text = HY_BUF_INIT(HY_ACCOUNTS_MAX);
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
    struct hy_account_file fresh = {0};
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
    return hy_account_in(&a->file, i);
}

const struct hy_account *hy_accounts_find(const struct hy_accounts *a, struct hy_str id)
{
    for (size_t i = 0; i < a->file.users.n; i++)
        if (hy_str_is(id, hy_account_in(&a->file, i)->id))
            return hy_account_in(&a->file, i);
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
        const struct hy_account *u = hy_account_in(&a->file, i);
        const struct hy_token *t = token_of(u, hash);
        if (t == NULL)
            continue;
        *ret = t;
        return u->disabled || (hy_wall_known(t->expires) && now.ms >= t->expires.ms) ? NULL : u;
    }
    return NULL;
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
