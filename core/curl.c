/* SPDX-License-Identifier: Apache-2.0 */
#include "core/curl.h"

#include "core/mem.h"

#include <event2/event.h>
#include <stdlib.h>

struct hy_curl {
    struct hy_loop *loop;
    CURLM *multi;
    struct hy_timer *timer; /* libcurl's */
    hy_curl_done_fn done;
    void *user;
};

struct watched { /* one socket of libcurl's */
    struct hy_curl *c;
    struct event *ev;
    int what;
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

static void on_ready(evutil_socket_t fd, short what, void *user)
{
    act(user, fd,
        (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0));
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

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *of_socket)
{
    struct hy_curl *c = user;
    struct watched *w = of_socket;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (w && w->ev)
            event_free(w->ev);
        free(w);
        curl_multi_assign(c->multi, fd, NULL);
        return 0;
    }
    if (w == NULL) {
        w = hy_xcalloc(1, sizeof(*w));
        curl_multi_assign(c->multi, fd, w);
    } else if (w->what == what) {
        return 0;
    }
    if (w->ev)
        event_free(w->ev);
    w->what = what;
    short events =
        (short)((what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0));
    w->ev = event_new(hy_loop_base(c->loop), fd, (short)(events | EV_PERSIST), on_ready, c);
    if (w->ev == NULL || event_add(w->ev, NULL) < 0)
        hy_bug("libevent cannot watch a socket");
    return 0;
}

void hy_curl_common(CURL *easy)
{
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
    free(c);
}
