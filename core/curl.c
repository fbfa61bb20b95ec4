/* SPDX-License-Identifier: Apache-2.0 */
/* At the end of each transfer libcurl says not to watch its socket any more, and at the beginning
 * of the next one on the same connection to watch it again.  The kernel hears of neither: a
 * connection that rests stays watched, and when the server closes it or speaks unasked, it ends.
 *
 * The sockets are in an epoll set of their own, which the loop watches.  Of a socket that was
 * closed without our hearing of it the kernel forgets by itself that we watch it, and whoever gets
 * its number has nothing to do with us.  The loop's own lists would go on to believe in it. */
#include "core/curl.h"

#include "core/mem.h"
#include "core/vec.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { READY_AT_ONCE = 32 }; /* sockets served in one turn of the loop */

/* One socket of libcurl's. */
struct watched {
    uint8_t wanted, told; /* CURL_POLL_*: by libcurl; what the kernel knows */
    bool connection;      /* from hy_curl_open(): it may rest */
};

struct hy_curl {
    struct hy_loop *loop;
    CURLM *multi;
    struct hy_timer *timer; /* libcurl's */
    int epoll;
    struct hy_watch *ready;         /* there is something in `epoll` */
    HY_VEC(struct watched) sockets; /* by descriptor */
    hy_curl_done_fn done;
    void *user;
};

static void reap(struct hy_curl *c)
{
    CURLMsg *msg;
    int left;

    while ((msg = curl_multi_info_read(c->multi, &left))) {
        if (msg->msg != CURLMSG_DONE)
            continue;
        CURLcode code = msg->data.result; /* msg dies with the next call */
        CURL *easy = msg->easy_handle;
        curl_multi_remove_handle(c->multi, easy);
        c->done(easy, code, c->user);
    }
}

static void act(struct hy_curl *c, curl_socket_t fd, int what)
{
    int running;

    curl_multi_socket_action(c->multi, fd, what, &running);
    reap(c);
}

static void on_timer(void *user)
{
    act(user, CURL_SOCKET_TIMEOUT, 0);
}

static int set_timer(CURLM *multi, long ms, void *user)
{
    struct hy_curl *c = user;

    (void)multi;
    if (ms < 0)
        hy_timer_cancel(c->timer);
    else
        hy_timer_arm(c->timer, ms);
    return 0;
}

/* -- sockets ----------------------------------------------------------------------------------- */

static struct watched *watched(struct hy_curl *c, curl_socket_t fd)
{
    while (c->sockets.n <= (size_t)fd)
        hy_vec_push(&c->sockets, (struct watched){0});
    return &c->sockets.v[fd];
}

static void forget(struct hy_curl *c, curl_socket_t fd)
{
    struct watched *w = watched(c, fd);

    if (w->told)
        epoll_ctl(c->epoll, EPOLL_CTL_DEL, fd, NULL); /* fails when it is closed: all the same */
    *w = (struct watched){0};
}

static void attend(struct hy_curl *c, curl_socket_t fd, int what)
{
    struct watched *w = watched(c, fd);
    struct epoll_event ev = {.data.fd = fd,
                             .events = (what & CURL_POLL_IN ? EPOLLIN : 0U) |
                                       (what & CURL_POLL_OUT ? EPOLLOUT : 0U)};
    bool known = w->told && epoll_ctl(c->epoll, EPOLL_CTL_MOD, fd, &ev) == 0;

    if (!known && epoll_ctl(c->epoll, EPOLL_CTL_ADD, fd, &ev) < 0)
        hy_bug("epoll cannot watch a socket: %s", strerror(errno));
    w->told = (uint8_t)what;
}

/* A connection that rests can be read.  libcurl 7.88 notices one that was closed before it uses it
 * again, but takes what a server says unasked for the answer to the next request: that becomes a
 * closed one too. */
static void end_if_heard(struct hy_curl *c, curl_socket_t fd)
{
    char rest[4096];

    if (recv(fd, rest, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN)
        return; /* read already, for a transfer that ended since */
    shutdown(fd, SHUT_RDWR);
    while (recv(fd, rest, sizeof(rest), MSG_DONTWAIT) > 0)
        continue;
    forget(c, fd);
}

static void on_ready(void *user)
{
    struct hy_curl *c = user;
    struct epoll_event ev[READY_AT_ONCE];
    int n = epoll_wait(c->epoll, ev, READY_AT_ONCE, 0);

    for (int i = 0; i < n; i++) {
        int fd = ev[i].data.fd, wanted = watched(c, fd)->wanted;
        if (watched(c, fd)->told == 0) /* closed since, with what was done for one before it */
            continue;
        bool failed = ev[i].events & (EPOLLERR | EPOLLHUP);
        int what = (failed || ev[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                   (failed || ev[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0);
        if (wanted)
            act(c, fd, what & wanted); /* the bits are those of CURL_POLL_* */
        else
            end_if_heard(c, fd);
    }
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *of_socket)
{
    struct hy_curl *c = user;
    struct watched *w = watched(c, fd);

    (void)easy, (void)of_socket;
    w->wanted = (uint8_t)(what & CURL_POLL_INOUT); /* CURL_POLL_REMOVE is none of it */
    bool rests = w->wanted == 0 && w->told == CURL_POLL_IN;
    if (w->connection && (rests || w->told == w->wanted))
        return 0;
    if (w->wanted)
        attend(c, fd, w->wanted);
    else
        forget(c, fd);
    return 0;
}

curl_socket_t hy_curl_open(struct hy_curl *c, const struct curl_sockaddr *a)
{
    int fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);

    if (fd < 0)
        return CURL_SOCKET_BAD;
    *watched(c, fd) = (struct watched){.connection = true};
    return fd;
}

static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *a)
{
    (void)purpose;
    return hy_curl_open(user, a);
}

static int close_socket(void *user, curl_socket_t fd)
{
    forget(user, fd);
    return close(fd);
}

/* ---------------------------------------------------------------------------------------------- */

void hy_curl_common(struct hy_curl *c, CURL *easy)
{
    HY_CURL_SET(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    HY_CURL_SET(easy, CURLOPT_OPENSOCKETDATA, c);
    HY_CURL_SET(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    HY_CURL_SET(easy, CURLOPT_CLOSESOCKETDATA, c);
    HY_CURL_SET(easy, CURLOPT_PROXY, "");
    HY_CURL_SET(easy, CURLOPT_NOPROXY, "*");
    HY_CURL_SET(easy, CURLOPT_NOSIGNAL, 1L);
    HY_CURL_SET(easy, CURLOPT_QUICK_EXIT, 1L);
    HY_CURL_SET(easy, CURLOPT_CAPATH, NULL);
}

void hy_curl_add(struct hy_curl *c, CURL *easy)
{
    if (curl_multi_add_handle(c->multi, easy) != CURLM_OK)
        hy_bug("libcurl refuses a transfer");
}

void hy_curl_remove(struct hy_curl *c, CURL *easy)
{
    curl_multi_remove_handle(c->multi, easy);
}

struct hy_curl *hy_curl_new(struct hy_loop *l, long kept, hy_curl_done_fn done, void *user)
{
    static bool ready;
    struct hy_curl *c = hy_xcalloc(1, sizeof(*c));

    if (!ready && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        hy_bug("libcurl does not start");
    ready = true;
    *c = (struct hy_curl){.loop = l, .done = done, .user = user};
    c->timer = hy_timer_new(l, on_timer, c);
    c->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (c->epoll < 0)
        hy_bug("no epoll set for libcurl");
    c->ready = hy_watch_new(l, c->epoll, on_ready, c);
    c->multi = curl_multi_init();
    if (c->multi == NULL)
        hy_bug("no memory for libcurl");
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, kept);
    return c;
}

void hy_curl_free(struct hy_curl *c)
{
    if (c == NULL)
        return;
    curl_multi_cleanup(c->multi);
    hy_timer_free(c->timer);
    hy_watch_free(c->ready);
    close(c->epoll);
    hy_vec_release(&c->sockets);
    free(c);
}
