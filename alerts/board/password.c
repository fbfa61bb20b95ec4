/* SPDX-License-Identifier: Apache-2.0 */
/* argon2id on two helper threads.
 *
 * The loop owns the pool; threads see only jobs, under one mutex.  A finished job goes to `done`
 * and one byte through an eventfd wakes the loop, which alone calls back. */
#include "alerts/board/password.h"
#include "core/mem.h"
#include "core/utf8.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <unistd.h>

enum { THREADS = 2, MAX_WAITING = 32 };
_Static_assert(HY_PASSWORD_HASH_SIZE == crypto_pwhash_STRBYTES, "libsodium's size");

struct job {
    TAILQ_ENTRY(job) entry;
    bool make, ok;
    char *password; /* wiped before it is freed */
    size_t n;
    char hash[HY_PASSWORD_HASH_SIZE];
    hy_password_fn fn;
    void *user;
};
TAILQ_HEAD(jobs, job);

struct hy_password_pool {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct jobs waiting, done;
    size_t n_waiting;
    bool stop;
    pthread_t threads[THREADS];
    int fd;
    struct hy_watch *watch;
};

const char *hy_password_objection(struct hy_str password)
{
    if (!hy_utf8_valid(password) || hy_utf8_count(password) < HY_PASSWORD_MIN)
        return "口令至少 10 个字符，可以是一句话";
    if (password.n > HY_PASSWORD_MAX)
        return "口令太长";
    return NULL;
}

int hy_password_hash(struct hy_str password, char out[HY_PASSWORD_HASH_SIZE], struct hy_err *err)
{
    if (crypto_pwhash_str(out, password.p, password.n, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                          crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
        return hy_fail(err, HY_E_IO, "内存不足，无法计算口令散列");
    return HY_OK;
}

bool hy_password_verify(const char *hash, struct hy_str password)
{
    if (hash && hash[0])
        return crypto_pwhash_str_verify(hash, password.p, password.n) == 0;
    char unused[HY_PASSWORD_HASH_SIZE];
    struct hy_err err = HY_ERR_INIT;
    int spent = hy_password_hash(password, unused, &err);
    return spent > 0; /* never */
}

static void free_job(struct job *j)
{
    sodium_memzero(j->password, j->n);
    free(j->password);
    free(j);
}

static void work(struct job *j)
{
    struct hy_str password = {j->password, j->n};
    struct hy_err err = HY_ERR_INIT;

    j->ok = j->make ? hy_password_hash(password, j->hash, &err) == HY_OK
                    : hy_password_verify(j->hash, password);
}

static void *run(void *arg)
{
    struct hy_password_pool *p = arg;
    uint64_t one = 1;

    pthread_mutex_lock(&p->lock);
    for (;;) {
        struct job *j = TAILQ_FIRST(&p->waiting);
        if (p->stop)
            break;
        if (j == NULL) {
            pthread_cond_wait(&p->wake, &p->lock);
            continue;
        }
        TAILQ_REMOVE(&p->waiting, j, entry);
        p->n_waiting--;
        pthread_mutex_unlock(&p->lock);
        work(j);
        pthread_mutex_lock(&p->lock);
        TAILQ_INSERT_TAIL(&p->done, j, entry);
        if (write(p->fd, &one, sizeof(one)) < 0)
            hy_bug("eventfd");
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

static struct job *take_done(struct hy_password_pool *p)
{
    pthread_mutex_lock(&p->lock);
    struct job *j = TAILQ_FIRST(&p->done);
    if (j)
        TAILQ_REMOVE(&p->done, j, entry);
    pthread_mutex_unlock(&p->lock);
    return j;
}

static void on_done(void *user)
{
    struct hy_password_pool *p = user;
    uint64_t count;
    struct job *j;

    if (read(p->fd, &count, sizeof(count)) < 0)
        return;
    while ((j = take_done(p)) != NULL) {
        j->fn(j->ok, j->make && j->ok ? j->hash : NULL, j->user);
        free_job(j);
    }
}

static bool submit(struct hy_password_pool *p, bool make, const char *hash, struct hy_str password,
                   hy_password_fn fn, void *user)
{
    pthread_mutex_lock(&p->lock);
    bool room = p->n_waiting < MAX_WAITING;
    if (room) {
        struct job *j = hy_xcalloc(1, sizeof(*j));
        *j = (struct job){.make = make, .n = password.n, .fn = fn, .user = user};
        j->password = hy_xstrndup(password.p, password.n);
        if (hash)
            snprintf(j->hash, sizeof(j->hash), "%s", hash);
        TAILQ_INSERT_TAIL(&p->waiting, j, entry);
        p->n_waiting++;
        pthread_cond_signal(&p->wake);
    }
    pthread_mutex_unlock(&p->lock);
    return room;
}

bool hy_password_pool_check(struct hy_password_pool *p, const char *hash, struct hy_str password,
                            hy_password_fn fn, void *user)
{
    return submit(p, false, hash, password, fn, user);
}

bool hy_password_pool_make(struct hy_password_pool *p, struct hy_str password, hy_password_fn fn,
                           void *user)
{
    return submit(p, true, NULL, password, fn, user);
}

struct hy_password_pool *hy_password_pool_new(struct hy_loop *l)
{
    struct hy_password_pool *p = hy_xcalloc(1, sizeof(*p));

    TAILQ_INIT(&p->waiting);
    TAILQ_INIT(&p->done);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, NULL);
    p->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (p->fd < 0)
        hy_bug("no eventfd for the password threads");
    p->watch = hy_watch_new(l, p->fd, on_done, p);
    for (size_t i = 0; i < THREADS; i++)
        if (pthread_create(&p->threads[i], NULL, run, p) != 0)
            hy_bug("no thread for passwords");
    return p;
}

void hy_password_pool_free(struct hy_password_pool *p)
{
    struct job *j;

    if (p == NULL)
        return;
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(p->threads[i], NULL);
    TAILQ_CONCAT(&p->waiting, &p->done, entry);
    while ((j = TAILQ_FIRST(&p->waiting)) != NULL) {
        TAILQ_REMOVE(&p->waiting, j, entry);
        free_job(j);
    }
    hy_watch_free(p->watch);
    close(p->fd);
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
    free(p);
}
