/* SPDX-License-Identifier: Apache-2.0 */
/* users.yaml: what is written comes back, secrets stay hashes, mistakes have a sentence. */
#include "alerts/board/account.h"
#include "alerts/board/password.h"
#include "alerts/board/throttle.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/harness.h"

static char dir[] = "/tmp/huiying-account-XXXXXX";
static char path[64], lock[64];

static struct hy_accounts *fresh(void)
{
    struct hy_accounts *a = NULL;
    struct hy_err err = HY_ERR_INIT;

    if (path[0] == '\0' && mkdtemp(dir) == NULL)
        fail();
    snprintf(path, sizeof(path), "%s/users.yaml", dir);
    snprintf(lock, sizeof(lock), "%s/users.lock", dir);
    unlink(path);
    assert_int_equal(hy_accounts_open(dir, &a, &err), HY_OK);
    assert_int_equal(hy_accounts_count(a), 0);
    return a;
}

static void done(struct hy_accounts *a)
{
    hy_accounts_free(a);
    unlink(path);
    unlink(lock);
    rmdir(dir);
    mkdir(dir, 0700);
}

static int add(struct hy_accounts *a, const char *id, const char *name, struct hy_err *err)
{
    return hy_accounts_add(a,
                           &(struct hy_account_new){.id = hy_str(id),
                                                    .name = hy_str(name),
                                                    .roles = 1u << HY_ROLE_DUTY,
                                                    .password = "$hash \"quoted\" # : '",
                                                    .now = {1700000000000}},
                           err);
}

TEST(an_account_comes_back_as_written)
{
    struct hy_accounts *a = fresh(), *b = NULL;
    struct hy_err err = HY_ERR_INIT;
    struct stat st;

    assert_int_equal(add(a, "wangmin", "王\"敏\\ : #", &err), HY_OK);
    assert_int_equal(add(a, "li-lei", "李雷", &err), HY_OK);
    assert_int_equal(hy_accounts_open(dir, &b, &err), HY_OK);
    assert_int_equal(hy_accounts_count(b), 2);
    const struct hy_account *u = hy_accounts_find(b, HY_STR("wangmin"));
    assert_non_null(u);
    assert_string_equal(u->name, "王\"敏\\ : #");
    assert_string_equal(u->password, "$hash \"quoted\" # : '");
    assert_int_equal(u->roles, 1u << HY_ROLE_DUTY);
    assert_true(u->created.ms == 1700000000000);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    hy_accounts_free(b);
    done(a);
}

TEST(refusals)
{
    struct hy_accounts *a = fresh();
    struct hy_err err = HY_ERR_INIT;
    static const char *const bad[] = {"",     "x",    "Wang",
                                      "1abc", "王敏", "a b",
                                      "a/b",  "a\nb", "abcdefghijklmnopqrstuvwxyzabcdefghi"};

    for (size_t i = 0; i < HY_COUNT(bad); i++)
        assert_int_equal(add(a, bad[i], "名", &err), HY_E_USAGE);
    assert_int_equal(add(a, "wangmin", "  ", &err), HY_E_USAGE);
    assert_int_equal(add(a, "wangmin", "王敏", &err), HY_OK);
    assert_int_equal(add(a, "wangmin", "王敏", &err), HY_E_STATE);
    assert_int_equal(hy_accounts_add(a,
                                     &(struct hy_account_new){.id = HY_STR("second"),
                                                              .name = HY_STR("二"),
                                                              .only_first = true},
                                     &err),
                     HY_E_STATE);
    assert_int_equal(hy_accounts_set_password(a, HY_STR("nobody"), "x", &err), HY_E_NOTFOUND);
    assert_int_equal(hy_accounts_count(a), 1);
    done(a);
}

TEST(two_writers_keep_each_others_rows)
{
    struct hy_accounts *a = fresh(), *b = NULL;
    struct hy_err err = HY_ERR_INIT;

    assert_int_equal(hy_accounts_open(dir, &b, &err), HY_OK);
    assert_int_equal(add(a, "first", "一", &err), HY_OK);
    assert_int_equal(add(b, "second", "二", &err), HY_OK);
    assert_int_equal(hy_accounts_refresh(a, &err), HY_OK);
    assert_int_equal(hy_accounts_count(a), 2);
    hy_accounts_free(b);
    done(a);
}

TEST(tokens_are_found_by_hash_until_they_expire)
{
    struct hy_accounts *a = fresh();
    struct hy_err err = HY_ERR_INIT;
    char token[HY_TOKEN_SIZE];
    const struct hy_token *t = NULL;
    struct hy_buf file = HY_BUF_INIT(1 << 16);

    assert_int_equal(add(a, "wangmin", "王敏", &err), HY_OK);
    struct hy_token_new n = {.owner = HY_STR("wangmin"),
                             .name = HY_STR("桌面"),
                             .scope = HY_TOKEN_SCOPE_READ,
                             .now = {1000},
                             .expires = {5000}};
    assert_int_equal(hy_accounts_add_token(a, &n, token, &err), HY_OK);
    assert_int_equal(strlen(token), HY_TOKEN_SIZE - 2);
    assert_int_equal(strncmp(token, "hy_", 3), 0);
    const struct hy_account *u = hy_accounts_by_token(a, hy_str(token), (hy_wall){4999}, &t);
    assert_non_null(u);
    assert_int_equal(t->scope, HY_TOKEN_SCOPE_READ);
    assert_null(hy_accounts_by_token(a, hy_str(token), (hy_wall){5000}, &t));
    assert_null(hy_accounts_by_token(a, HY_STR("hy_x"), (hy_wall){4999}, &t));
    assert_int_equal(hy_buf_read_file(&file, path, &err), HY_OK);
    assert_false(hy_str_has(hy_buf_view(&file), hy_str(token)));
    hy_buf_release(&file);
    HY_CLEANUP(hy_freep) char *id = hy_xstrdup(t->id);
    assert_int_equal(hy_accounts_remove_token(a, HY_STR("wangmin"), HY_STR("none"), &err),
                     HY_E_NOTFOUND);
    assert_int_equal(hy_accounts_remove_token(a, HY_STR("lilei"), hy_str(id), &err),
                     HY_E_NOTFOUND);
    assert_int_equal(hy_accounts_remove_token(a, HY_STR("wangmin"), hy_str(id), &err), HY_OK);
    assert_null(hy_accounts_by_token(a, hy_str(token), (hy_wall){4999}, &t));
    done(a);
}

TEST(a_file_others_can_read_is_refused_and_a_broken_one_keeps_the_old_list)
{
    struct hy_accounts *a = fresh();
    struct hy_err err = HY_ERR_INIT;

    assert_int_equal(add(a, "wangmin", "王敏", &err), HY_OK);
    FILE *f = fopen(path, "w");
    fputs("users:\n  - {id: x, nam: y, roles: [duty]}\n", f);
    fclose(f);
    assert_int_equal(hy_accounts_refresh(a, &err), HY_E_PARSE);
    assert_non_null(hy_accounts_find(a, HY_STR("wangmin")));
    chmod(path, 0644);
    assert_int_equal(hy_accounts_refresh(a, &err), HY_E_DENIED);
    done(a);
}

TEST(roles)
{
    struct hy_err err = HY_ERR_INIT;
    unsigned roles;

    assert_int_equal(hy_roles_parse(HY_STR("duty, analyst"), &roles, &err), HY_OK);
    assert_int_equal(roles, 1u << HY_ROLE_DUTY | 1u << HY_ROLE_ANALYST);
    assert_int_equal(hy_roles_parse(HY_STR("duty,boss"), &roles, &err), HY_E_USAGE);
    assert_non_null(strstr(err.msg, "boss"));
}

TEST(passwords)
{
    char hash[HY_PASSWORD_HASH_SIZE];
    struct hy_err err = HY_ERR_INIT;

    assert_non_null(hy_password_objection(HY_STR("一二三四五六七八九")));
    assert_null(hy_password_objection(HY_STR("一二三四五六七八九十")));
    assert_int_equal(hy_password_hash(HY_STR("一二三四五六七八九十"), hash, &err), HY_OK);
    assert_true(hy_password_verify(hash, HY_STR("一二三四五六七八九十")));
    assert_false(hy_password_verify(hash, HY_STR("一二三四五六七八九〇")));
    assert_false(hy_password_verify(NULL, HY_STR("一二三四五六七八九十")));
}

struct heard {
    struct hy_loop *loop;
    int left, right, wrong;
};

static void on_checked(bool ok, const char *hash, void *user)
{
    struct heard *h = user;
    (void)hash;
    ok ? h->right++ : h->wrong++;
    if (--h->left == 0)
        hy_loop_stop(h->loop);
}

TEST(the_pool_answers_on_the_loop_and_refuses_a_flood)
{
    struct heard h = {.loop = hy_loop_new()};
    struct hy_password_pool *p = hy_password_pool_new(h.loop);
    char hash[HY_PASSWORD_HASH_SIZE];
    struct hy_err err = HY_ERR_INIT;
    int refused = 0;

    assert_int_equal(hy_password_hash(HY_STR("right"), hash, &err), HY_OK);
    for (int i = 0; i < 4; i++)
        h.left += hy_password_pool_check(p, hash, i % 2 ? HY_STR("right") : HY_STR("wrong"),
                                         on_checked, &h);
    hy_loop_run(h.loop, NULL, NULL);
    assert_int_equal(h.right, 2);
    assert_int_equal(h.wrong, 2);
    for (int i = 0; i < 100; i++)
        refused += !hy_password_pool_check(p, hash, HY_STR("wrong"), on_checked, &h);
    assert_true(refused > 50);
    hy_password_pool_free(p);
    hy_loop_free(h.loop);
}

TEST(throttle_waits_longer_each_time_and_forgives)
{
    struct hy_throttle *t = hy_throttle_new(3);
    struct hy_str key = HY_STR("10.0.0.1 wangmin");
    hy_mono now = {1000000};

    hy_throttle_failed(t, key, now);
    hy_throttle_failed(t, key, now);
    assert_int_equal(hy_throttle_wait_s(t, key, now), 0);
    hy_throttle_failed(t, key, now);
    assert_int_equal(hy_throttle_wait_s(t, key, now), 30);
    assert_int_equal(hy_throttle_wait_s(t, HY_STR("10.0.0.2 wangmin"), now), 0);
    now = hy_mono_add_ms(now, 30000);
    assert_int_equal(hy_throttle_wait_s(t, key, now), 0);
    hy_throttle_failed(t, key, now);
    assert_int_equal(hy_throttle_wait_s(t, key, now), 60);
    for (int i = 0; i < 20; i++)
        hy_throttle_failed(t, key, now);
    assert_int_equal(hy_throttle_wait_s(t, key, now), 900);
    hy_throttle_passed(t, key);
    assert_int_equal(hy_throttle_wait_s(t, key, now), 0);
    for (int i = 0; i < 60000; i++) { /* the table stays bounded */
        char other[32];
        snprintf(other, sizeof(other), "10.1.%d.%d x", i / 250, i % 250);
        hy_throttle_failed(t, hy_str(other), now);
    }
    hy_throttle_free(t);
}
