/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/deliver/cli.h"

#include "alerts/deliver/dead.h"

#include "alerts/deliver/net.h"
#include "core/command.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/redis.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { SECRET_CAP = 4096 };

/* -- what is to be sent -------------------------------------------------------------------------
 */

static char *beside_rules(const struct hy_rules *rules, const char *path)
{
    return path[0] == '/' ? hy_xstrdup(path) : hy_xasprintf("%s/%s", rules->dir, path);
}

int hy_deliver_secret(const struct hy_rules *rules, const struct hy_endpoint *e, char **ret,
                      struct hy_err *err)
{
    const char *file = e->hook ? e->hook->secret_file : e->mailer->password_file;
    struct hy_buf b = HY_BUF_INIT(SECRET_CAP);
    struct stat st;

    if (file == NULL) {
        *ret = hy_xstrdup("");
        return HY_OK;
    }
    HY_CLEANUP(hy_freep) char *path = beside_rules(rules, file);
    if (stat(path, &st) < 0)
        return hy_fail_errno(err, "密钥文件 %s 读不出来", path);
    if (st.st_mode & (S_IRWXG | S_IRWXO))
        return hy_fail(err, HY_E_DENIED, "密钥文件 %s 别人也能读，请改权限：chmod 600", path);
    int rc = hy_buf_read_file(&b, path, err);
    if (rc == HY_OK)
        *ret = hy_str_dup(hy_str_trim(hy_buf_view(&b)));
    hy_buf_release(&b);
    return rc;
}

int hy_deliver_outgoing(const struct hy_rules *rules, const struct hy_endpoint *e,
                        const json_t *notice, hy_wall now, bool again, struct hy_outgoing *ret,
                        struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *secret = NULL;
    struct hy_message m = {.notice = notice, .office = rules->office, .now = now, .again = again};

    if (hy_deliver_secret(rules, e, &secret, err) < 0)
        return err->code;
    m.secret = hy_str(secret);
    if (e->hook)
        hy_deliver_hook(e->hook, &m, ret);
    else
        hy_deliver_mail(e->mailer, e->mail_to, &m, ret);
    if (ret->ca_file) {
        char *relative = HY_TAKE(ret->ca_file);
        ret->ca_file = beside_rules(rules, relative);
        free(relative);
    }
    return HY_OK;
}

/* -- a test message -----------------------------------------------------------------------------
 */

struct trial {
    struct hy_loop *loop;
    struct hy_answer answer;
};

static void on_trial(const struct hy_answer *answer, void *user)
{
    struct trial *t = user;

    t->answer = *answer;
    hy_loop_stop(t->loop);
}

static json_t *test_notice(hy_wall now)
{
    char random[17];
    json_t *o = json_object();

    hy_random_hex(random, 8);
    HY_CLEANUP(hy_freep) char *id = hy_xasprintf("test/-/%s", random);
    hy_json_set_str(o, "id", hy_str(id));
    hy_json_set_str(o, "incident", HY_STR(""));
    hy_json_set_str(o, "class", HY_STR("normal"));
    hy_json_set_str(o, "step", HY_STR("test"));
    hy_json_set_str(o, "title", HY_STR("【测试】回应：提醒渠道测试"));
    hy_json_set_str(o, "body", HY_STR("这是一条测试消息，收到不用处理。"));
    hy_json_set_time(o, "at", now, HY_CST);
    return o;
}

static void list_channels(const struct hy_rules *rules)
{
    const struct hy_hook *hooks;
    size_t n = hy_duty_hooks(rules->duty, &hooks);

    fprintf(stderr, "可用的渠道：");
    for (size_t i = 0; i < n; i++)
        fprintf(stderr, " %s", hooks[i].id);
    for (size_t i = 0; i < hy_duty_count(rules->duty); i++)
        if (hy_duty_at(rules->duty, i)->mail)
            fprintf(stderr, " mail:%s", hy_duty_at(rules->duty, i)->id);
    fputc('\n', stderr);
}

int hy_deliver_test(const struct hy_rules *rules, const char *channel, struct hy_err *err)
{
    struct hy_endpoint e = hy_deliver_endpoint(rules->duty, hy_str(channel));
    hy_wall now = hy_wall_now();
    HY_CLEANUP(hy_json_freep) json_t *notice = test_notice(now);
    struct hy_outgoing o = {0};
    struct trial t = {0};

    if (e.hook == NULL && e.mailer == NULL) {
        list_channels(rules);
        return hy_fail(err, HY_E_NOTFOUND, "duty.yaml 里没有渠道“%s”", channel);
    }
    if (hy_deliver_outgoing(rules, &e, notice, now, false, &o, err) < 0)
        return err->code;
    t.loop = hy_loop_new();
    struct hy_outbox_net *net = hy_outbox_net_new(t.loop);
    t.answer = (struct hy_answer){.verdict = HY_RETRY, .why = "被中断"};
    hy_outbox_net_send(net, &o, HY_DELIVER_TIMEOUT_MS, on_trial, &t);
    hy_loop_run(t.loop, NULL, NULL);
    hy_outbox_net_free(net);
    hy_loop_free(t.loop);
    if (t.answer.verdict != HY_DELIVERED)
        return hy_fail(err, HY_E_IO, "%s：没有发出去：%s", channel, t.answer.why);
    printf("%s：对方已收下测试消息。请到群里或邮箱里看一眼。\n", channel);
    return HY_OK;
}

/* -- dead letters -------------------------------------------------------------------------------
 */

static void print_letter(const json_t *o, bool json)
{
    if (json) {
        hy_json_print(o);
        return;
    }
    printf(HY_STR_FMT "  " HY_STR_FMT "  " HY_STR_FMT "  试了 %lld 次  " HY_STR_FMT "\n    " HY_STR_FMT
                      "  " HY_STR_FMT "\n",
           HY_STR_ARG(hy_json_str(o, "id")), HY_STR_ARG(hy_json_str(o, "at")),
           HY_STR_ARG(hy_json_str(o, "channel")), (long long)hy_json_int(o, "tries", 0),
           HY_STR_ARG(hy_json_str(o, "why")), HY_STR_ARG(hy_json_str(o, "notice")),
           HY_STR_ARG(hy_json_str(o, "title")));
}

static int letters_of(struct hy_redis_sync *r, const char *office, json_t **ret, struct hy_err *err)
{
    redisReply *reply = NULL;

    if (hy_redis_sync_cmd(r, &reply, err, "XREVRANGE hy:{%s}:dead + - COUNT %d", office,
                          HY_DEAD_SHOWN) < 0)
        return err->code;
    *ret = hy_dead_letters(reply);
    freeReplyObject(reply);
    return HY_OK;
}

int hy_deliver_dead(const struct hy_role *role, const struct hy_rules *rules, bool json,
                    struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *letters = NULL;
    struct hy_redis_sync *r = NULL;
    int rc = hy_redis_sync_open(role->redis, &r, err);
    size_t i;
    json_t *o;

    if (rc == HY_OK)
        rc = letters_of(r, rules->office->id, &letters, err);
    json_array_foreach (letters, i, o)
        print_letter(o, json);
    if (rc == HY_OK && i == 0 && !json)
        printf("没有发不出去的提醒。\n");
    if (rc == HY_OK && i && !json)
        printf("查明原因（密钥、网址、邮箱）并试发以后，重发：huiying deliver --retry 编号（或 all）\n");
    hy_redis_sync_close(r);
    return rc;
}

static int retry_one(struct hy_redis_sync *r, const char *office, struct hy_str id,
                     struct hy_err *err)
{
    struct hy_dead_args a;
    struct hy_str args[HY_COUNT(a.text)];
    redisReply *reply = NULL;

    if (!hy_dead_is_id(id))
        return hy_fail(err, HY_E_USAGE, "--retry wants an id that --dead shows, or all");
    hy_dead_args(&a, office, id, hy_wall_now());
    for (size_t i = 0; i < HY_COUNT(args); i++)
        args[i] = hy_str(a.text[i]);
    int rc = hy_redis_sync_eval(r, &hy_dead_retry_script, &reply, err, 2, HY_COUNT(args), args,
                                NULL);
    int answer = rc == HY_OK ? hy_dead_answer(reply) : -1;
    if (answer >= 0)
        printf(HY_STR_FMT "  %s\n", HY_STR_ARG(id), hy_dead_answer_text[answer]);
    freeReplyObject(reply);
    hy_dead_args_release(&a);
    return rc < 0 || answer == HY_DEAD_QUEUED
               ? rc
               : hy_fail(err, HY_E_NOTFOUND, "没有重发 " HY_STR_FMT, HY_STR_ARG(id));
}

int hy_deliver_retry(const struct hy_role *role, const struct hy_rules *rules, const char *which,
                     struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *letters = NULL;
    struct hy_redis_sync *r = NULL;
    const char *office = rules->office->id;
    bool all = strcmp(which, "all") == 0;
    int rc = hy_redis_sync_open(role->redis, &r, err);
    size_t i;
    json_t *o;

    if (rc == HY_OK && all)
        rc = letters_of(r, office, &letters, err);
    if (rc == HY_OK && !all)
        rc = retry_one(r, office, hy_str(which), err);
    json_array_foreach (letters, i, o)
        if (rc == HY_OK || rc == HY_E_NOTFOUND) /* one that cannot does not stop the others */
            rc = retry_one(r, office, hy_json_str(o, "id"), err);
    if (rc == HY_OK && all && i == 0)
        printf("没有发不出去的提醒。\n");
    hy_redis_sync_close(r);
    return rc;
}
