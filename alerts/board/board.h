/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the board role share.  Nobody outside alerts/board includes it. */
#pragma once
#include "alerts/board/account.h"
#include "alerts/board/bench.h"
#include "alerts/board/http.h"
#include "alerts/board/library.h"
#include "alerts/board/sse.h"
#include "alerts/board/password.h"
#include "alerts/board/throttle.h"
#include "core/beat.h"
#include "core/map.h"
#include "core/redis.h"
#include "rules/rules.h"

struct hy_board {
    struct hy_loop *loop;
    struct hy_redis *redis;
    struct hy_sse *feed;
    struct hy_beat *beat;
    struct hy_http *http;
    struct hy_tls *tls; /* NULL: plain HTTP */
    struct hy_rules *rules;
    char *office; /* the O of the keys; for life, whatever a reload brings */
    int zone_min;
    struct hy_accounts *accounts;
    struct hy_password_pool *passwords;
    struct hy_library *library;
    struct hy_bench *bench;
    char *data; /* the data directory */
    struct hy_throttle *by_person, *by_address;
    char setup_hash[HY_TOKEN_HASH_SIZE]; /* of the one-time link; "" when none is open */
    char proxy_hash[HY_TOKEN_HASH_SIZE]; /* of the secret of a proxy that signs people on; "" */
    struct hy_map *waiting;              /* command id -> the request that waits for its reply */
};

/* Who sends a request; the gate found out. */
struct hy_sender {
    char *id, *name;
    unsigned roles;
    int scope; /* enum hy_token_scope of the token; act in a session */
    const char *via;
    char session[HY_TOKEN_HASH_SIZE]; /* hash; "" for tokens */
};

static inline struct hy_board *hy_board_of(const struct hy_http_req *req)
{
    return hy_http_user(req);
}
static inline const struct hy_sender *hy_sender_of(const struct hy_http_req *req)
{
    return hy_http_sender(req);
}
enum { HY_SESSION_S = 12 * 3600 }; /* since last use */

/* board/common.c */
/* Body as a JSON object, or the request is ended with 400 and the result is NULL. */
json_t *hy_board_body(struct hy_http_req *req);
/* The same of a request that no session vouches for: 403 unless a page of ours sent it. */
json_t *hy_board_our_body(struct hy_http_req *req);
void hy_board_no_redis(struct hy_http_req *req); /* Redis did not answer: 503 */
void hy_board_busy(struct hy_http_req *req);     /* too many passwords are being looked at: 503 */

/* board/gate.c */
void hy_board_gate(struct hy_http_req *req, void *user);
bool hy_board_is_ours(struct hy_http_req *req);     /* a page of ours, or a program, sent this */
void hy_board_refresh_accounts(struct hy_board *b); /* as the file is now; the old ones if broken */

/* board/login.c */
void hy_board_setup(struct hy_http_req *req, void *user);
void hy_board_login(struct hy_http_req *req, void *user);
void hy_board_logout(struct hy_http_req *req, void *user);
void hy_board_me(struct hy_http_req *req, void *user);
/* Whoever fails to say a password waits longer each time.  True: he has to, and was told so. */
bool hy_board_must_wait(struct hy_http_req *req, const char *person);
void hy_board_tried_password(struct hy_http_req *req, const char *person, bool ok);

/* board/secret.c */
void hy_board_change_password(struct hy_http_req *req, void *user);

/* board/session.c: what opens the board in somebody's name */
void hy_board_note_login(struct hy_http_req *req, const char *person, bool ok, const char *how);
void hy_board_note_session(struct hy_http_req *req, const char *hash, const char *person);
void hy_board_sessions(struct hy_http_req *req, void *user);
void hy_board_revoke_session(struct hy_http_req *req, void *user);
/* Every session of the sender but this one ends; answers 204, or says that the password is changed
 * and they have not ended. */
void hy_board_end_others(struct hy_http_req *req);
void hy_board_logins(struct hy_http_req *req, void *user);
void hy_board_tokens(struct hy_http_req *req, void *user);
void hy_board_new_token(struct hy_http_req *req, void *user);
void hy_board_revoke_token(struct hy_http_req *req, void *user);

/* board/read.c: answers from Redis and from the rules */
void hy_board_incidents(struct hy_http_req *req, void *user);
void hy_board_incident(struct hy_http_req *req, void *user);
void hy_board_preview(struct hy_http_req *req, void *user);
void hy_board_items(struct hy_http_req *req, void *user);
void hy_board_journal(struct hy_http_req *req, void *user);
void hy_board_health(struct hy_http_req *req, void *user);
/* board/advise.c: what the program would do or propose, before somebody decides */
void hy_board_rehearse(struct hy_http_req *req, void *user);
void hy_board_route(struct hy_http_req *req, void *user);
/* board/sources.c */
void hy_board_sources(struct hy_http_req *req, void *user);
void hy_board_source(struct hy_http_req *req, void *user);
void hy_board_try(struct hy_http_req *req, void *user);
void hy_board_tried(struct hy_http_req *req, void *user);
/* board/rules.c */
void hy_board_keep_rules(const struct hy_board *b); /* the version in force, once */
void hy_board_rule_versions(struct hy_http_req *req, void *user);
void hy_board_rule_version(struct hy_http_req *req, void *user);
void hy_board_rules_score(struct hy_http_req *req, void *user);
void hy_board_rules_check(struct hy_http_req *req, void *user);
void hy_board_backtest(struct hy_http_req *req, void *user);
void hy_board_backtest_state(struct hy_http_req *req, void *user);
/* board/duty.c */
void hy_board_duty(struct hy_http_req *req, void *user);
void hy_board_duty_ical(struct hy_http_req *req, void *user);
/* board/office.c */
void hy_board_rules(struct hy_http_req *req, void *user);
json_t *hy_board_people(const struct hy_board *b); /* [{id,name}] of the duty list and accounts */
/* board/dead.c */
void hy_board_deliveries(struct hy_http_req *req, void *user);
void hy_board_redeliver(struct hy_http_req *req, void *user);
/* board/stats.c */
void hy_board_stats(struct hy_http_req *req, void *user);
void hy_board_stats_rows(struct hy_http_req *req, void *user);
/* board/below.c: the subordinates, to read */
void hy_board_below(struct hy_http_req *req, void *user);
void hy_board_below_incidents(struct hy_http_req *req, void *user);
void hy_board_below_incident(struct hy_http_req *req, void *user);
void hy_board_below_stats(struct hy_http_req *req, void *user);
void hy_board_below_rows(struct hy_http_req *req, void *user);
void hy_board_below_sum(struct hy_http_req *req, void *user); /* all of them; board/stats.c */
void hy_board_below_sum_rows(struct hy_http_req *req, void *user);
/* board/watch.c */
void hy_board_metrics(struct hy_http_req *req, void *user);
void hy_board_ready(struct hy_http_req *req, void *user);
/* board/command.c */
void hy_board_command(struct hy_http_req *req, void *user);
void hy_board_receipt(struct hy_http_req *req, void *user);
/* A command by whoever sends the request; `args` is borrowed and may be NULL.  New reference. */
json_t *hy_board_command_new(struct hy_http_req *req, struct hy_str id, const char *verb,
                             const char *incident, json_t *args);
void hy_board_on_reply(struct hy_board *b, struct hy_str data); /* a reply came by the feed */
void hy_board_answer_waiting(struct hy_board *b); /* at the end: nobody waits any longer */
void hy_board_forget(void *waiter);               /* destructor of board.waiting */
/* Wait for the reply to a command (32 digits) that is about to be written; `answer` (stolen) goes
 * out in its place, NULL: the reply itself. */
void hy_board_wait(struct hy_http_req *req, struct hy_str id, json_t *answer);
void hy_board_wait_failed(struct hy_board *b, struct hy_str id); /* it could not be written */
json_t *hy_board_actor(const struct hy_http_req *req);           /* new reference */
/* board/risk.c */
void hy_board_risks(struct hy_http_req *req, void *user);
void hy_board_risk(struct hy_http_req *req, void *user);
/* board/notices.c */
void hy_board_notices(struct hy_http_req *req, void *user);
/* board/cases.c */
void hy_board_cases(struct hy_http_req *req, void *user);
/* board/import.c */
void hy_board_import(struct hy_http_req *req, void *user);
/* board/static.c: pages that are part of the binary */
void hy_board_page(struct hy_http_req *req, void *user);

/* board/api.c: the table of routes */
extern const struct hy_route hy_board_routes[];
extern const size_t hy_board_routes_n;
