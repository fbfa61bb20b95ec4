/* SPDX-License-Identifier: Apache-2.0 */
/* The API of the board: every route, who may use it, how much it may send.  docs/openapi.yaml
 * describes the same rows and a test compares the two. */
#include "alerts/board/board.h"

#define ANY HY_ROUTE_ANY
#define PUBLIC HY_ROUTE_PUBLIC
#define API "/api/v1"
#define RESENDERS (HY_ROLE_BIT(DUTY) | HY_ROLE_BIT(SUPERVISOR) | HY_ROLE_BIT(ADMIN))

/* Who may have rules tried; who may read them as files. */
#define JUDGES (HY_ROLE_BIT(ANALYST) | HY_ROLE_BIT(SUPERVISOR) | HY_ROLE_BIT(ADMIN))
#define READS (JUDGES | HY_ROLE_BIT(AUDITOR))

enum { SMALL = 4096, COMMAND = 64 * 1024, LIST = 256 * 1024 };

static void events(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;
    hy_sse_join(b->feed, req, hy_str(hy_sender_of(req)->id));
}

static void search(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;
    hy_library_search(b->library, req);
}

static void archived_item(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;
    hy_library_item(b->library, req);
}

const struct hy_route hy_board_routes[] = {
    {HY_POST, API "/setup", PUBLIC, SMALL, hy_board_setup, "first account, by the one-time link"},
    {HY_POST, API "/login", PUBLIC, SMALL, hy_board_login, "open a session"},
    {HY_POST, API "/logout", ANY, SMALL, hy_board_logout, "end the session"},
    {HY_GET, API "/me", ANY, 0, hy_board_me, "who I am, and the server's time"},
    {HY_GET, API "/me/sessions", ANY, 0, hy_board_sessions, "where I am signed in"},
    {HY_POST, API "/me/sessions/revoke", ANY, SMALL, hy_board_revoke_session, "end a session"},
    {HY_POST, API "/me/password", ANY, SMALL, hy_board_change_password, "change my password"},
    {HY_GET, API "/me/tokens", ANY, 0, hy_board_tokens, "my tokens, never the secrets"},
    {HY_POST, API "/me/tokens", ANY, SMALL, hy_board_new_token, "a new token, shown once"},
    {HY_POST, API "/me/tokens/revoke", ANY, SMALL, hy_board_revoke_token, "end a token"},
    {HY_GET, API "/logins", ANY, 0, hy_board_logins, "the record of sign-ins"},
    {HY_GET, API "/incidents", ANY, 0, hy_board_incidents, "incidents, most urgent first"},
    {HY_GET, API "/incidents/{id}", ANY, 0, hy_board_incident, "one incident"},
    {HY_GET, API "/incidents/{id}/items", ANY, 0, hy_board_items, "its items with marked texts"},
    {HY_GET, API "/incidents/{id}/preview", ANY, 0, hy_board_preview, "clocks at another level"},
    {HY_POST, API "/incidents/{id}/rehearse", ANY, COMMAND, hy_board_rehearse, "what would come"},
    {HY_GET, API "/incidents/{id}/route", ANY, 0, hy_board_route, "who should answer, and why"},
    {HY_GET, API "/incidents/{id}/journal", ANY, 0, hy_board_journal, "its entries in the journal"},
    {HY_POST, API "/incidents/{id}/commands", ANY, COMMAND, hy_board_command, "do something"},
    {HY_GET, API "/cases", ANY, 0, hy_board_cases, "documents, requests, messages, by deadline"},
    {HY_POST, API "/cases/import", ANY, LIST, hy_board_import, "register cases from a list"},
    {HY_GET, API "/risks", ANY, 0, hy_board_risks, "pre-release risk assessments, newest first"},
    {HY_GET, API "/risks/{id}", ANY, 0, hy_board_risk, "one of them, with what its words found"},
    {HY_GET, API "/notices", ANY, 0, hy_board_notices, "notices to me"},
    {HY_POST, API "/notices/receipt", ANY, SMALL, hy_board_receipt, "a notice was shown or closed"},
    {HY_GET, API "/deliveries", ANY, 0, hy_board_deliveries, "channels, what could not be sent"},
    {HY_POST, API "/deliveries/retry", RESENDERS, SMALL, hy_board_redeliver, "send one again"},
    {HY_GET, API "/archive/search", ANY, 0, search, "everything kept, by words and facets"},
    {HY_GET, API "/archive/items/{id}", ANY, 0, archived_item, "one item and its captures"},
    {HY_GET, API "/sources", ANY, 0, hy_board_sources, "state of the sources"},
    {HY_GET, API "/sources/{id}", ANY, 0, hy_board_source,
     "one source: rhythm, gaps, what is next"},
    {HY_POST, API "/sources/try", JUDGES, SMALL, hy_board_try, "have an address fetched and read"},
    {HY_GET, API "/sources/try/{id}", JUDGES, 0, hy_board_tried, "what came of it"},
    {HY_GET, API "/stats", ANY, 0, hy_board_stats, "numbers of a period"},
    {HY_GET, API "/stats/rows", ANY, 0, hy_board_stats_rows, "the rows behind a number"},
    {HY_GET, API "/subordinates", ANY, 0, hy_board_below, "offices that let us look on"},
    {HY_GET, API "/subordinates/stats", ANY, 0, hy_board_below_sum, "numbers of all of them"},
    {HY_GET, API "/subordinates/stats/rows", ANY, 0, hy_board_below_sum_rows, "the rows behind"},
    {HY_GET, API "/subordinates/{office}/incidents", ANY, 0, hy_board_below_incidents, "of one"},
    {HY_GET, API "/subordinates/{office}/incidents/{id}", ANY, 0, hy_board_below_incident, "one"},
    {HY_GET, API "/subordinates/{office}/stats", ANY, 0, hy_board_below_stats, "numbers of one"},
    {HY_GET, API "/subordinates/{office}/stats/rows", ANY, 0, hy_board_below_rows, "rows behind"},
    {HY_GET, API "/duty", ANY, 0, hy_board_duty, "who is on duty"},
    {HY_GET, API "/duty.ics", ANY, 0, hy_board_duty_ical, "the same as a calendar",
     .by_address = true},
    {HY_GET, API "/rules", ANY, 0, hy_board_rules, "clocks, units and words for the forms"},
    {HY_GET, API "/rules/versions", READS, 0, hy_board_rule_versions, "versions of the rules"},
    {HY_GET, API "/rules/versions/{version}", READS, 0, hy_board_rule_version, "its files"},
    {HY_POST, API "/rules/score", ANY, COMMAND, hy_board_rules_score,
     "what a text scores, and why"},
    {HY_POST, API "/rules/check", JUDGES, COMMAND, hy_board_rules_check, "is an edit right"},
    {HY_POST, API "/rules/backtest", JUDGES, COMMAND, hy_board_backtest, "judge the archive anew"},
    {HY_GET, API "/rules/backtest", READS, 0, hy_board_backtest_state, "how far it is; its report"},
    {HY_GET, API "/events", ANY, 0, events, "live events (SSE)"},
    {HY_GET, "/healthz", PUBLIC, 0, hy_board_health, "is the service alive"},
    {HY_GET, "/readyz", PUBLIC, 0, hy_board_ready, "does the work get done"},
    {HY_GET, "/metrics", ANY, 0, hy_board_metrics, "figures for Prometheus"},
};
const size_t hy_board_routes_n = HY_COUNT(hy_board_routes);
