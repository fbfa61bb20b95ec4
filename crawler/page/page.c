/* SPDX-License-Identifier: Apache-2.0 */
/* The guarded parse.
 *
 * All of Gumbo's state is in our arena or on the stack, so leaving it by longjmp loses nothing.
 * gumbo_destroy_output() is never called: the tree dies with the next load. */
#include "crawler/page/page.h"

#include "core/clock.h"
#include "core/vec.h"
#include "crawler/page/slim.h"

#include <gumbo.h>
#include <setjmp.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum {
    MAX_TEXT_BYTES = 2 * HY_PAGE_MAX_BYTES, /* a GB18030 page grows by half as UTF-8 */
    ARENA_FACTOR = 32,                      /* news pages use up to 16 bytes per byte */
    ARENA_BASE = 1024 * 1024,
    KEEP_BYTES = 16 * 1024 * 1024, /* of the arena between pages; more goes back to the system */
    DEADLINE_BASE_US = 50 * 1000,
    DEADLINE_US_PER_MB = 70 * 1000,
    CLOCK_EVERY = 256, /* allocations between two looks at the clock */
};
#define ARENA_BYTES ((size_t)ARENA_FACTOR * MAX_TEXT_BYTES + ARENA_BASE)

enum escape { ESCAPE_NONE, ESCAPE_MEMORY, ESCAPE_TIME };

struct arena {
    char *mem; /* ARENA_BYTES of address space; pages appear as they are touched */
    size_t used, cap, touched;
    unsigned allocations;
    int64_t deadline_us;
    jmp_buf out;
};

struct hy_page {
    struct hy_buf html, slim;
    struct arena arena;
    HY_VEC(struct hy_node) nodes;
    HY_VEC(struct hy_attr) attrs;
    struct hy_dom dom;
    struct hy_charset charset;
};

/* -- arena ---------------------------------------------------------------------------------- */

static int64_t cpu_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void *arena_alloc(void *user, size_t n)
{
    struct arena *a = user;

    n = (n + 15) & ~(size_t)15;
    if (n > a->cap - a->used)
        longjmp(a->out, ESCAPE_MEMORY);
    if (++a->allocations % CLOCK_EVERY == 0 && cpu_us() > a->deadline_us)
        longjmp(a->out, ESCAPE_TIME);
    void *p = a->mem + a->used;
    a->used += n;
    return p;
}

static void arena_free(void *user __attribute__((unused)), void *p __attribute__((unused)))
{
}

static void arena_begin(struct arena *a, size_t input)
{
    if (a->used > KEEP_BYTES)
        madvise(a->mem + KEEP_BYTES, a->used - KEEP_BYTES, MADV_DONTNEED);
    a->used = 0;
    a->allocations = 0;
    a->cap = HY_MIN(ARENA_FACTOR * input + ARENA_BASE, ARENA_BYTES);
    a->deadline_us = cpu_us() + DEADLINE_BASE_US + DEADLINE_US_PER_MB * (int64_t)input / 1000000;
}

/* -- Gumbo ---------------------------------------------------------------------------------- */

static int parse(struct hy_page *p, const GumboOutput **ret, struct hy_err *err)
{
    GumboOptions o = kGumboDefaultOptions;

    o.allocator = arena_alloc;
    o.deallocator = arena_free;
    o.userdata = &p->arena;
    o.max_errors = 0;
    arena_begin(&p->arena, p->slim.n);
    switch (setjmp(p->arena.out)) {
    case ESCAPE_NONE:
        *ret = gumbo_parse_with_options(&o, p->slim.p ? p->slim.p : "", p->slim.n);
        return HY_OK;
    case ESCAPE_MEMORY:
        return hy_fail(err, HY_E_TOOBIG, "the page needs more than %d times its size to parse",
                       ARENA_FACTOR);
    default:
        return hy_fail(err, HY_E_TIMEOUT, "the page takes too long to parse");
    }
}

static enum hy_tag tag_of(GumboTag tag)
{
    static const unsigned char map[GUMBO_TAG_LAST + 1] = {
#define ROW(id, name) [GUMBO_TAG_##id] = HY_TAG_##id,
        HY_TAGS(ROW)
#undef ROW
    };

    return tag <= GUMBO_TAG_LAST && map[tag] ? (enum hy_tag)map[tag] : HY_TAG_OTHER;
}

static const GumboVector *children_of(const GumboNode *n)
{
    static const GumboVector none = {0};

    if (n->type == GUMBO_NODE_DOCUMENT)
        return &n->v.document.children;
    if (n->type == GUMBO_NODE_ELEMENT || n->type == GUMBO_NODE_TEMPLATE)
        return &n->v.element.children;
    return &none;
}

static bool is_text(const GumboNode *n)
{
    return n->type == GUMBO_NODE_TEXT || n->type == GUMBO_NODE_WHITESPACE ||
           n->type == GUMBO_NODE_CDATA;
}

/* Attributes are stored by index first; the vector may move until the walk is over. */
static void add_node(struct hy_page *p, const GumboNode *g, uint32_t parent, unsigned depth)
{
    struct hy_node n = {.parent = parent, .depth = (uint16_t)HY_MIN(depth, UINT16_MAX)};

    if (is_text(g)) {
        n.text = hy_str(g->v.text.text);
    } else {
        const GumboVector *attrs = &g->v.element.attributes;
        n.tag = (uint16_t)tag_of(g->v.element.tag);
        n.n_attrs = attrs->length;
        for (unsigned i = 0; i < attrs->length; i++) {
            const GumboAttribute *a = attrs->data[i];
            hy_vec_push(&p->attrs, (struct hy_attr){hy_str(a->name), hy_str(a->value)});
        }
    }
    hy_vec_push(&p->nodes, n);
}

/* The next node in document order that is kept, or NULL.  Iterative: trees may be deep. */
static const GumboNode *next_of(const GumboNode *g, const GumboNode *root, bool children,
                                struct hy_page *p, uint32_t *at)
{
    if (children && children_of(g)->length)
        return children_of(g)->data[0];
    while (g != root) {
        const GumboVector *siblings = children_of(g->parent);
        size_t next = g->index_within_parent + 1;
        if (is_text(g) || g->type == GUMBO_NODE_ELEMENT || g->type == GUMBO_NODE_TEMPLATE) {
            p->nodes.v[*at].end = (uint32_t)p->nodes.n;
            *at = p->nodes.v[*at].parent;
        }
        if (next < siblings->length)
            return siblings->data[next];
        g = g->parent;
    }
    return NULL;
}

static void link_siblings(struct hy_page *p)
{
    size_t attr = 0;

    for (size_t i = 0; i < p->nodes.n; i++) {
        struct hy_node *n = &p->nodes.v[i];
        n->attrs = n->n_attrs ? p->attrs.v + attr : NULL;
        attr += n->n_attrs;
        if (i && n->end < p->nodes.v[n->parent].end)
            n->next = n->end;
    }
}

static void flatten(struct hy_page *p, const GumboNode *root)
{
    uint32_t at = 0;
    bool kept = true;

    add_node(p, root, 0, 0);
    for (const GumboNode *g = next_of(root, root, true, p, &at); g;
         g = next_of(g, root, kept, p, &at)) {
        kept = is_text(g) || g->type == GUMBO_NODE_ELEMENT || g->type == GUMBO_NODE_TEMPLATE;
        if (!kept)
            continue;
        uint32_t parent = at;
        at = (uint32_t)p->nodes.n;
        add_node(p, g, parent, p->nodes.v[parent].depth + 1u);
    }
    p->nodes.v[0].end = (uint32_t)p->nodes.n;
    link_siblings(p);
    p->dom = (struct hy_dom){p->nodes.v, (uint32_t)p->nodes.n};
}

/* -- public --------------------------------------------------------------------------------- */

static void clear(struct hy_page *p)
{
    hy_buf_clear(&p->html);
    hy_buf_clear(&p->slim);
    p->nodes.n = p->attrs.n = 0;
    p->dom = (struct hy_dom){0};
}

int hy_page_load(struct hy_page *p, struct hy_str bytes, struct hy_str content_type,
                 struct hy_err *err)
{
    const GumboOutput *output = NULL;

    clear(p);
    p->charset = hy_charset_sniff(bytes, content_type, true);
    if (bytes.n > HY_PAGE_MAX_BYTES)
        return hy_fail(err, HY_E_TOOBIG, "the page has more than %d bytes", HY_PAGE_MAX_BYTES);
    hy_charset_decode(p->charset.name, bytes, &p->html);
    if (hy_buf_check(&p->html, "page", err) < 0 ||
        hy_slim(hy_buf_view(&p->html), &p->slim, err) < 0 ||
        hy_buf_check(&p->slim, "page", err) < 0 || parse(p, &output, err) < 0) {
        clear(p);
        return err->code;
    }
    flatten(p, output->root);
    return HY_OK;
}

const struct hy_dom *hy_page_dom(const struct hy_page *p)
{
    return &p->dom;
}

struct hy_charset hy_page_charset(const struct hy_page *p)
{
    return p->charset;
}

struct hy_str hy_page_html(const struct hy_page *p)
{
    return hy_buf_view(&p->html);
}

struct hy_page *hy_page_new(void)
{
    struct hy_page *p = hy_xcalloc(1, sizeof(*p));

    p->html = p->slim = HY_BUF_INIT(MAX_TEXT_BYTES);
    p->arena.mem = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p->arena.mem == MAP_FAILED)
        hy_bug("no address space of %zu bytes for parsing", ARENA_BYTES);
    return p;
}

void hy_page_free(struct hy_page *p)
{
    if (p == NULL)
        return;
    munmap(p->arena.mem, ARENA_BYTES);
    hy_buf_release(&p->html);
    hy_buf_release(&p->slim);
    hy_vec_release(&p->nodes);
    hy_vec_release(&p->attrs);
    free(p);
}
