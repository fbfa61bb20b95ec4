/* SPDX-License-Identifier: Apache-2.0 */
/* The server is this thread too: it answers, hangs up and speaks unasked exactly when the test says
 * so, and the loop is turned until the other side has seen it. */
#include "core/curl.h"

#include "core/buf.h"
#include "core/mem.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/harness.h"

enum { GIVE_UP_MS = 5000 };

struct world {
    struct hy_loop *loop;
    struct hy_curl *curl;
    CURL *easy;
    struct curl_slist *addresses;
    int listener, port;
    int done;
    CURLcode code;
    struct hy_buf body;
};

static void on_done(CURL *easy, CURLcode code, void *user)
{
    struct world *w = user;

    (void)easy;
    w->done++;
    w->code = code;
}

static size_t on_body(char *p, size_t size, size_t n, void *user)
{
    struct world *w = user;

    hy_buf_add(&w->body, p, size * n);
    return size * n;
}

static void world_init(struct world *w, const char *addresses)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    char text[128];

    *w = (struct world){.loop = hy_loop_new(), .body = HY_BUF_INIT(1000)};
    w->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(w->listener, (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(w->listener, 8), 0);
    assert_int_equal(getsockname(w->listener, (struct sockaddr *)&at, &len), 0);
    w->port = ntohs(at.sin_port);
    w->curl = hy_curl_new(w->loop, 8, on_done, w);
    w->easy = curl_easy_init();
    hy_curl_common(w->curl, w->easy);
    snprintf(text, sizeof(text), "a.test:%d:%s", w->port, addresses);
    w->addresses = curl_slist_append(NULL, text);
    snprintf(text, sizeof(text), "http://a.test:%d/", w->port);
    HY_CURL_SET(w->easy, CURLOPT_URL, text);
    HY_CURL_SET(w->easy, CURLOPT_RESOLVE, w->addresses);
    HY_CURL_SET(w->easy, CURLOPT_TIMEOUT_MS, (long)GIVE_UP_MS);
    HY_CURL_SET(w->easy, CURLOPT_WRITEFUNCTION, on_body);
    HY_CURL_SET(w->easy, CURLOPT_WRITEDATA, w);
}

static void world_release(struct world *w)
{
    curl_easy_cleanup(w->easy);
    curl_slist_free_all(w->addresses);
    hy_curl_free(w->curl);
    hy_loop_free(w->loop);
    hy_buf_release(&w->body);
    close(w->listener);
}

static void turn(struct world *w)
{
    event_base_loop(hy_loop_base(w->loop), EVLOOP_NONBLOCK | EVLOOP_ONCE);
}

static int accepted(struct world *w)
{
    int fd, before = w->done;

    while ((fd = accept4(w->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) < 0 &&
           w->done == before)
        turn(w);
    assert_true(fd >= 0); /* the transfer ended without a new connection */
    return fd;
}

/* The next thing the server hears: bytes, or 0 for the end. */
static ssize_t heard(struct world *w, int fd)
{
    char text[4096];
    hy_mono until = hy_mono_add_ms(hy_mono_now(), GIVE_UP_MS);
    ssize_t n;

    while ((n = recv(fd, text, sizeof(text), 0)) < 0 && hy_mono_now().us < until.us)
        turn(w);
    return n;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

#define ANSWER(text) "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" text

static void answer(struct world *w, int fd, const char *text)
{
    int before = w->done;

    assert_true(heard(w, fd) > 0);
    hy_buf_clear(&w->body);
    say(fd, text);
    while (w->done == before)
        turn(w);
    assert_int_equal(w->code, CURLE_OK);
}

TEST(a_connection_serves_one_transfer_after_the_other)
{
    struct world w;
    int fd = -1;

    world_init(&w, "127.0.0.1");
    for (int i = 1; i <= 3; i++) {
        hy_curl_add(w.curl, w.easy);
        fd = i == 1 ? accepted(&w) : fd;
        answer(&w, fd, ANSWER("ok"));
        assert_string_equal(w.body.p, "ok");
        assert_int_equal(w.done, i);
    }
    world_release(&w);
    close(fd);
}

TEST(a_connection_that_the_server_closed_is_replaced)
{
    struct world w;

    world_init(&w, "127.0.0.1");
    for (int i = 0; i < 3; i++) {
        hy_curl_add(w.curl, w.easy);
        int fd = accepted(&w);
        answer(&w, fd, ANSWER("ok"));
        assert_string_equal(w.body.p, "ok");
        shutdown(fd, SHUT_WR);
        assert_int_equal(heard(&w, fd), 0); /* our side ends too, at once */
        close(fd);
    }
    world_release(&w);
}

/* It is not the answer to the next request. */
TEST(what_a_server_says_unasked_ends_the_connection)
{
    struct world w;

    world_init(&w, "127.0.0.1");
    hy_curl_add(w.curl, w.easy);
    int fd = accepted(&w);
    answer(&w, fd, ANSWER("ok"));
    say(fd, ANSWER("no"));
    assert_int_equal(heard(&w, fd), 0);
    hy_curl_add(w.curl, w.easy);
    int second = accepted(&w);
    answer(&w, second, ANSWER("ok"));
    assert_string_equal(w.body.p, "ok");
    world_release(&w);
    close(fd);
    close(second);
}

static void enough(void *user)
{
    *(bool *)user = true;
}

TEST(a_closed_connection_does_not_keep_the_loop_busy)
{
    struct world w;
    bool over = false;
    int turns = 0;

    world_init(&w, "127.0.0.1");
    struct hy_timer *t = hy_timer_new(w.loop, enough, &over);
    hy_curl_add(w.curl, w.easy);
    int fd = accepted(&w);
    answer(&w, fd, ANSWER("ok"));
    close(fd);
    hy_timer_arm(t, 20);
    while (!over) {
        event_base_loop(hy_loop_base(w.loop), EVLOOP_ONCE);
        turns++;
    }
    assert_in_range(turns, 1, 5); /* the end, libcurl's timers, ours */
    hy_timer_free(t);
    world_release(&w);
}

/* The number of our end of a connection to the listener. */
static int number_of(const struct world *w)
{
    struct sockaddr_in at;

    for (int fd = 0; fd < 1024; fd++) {
        socklen_t len = sizeof(at);
        if (getpeername(fd, (struct sockaddr *)&at, &len) == 0 && at.sin_family == AF_INET &&
            ntohs(at.sin_port) == w->port)
            return fd;
    }
    fail();
    return -1;
}

/* Should a socket ever be closed without our hearing of it, its number is somebody else's. */
TEST(the_next_owner_of_a_number_is_left_alone)
{
    struct world w;
    int pair[2];
    char got[8];

    world_init(&w, "127.0.0.1");
    hy_curl_add(w.curl, w.easy);
    int fd = accepted(&w);
    answer(&w, fd, ANSWER("ok"));
    int number = number_of(&w);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(dup2(pair[0], number), number);
    say(pair[1], "hi");
    for (int i = 0; i < 10; i++)
        turn(&w);
    say(pair[1], "!");
    assert_int_equal(recv(number, got, sizeof(got), 0), 3);
    world_release(&w);
    close(pair[0]);
    close(pair[1]);
    close(fd);
}

/* The next socket has the number of the one that was closed. */
TEST(another_address_is_heard_when_the_first_refuses)
{
    struct world w;

    world_init(&w, "127.0.0.2,127.0.0.3,127.0.0.1");
    hy_curl_add(w.curl, w.easy);
    int fd = accepted(&w);
    answer(&w, fd, ANSWER("ok"));
    assert_string_equal(w.body.p, "ok");
    world_release(&w);
    close(fd);
}
