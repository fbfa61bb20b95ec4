/* SPDX-License-Identifier: Apache-2.0 */
/* What a superior office sees of its subordinates: their matters and how they kept the times, to read
 * and no more.  A command goes to nobody's record but the own one; there is no route for another.
 *
 * Which offices are below us stands in our office.yaml; that they agree stands in theirs and was
 * checked when the service started (rules/offices.h), and where Redis has a user per office (acl.c)
 * nobody else's keys could be read. */
#include "alerts/board/board.h"
#include "alerts/board/fetch.h"
#include "rules/office.h"

static const struct hy_office *ours(struct hy_http_req *req)
{
    return hy_board_of(req)->rules->office;
}

void hy_board_below(struct hy_http_req *req, void *user)
{
    const struct hy_office *o = ours(req);
    json_t *list = json_array();

    (void)user;
    for (size_t i = 0; i < o->subordinates.n; i++)
        json_array_append_new(list, json_pack("{s:s,s:s}", "id", hy_office_subordinates(o)[i].id,
                                              "name", hy_office_subordinates(o)[i].name));
    hy_http_json(req, 200, hy_fetch_answer("subordinates", list));
}

/* False, and answered, when the office of the path is none of ours. */
static bool is_below(struct hy_http_req *req)
{
    if (hy_office_subordinate(ours(req), hy_str(hy_http_param(req, "office"))))
        return true;
    hy_http_problem(req, 404, "not_found", "office.yaml 的 subordinates 里没有这个单位");
    return false;
}

void hy_board_below_incidents(struct hy_http_req *req, void *user)
{
    if (is_below(req))
        hy_board_incidents(req, user);
}

void hy_board_below_incident(struct hy_http_req *req, void *user)
{
    if (is_below(req))
        hy_board_incident(req, user);
}

void hy_board_below_stats(struct hy_http_req *req, void *user)
{
    if (is_below(req))
        hy_board_stats(req, user);
}

void hy_board_below_rows(struct hy_http_req *req, void *user)
{
    if (is_below(req))
        hy_board_stats_rows(req, user);
}
