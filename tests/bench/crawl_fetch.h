/* SPDX-License-Identifier: Apache-2.0 */
/* What does a fetch cost?  The crawler's fetcher against a plain libcurl multi that throws the
 * bytes away, from the same server in the same run: processor time per 1,000 answers, plain, gzip
 * (the peer lets libcurl inflate) and 304, with wrk as the limit of what a client that reads nothing
 * needs; and memory of connections that do nothing.  The server
 * is a process of its own, so its time is not counted. */
#pragma once
#include "core/buf.h"
#include "core/mem.h"
#include "crawler/fetch/http.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <isa-l/igzip_lib.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    FETCHES = 20000,
    AT_ONCE = 32,
    ROUNDS = 5, /* the best one counts */
    BODY_BYTES = 57000,
    IDLE = 1000,
};

static struct {
    const char *path;
    struct hy_buf answer;
} answers[] = {
    {"/plain", HY_BUF_INIT(1 << 20)},
    {"/gzip", HY_BUF_INIT(1 << 20)},
    {"/same", HY_BUF_INIT(1 << 20)},
};
static const struct {
    const char *metric, *host, *path;
} targets[] = {
    {"plain_cpu", "127.0.0.1", "/plain"},
    {"gzip_cpu", "127.0.0.1", "/gzip"},
    {"not_modified_by_name_cpu", "localhost", "/same"}, /* as sites are asked */
    {"not_modified_cpu", "127.0.0.1", "/same"},
};

/* -- the server -------------------------------------------------------------------------------- */

/* Text with the entropy of text: numbered words. */
static void write_body(struct hy_buf *b)
{
    hy_buf_puts(b, "<html><body>");
    for (unsigned i = 1; b->n < BODY_BYTES; i++)
        hy_buf_printf(b, "<p>第%u条：清溪市%u号楼%u室</p>", i, i * 2654435761U % 977,
                      i * 40503U % 313);
}

static void write_answers(void)
{
    struct hy_buf body = HY_BUF_INIT(1 << 20);
    static uint8_t packed[1 << 17];
    struct isal_zstream z;

    write_body(&body);
    isal_deflate_stateless_init(&z);
    z.gzip_flag = IGZIP_GZIP;
    z.next_in = (uint8_t *)body.p;
    z.avail_in = (uint32_t)body.n;
    z.next_out = packed;
    z.avail_out = sizeof(packed);
    z.end_of_stream = 1;
    if (isal_deflate_stateless(&z) != COMP_OK)
        abort();
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
                               "ETag: \"a\"\r\nDate: Mon, 23 Nov 2026 01:00:00 GMT\r\n";
    hy_buf_printf(&answers[0].answer, "%sContent-Length: %zu\r\n\r\n", head, body.n);
    hy_buf_add(&answers[0].answer, body.p, body.n);
    hy_buf_printf(&answers[1].answer, "%sContent-Encoding: gzip\r\nContent-Length: %u\r\n\r\n",
                  head, z.total_out);
    hy_buf_add(&answers[1].answer, packed, z.total_out);
    hy_buf_puts(&answers[2].answer, "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n");
    hy_buf_release(&body);
}

static void *serve(void *user)
{
    int fd = (int)(intptr_t)user;
    char in[4096];
    ssize_t n;

    while ((n = recv(fd, in, sizeof(in) - 1, 0)) > 0) { /* a request fits one packet */
        in[n] = '\0';
        for (size_t i = 0; i < HY_COUNT(answers); i++) {
            const struct hy_buf *b = &answers[i].answer;
            if (strncmp(in + 4, answers[i].path, strlen(answers[i].path)) != 0)
                continue;
            for (size_t at = 0; at < b->n;) {
                ssize_t sent = send(fd, b->p + at, b->n - at, MSG_NOSIGNAL);
                if (sent <= 0)
                    break;
                at += (size_t)sent;
            }
        }
    }
    close(fd);
    return NULL;
}

static void serve_all(int fd)
{
    pthread_attr_t small;
    pthread_t t;
    int client;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 << 10);
    pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
    while ((client = accept(fd, NULL, NULL)) >= 0)
        if (pthread_create(&t, &small, serve, (void *)(intptr_t)client) != 0)
            close(client);
    _exit(0);
}

static pid_t serve_start(int *ret_port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 1024) < 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) < 0)
        abort();
    *ret_port = ntohs(at.sin_port);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        serve_all(fd);
    close(fd);
    return pid;
}

/* -- ours -------------------------------------------------------------------------------------- */

struct many {
    struct hy_loop *loop;
    struct hy_fetcher *h;
    char url[64];
    int left, open;
};

static void next_fetch(struct many *m);

static void on_one(const struct hy_fetch_result *r, void *user)
{
    struct many *m = user;

    if (r->outcome == HY_FETCH_CANCELLED)
        return;
    if (r->outcome != HY_FETCH_OK && r->outcome != HY_FETCH_NOT_MODIFIED) {
        fprintf(stderr, "bench crawl: %s: %s\n", r->url, r->err.msg);
        exit(1);
    }
    m->open--;
    if (m->left)
        next_fetch(m);
    else if (m->open == 0)
        hy_loop_stop(m->loop);
}

static void next_fetch(struct many *m)
{
    struct hy_fetch_request req = {.url = m->url, .etag = "\"a\"", .allow_private = true};

    m->left--;
    m->open++;
    hy_fetcher_get(m->h, &req, on_one, m);
}

static double cpu_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double ours_cpu(const char *url)
{
    struct many m = {.loop = hy_loop_new(), .left = FETCHES};
    double from = cpu_ms();

    snprintf(m.url, sizeof(m.url), "%s", url);
    m.h = hy_fetcher_new(m.loop, "huiying/bench", AT_ONCE);
    while (m.open < AT_ONCE)
        next_fetch(&m);
    hy_loop_run(m.loop, NULL, NULL);
    hy_fetcher_free(m.h);
    hy_loop_free(m.loop);
    return (cpu_ms() - from) * 1000 / FETCHES;
}

/* -- the peer ---------------------------------------------------------------------------------- */

static size_t throw_away(char *p, size_t size, size_t n, void *user)
{
    (void)p, (void)user;
    return size * n;
}

static void peer_add(CURLM *multi, CURL *easy, const char *url, struct curl_slist *headers)
{
    HY_CURL_SET(easy, CURLOPT_URL, url);
    HY_CURL_SET(easy, CURLOPT_WRITEFUNCTION, throw_away);
    HY_CURL_SET(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    HY_CURL_SET(easy, CURLOPT_HTTPHEADER, headers);
    HY_CURL_SET(easy, CURLOPT_NOSIGNAL, 1L);
    curl_multi_add_handle(multi, easy);
}

static double peer_cpu(const char *url)
{
    double from = cpu_ms();
    CURLM *multi = curl_multi_init();
    CURL *easy[AT_ONCE];
    struct curl_slist *headers = curl_slist_append(NULL, "If-None-Match: \"a\"");
    int running = 1, left = FETCHES, waiting;
    CURLMsg *msg;

    for (int i = 0; i < AT_ONCE; i++, left--)
        peer_add(multi, easy[i] = curl_easy_init(), url, headers);
    while (running) {
        curl_multi_perform(multi, &running);
        while ((msg = curl_multi_info_read(multi, &waiting))) {
            CURL *e = msg->easy_handle;
            curl_multi_remove_handle(multi, e);
            if (left-- > 0) {
                curl_multi_add_handle(multi, e);
                running = 1;
            }
        }
        if (running)
            curl_multi_poll(multi, NULL, 0, 100, NULL);
    }
    for (int i = 0; i < AT_ONCE; i++)
        curl_easy_cleanup(easy[i]);
    curl_multi_cleanup(multi);
    curl_slist_free_all(headers);
    return (cpu_ms() - from) * 1000 / FETCHES;
}

/* -- the limit --------------------------------------------------------------------------------- */

/* wrk's processor time per 1,000 answers, 0 when it is not installed: it counts them and looks at no
 * header and no body. */
static double wrk_cpu(const char *url)
{
    struct rusage used;
    char text[4096] = "";
    int out[2], status;
    double n = 0;

    if (pipe(out) < 0)
        abort();
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        execlp("wrk", "wrk", "-t1", "-c32", "-d1s", "-H", "If-None-Match: \"a\"", url, (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    for (size_t at = 0; at < sizeof(text) - 1;) {
        ssize_t got = read(out[0], text + at, sizeof(text) - 1 - at);
        if (got <= 0)
            break;
        at += (size_t)got;
    }
    close(out[0]);
    wait4(pid, &status, 0, &used);
    const char *requests = strstr(text, " requests in ");
    while (requests && requests > text && requests[-1] >= '0' && requests[-1] <= '9')
        requests--;
    if (requests)
        n = strtod(requests, NULL);
    return n ? ((double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 +
                (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3) * 1000 / n
             : 0;
}

/* -- figures ----------------------------------------------------------------------------------- */

/* Taken in turns: what else the machine does hits all of them. */
enum who { OURS, PEER, LIMIT, WHO_COUNT };

static void measure(const char *url, double ret_best[WHO_COUNT])
{
    static double (*const cpu[WHO_COUNT])(const char *) = {ours_cpu, peer_cpu, wrk_cpu};

    for (int i = 0; i < ROUNDS; i++)
        for (int w = 0; w < WHO_COUNT; w++) {
            double ms = cpu[w](url);
            ret_best[w] = i == 0 || ms < ret_best[w] ? ms : ret_best[w];
        }
}

static void print_cost(const char *metric, double ours, const char *name, double peer)
{
    printf("{\"bench\":\"crawl\",\"metric\":\"%s\",\"value\":%.2f,\"unit\":\"ms/1000\",\"peer\":"
           "\"%s\",\"peer_value\":%.2f,\"ratio\":%.3f}\n",
           metric, ours, name, peer, peer / ours);
}

static double resident_kb(void)
{
    FILE *f = fopen("/proc/self/statm", "re");
    long size, resident = 0;

    if (f == NULL || fscanf(f, "%ld %ld", &size, &resident) != 2)
        abort();
    fclose(f);
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1024;
}

/* Connections to a server that takes the request and says nothing. */
static void bench_idle(int port)
{
    struct many m = {.loop = hy_loop_new(), .left = IDLE};
    struct rlimit files = {0};

    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < IDLE + 100)
        return;
    m.h = hy_fetcher_new(m.loop, "huiying/bench", IDLE);
    snprintf(m.url, sizeof(m.url), "http://127.0.0.1:%d/silent", port);
    double before = resident_kb();
    while (m.open < IDLE)
        next_fetch(&m);
    struct hy_timer *enough = hy_timer_new(m.loop, (void (*)(void *))hy_loop_stop, m.loop);
    hy_timer_arm(enough, 1500); /* all are connected, and 1.5 s cost nothing */
    double cpu = cpu_ms();
    hy_loop_run(m.loop, NULL, NULL);
    printf("{\"bench\":\"crawl\",\"metric\":\"idle_connection\",\"value\":%.1f,\"unit\":\"KB\","
           "\"peer\":\"goal\",\"peer_value\":17.0,\"ratio\":%.3f,\"connections\":%d,"
           "\"cpu_ms\":%.0f}\n",
           (resident_kb() - before) / IDLE, 17.0 * IDLE / (resident_kb() - before), IDLE,
           cpu_ms() - cpu);
    hy_timer_free(enough);
    hy_fetcher_free(m.h);
    hy_loop_free(m.loop);
}

static void bench_fetch(void)
{
    int port;

    curl_global_init(CURL_GLOBAL_ALL);
    write_answers();
    pid_t server = serve_start(&port);
    bench_idle(port); /* first, while the heap is small */
    for (size_t i = 0; i < HY_COUNT(targets); i++) {
        char url[64];
        snprintf(url, sizeof(url), "http://%s:%d%s", targets[i].host, port, targets[i].path);
        double ms[WHO_COUNT];
        measure(url, ms);
        print_cost(targets[i].metric, ms[OURS], "libcurl multi", ms[PEER]);
        if (ms[LIMIT] > 0)
            print_cost(targets[i].metric, ms[OURS], "wrk", ms[LIMIT]);
        if (i == HY_COUNT(targets) - 1)
            printf("{\"bench\":\"crawl\",\"metric\":\"not_modified_s\",\"value\":%.0f,\"unit\":"
                   "\"1/s\",\"peer\":\"libcurl multi\",\"peer_value\":%.0f,\"ratio\":%.3f}\n",
                   1e6 / ms[OURS], 1e6 / ms[PEER], ms[PEER] / ms[OURS]);
    }
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    for (size_t i = 0; i < HY_COUNT(answers); i++)
        hy_buf_release(&answers[i].answer);
}

/* -- what is known ----------------------------------------------------------------------------- */

enum { ADDRESSES = 100000 };

/* What the store scripts leave behind for each address of the last 60 days. */
static void fill(struct hy_redis_sync *r)
{
    struct hy_err err = HY_ERR_INIT;
    static const char text[] =
        "for i = ARGV[1], ARGV[2] do "
        "  local h = string.sub(redis.sha1hex(i), 1, 32) "
        "  redis.call('ZADD', 'hy:crawl:seen:a', 1795363200000 + i, h) "
        "  redis.call('SET', 'hy:crawl:item:' .. h, redis.sha1hex(i) .. h, 'PX', 5184000000) "
        "end return 1";

    for (int i = 1; i <= ADDRESSES; i += 10000) {
        redisReply *reply = NULL;
        if (hy_redis_sync_cmd(r, &reply, &err, "EVAL %s 0 %d %d", text, i, i + 9999) < 0)
            abort();
        freeReplyObject(reply);
    }
}

static double used_memory(struct hy_redis_sync *r)
{
    struct hy_err err = HY_ERR_INIT;
    redisReply *reply = NULL;

    if (hy_redis_sync_cmd(r, &reply, &err, "INFO memory") < 0)
        abort();
    const char *at = strstr(reply->str, "used_memory:");
    double bytes = at ? strtod(at + strlen("used_memory:"), NULL) : 0;
    freeReplyObject(reply);
    return bytes;
}

static void bench_known(void)
{
    struct redis_server redis;
    struct hy_redis_sync *r = NULL;
    struct hy_err err = HY_ERR_INIT;

    redis_server_start(&redis);
    if (hy_redis_sync_open(redis.url, &r, &err) < 0)
        abort();
    double before = used_memory(r);
    fill(r);
    double mb = (used_memory(r) - before) / ADDRESSES; /* bytes an address = MB a million */
    printf(
        "{\"bench\":\"crawl\",\"metric\":\"known_million\",\"value\":%.0f,\"unit\":\"MB\",\"peer\":"
        "\"the addresses themselves, 80 bytes each\",\"peer_value\":80,\"ratio\":%.3f}\n",
        mb, 80 / mb);
    hy_redis_sync_close(r);
    redis_server_end(&redis);
}
