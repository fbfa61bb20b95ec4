/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/db_words.h"

#include "archive/words.h"
#include "core/mem.h"

#include <sqlite3.h>

struct giving {
    void *context;
    int (*token)(void *, int, const char *, int, int, int);
};

static int give(struct hy_str word, void *user)
{
    struct giving *g = user;

    /* Where the word stands is of no use: the index keeps no positions. */
    return g->token(g->context, 0, word.p, (int)word.n, 0, 0);
}

static int tokenize(Fts5Tokenizer *none, void *context, int flags, const char *text, int n,
                    int (*token)(void *, int, const char *, int, int, int))
{
    struct giving g = {context, token};

    (void)none;
    return hy_words(hy_str_n(text, n > 0 ? (size_t)n : 0), (flags & FTS5_TOKENIZE_QUERY) == 0, give,
                    &g);
}

/* There is nothing to create, but NULL would mean a failure. */
static int create(void *user, const char **args, int n, Fts5Tokenizer **ret)
{
    static char nothing;

    (void)user, (void)args, (void)n;
    *ret = (Fts5Tokenizer *)&nothing;
    return SQLITE_OK;
}

static void destroy(Fts5Tokenizer *none)
{
    (void)none;
}

/* The way the documentation of FTS5 (section 7) gives to its interface. */
static fts5_api *api_of(struct sqlite3 *h)
{
    fts5_api *api = NULL;
    sqlite3_stmt *st = NULL;

    if (sqlite3_prepare_v2(h, "SELECT fts5(?1)", -1, &st, NULL) == SQLITE_OK) {
        sqlite3_bind_pointer(st, 1, &api, "fts5_api_ptr", NULL);
        sqlite3_step(st);
    }
    sqlite3_finalize(st);
    return api;
}

int hy_db_words_register(struct sqlite3 *h, struct hy_err *err)
{
    static fts5_tokenizer ours = {create, destroy, tokenize};
    fts5_api *api = api_of(h);

    if (api == NULL || api->xCreateTokenizer(api, "hy", NULL, &ours, NULL) != SQLITE_OK)
        return hy_fail(err, HY_E_STATE, "this SQLite has no FTS5 full-text search");
    return HY_OK;
}
