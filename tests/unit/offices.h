/* SPDX-License-Identifier: Apache-2.0 */
/* Directories of made-up offices, for tests and benches that want many of them. */
#pragma once
#include "core/buf.h"
#include "core/err.h"
#include "core/mem.h"

#include <stdio.h>
#include <sys/stat.h>

/* An office as its files say it; NULL leaves a file or a part out. */
struct made_office {
    const char *id, *division;
    const char *places;  /* places.yaml */
    const char *lexicon; /* lexicon/local.yaml */
    const char *topics;  /* topics.yaml */
    const char *channel; /* prefix of its own addresses */
    const char *source;  /* id; its address is http://SOURCE.example/ */
};

static inline void made_file(const char *dir, const char *name, const char *text)
{
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/%s", dir, name);
    FILE *f = text ? fopen(path, "w") : NULL;

    if (text && (f == NULL || fputs(text, f) < 0 || fclose(f) != 0))
        hy_bug("cannot write %s", path);
}

/* Its directory below `parent`; owned. */
static inline char *make_office(const char *parent, const struct made_office *o)
{
    char *dir = hy_xasprintf("%s/%s", parent, o->id);
    HY_CLEANUP(hy_freep) char *lexicon = hy_xasprintf("%s/lexicon", dir);
    HY_CLEANUP(hy_freep) char *channels =
        hy_xasprintf(o->channel ? "channels: [{id: own, name: 门户, urls: [\"%s\"]}]\n" : "%s",
                     o->channel ? o->channel : "");
    HY_CLEANUP(hy_freep)
    char *office = hy_xasprintf("id: %s\nname: 办公室\nlevel: city\ndivision: \"%s\"\n"
                                "contact: a@b.example\n%s",
                                o->id, o->division, channels);
    HY_CLEANUP(hy_freep)
    char *sources = hy_xasprintf("sources: [{id: %s, name: 站, kind: list, url: "
                                 "\"http://%s.example/\"}]\n",
                                 o->source, o->source);

    if (mkdir(dir, 0700) < 0 || mkdir(lexicon, 0700) < 0)
        hy_bug("cannot make %s", dir);
    made_file(dir, "office.yaml", office);
    made_file(dir, "sources.yaml", sources);
    made_file(dir, "places.yaml", o->places);
    made_file(dir, "topics.yaml", o->topics);
    made_file(lexicon, "local.yaml", o->lexicon);
    return dir;
}

static inline void unmake_office(char *dir)
{
    static const char *const files[] = {"office.yaml",        "sources.yaml", "places.yaml",
                                        "lexicon/local.yaml", "topics.yaml",  "lexicon",
                                        ""};

    for (size_t i = 0; i < HY_COUNT(files); i++) {
        HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/%s", dir, files[i]);
        remove(path);
    }
    free(dir);
}
