/* SPDX-License-Identifier: Apache-2.0 */
/* Who may use the board: users.yaml in the data directory, mode 0600.
 *
 * It holds argon2id hashes of passwords and BLAKE2b hashes of tokens, never the secrets.  The board
 * and `huiying user` both write it: always under a lock, always as a whole new file, so a reader
 * sees the old or the new list.  Person ids are those of duty.yaml; that is how notices find their
 * reader.  Roles are the bit sets of rules/duty.h. */
#pragma once
#include "core/json.h"
#include "rules/duty.h"

/* read only looks, act may do what the person may do, calendar opens the duty calendar and nothing
 * else: it stands in an address, which calendar programs keep and proxies log. */
enum hy_token_scope {
    HY_TOKEN_SCOPE_READ,
    HY_TOKEN_SCOPE_ACT,
    HY_TOKEN_SCOPE_CALENDAR,
    HY_TOKEN_SCOPE_COUNT
};
extern const char *const hy_token_scope_name[HY_TOKEN_SCOPE_COUNT + 1]; /* NULL-terminated */
int hy_token_scope_find(struct hy_str name); /* -1: there is none of this name */

struct hy_token {
    char *id; /* 8 hex digits; names the token without being it */
    char *name;
    char *hash;
    int scope;                /* enum hy_token_scope */
    hy_wall created, expires; /* expires may be HY_WALL_NONE */
};
struct hy_account {
    char *id, *name;
    char *password; /* argon2id string; NULL: no password, tokens only */
    struct hy_texts role_names;
    unsigned roles; /* bit set of enum hy_duty_role, from role_names */
    bool disabled;
    hy_wall created;
    struct hy_rows tokens; /* struct hy_token */
};
struct hy_accounts;

/* A directory without users.yaml has no accounts.  A file others may read is HY_E_DENIED. */
HY_MUST_CHECK int hy_accounts_open(const char *data_dir, struct hy_accounts **ret,
                                   struct hy_err *err);
void hy_accounts_free(struct hy_accounts *a);
HY_DEFINE_FREEP(struct hy_accounts, hy_accounts_free)
/* Read again when the file changed; on failure the old list stays in force. */
HY_MUST_CHECK int hy_accounts_refresh(struct hy_accounts *a, struct hy_err *err);

size_t hy_accounts_count(const struct hy_accounts *a);
const struct hy_account *hy_accounts_at(const struct hy_accounts *a, size_t i);
const struct hy_account *hy_accounts_find(const struct hy_accounts *a, struct hy_str id);
/* Owner of a token that is valid at `now`, by look-up of its hash; NULL otherwise. */
const struct hy_account *hy_accounts_by_token(const struct hy_accounts *a, struct hy_str token,
                                              hy_wall now, const struct hy_token **ret);

/* Ids are a-z 0-9 . - _, 2 to 32 characters, beginning with a letter. */
bool hy_account_id_ok(struct hy_str id);
/* What is wrong with the id, name and password of a first account, in Chinese; NULL: nothing. */
const char *hy_account_objection(const json_t *account);
/* "duty,analyst" to a bit set; HY_E_USAGE names the unknown one and the nearest known. */
HY_MUST_CHECK int hy_roles_parse(struct hy_str list, unsigned *ret, struct hy_err *err);
json_t *hy_roles_json(unsigned roles); /* ["duty","analyst"] */

/* Changes.  Each takes the lock, reads the file anew, changes it and writes it; *a holds the new
 * list afterwards.  `password` is a hash. */
struct hy_account_new {
    struct hy_str id, name;
    unsigned roles;
    const char *password; /* NULL: none */
    hy_wall now;
    bool only_first; /* HY_E_STATE when there is an account already */
};
#define HY_ROLE_BIT(role) (1u << HY_ROLE_##role)
/* The first account of an installation: whoever sets it up may do everything that a day on duty and
 * the set-up itself need. */
struct hy_account_new hy_account_first(const char *id, const char *name, const char *hash);
HY_MUST_CHECK int hy_accounts_add(struct hy_accounts *a, const struct hy_account_new *n,
                                  struct hy_err *err);
HY_MUST_CHECK int hy_accounts_set_password(struct hy_accounts *a, struct hy_str id,
                                           const char *password, struct hy_err *err);

#define HY_TOKEN_SIZE 48 /* "hy_" and 43 base64url digits of 32 random bytes, and the NUL */
#define HY_TOKEN_HASH_SIZE 65
void hy_token_make(char out[HY_TOKEN_SIZE]);
const char *hy_token_hash(struct hy_str token, char out[HY_TOKEN_HASH_SIZE]);
struct hy_token_new {
    struct hy_str owner, name;
    enum hy_token_scope scope;
    hy_wall now, expires;
};
/* The token itself goes to out, once: nobody can read it later. */
HY_MUST_CHECK int hy_accounts_add_token(struct hy_accounts *a, const struct hy_token_new *n,
                                        char out[HY_TOKEN_SIZE], struct hy_err *err);
/* HY_E_NOTFOUND: the owner has no token of that id. */
HY_MUST_CHECK int hy_accounts_remove_token(struct hy_accounts *a, struct hy_str owner,
                                           struct hy_str id, struct hy_err *err);
