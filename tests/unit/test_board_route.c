/* SPDX-License-Identifier: Apache-2.0 */
/* Routes: the matcher, and docs/openapi.yaml against the real table. */
#include "alerts/board/board.h"
#include "core/mem.h"

#include <string.h>

#include "tests/unit/harness.h"

static void nothing(struct hy_http_req *req, void *user)
{
    (void)req, (void)user;
}

static const struct hy_route routes[] = {
    {HY_GET, "/a", HY_ROUTE_ANY, 0, nothing, ""},
    {HY_POST, "/a", HY_ROUTE_ANY, 0, nothing, ""},
    {HY_GET, "/a/{id}", HY_ROUTE_ANY, 0, nothing, ""},
    {HY_GET, "/a/{id}/b", HY_ROUTE_ANY, 0, nothing, ""},
    {HY_POST, "/a/{id}/{verb}", HY_ROUTE_ANY, 0, nothing, ""},
};

TEST(finds_the_row_and_its_parameters)
{
    static const struct {
        const char *method, *path;
        int row; /* -1 no path, -2 no method */
        const char *first;
    } cases[] = {
        {"GET", "/a", 0, ""},
        {"POST", "/a", 1, ""},
        {"DELETE", "/a", -2, ""},
        {"GET", "/a/", -1, ""},
        {"GET", "/a/I1", 2, "I1"},
        {"GET", "/a/%E4%BA%8B", 2, "事"},
        {"GET", "/a/x/b", 3, "x"},
        {"POST", "/a/x/go", 4, "x"},
        {"GET", "/a/x/b/", -1, ""},
        {"GET", "//a", -1, ""},
        {"GET", "/A", -1, ""},
        {"GET", "", -1, ""},
        {"GET", "/a/%2e%2e%2fetc", -1, ""},
        {"GET", "/a/%00", -1, ""},
        {"GET", "/a/%0a", -1, ""},
        {"GET", "/a/%ff", -1, ""},
        {"GET", "/a/%4", -1, ""},
        {"GET", "/a/%zz", -1, ""},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        const struct hy_route *row = NULL;
        struct hy_route_params params;
        enum hy_route_result r = hy_route_find(routes, HY_COUNT(routes), hy_str(cases[i].method),
                                               hy_str(cases[i].path), &row, &params);
        int got = r == HY_ROUTE_FOUND ? (int)(row - routes) : r == HY_ROUTE_NO_PATH ? -1 : -2;
        if (got != cases[i].row)
            fail_msg("%s %s: row %d", cases[i].method, cases[i].path, got);
        if (cases[i].first[0])
            assert_string_equal(params.v[0].value, cases[i].first);
    }
}

TEST(a_parameter_too_long_matches_nothing)
{
    char path[300] = "/a/";
    const struct hy_route *row;
    struct hy_route_params params;

    memset(path + 3, 'x', 200);
    path[203] = '\0';
    assert_int_equal(
        hy_route_find(routes, HY_COUNT(routes), HY_STR("GET"), hy_str(path), &row, &params),
        HY_ROUTE_NO_PATH);
}

TEST(query_values)
{
    char out[16];

    assert_string_equal(hy_query_get(HY_STR("state=open&q=a+b"), "state", out, 16), "open");
    assert_string_equal(hy_query_get(HY_STR("state=open&q=a+b%21"), "q", out, 16), "a b!");
    assert_string_equal(hy_query_get(HY_STR("state"), "state", out, 16), "");
    assert_string_equal(hy_query_get(HY_STR(""), "state", out, 16), "");
    assert_string_equal(hy_query_get(HY_STR("xstate=1"), "state", out, 16), "");
    assert_string_equal(hy_query_get(HY_STR("q=0123456789abcdefgh"), "q", out, 16), "");
}

/* "  /path:" and below it "    get:" lines of the document, in its own order. */
static bool documented(struct hy_str doc, const char *method, const char *path)
{
    bool inside = false;
    char want[16];

    snprintf(want, sizeof(want), "    %s:", strcmp(method, "GET") == 0 ? "get" : "post");
    for (struct hy_lines it = hy_lines(doc); hy_lines_next(&it);) {
        if (it.line.n > 3 && it.line.p[2] == '/')
            inside = hy_str_eq(hy_str_sub(it.line, 2, it.line.n - 1), hy_str(path));
        else if (inside && hy_str_is(it.line, want))
            return true;
    }
    return false;
}

static size_t count_operations(struct hy_str doc)
{
    size_t n = 0;

    for (struct hy_lines it = hy_lines(doc); hy_lines_next(&it);)
        n += hy_str_is(it.line, "    get:") || hy_str_is(it.line, "    post:");
    return n;
}

TEST(openapi_describes_exactly_the_table)
{
    struct hy_buf doc = HY_BUF_INIT(1 << 20);
    struct hy_err err = HY_ERR_INIT;

    assert_int_equal(hy_buf_read_file(&doc, "docs/openapi.yaml", &err), HY_OK);
    for (size_t i = 0; i < hy_board_routes_n; i++)
        if (!documented(hy_buf_view(&doc), hy_method_name[hy_board_routes[i].method],
                        hy_board_routes[i].path))
            fail_msg("docs/openapi.yaml lacks %s %s", hy_method_name[hy_board_routes[i].method],
                     hy_board_routes[i].path);
    assert_int_equal(count_operations(hy_buf_view(&doc)), hy_board_routes_n);
    hy_buf_release(&doc);
}
