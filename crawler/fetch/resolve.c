/* SPDX-License-Identifier: Apache-2.0 */
/* Lookups move between three places: the queue (shared, under the lock), a thread, and the list of
 * done ones (shared again), from which the loop takes them when the eventfd says so.
 *
 * A thread may hang in getaddrinfo for many seconds and cannot be stopped; so the shared part is
 * counted and outlives the resolver until the last thread has left it. */
#include "crawler/fetch/resolve.h"

#include "core/map.h"
#include "core/mem.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

enum { MAX_ADDRESSES = 8, KEEP_MS = 60000, KEEP_FAILURE_MS = 10000, MAX_KNOWN = 10000 };
enum { TEXT_SIZE = MAX_ADDRESSES * (INET6_ADDRSTRLEN + 1) };

struct hy_lookup {
    TAILQ_ENTRY(hy_lookup) entry;
    char *host;
    hy_resolve_fn fn; /* NULL: cancelled; touched by the loop's thread only */
    void *user;
    char addresses[TEXT_SIZE];
    int failure; /* of getaddrinfo */
    bool known;  /* nobody looked it up: it is what we remembered */
};
TAILQ_HEAD(lookups, hy_lookup);

struct shared {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct lookups queue, done;
    int fd;   /* eventfd */
    int refs; /* threads and the resolver */
    int busy; /* threads inside getaddrinfo */
    bool stop;
};

struct known {
    char addresses[TEXT_SIZE];
    int failure;
    hy_mono until;
};

struct hy_resolve {
    struct hy_loop *loop;
    struct shared *shared;
    struct hy_watch *watch;
    struct hy_map *known; /* host -> struct known */
};

static void lookup_free(struct hy_lookup *l)
{
    free(l->host);
    free(l);
}

/* With the lock held; gives it back. */
static void shared_release(struct shared *s)
{
    bool last = --s->refs == 0;
    struct hy_lookup *l;

    pthread_cond_broadcast(&s->more); /* who frees the resolver waits for those who leave at once */
    pthread_mutex_unlock(&s->lock);
    if (!last)
        return;
    while ((l = TAILQ_FIRST(&s->queue)) || (l = TAILQ_FIRST(&s->done))) {
        TAILQ_REMOVE(TAILQ_FIRST(&s->queue) == l ? &s->queue : &s->done, l, entry);
        lookup_free(l);
    }
    close(s->fd);
    pthread_cond_destroy(&s->more);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static void add_address(struct hy_lookup *l, const struct sockaddr *sa)
{
    char text[INET6_ADDRSTRLEN];
    const void *ip = sa->sa_family == AF_INET
                         ? (const void *)&((const struct sockaddr_in *)sa)->sin_addr
                         : &((const struct sockaddr_in6 *)sa)->sin6_addr;
    size_t n = strlen(l->addresses);

    if (inet_ntop(sa->sa_family, ip, text, sizeof(text)))
        snprintf(l->addresses + n, sizeof(l->addresses) - n, "%s%s", n ? "," : "", text);
}

static void look_up(struct hy_lookup *l)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG}, *list = NULL;
    int n = 0;

    l->failure = getaddrinfo(l->host, NULL, &hints, &list);
    for (struct addrinfo *a = list; a && n < MAX_ADDRESSES; a = a->ai_next, n++)
        if (a->ai_family == AF_INET || a->ai_family == AF_INET6)
            add_address(l, a->ai_addr);
    if (list)
        freeaddrinfo(list);
}

static void *worker(void *user)
{
    struct shared *s = user;
    uint64_t one = 1;

    pthread_mutex_lock(&s->lock);
    while (!s->stop) {
        struct hy_lookup *l = TAILQ_FIRST(&s->queue);
        if (l == NULL) {
            pthread_cond_wait(&s->more, &s->lock);
            continue;
        }
        TAILQ_REMOVE(&s->queue, l, entry);
        s->busy++;
        pthread_mutex_unlock(&s->lock);
        look_up(l);
        pthread_mutex_lock(&s->lock);
        s->busy--;
        TAILQ_INSERT_TAIL(&s->done, l, entry);
        if (write(s->fd, &one, sizeof(one)) < 0)
            continue; /* the counter is full: the loop is awake already */
    }
    shared_release(s);
    return NULL;
}

static void answer(struct hy_lookup *l)
{
    struct hy_err err = HY_ERR_INIT;

    if (l->fn == NULL)
        return;
    if (l->failure)
        hy_fail(&err, HY_E_NOTFOUND, "%s: %s", l->host, gai_strerror(l->failure));
    else if (l->addresses[0] == '\0')
        hy_fail(&err, HY_E_NOTFOUND, "%s has no address", l->host);
    l->fn(hy_str(l->addresses), &err, l->user);
}

static void remember(struct hy_resolve *r, const struct hy_lookup *l)
{
    struct known *k = hy_xcalloc(1, sizeof(*k));

    if (hy_map_count(r->known) >= MAX_KNOWN) {
        hy_map_free(r->known);
        r->known = hy_map_new(free);
    }
    memcpy(k->addresses, l->addresses, sizeof(k->addresses));
    k->failure = l->failure;
    k->until = hy_mono_add_ms(hy_loop_mono(r->loop), l->failure ? KEEP_FAILURE_MS : KEEP_MS);
    hy_map_set(r->known, hy_str(l->host), k);
}

static void on_done(void *user)
{
    struct hy_resolve *r = user;
    struct lookups done = TAILQ_HEAD_INITIALIZER(done);
    struct hy_lookup *l;
    uint64_t count;

    if (read(r->shared->fd, &count, sizeof(count)) < 0)
        return;
    pthread_mutex_lock(&r->shared->lock);
    TAILQ_CONCAT(&done, &r->shared->done, entry);
    pthread_mutex_unlock(&r->shared->lock);
    while ((l = TAILQ_FIRST(&done))) {
        TAILQ_REMOVE(&done, l, entry);
        if (!l->known)
            remember(r, l);
        answer(l);
        lookup_free(l);
    }
}

static const struct known *recall(const struct hy_resolve *r, struct hy_str host)
{
    const struct known *k = hy_map_get(r->known, host);

    return k && k->until.us > hy_loop_mono(r->loop).us ? k : NULL;
}

const char *hy_resolve_known(const struct hy_resolve *r, struct hy_str host)
{
    const struct known *k = recall(r, host);

    return k && k->failure == 0 && k->addresses[0] ? k->addresses : NULL;
}

struct hy_lookup *hy_resolve_start(struct hy_resolve *r, const char *host, hy_resolve_fn fn,
                                   void *user)
{
    struct hy_lookup *l = hy_xcalloc(1, sizeof(*l));
    const struct known *k = recall(r, hy_str(host));
    struct shared *s = r->shared;
    uint64_t one = 1;

    l->host = hy_xstrdup(host);
    l->fn = fn;
    l->user = user;
    if (k) {
        l->known = true;
        memcpy(l->addresses, k->addresses, sizeof(l->addresses));
        l->failure = k->failure;
    }
    pthread_mutex_lock(&s->lock);
    TAILQ_INSERT_TAIL(k ? &s->done : &s->queue, l, entry);
    pthread_cond_signal(&s->more);
    pthread_mutex_unlock(&s->lock);
    if (k && write(s->fd, &one, sizeof(one)) < 0)
        hy_bug("eventfd is full");
    return l;
}

void hy_lookup_cancel(struct hy_lookup *l)
{
    l->fn = NULL;
}

struct hy_resolve *hy_resolve_new(struct hy_loop *loop, int threads)
{
    struct hy_resolve *r = hy_xcalloc(1, sizeof(*r));
    struct shared *s = hy_xcalloc(1, sizeof(*s));
    pthread_attr_t attr;
    pthread_t thread;

    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->more, NULL);
    TAILQ_INIT(&s->queue);
    TAILQ_INIT(&s->done);
    s->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s->fd < 0)
        hy_bug("no eventfd");
    s->refs = 1 + threads;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    for (int i = 0; i < threads; i++)
        if (pthread_create(&thread, &attr, worker, s) != 0)
            hy_bug("no thread for name lookups");
    pthread_attr_destroy(&attr);
    *r = (struct hy_resolve){.loop = loop, .shared = s, .known = hy_map_new(free)};
    r->watch = hy_watch_new(loop, s->fd, on_done, r);
    return r;
}

/* Idle threads end before this returns; one that hangs in a lookup ends when that does. */
void hy_resolve_free(struct hy_resolve *r)
{
    struct timespec give_up;

    if (r == NULL)
        return;
    hy_watch_free(r->watch);
    hy_map_free(r->known);
    pthread_mutex_lock(&r->shared->lock);
    r->shared->stop = true;
    pthread_cond_broadcast(&r->shared->more);
    clock_gettime(CLOCK_REALTIME, &give_up);
    give_up.tv_sec += 1;
    while (r->shared->refs > 1 && r->shared->busy < r->shared->refs - 1 &&
           pthread_cond_timedwait(&r->shared->more, &r->shared->lock, &give_up) == 0)
        continue;
    shared_release(r->shared);
    free(r);
}
