/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/keep/hold.h"

#include "core/mem.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SLOTS = 8, NAME_SIZE = 56 };
static const char magic[8] = "hyhold1";

struct slot {
    char name[NAME_SIZE]; /* "": free */
    int64_t deaths;       /* counts the attempt under way as one, until it is survived */
};
struct image { /* the whole file; read and written on one machine only */
    char magic[sizeof(magic)];
    struct slot slots[SLOTS];
};
struct hy_hold {
    int fd; /* -1: nothing is counted */
    struct image image;
    struct slot *now; /* NULL: nothing begun */
};

static void save(struct hy_hold *h, const struct slot *s)
{
    if (h->fd >= 0 &&
        pwrite(h->fd, s, sizeof(*s), (off_t)((const char *)s - (const char *)&h->image)) < 0) {
        close(h->fd); /* a full disk: rather count nothing than half */
        h->fd = -1;
    }
}

static struct slot *find(struct hy_hold *h, const char *name)
{
    for (size_t i = 0; i < SLOTS; i++)
        if (strcmp(h->image.slots[i].name, name) == 0)
            return &h->image.slots[i];
    return NULL;
}

/* What a slot is worth keeping for: nothing; one that was set aside; one still to be judged. */
static int worth(const struct slot *s)
{
    return s->deaths == 0 ? 0 : s->deaths >= HY_HOLD_DEATHS ? 1 : 2;
}

static struct slot *make_room(struct hy_hold *h)
{
    struct slot *best = &h->image.slots[0];

    for (size_t i = 1; i < SLOTS; i++)
        if (worth(&h->image.slots[i]) < worth(best))
            best = &h->image.slots[i];
    return best;
}

static void clear(struct hy_hold *h, struct slot *s)
{
    *s = (struct slot){.name = ""};
    save(h, s);
}

int hy_hold_begin(struct hy_hold *h, const char *name)
{
    size_t n = strlen(name);
    struct slot *s;

    h->now = NULL;
    if (n == 0 || n >= NAME_SIZE)
        return 0;
    s = find(h, name);
    if (s && s->deaths >= HY_HOLD_DEATHS)
        return (int)s->deaths;
    if (s == NULL) {
        s = make_room(h);
        *s = (struct slot){.name = ""};
        memcpy(s->name, name, n + 1);
    }
    s->deaths++;
    save(h, s);
    h->now = s;
    return (int)s->deaths - 1;
}

void hy_hold_end(struct hy_hold *h)
{
    if (h->now)
        clear(h, h->now);
    h->now = NULL;
}

static bool is_sound(const struct image *m)
{
    if (memcmp(m->magic, magic, sizeof(magic)) != 0)
        return false;
    for (size_t i = 0; i < SLOTS; i++)
        if (m->slots[i].name[NAME_SIZE - 1] != '\0' || m->slots[i].deaths < 0 ||
            m->slots[i].deaths > HY_HOLD_DEATHS)
            return false;
    return true;
}

struct hy_hold *hy_hold_open(const char *path)
{
    struct hy_hold *h = hy_xcalloc(1, sizeof(*h));

    h->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (h->fd < 0 ||
        (pread(h->fd, &h->image, sizeof(h->image), 0) == sizeof(h->image) && is_sound(&h->image)))
        return h;
    h->image = (struct image){.magic = ""};
    memcpy(h->image.magic, magic, sizeof(magic));
    if (pwrite(h->fd, &h->image, sizeof(h->image), 0) < 0) {
        close(h->fd);
        h->fd = -1;
    }
    return h;
}

void hy_hold_close(struct hy_hold *h)
{
    if (h == NULL)
        return;
    if (h->fd >= 0)
        close(h->fd);
    free(h);
}
