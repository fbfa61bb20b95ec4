/* SPDX-License-Identifier: Apache-2.0 */
/* Changing one's own password.
 *
 * Only from a session, with the password in force: a token in a file, or a browser somebody left
 * open, must not be enough to take an account over.  Wrong ones are counted like wrong sign-ins.
 * Afterwards every other session of the person is over, and the record of sign-ins says so.  Tokens
 * stay: they belong to programs and are revoked by themselves. */
#include "alerts/board/board.h"
#include "core/log.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

struct change {
    struct hy_http_req *req;
    char *fresh; /* the new password until it is hashed */
};

static void free_change(struct change *c)
{
    if (c->fresh)
        explicit_bzero(c->fresh, strlen(c->fresh));
    free(c->fresh);
    free(c);
}

static void refuse_write(struct hy_http_req *req, const struct hy_err *err)
{
    hy_log(HY_ERROR, "accounts_unwritable", HY_KV("err", err->msg));
    hy_http_problem(req, 503, "accounts", "账号文件写不进去，请告诉系统管理员");
}

static void on_made(bool ok, const char *hash, void *user)
{
    struct change *c = user;
    struct hy_http_req *req = c->req;
    struct hy_board *b = hy_board_of(req);
    const char *person = hy_sender_of(req)->id;
    struct hy_err err = HY_ERR_INIT;

    free_change(c);
    if (!ok) {
        hy_http_problem(req, 503, "memory", "内存不足，无法保存口令");
    } else if (hy_accounts_set_password(b->accounts, hy_str(person), hash, &err) < 0) {
        refuse_write(req, &err);
    } else {
        hy_log(HY_INFO, "password_changed", HY_KV("person", person));
        hy_board_note_login(req, person, true, "password_changed");
        hy_board_end_others(req);
    }
}

static void on_checked(bool ok, const char *hash, void *user)
{
    struct change *c = user;
    struct hy_http_req *req = c->req;
    struct hy_board *b = hy_board_of(req);
    const char *person = hy_sender_of(req)->id;

    (void)hash;
    hy_board_tried_password(req, person, ok);
    if (!ok) {
        hy_board_note_login(req, person, false, "password_changed");
        hy_http_problem(req, 403, "current", "现在的口令不对");
        free_change(c);
    } else if (!hy_password_pool_make(b->passwords, hy_str(c->fresh), on_made, c)) {
        hy_board_busy(req);
        free_change(c);
    }
}

static const char *objection(const struct hy_sender *s, struct hy_str now, struct hy_str fresh)
{
    if (s->session[0] == '\0')
        return "改口令要先用口令登录看板，令牌和统一认证不行";
    if (hy_str_eq(now, fresh))
        return "新口令与现在的相同";
    return hy_password_objection(fresh);
}

void hy_board_change_password(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;
    const struct hy_sender *s = hy_sender_of(req);
    HY_CLEANUP(hy_json_freep) json_t *body = hy_board_body(req);

    if (body == NULL)
        return;
    struct hy_str now = hy_json_str(body, "current"), fresh = hy_json_str(body, "password");
    const char *why = objection(s, now, fresh);
    if (why) {
        hy_http_problem(req, 422, "password", why);
        return;
    }
    if (now.n == 0 || now.n > HY_PASSWORD_MAX) {
        hy_http_problem(req, 403, "current", "现在的口令不对");
        return;
    }
    if (hy_board_must_wait(req, s->id))
        return;
    const struct hy_account *u = hy_accounts_find(b->accounts, hy_str(s->id));
    struct change *c = hy_xcalloc(1, sizeof(*c));
    *c = (struct change){.req = req, .fresh = hy_str_dup(fresh)};
    if (!hy_password_pool_check(b->passwords, u ? u->password : NULL, now, on_checked, c)) {
        hy_board_busy(req);
        free_change(c);
    }
}
