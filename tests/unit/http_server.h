/* SPDX-License-Identifier: Apache-2.0 */
/* A scripted HTTP server on 127.0.0.1 for tests: each path has a list of steps that are played when
 * it is asked for, byte for byte, so that every way of misbehaving can be written down.
 *
 *     static const struct step slow[] = {{SEND, "HTTP/1.1 200 OK\r\n\r\nhalf"}, {STALL}, {0}};
 *     static const struct script scripts[] = {{"/slow", slow}, {0}};
 *     struct server *s = server_start(scripts);
 *     ... server_url(s, "/slow", url) ... server_request(s) ... server_stop(s);
 *
 * Nothing sleeps: STALL waits until the client goes away, DRIP sends a byte each 5 ms until then. */
#pragma once
#include "core/mem.h"
#include "core/str.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum act { END, SEND, BYTES, REPEAT, STALL, DRIP, CLOSE };
enum { DRIP_MS = 5 };
struct step {
    enum act act;
    const char *text; /* SEND, REPEAT, DRIP: C string; BYTES: n bytes */
    size_t n;         /* BYTES: length; REPEAT: times */
};
struct script {
    const char *path; /* the whole target */
    const struct step *steps;
};
struct server {
    const struct script *scripts;
    int fd, port;
    pthread_t thread;
    pthread_mutex_t lock;
    char request[8192]; /* the last one */
    char log[16384];    /* all request targets, one a line, while there is room */
    int requests, connections, open;
    int busy, most_busy; /* requests being answered; an idle connection asks for nothing */
    bool stop;
};
struct client {
    struct server *s;
    int fd;
};

static bool server_send(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t w = send(fd, p, n, MSG_NOSIGNAL);
        if (w <= 0)
            return false;
        p += w;
        n -= (size_t)w;
    }
    return true;
}

static void server_stall(int fd)
{
    char c[512];

    while (recv(fd, c, sizeof(c), 0) > 0)
        continue;
}

/* The text again and again, for ever. */
static void server_drip(int fd, const char *text)
{
    struct pollfd gone = {.fd = fd, .events = POLLIN};

    for (size_t i = 0; server_send(fd, text + i, 1); i = text[i + 1] ? i + 1 : 0)
        if (poll(&gone, 1, DRIP_MS) > 0)
            break;
}

/* False when the connection is over. */
static bool server_play(int fd, const struct step *st)
{
    for (; st->act != END; st++) {
        bool ok = true;
        if (st->act == SEND)
            ok = server_send(fd, st->text, strlen(st->text));
        else if (st->act == BYTES)
            ok = server_send(fd, st->text, st->n);
        else if (st->act == STALL)
            server_stall(fd);
        else if (st->act == DRIP)
            server_drip(fd, st->text);
        for (size_t i = 0; ok && st->act == REPEAT && i < st->n; i++)
            ok = server_send(fd, st->text, strlen(st->text));
        if (!ok || st->act == CLOSE || st->act == STALL || st->act == DRIP)
            return false;
    }
    return true;
}

static const struct step *server_find(const struct script *scripts, const char *request)
{
    static const struct step missing[] = {
        {SEND, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 0}, {0}};
    const char *from = strchr(request, ' ');
    size_t n = from ? strcspn(from + 1, " ") : 0;

    for (const struct script *sc = scripts; sc->path; sc++)
        if (from && strlen(sc->path) == n && strncmp(from + 1, sc->path, n) == 0)
            return sc->steps;
    return missing;
}

/* Reads one request; false at the end of the connection. */
static bool server_read(struct client *c, char *buf, size_t size)
{
    size_t n = 0;

    while (n < size - 1) {
        ssize_t r = recv(c->fd, buf + n, size - 1 - n, 0);
        if (r <= 0)
            return false;
        n += (size_t)r;
        buf[n] = '\0';
        if (strstr(buf, "\r\n\r\n"))
            break;
    }
    pthread_mutex_lock(&c->s->lock);
    snprintf(c->s->request, sizeof(c->s->request), "%s", buf);
    c->s->requests++;
    c->s->busy++;
    c->s->most_busy = HY_MAX(c->s->most_busy, c->s->busy);
    size_t used = strlen(c->s->log), from = strcspn(buf, " ") + 1, len = strcspn(buf + from, " ");
    snprintf(c->s->log + used, sizeof(c->s->log) - used, "%.*s\n", (int)len, buf + from);
    pthread_mutex_unlock(&c->s->lock);
    return true;
}

static const struct script *server_scripts(struct server *s)
{
    pthread_mutex_lock(&s->lock);
    const struct script *scripts = s->scripts;
    pthread_mutex_unlock(&s->lock);
    return scripts;
}

static void *server_client(void *user)
{
    struct client *c = user;
    char buf[8192] = "";

    for (bool more = true; more && server_read(c, buf, sizeof(buf));) {
        more = server_play(c->fd, server_find(server_scripts(c->s), buf));
        pthread_mutex_lock(&c->s->lock);
        c->s->busy--;
        pthread_mutex_unlock(&c->s->lock);
    }
    close(c->fd);
    pthread_mutex_lock(&c->s->lock);
    c->s->open--;
    pthread_mutex_unlock(&c->s->lock);
    free(c);
    return NULL;
}

static void *server_accept(void *user)
{
    struct server *s = user;
    int fd;

    while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
        struct client *c = hy_xcalloc(1, sizeof(*c));
        pthread_t t;
        *c = (struct client){s, fd};
        pthread_mutex_lock(&s->lock);
        s->connections++;
        s->open++;
        pthread_mutex_unlock(&s->lock);
        if (pthread_create(&t, NULL, server_client, c) == 0)
            pthread_detach(t);
    }
    return NULL;
}

/* From now on the server is another one: pages appear, change, break. */
static inline void server_switch(struct server *s, const struct script *scripts)
{
    pthread_mutex_lock(&s->lock);
    s->scripts = scripts;
    pthread_mutex_unlock(&s->lock);
}

/* One of its counters: a thread may just be writing it. */
static inline int server_counted(struct server *s, const int *counter)
{
    pthread_mutex_lock(&s->lock);
    int n = *counter;
    pthread_mutex_unlock(&s->lock);
    return n;
}

static struct server *server_start(const struct script *scripts)
{
    struct server *s = hy_xcalloc(1, sizeof(*s));
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);

    s->scripts = scripts;
    pthread_mutex_init(&s->lock, NULL);
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(s->fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(s->fd, 64) < 0 ||
        getsockname(s->fd, (struct sockaddr *)&at, &len) < 0 ||
        pthread_create(&s->thread, NULL, server_accept, s) != 0)
        abort();
    s->port = ntohs(at.sin_port);
    return s;
}

static inline const char *server_url(const struct server *s, const char *path, char out[256])
{
    snprintf(out, 256, "http://127.0.0.1:%d%s", s->port, path);
    return out;
}

/* The clients must have closed their connections. */
static void server_stop(struct server *s)
{
    int open = 1;

    shutdown(s->fd, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->fd);
    while (open) {
        pthread_mutex_lock(&s->lock);
        open = s->open;
        pthread_mutex_unlock(&s->lock);
    }
    pthread_mutex_destroy(&s->lock);
    free(s);
}
