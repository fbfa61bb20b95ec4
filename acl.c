/* SPDX-License-Identifier: Apache-2.0 */
/* Keys are written as globs over all offices; the user of a role that works for one office alone gets
 * them with that office's id in place of the star.
 *
 * A script may only touch what its caller may touch, and Redis asks for the right to read and write
 * the keys a plain EVAL declares; read-only scripts go by EVAL_RO (core/redis.h). */
#include "acl.h"

#include "core/hash.h"
#include "core/mem.h"
#include "rules/office.h"

#include <string.h>
#include <sys/random.h>

/* Commands by the kind of value: the keys are the wall, and a list of single commands would break a
 * role at every small change without keeping anybody from anything. */
#define TALKS "+auth +ping +select +time +asking +cluster|slots "
#define SCRIPTS "+eval +evalsha +eval_ro +evalsha_ro +script|load "
#define VALUES "+@string +@hash +@set +@sortedset +@stream +del +exists +pexpire +expire +pttl "
/* Every role tells that it is alive; the key that never exists stands in scripts (core/redis_cluster.h). */
#define ALIVE(role) "~hy:roles ~hy:role:" role "/* ~hy:{*}:moves "

/* What a superior office's board may see of a subordinate: its matters, not who signed in. */
#define SUBORDINATE                                                                                \
    "%R~hy:{*}:incidents %R~hy:{*}:open %R~hy:{*}:cases %R~hy:{*}:sources %R~hy:{*}:incident:*"

static const struct user {
    const char *role;
    const char *keys, *commands;
    bool for_all; /* offices: works for everybody of an installation */
} users[] = {
    {"crawl",
     ALIVE("crawl") "~hy:crawl:* ~hy:items ~hy:captures ~hy:captures:load ~hy:{*}:health "
                    "%R~hy:{*}:watch",
     TALKS SCRIPTS VALUES "+rpop", true},
    {"analyze",
     ALIVE("analyze") "~hy:items ~hy:items:quarantine ~hy:{*}:scored ~hy:{*}:scored:load "
                      "~hy:{*}:hits %R~hy:{*}:lookouts",
     TALKS SCRIPTS VALUES "+xautoclaim +xgroup", true},
    /* A script that is refused half way leaves half of its writes, and the keeper's is the one that
     * must never: what is the office's is open to it as a whole. */
    {"keep", ALIVE("keep") "~hy:{*}:*", TALKS SCRIPTS VALUES "+wait"},
    /* Shows everything, writes wishes (cmd, addresses to try, resend), sessions and who signed in. */
    {"board",
     ALIVE("board") "%R~hy:crawl:* %R~hy:role:* %R~hy:items %R~hy:captures "
                    "%R~hy:captures:load %R~hy:{*}:* ~hy:{*}:cmd ~hy:crawl:try ~hy:{*}:session:* ~hy:{*}:sessions "
                    "~hy:{*}:logins ~hy:{*}:resend",
     TALKS SCRIPTS VALUES "+info +ttl +llen +lpush"},
    {"deliver",
     ALIVE("deliver") "%R~hy:{*}:incident:* ~hy:{*}:notices ~hy:{*}:outbox ~hy:{*}:delivery:* "
                      "~hy:{*}:bucket:* ~hy:{*}:deliver:* ~hy:{*}:dead ~hy:{*}:resend "
                      "~hy:{*}:cmd",
     TALKS SCRIPTS VALUES "+xgroup"},
    {"archive",
     ALIVE("archive") "%R~hy:{*}:journal %R~hy:{*}:head %R~hy:{*}:incident:* %R~hy:{*}:item:* "
                      "~hy:{*}:scored ~hy:{*}:scored:load ~hy:{*}:archive:* ~hy:scored "
                      "~hy:scored:load ~hy:captures ~hy:captures:load ~hy:archive:* "
                      "~hy:crawl:recheck",
     TALKS SCRIPTS VALUES "+xgroup"},
};

/* People's commands: reports, duty, backup (which copies as a replica does), restore. */
static const struct user people = {
    NULL, "~hy:*",
    TALKS SCRIPTS "+@all -@admin -@dangerous -script|flush +info +acl|log +sync +psync +replconf"};

const char *hy_acl_role(size_t i)
{
    return i < HY_COUNT(users) ? users[i].role : NULL;
}

const char *hy_acl_secret(char ret[HY_ACL_SECRET])
{
    unsigned char bytes[(HY_ACL_SECRET - 1) / 2];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes)) /* whole up to 256 bytes */
        hy_bug("the kernel gives no random bytes");
    return hy_hex(bytes, sizeof(bytes), ret);
}

static const struct user *user_of(const char *role)
{
    for (size_t i = 0; role && i < HY_COUNT(users); i++)
        if (strcmp(users[i].role, role) == 0)
            return &users[i];
    return &people;
}

/* `keys` with the office in place of each star between braces; all offices: as they are. */
static void put_keys(struct hy_buf *out, const char *keys, const char *office)
{
    const char *star;

    for (; office && (star = strstr(keys, "{*}")) != NULL; keys = star + 3)
        hy_buf_printf(out, "%.*s{%s}", (int)(star - keys), keys, office);
    hy_buf_puts(out, keys);
}

static bool for_one(const struct hy_acl_who *who)
{
    const struct user *u = user_of(who->role);

    return who->office && u->role && !u->for_all;
}

char *hy_acl_name(const struct hy_acl_who *who)
{
    const char *role = user_of(who->role)->role;
    bool named = who->several && for_one(who);

    return hy_xasprintf("huiying%s%s%s%s", role ? "-" : "", role ? role : "", named ? "-" : "",
                        named ? who->office->id : "");
}

void hy_acl_user(struct hy_buf *out, const struct hy_acl_who *who, const char *secret)
{
    const struct user *u = user_of(who->role);
    HY_CLEANUP(hy_freep) char *name = hy_acl_name(who);
    char hash[HY_SHA256_HEX];
    bool looks_down = who->several && who->office && u->role && strcmp(u->role, "board") == 0;

    hy_buf_printf(out, "user %s reset on", name);
    if (secret)
        hy_buf_printf(out, " #%s", hy_sha256_hex(hy_str(secret), hash));
    hy_buf_char(out, ' ');
    put_keys(out, u->keys, for_one(who) ? who->office->id : NULL);
    for (size_t i = 0; looks_down && i < who->office->subordinates.n; i++) {
        hy_buf_char(out, ' ');
        put_keys(out, SUBORDINATE, hy_office_subordinates(who->office)[i].id);
    }
    hy_buf_printf(out, " %s\n", u->commands);
}

bool hy_acl_for_all(const char *role)
{
    const struct user *u = user_of(role);

    return u->for_all || u->role == NULL;
}

/* Off, so that nobody can be `default`, but with every right: Redis 7.0 reads its append-only file
 * as this user and leaves out, without a word, what a transaction in it may not do.  A script's
 * writes are such a transaction, so without the rights the journal's last hours would be gone after
 * a restart. */
void hy_acl_nobody(struct hy_buf *out)
{
    hy_buf_puts(out, "user default reset off ~* &* +@all\n");
}
