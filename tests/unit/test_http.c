/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/fetch/http.h"

#include "core/buf.h"

#include <isa-l/igzip_lib.h>

#include <netdb.h>
#include <sys/syscall.h>
#include <time.h>

#include "tests/unit/http_server.h"

#include "tests/unit/harness.h"

struct got { /* a result that outlives its callback */
    struct hy_loop *loop;
    int calls;
    enum hy_fetch_outcome outcome;
    int status;
    char body[4096], location[512], etag[128], why[240];
    size_t body_n;
    int64_t retry_after_ms;
};

static void on_result(const struct hy_fetch_result *r, void *user)
{
    struct got *g = user;

    g->calls++;
    g->outcome = r->outcome;
    g->status = r->status;
    g->body_n = r->body.n;
    snprintf(g->body, sizeof(g->body), HY_STR_FMT, HY_STR_ARG(r->body));
    snprintf(g->location, sizeof(g->location), "%s", r->location ? r->location : "");
    snprintf(g->etag, sizeof(g->etag), HY_STR_FMT, HY_STR_ARG(r->etag));
    snprintf(g->why, sizeof(g->why), "%s", r->err.msg);
    g->retry_after_ms = r->retry_after_ms;
    hy_loop_stop(g->loop);
}

static struct got ask(struct hy_fetch_request req)
{
    struct got g = {.loop = hy_loop_new()};
    struct hy_fetcher *h = hy_fetcher_new(g.loop, "huiying/test (+mailto:a@example.cn)", 8);

    hy_fetcher_get(h, &req, on_result, &g);
    assert_int_equal(g.calls, 0);
    hy_loop_run(g.loop, NULL, NULL);
    assert_int_equal(g.calls, 1);
    hy_fetcher_free(h);
    hy_loop_free(g.loop);
    return g;
}

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"

/* gzip of a text, as the server sends it */
static size_t gzip(const char *text, size_t repeat, uint8_t *out, size_t room)
{
    struct isal_zstream z = {0};
    struct hy_buf all = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    while (repeat--)
        hy_buf_puts(&all, text);
    isal_deflate_stateless_init(&z);
    z.gzip_flag = IGZIP_GZIP;
    z.next_in = (uint8_t *)all.p;
    z.avail_in = (uint32_t)all.n;
    z.next_out = out;
    z.avail_out = (uint32_t)room;
    z.end_of_stream = 1;
    assert_int_equal(isal_deflate_stateless(&z), COMP_OK);
    hy_buf_release(&all);
    return z.total_out;
}

TEST(plain_page_and_what_we_send)
{
    static const struct step page[] = {
        {SEND, OK_HEAD "ETag: \"v1\"\r\nContent-Length: 6\r\n\r\n你好", 0}, {0}};
    static const struct script scripts[] = {{"/a?b=1", page}, {0}};
    struct server *s = server_start(scripts);
    char url[256];
    struct got g = ask((struct hy_fetch_request){
        .url = server_url(s, "/a?b=1#x", url), .allow_private = true, .etag = "\"v0\""});

    assert_int_equal(g.outcome, HY_FETCH_OK);
    assert_string_equal(g.body, "你好");
    assert_string_equal(g.etag, "\"v1\"");
    assert_non_null(strstr(s->request, "User-Agent: huiying/test (+mailto:a@example.cn)\r\n"));
    assert_non_null(strstr(s->request, "If-None-Match: \"v0\"\r\n"));
    assert_non_null(strstr(s->request, "Accept-Encoding: gzip\r\n"));
    assert_null(strstr(s->request, "Cookie"));
    server_stop(s);
}

#define REDIRECT(to)                                                                               \
    {SEND, "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " to "\r\n\r\n", 0},              \
    {                                                                                              \
        0                                                                                          \
    }
static const struct step chunked[] = {
    {SEND, OK_HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 0}, {0}};
static const struct step until_close[] = {{SEND, OK_HEAD "\r\nabc", 0}, {CLOSE}, {0}};
static const struct step short_body[] = {
    {SEND, OK_HEAD "Content-Length: 9\r\n\r\nabc", 0}, {CLOSE}, {0}};
static const struct step announced[] = {
    {SEND, OK_HEAD "Content-Length: 99999\r\n\r\nabc", 0}, {STALL}, {0}};
static const struct step endless[] = {
    {SEND, OK_HEAD "\r\n", 0}, {REPEAT, "0123456789abcdef", 1000000}, {CLOSE}, {0}};
static const struct step endless_chunks[] = {
    {SEND, OK_HEAD "Transfer-Encoding: chunked\r\n\r\n", 0},
    {REPEAT, "10\r\n0123456789abcdef\r\n", 1000000},
    {CLOSE},
    {0}};
static const struct step endless_headers[] = {{SEND, "HTTP/1.1 200 OK\r\n", 0},
                                              {REPEAT, "X-Header: 0123456789abcdef\r\n", 100000},
                                              {CLOSE},
                                              {0}};
static const struct step silent[] = {{STALL}, {0}};
static const struct step half[] = {{SEND, OK_HEAD "\r\nhalf", 0}, {STALL}, {0}};
static const struct step drip_status[] = {{DRIP, "HTTP/1.1 200 OK\r\nX: ", 0}, {0}};
static const struct step drip_headers[] = {
    {SEND, "HTTP/1.1 200 OK\r\n", 0}, {DRIP, "X-Header: 0\r\n", 0}, {0}};
static const struct step drip_body[] = {
    {SEND, OK_HEAD "Content-Length: 9000\r\n\r\n", 0}, {DRIP, "<p>news</p>", 0}, {0}};
static const struct step drip_chunks[] = {
    {SEND, OK_HEAD "Transfer-Encoding: chunked\r\n\r\n", 0}, {DRIP, "1\r\nx\r\n", 0}, {0}};
static const struct step hangs_up[] = {{CLOSE}, {0}};
static const struct step rubbish[] = {{SEND, "\x01\x02\x03 hello\r\n\r\n", 0}, {CLOSE}, {0}};
static const struct step not_modified[] = {{SEND, "HTTP/1.1 304 Not Modified\r\n\r\n", 0}, {0}};
static const struct step gone[] = {{SEND, "HTTP/1.1 410 Gone\r\nContent-Length: 2\r\n\r\nno", 0},
                                   {0}};
static const struct step forbidden[] = {
    {SEND, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", 0}, {0}};
static const struct step busy[] = {
    {SEND, "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n", 0},
    {0}};
static const struct step broken_server[] = {
    {SEND, "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", 0}, {0}};
static const struct step big_error[] = {{SEND, "HTTP/1.1 404 Not Found\r\n\r\n", 0},
                                        {REPEAT, "0123456789abcdef", 1000000},
                                        {CLOSE},
                                        {0}};
static const struct step interim[] = {
    {SEND, "HTTP/1.1 103 Early Hints\r\nETag: \"no\"\r\n\r\n" OK_HEAD "Content-Length: 1\r\n\r\nx",
     0},
    {0}};
static const struct step relative[] = {REDIRECT("../b?x=1")};
static const struct step to_ftp[] = {REDIRECT("ftp://127.0.0.1/x")};
static const struct step to_file[] = {REDIRECT("file:///etc/passwd")};
static const struct step no_location[] = {
    {SEND, "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", 0}, {0}};
static const struct step odd_encoding[] = {
    {SEND, OK_HEAD "Content-Encoding: br\r\nContent-Length: 3\r\n\r\nabc", 0}, {0}};
static const struct step bad_gzip[] = {
    {SEND, OK_HEAD "Content-Encoding: gzip\r\nContent-Length: 8\r\n\r\nnot gzip", 0}, {0}};
static const struct step two_layers[] = {
    {SEND,
     OK_HEAD "Content-Encoding: identity\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
     0},
    {0}};
static const struct step told_all[] = {
    {SEND,
     OK_HEAD "ETag: \"v1\"\r\nLast-Modified: Mon, 23 Nov 2026 01:00:00 GMT\r\n"
             "Retry-After: 7\r\nContent-Length: 3\r\n\r\nabc",
     0},
    {0}};
static const struct script scripts[] = {{"/chunked", chunked},
                                        {"/until-close", until_close},
                                        {"/short", short_body},
                                        {"/announced", announced},
                                        {"/endless", endless},
                                        {"/endless-chunks", endless_chunks},
                                        {"/endless-headers", endless_headers},
                                        {"/silent", silent},
                                        {"/half", half},
                                        {"/drip-status", drip_status},
                                        {"/drip-headers", drip_headers},
                                        {"/drip-body", drip_body},
                                        {"/drip-chunks", drip_chunks},
                                        {"/hangs-up", hangs_up},
                                        {"/rubbish", rubbish},
                                        {"/304", not_modified},
                                        {"/410", gone},
                                        {"/403", forbidden},
                                        {"/429", busy},
                                        {"/500", broken_server},
                                        {"/big-error", big_error},
                                        {"/interim", interim},
                                        {"/d/relative", relative},
                                        {"/to-ftp", to_ftp},
                                        {"/to-file", to_file},
                                        {"/no-location", no_location},
                                        {"/br", odd_encoding},
                                        {"/two-layers", two_layers},
                                        {"/told-all", told_all},
                                        {"/bad-gzip", bad_gzip},
                                        {0}};

TEST(every_way_a_server_may_answer)
{
    static const struct {
        const char *path;
        enum hy_fetch_outcome outcome;
        const char *body; /* NULL: none */
    } cases[] = {
        {"/chunked", HY_FETCH_OK, "abc"},
        {"/until-close", HY_FETCH_OK, "abc"},
        {"/short", HY_FETCH_BROKEN, NULL},
        {"/announced", HY_FETCH_TOO_BIG, NULL},
        {"/endless", HY_FETCH_TOO_BIG, NULL},
        {"/endless-chunks", HY_FETCH_TOO_BIG, NULL},
        {"/endless-headers", HY_FETCH_TOO_BIG, NULL},
        {"/silent", HY_FETCH_TIMEOUT, NULL},
        {"/half", HY_FETCH_TIMEOUT, NULL},
        {"/drip-status", HY_FETCH_TIMEOUT, NULL}, /* something comes all the time, it never ends */
        {"/drip-headers", HY_FETCH_TIMEOUT, NULL},
        {"/drip-body", HY_FETCH_TIMEOUT, NULL},
        {"/drip-chunks", HY_FETCH_TIMEOUT, NULL},
        {"/hangs-up", HY_FETCH_CONNECT, NULL},
        {"/rubbish", HY_FETCH_BROKEN, NULL},
        {"/304", HY_FETCH_NOT_MODIFIED, NULL},
        {"/410", HY_FETCH_GONE, NULL},
        {"/nothing-here", HY_FETCH_GONE, NULL},
        {"/403", HY_FETCH_REFUSED, NULL},
        {"/429", HY_FETCH_BUSY, NULL},
        {"/500", HY_FETCH_SERVER, NULL},
        {"/big-error", HY_FETCH_GONE, NULL},
        {"/interim", HY_FETCH_OK, "x"},
        {"/d/relative", HY_FETCH_REDIRECT, NULL},
        {"/to-ftp", HY_FETCH_BLOCKED, NULL},
        {"/to-file", HY_FETCH_BLOCKED, NULL},
        {"/no-location", HY_FETCH_SERVER, NULL},
        {"/br", HY_FETCH_BROKEN, NULL},
        {"/two-layers", HY_FETCH_BROKEN, NULL},
        {"/bad-gzip", HY_FETCH_BROKEN, NULL},
    };
    struct server *s = server_start(scripts);

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        char url[256];
        struct got g = ask((struct hy_fetch_request){.url = server_url(s, cases[i].path, url),
                                                     .allow_private = true,
                                                     .max_bytes = 10000,
                                                     .timeout_ms = 300});
        if (g.outcome != cases[i].outcome)
            fail_msg("%s: %s (%s)", cases[i].path, hy_fetch_outcome_name[g.outcome], g.why);
        assert_string_equal(g.body, cases[i].body ? cases[i].body : "");
        bool fine = g.outcome == HY_FETCH_OK || g.outcome == HY_FETCH_NOT_MODIFIED ||
                    g.outcome == HY_FETCH_REDIRECT;
        assert_int_equal(g.why[0] == '\0', fine);
    }
    server_stop(s);
}

TEST(details_of_answers)
{
    struct server *s = server_start(scripts);
    char url[256], want[256];
    struct got g;

    g = ask((struct hy_fetch_request){.url = server_url(s, "/429", url), .allow_private = true});
    assert_int_equal(g.retry_after_ms, 120000);
    g = ask(
        (struct hy_fetch_request){.url = server_url(s, "/d/relative", url), .allow_private = true});
    assert_string_equal(g.location, server_url(s, "/b?x=1", want));
    g = ask(
        (struct hy_fetch_request){.url = server_url(s, "/interim", url), .allow_private = true});
    assert_string_equal(g.etag, "");
    g = ask((struct hy_fetch_request){.url = server_url(s, "/br", url), .allow_private = true});
    assert_non_null(strstr(s->request, "Accept-Encoding: identity\r\n")); /* the second try */
    server_stop(s);
}

/* The memory and the handle of one request serve the next. */
TEST(a_request_leaves_nothing_behind_for_the_next)
{
    static const char *const before[] = {"/told-all", "/br", "/half", "/announced", "/d/relative"};
    struct got g = {.loop = hy_loop_new()};
    struct hy_fetcher *h = hy_fetcher_new(g.loop, "t", 1);
    struct server *s = server_start(scripts);

    for (size_t i = 0; i < HY_COUNT(before); i++) {
        char url[256];
        struct hy_fetch_request full = {.url = server_url(s, before[i], url),
                                        .etag = "\"v0\"",
                                        .last_modified = "Mon, 23 Nov 2026 00:00:00 GMT",
                                        .accept = "text/html",
                                        .allow_private = true,
                                        .max_bytes = 1000,
                                        .timeout_ms = 300};
        struct hy_fetch_request bare = {.url = url, .allow_private = true};
        hy_fetcher_get(h, &full, on_result, &g);
        hy_loop_run(g.loop, NULL, NULL);
        assert_non_null(strstr(s->request, "If-None-Match: \"v0\"\r\n"));
        assert_non_null(strstr(s->request, "If-Modified-Since: Mon, 23 Nov 2026 00:00:00 GMT\r\n"));
        assert_non_null(strstr(s->request, "Accept: text/html\r\n"));
        server_url(s, "/304", url);
        hy_fetcher_get(h, &bare, on_result, &g);
        hy_loop_run(g.loop, NULL, NULL);
        assert_int_equal(g.outcome, HY_FETCH_NOT_MODIFIED);
        assert_null(strstr(s->request, "If-"));
        assert_non_null(strstr(s->request, "Accept: */*\r\n"));
        assert_non_null(strstr(s->request, "Accept-Encoding: gzip\r\n"));
        assert_string_equal(g.etag, "");
        assert_string_equal(g.body, "");
        assert_string_equal(g.location, "");
        assert_string_equal(g.why, "");
        assert_int_equal(g.retry_after_ms, -1);
    }
    hy_fetcher_free(h);
    hy_loop_free(g.loop);
    server_stop(s);
}

TEST(gzip_whole_cut_and_bomb)
{
    static uint8_t small[4096], bomb[1 << 20];
    static char head[3][128];
    size_t n = gzip("清溪市", 100, small, sizeof(small));
    size_t m = gzip("0000000000000000", 500000, bomb, sizeof(bomb)); /* 8 MB */
    size_t sent[] = {n, n - 6, m};
    const uint8_t *bytes[] = {small, small, bomb};
    static const char *const paths[] = {"/whole", "/cut", "/bomb"};
    static const enum hy_fetch_outcome want[] = {HY_FETCH_OK, HY_FETCH_BROKEN, HY_FETCH_TOO_BIG};
    struct step steps[3][3] = {0};
    struct script all[4] = {0};

    for (int i = 0; i < 3; i++) {
        snprintf(head[i], sizeof(head[i]),
                 OK_HEAD "Content-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n", sent[i]);
        steps[i][0] = (struct step){SEND, head[i], 0};
        steps[i][1] = (struct step){BYTES, (const char *)bytes[i], sent[i]};
        all[i] = (struct script){paths[i], steps[i]};
    }
    struct server *s = server_start(all);
    for (int i = 0; i < 3; i++) {
        char url[256];
        struct got g = ask((struct hy_fetch_request){
            .url = server_url(s, paths[i], url), .allow_private = true, .max_bytes = 100000});
        if (g.outcome != want[i])
            fail_msg("%s: %s (%s)", paths[i], hy_fetch_outcome_name[g.outcome], g.why);
        assert_int_equal(g.body_n, i == 0 ? 900 : 0);
    }
    server_stop(s);
}

/* -- names that lie ------------------------------------------------------------------------------ */

/* The resolver of this test: it stands in front of libc's.  A name answers with what `says` holds,
 * which changes between two requests as a rebinding server would change it. */
static const char *says[4];
static int times_asked;
static struct addrinfo said[4];
static struct sockaddr_storage said_at[4];

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret)
{
    struct addrinfo *before = NULL;

    (void)name, (void)service, (void)hints;
    *ret = NULL;
    times_asked++;
    for (size_t i = 0; i < HY_COUNT(says) && says[i]; i++) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)&said_at[i];
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&said_at[i];
        bool six = strchr(says[i], ':') != NULL;
        memset(&said_at[i], 0, sizeof(said_at[i]));
        said_at[i].ss_family = six ? AF_INET6 : AF_INET;
        if (inet_pton(said_at[i].ss_family, says[i],
                      six ? (void *)&v6->sin6_addr : (void *)&v4->sin_addr) != 1)
            return EAI_NONAME;
        said[i] = (struct addrinfo){.ai_family = said_at[i].ss_family,
                                    .ai_socktype = SOCK_STREAM,
                                    .ai_addrlen = six ? sizeof(*v6) : sizeof(*v4),
                                    .ai_addr = (struct sockaddr *)&said_at[i]};
        *(before ? &before->ai_next : ret) = &said[i];
        before = &said[i];
    }
    return *ret ? 0 : EAI_NONAME;
}

void freeaddrinfo(struct addrinfo *list)
{
    (void)list;
}

/* And this stands in front of the clock: seconds that are jumped over between two requests. */
static time_t jumped;

int clock_gettime(clockid_t id, struct timespec *ret)
{
    int rc = (int)syscall(SYS_clock_gettime, id, ret);

    if (id == CLOCK_MONOTONIC)
        ret->tv_sec += jumped;
    return rc;
}

/* However often it is asked for meanwhile. */
TEST(a_name_is_looked_up_once_a_minute)
{
    static const struct {
        int seconds, lookups;
    } steps[] = {{0, 1}, {0, 1}, {40, 1}, {40, 2}, {59, 2}, {2, 3}};
    struct got g = {.loop = hy_loop_new()};
    struct hy_fetcher *h = hy_fetcher_new(g.loop, "t", 1);
    struct server *s = server_start(scripts);
    char url[256];
    struct hy_fetch_request req = {.url = url, .allow_private = true};

    says[0] = "127.0.0.1";
    times_asked = 0;
    snprintf(url, sizeof(url), "http://news.example:%d/304", s->port);
    for (size_t i = 0; i < HY_COUNT(steps); i++) {
        jumped += steps[i].seconds;
        hy_fetcher_get(h, &req, on_result, &g);
        assert_int_equal(g.calls, i); /* also with a name that is known never before it returns */
        hy_loop_run(g.loop, NULL, NULL);
        assert_int_equal(g.outcome, HY_FETCH_NOT_MODIFIED);
        assert_int_equal(times_asked, steps[i].lookups);
    }
    says[0] = NULL;
    jumped = 0;
    hy_fetcher_free(h);
    hy_loop_free(g.loop);
    server_stop(s);
}

TEST(addresses_that_are_not_public_are_refused)
{
    static const char *const forms[] = {"http://127.0.0.1:%d/304",
                                        "http://localhost:%d/304",
                                        "http://2130706433:%d/304",
                                        "http://0x7f.1:%d/304",
                                        "http://0:%d/304",
                                        "http://[::1]:%d/304",
                                        "http://[::ffff:127.0.0.1]:%d/304",
                                        "http://127。0。0。1:%d/304",
                                        "http://127.1:%d/304",
                                        "http://0177.0.0.1:%d/304",
                                        "http://017700000001:%d/304",
                                        "http://[::]:%d/304",
                                        "http://[0:0:0:0:0:0:0:1]:%d/304",
                                        "http://[::ffff:7f00:1]:%d/304",
                                        "http://[::ffff:0:127.0.0.1]:%d/304",
                                        "http://[::127.0.0.1]:%d/304",
                                        "http://[64:ff9b::7f00:1]:%d/304",
                                        "http://[64:ff9b:1::7f00:1]:%d/304",
                                        "http://[2002:7f00:1::]:%d/304",
                                        "http://[2001:0:7f00:1::]:%d/304",
                                        "http://[2400:3200::5efe:7f00:1]:%d/304",
                                        "http://[fe80::1]:%d/304",
                                        "http://[fd00::1]:%d/304",
                                        "http://[ff02::1]:%d/304",
                                        "http://user:pw@127.0.0.1:%d/304"};
    struct server *s = server_start(scripts);

    says[0] = "127.0.0.1"; /* of localhost */
    for (size_t i = 0; i < HY_COUNT(forms); i++) {
        char url[256];
        _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wformat-nonliteral\"")
            snprintf(url, sizeof(url), forms[i], s->port);
        _Pragma("GCC diagnostic pop") struct got g =
            ask((struct hy_fetch_request){.url = url, .timeout_ms = 5000});
        if (g.outcome != HY_FETCH_BLOCKED)
            fail_msg("%s: %s (%s)", url, hy_fetch_outcome_name[g.outcome], g.why);
    }
    assert_int_equal(server_counted(s, &s->requests), 0);
    says[0] = NULL;
    server_stop(s);
}

TEST(a_name_that_leads_inside_is_refused_in_every_form)
{
    static const char *const answers[][3] = {
        {"127.0.0.1"},         {"10.1.2.3", "192.168.1.1"}, {"169.254.169.254"}, {"0.0.0.0"},
        {"100.100.100.200"},   {"::1"},                     {"::"},              {"::ffff:127.0.0.1"},
        {"64:ff9b::7f00:1"},   {"2002:7f00:1::"},           {"fe80::1"},         {"fd00::1"},
        {"::ffff:a9fe:a9fe"},  {"::1", "127.0.0.1"},
    };
    struct server *s = server_start(scripts);
    char url[256];

    snprintf(url, sizeof(url), "http://news.example:%d/304", s->port);
    for (size_t i = 0; i < HY_COUNT(answers); i++) {
        memset(says, 0, sizeof(says));
        memcpy(says, answers[i], sizeof(answers[i]));
        struct got g = ask((struct hy_fetch_request){.url = url, .timeout_ms = 5000});
        if (g.outcome != HY_FETCH_BLOCKED)
            fail_msg("%s: %s (%s)", answers[i][0], hy_fetch_outcome_name[g.outcome], g.why);
    }
    memset(says, 0, sizeof(says));
    assert_int_equal(server_counted(s, &s->connections), 0);
    server_stop(s);
}

/* The name was fine when robots.txt was read; for the page, or behind a redirect, it leads inside.
 * Each hop is a request of its own, looked up and checked by itself. */
TEST(a_name_that_is_rebound_between_two_requests_is_refused)
{
    struct got g = {.loop = hy_loop_new()};
    struct hy_fetcher *h = hy_fetcher_new(g.loop, "t", 1);
    struct server *s = server_start(scripts);
    char url[256];
    struct hy_fetch_request req = {.url = url, .allow_private = true, .timeout_ms = 5000};

    memset(says, 0, sizeof(says));
    says[0] = "127.0.0.1";
    snprintf(url, sizeof(url), "http://news.example:%d/d/relative", s->port);
    hy_fetcher_get(h, &req, on_result, &g);
    hy_loop_run(g.loop, NULL, NULL);
    assert_int_equal(g.outcome, HY_FETCH_REDIRECT);
    snprintf(url, sizeof(url), "http://news.example:%d/b?x=1", s->port);
    req.allow_private = false;
    says[0] = "::ffff:127.0.0.1";
    hy_fetcher_get(h, &req, on_result, &g);
    hy_loop_run(g.loop, NULL, NULL);
    assert_int_equal(g.outcome, HY_FETCH_BLOCKED);
    says[0] = "127.0.0.1"; /* what the first request was told is not believed for the second */
    hy_fetcher_get(h, &req, on_result, &g);
    hy_loop_run(g.loop, NULL, NULL);
    assert_int_equal(g.outcome, HY_FETCH_BLOCKED);
    assert_int_equal(server_counted(s, &s->requests), 1);
    memset(says, 0, sizeof(says));
    hy_fetcher_free(h);
    hy_loop_free(g.loop);
    server_stop(s);
}

TEST(a_reused_connection_is_checked_again)
{
    struct got g = {.loop = hy_loop_new()};
    struct hy_fetcher *h = hy_fetcher_new(g.loop, "t", 1);
    struct server *s = server_start(scripts);
    char url[256];
    struct hy_fetch_request req = {.url = server_url(s, "/304", url), .allow_private = true};

    hy_fetcher_get(h, &req, on_result, &g);
    hy_loop_run(g.loop, NULL, NULL);
    assert_int_equal(g.outcome, HY_FETCH_NOT_MODIFIED);
    req.allow_private = false;
    hy_fetcher_get(h, &req, on_result, &g);
    hy_loop_run(g.loop, NULL, NULL);
    assert_int_equal(g.outcome, HY_FETCH_BLOCKED);
    assert_int_equal(server_counted(s, &s->requests), 1);
    hy_fetcher_free(h);
    hy_loop_free(g.loop);
    server_stop(s);
}

TEST(bad_addresses_of_any_kind)
{
    static const struct {
        const char *url;
        enum hy_fetch_outcome outcome;
    } cases[] = {
        {"ftp://127.0.0.1/", HY_FETCH_BLOCKED},
        {"file:///etc/passwd", HY_FETCH_BLOCKED},
        {"http://", HY_FETCH_BLOCKED},
        {"no url", HY_FETCH_BLOCKED},
        {"gopher://127.0.0.1/", HY_FETCH_BLOCKED},
        {"http://no-such-name.invalid/", HY_FETCH_DNS},
    };
    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct got g = ask((struct hy_fetch_request){.url = cases[i].url, .timeout_ms = 8000});
        if (g.outcome != cases[i].outcome)
            fail_msg("%s: %s (%s)", cases[i].url, hy_fetch_outcome_name[g.outcome], g.why);
    }
}

struct counter {
    struct hy_loop *loop;
    int done, ok, wanted;
};

static void count_result(const struct hy_fetch_result *r, void *user)
{
    struct counter *c = user;

    c->done++;
    c->ok += r->outcome == HY_FETCH_OK;
}

TEST(freeing_completes_what_is_open_exactly_once)
{
    struct hy_loop *l = hy_loop_new();
    struct hy_fetcher *h = hy_fetcher_new(l, "t", 2);
    struct server *s = server_start(scripts);
    struct counter c = {0};
    char url[256];
    struct hy_fetch_request req = {.url = server_url(s, "/silent", url), .allow_private = true};

    for (int i = 0; i < 5; i++) /* two start, three wait */
        hy_fetcher_get(h, &req, count_result, &c);
    req.url = "no url";
    hy_fetcher_get(h, &req, count_result, &c);
    assert_int_equal(hy_fetcher_active(h), 6);
    hy_fetcher_free(h);
    assert_int_equal(c.done, 6);
    assert_int_equal(c.ok, 0);
    hy_loop_free(l);
    server_stop(s);
}

static void count_and_stop(const struct hy_fetch_result *r, void *user)
{
    struct counter *c = user;

    count_result(r, c);
    if (c->done == c->wanted)
        hy_loop_stop(c->loop);
}

/* More at once than what is kept for later; the bad ones are done before the loop runs. */
TEST(hundreds_at_once_complete_once_each)
{
    enum { EACH = 150 };
    struct counter c = {.loop = hy_loop_new()};
    struct hy_fetcher *h = hy_fetcher_new(c.loop, "t", 100);
    struct server *s = server_start(scripts);
    char url[256];
    struct hy_fetch_request req = {.url = server_url(s, "/chunked", url), .allow_private = true};
    struct hy_fetch_request bad = {.url = "no url"};

    for (int round = 1; round <= 2; round++) {
        c.wanted = round * 2 * EACH;
        for (int i = 0; i < EACH; i++) {
            hy_fetcher_get(h, &req, count_and_stop, &c);
            hy_fetcher_get(h, &bad, count_and_stop, &c);
        }
        hy_loop_run(c.loop, NULL, NULL);
        assert_int_equal(c.done, c.wanted);
        assert_int_equal(c.ok, round * EACH);
        assert_int_equal(hy_fetcher_active(h), 0);
    }
    hy_fetcher_free(h);
    hy_loop_free(c.loop);
    server_stop(s);
}

TEST(retry_after_forms)
{
    hy_wall now = {0};

    assert_true(hy_wall_parse(HY_STR("2026-11-23T01:12:00Z"), &now));
    assert_int_equal(hy_fetch_retry_after(HY_STR("7"), now), 7000);
    assert_int_equal(hy_fetch_retry_after(HY_STR("Mon, 23 Nov 2026 01:13:00 GMT"), now), 60000);
    assert_int_equal(hy_fetch_retry_after(HY_STR("Mon, 23 Nov 2026 01:00:00 GMT"), now), 0);
    assert_int_equal(hy_fetch_retry_after(HY_STR("soon"), now), -1);
    assert_int_equal(hy_fetch_retry_after(HY_STR("-3"), now), -1);
    assert_int_equal(hy_fetch_retry_after(HY_STR("99999999999"), now), 86400000);
}
