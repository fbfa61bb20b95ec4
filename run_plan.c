/* SPDX-License-Identifier: Apache-2.0 */
#include "run_plan.h"

#include "acl.h"
#include "core/mem.h"
#include "rules/offices.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Consumers before producers. */
static const struct hy_run_role roles[] = {
    {"board", .listens = true},
    {"deliver"},
    {"archive", .common = true},
    {"keep"},
    {"analyze"},
    {"crawl"},
};

static int load_office(struct hy_run_plan *p, const char *dir, struct hy_err *err)
{
    struct hy_rules *rules = NULL;

    if (hy_rules_open(dir, &rules, err) < 0)
        return hy_wrap(err, "not started");
    p->rules = hy_xrealloc(p->rules, (p->n + 1) * sizeof(struct hy_rules *));
    p->places = hy_xrealloc(p->places, (p->n + 1) * sizeof(*p->places));
    p->places[p->n] = (struct hy_run_place){.config = rules->dir};
    p->rules[p->n++] = rules;
    return HY_OK;
}

static int check_between(const struct hy_run_plan *p, struct hy_err *err)
{
    struct hy_buf out = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    size_t bad = hy_offices_conflicts(p->rules, p->n, &out);

    fwrite(out.p ? out.p : "", 1, out.n, stderr);
    hy_buf_release(&out);
    return bad ? hy_fail(err, HY_E_PARSE, "not started, the offices in %s contradict each other",
                         p->config)
               : HY_OK;
}

int hy_run_plan_load(struct hy_run_plan *p, const char *config, struct hy_err *err)
{
    struct hy_texts names = {0};

    p->config = config;
    p->several = hy_offices_several(config);
    if (!p->several)
        return load_office(p, p->config, err);
    int rc = hy_offices_names(p->config, &names, err);
    for (size_t i = 0; i < names.n && rc == HY_OK; i++) {
        HY_CLEANUP(hy_freep) char *dir = hy_xasprintf("%s/%s", p->config, names.v[i]);
        rc = load_office(p, dir, err);
    }
    hy_offices_names_release(&names);
    return rc == HY_OK ? check_between(p, err) : rc;
}

static int try_bind(const struct addrinfo *a, const char *text, struct hy_err *err)
{
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1, rc = HY_OK;

    if (fd < 0)
        return hy_fail_errno(err, "no socket for %s", text);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)); /* as the board will */
    if (bind(fd, a->ai_addr, a->ai_addrlen) < 0 || listen(fd, 1) < 0)
        rc = errno == EADDRINUSE
                 ? hy_fail(err, HY_E_IO,
                           "%s is in use by another program; choose another port with --listen",
                           text)
                 : hy_fail_errno(err, "cannot listen on %s", text);
    close(fd);
    return rc;
}

int hy_run_listen_check(const char *text, struct hy_err *err)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                                   .ai_socktype = SOCK_STREAM};
    const char *colon = strrchr(text, ':');
    struct addrinfo *found = NULL;
    bool bracketed = text[0] == '[' && colon && colon > text + 1 && colon[-1] == ']';
    int rc;

    HY_CLEANUP(hy_freep)
    char *host =
        colon ? hy_xstrndup(text + bracketed, (size_t)(colon - text) - 2 * bracketed) : NULL;
    if (host == NULL || host[0] == '\0' || getaddrinfo(host, colon + 1, &hints, &found) != 0)
        return hy_fail(err, HY_E_USAGE, "--listen wants ADDRESS:PORT, for example %s, and not %s",
                       HY_RUN_LISTEN, text);
    rc = try_bind(found, text, err);
    freeaddrinfo(found);
    return rc;
}

int hy_run_plan_listen(struct hy_run_plan *p, const char *listen, struct hy_err *err)
{
    if (p->several && listen)
        return hy_fail(err, HY_E_USAGE,
                       "%s holds several offices: where each board listens stands in its "
                       "office.yaml (listen), not in --listen",
                       p->config);
    for (size_t i = 0; i < p->n; i++) {
        const struct hy_office *o = p->rules[i]->office;
        const char *here = listen ? listen : o->listen;
        if (here == NULL && p->several)
            return hy_fail(err, HY_E_USAGE,
                           "%s/office.yaml: 几个单位在一起时要写 listen（本单位看板的地址和端口，"
                           "如 127.0.0.1:8801）",
                           p->rules[i]->dir);
        p->places[i].listen = here ? here : HY_RUN_LISTEN;
        if (hy_run_listen_check(p->places[i].listen, err) < 0)
            return err->code;
    }
    return HY_OK;
}

static void add_member(struct hy_run_plan *p, const struct hy_run_role *r,
                       const struct hy_office *office, const struct hy_run_place *at)
{
    bool named = p->several && office;
    struct hy_run_member m = {
        .role = r,
        .office = office,
        .config = at->config,
        .data = at->data,
        .listen = r->listens ? at->listen : NULL,
        .name = hy_xasprintf("%s%s%s", r->name, named ? "/" : "", named ? office->id : "")};

    hy_vec_push(&p->members, m);
}

/* Consumers before producers, role by role. */
void hy_run_plan_members(struct hy_run_plan *p, const char *data)
{
    const struct hy_run_place all = {.config = p->config, .data = (char *)data};

    for (const struct hy_run_role *r = roles; r < roles + HY_COUNT(roles); r++) {
        bool for_all = p->several && hy_acl_for_all(r->name);
        for (size_t i = 0; i < p->n && !for_all; i++)
            add_member(p, r, p->rules[i]->office, &p->places[i]);
        if (for_all || (p->several && r->common))
            add_member(p, r, NULL, &all);
    }
}

static int make_dir(const char *path, struct hy_err *err)
{
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return hy_fail_errno(err, "cannot create %s", path);
    return HY_OK;
}

/* One office has the data directory; of several each has a part of it. */
int hy_run_plan_places(struct hy_run_plan *p, const char *data, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *top = hy_xasprintf("%s/offices", data);

    if (p->several && make_dir(top, err) < 0)
        return err->code;
    for (size_t i = 0; i < p->n; i++) {
        p->places[i].data =
            p->several ? hy_xasprintf("%s/%s", top, p->rules[i]->office->id) : hy_xstrdup(data);
        if (p->several && make_dir(p->places[i].data, err) < 0)
            return err->code;
    }
    return HY_OK;
}

void hy_run_plan_release(struct hy_run_plan *p)
{
    for (size_t i = 0; i < p->members.n; i++) {
        free(p->members.v[i].name);
        free(p->members.v[i].env);
    }
    hy_vec_release(&p->members);
    for (size_t i = 0; i < p->n; i++) {
        free(p->places[i].data);
        hy_rules_free(p->rules[i]);
    }
    free(p->places);
    free(p->rules);
}
