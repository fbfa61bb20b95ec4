/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/board/tls.h"

#include "core/mem.h"

#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

struct hy_tls {
    char *cert, *key;
    SSL_CTX *ctx; /* connections hold their own reference: a reload lets them end in peace */
    hy_wall expires;
};

static int fail_tls(struct hy_err *err, const char *what, const char *path)
{
    unsigned long code = ERR_peek_last_error();
    const char *why = code ? ERR_reason_error_string(code) : NULL;

    ERR_clear_error();
    return hy_fail(err, HY_E_IO, "TLS：%s %s（%s）", what, path, why ? why : "cannot be used");
}

static int check_key_mode(const char *path, struct hy_err *err)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return hy_fail_errno(err, "TLS：私钥 (key) %s", path);
    if (st.st_mode & S_IRWXO)
        return hy_fail(err, HY_E_DENIED,
                       "TLS：私钥 %s 谁都能读，请先 chmod 600 (the key is readable by everybody)", path);
    return HY_OK;
}

static int read_expiry(SSL_CTX *ctx, const char *path, hy_wall *ret, struct hy_err *err)
{
    const X509 *cert = SSL_CTX_get0_certificate(ctx);
    struct tm tm;

    if (cert == NULL || ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) != 1)
        return fail_tls(err, "证书没有有效期 (no end of validity)", path);
    ret->ms = (int64_t)timegm(&tm) * 1000;
    if (ret->ms < hy_wall_now().ms)
        return hy_fail(err, HY_E_STATE, "TLS：证书 %s 已经过期，请换新的 (certificate has expired)",
                       path);
    return HY_OK;
}

static SSL_CTX *new_ctx(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    if (ctx == NULL || !SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) ||
        !SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20"))
        hy_bug("OpenSSL without TLS 1.2");
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS); /* an idle connection: 3 KB instead of 37 */
    return ctx;
}

static int load(const struct hy_tls *t, SSL_CTX **ret, hy_wall *expires, struct hy_err *err)
{
    SSL_CTX *ctx;

    if (check_key_mode(t->key, err) < 0)
        return err->code;
    ctx = new_ctx();
    if (SSL_CTX_use_certificate_chain_file(ctx, t->cert) != 1)
        fail_tls(err, "读不了证书 (no certificate)", t->cert);
    else if (SSL_CTX_use_PrivateKey_file(ctx, t->key, SSL_FILETYPE_PEM) != 1)
        fail_tls(err, "读不了私钥，或与证书不配 (no key, or not of this certificate)", t->key);
    else if (read_expiry(ctx, t->cert, expires, err) == HY_OK)
        return *ret = ctx, HY_OK;
    SSL_CTX_free(ctx);
    return err->code;
}

int hy_tls_open(const char *cert, const char *key, struct hy_tls **ret, struct hy_err *err)
{
    struct hy_tls *t = hy_xcalloc(1, sizeof(*t));

    t->cert = hy_xstrdup(cert);
    t->key = hy_xstrdup(key);
    if (load(t, &t->ctx, &t->expires, err) < 0)
        return hy_tls_free(t), err->code;
    *ret = t;
    return HY_OK;
}

int hy_tls_reload(struct hy_tls *t, struct hy_err *err)
{
    SSL_CTX *ctx;

    if (load(t, &ctx, &t->expires, err) < 0)
        return err->code;
    SSL_CTX_free(t->ctx);
    t->ctx = ctx;
    return HY_OK;
}

void hy_tls_free(struct hy_tls *t)
{
    if (t == NULL)
        return;
    SSL_CTX_free(t->ctx);
    free(t->cert);
    free(t->key);
    free(t);
}

/* Never NULL: evhttp would help itself to a connection without TLS. */
struct bufferevent *hy_tls_accept(struct hy_tls *t, struct event_base *base)
{
    SSL *ssl = SSL_new(t->ctx);
    struct bufferevent *bev =
        ssl ? bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING,
                                             BEV_OPT_CLOSE_ON_FREE)
            : NULL;

    if (bev == NULL)
        hy_bug("no memory for a TLS connection");
    /* A browser that just closes is no attack: HTTP says itself where a body ends. */
    bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
    return bev;
}

hy_wall hy_tls_expires(const struct hy_tls *t)
{
    return t->expires;
}
