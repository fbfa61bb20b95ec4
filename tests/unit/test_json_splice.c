/* SPDX-License-Identifier: Apache-2.0 */
/* A text made of what it was and what changed is the text that is written whole. */
#include "core/json_splice.h"
#include "core/mem.h"
#include "tests/unit/harness.h"

#include <stdio.h>

static json_t *parse(const char *text)
{
    struct hy_err err = HY_ERR_INIT;
    json_t *v = NULL;

    if (hy_json_parse(hy_str(text), &v, &err) < 0)
        fail_msg("%s: %s", text, err.msg);
    return v;
}

static void quotes(const char *text, char *out, size_t room)
{
    snprintf(out, room, "%s", text);
    for (char *c = out; *c; c++)
        if (*c == '\'')
            *c = '"';
}

/* "key" or "key.2", parted by spaces. */
static size_t changes_of(const char *text, struct hy_json_change *out, char names[8][32])
{
    struct hy_str rest = hy_str(text), one, key;
    size_t n = 0;

    for (; rest.n && hy_str_cut(&rest, ' ', &one); n++) {
        int64_t at = HY_JSON_WHOLE;
        if (!hy_str_cut(&one, '.', &key) || (one.n && !hy_str_to_i64(one, &at)))
            fail_msg("no changes: %s", text);
        snprintf(names[n], sizeof(names[n]), HY_STR_FMT, HY_STR_ARG(key));
        out[n] = (struct hy_json_change){names[n], at};
    }
    return n;
}

TEST(what_changed_is_written_and_the_rest_copied)
{
    static const struct {
        const char *was, *now, *changes;
    } cases[] = {
        {"{'b':1,'d':2}", "{'b':1,'d':3}", "d"},
        {"{'b':1,'d':2}", "{'b':[{},'x,}]'],'d':2}", "b"},
        {"{'b':1,'d':2}", "{'a':0,'b':1,'c':{'x':null},'d':2,'e':'z'}", "c a e"},
        {"{'b':1,'d':2}", "{'a':0,'b':3,'d':2}", "b a b"},
        {"{'b':'}\\\\\\\"],','d':[[],{'l':[1]},'e']}", "{'b':'}\\\\\\\"],','d':[[],{'l':[1]},'f']}", "d.2"},
        {"{'l':[],'m':1}", "{'l':[1,2],'m':1}", "l.0 l.1"},
        {"{'l':[1],'m':1}", "{'l':[{'a':'新'}],'m':1}", "l.0"},
        {"{'l':[1,2,3],'m':1}", "{'l':[0,2,4,5],'m':2}", "m l.3 l.0 l.2 l.0"},
        {"{'l':[1,2,3]}", "{'l':[4]}", "l l.0"},
        {"{'l':[1,2,3]}", "{'l':[1,2,3]}", ""},
        {"{'a':null}", "{'a':null,'l':[1,2]}", "l l.0 l.1"},
        {"{'a':'\\\\n','aa':1}", "{'a':'\\\\n','aa':2,'ab':3}", "aa ab"},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        char was[200], now[200], names[8][32];
        struct hy_json_change changes[8];
        quotes(cases[i].was, was, sizeof(was));
        quotes(cases[i].now, now, sizeof(now));
        HY_CLEANUP(hy_json_freep) json_t *v = parse(now);
        HY_CLEANUP(hy_buf_release) struct hy_buf out = HY_BUF_INIT(1000);
        assert_true(hy_json_splice(hy_str(was), v, changes,
                                   changes_of(cases[i].changes, changes, names), &out));
        assert_string_equal(out.p, now);
    }
}

TEST(what_cannot_be_told_is_left_alone)
{
    static const struct {
        const char *was, *now, *changes;
    } cases[] = {
        {"", "{'a':1}", "a"},                  /* there was none */
        {"{}", "{'a':1}", "a"},
        {"{'a':1}", "{'a':[1]}", "a.0"},       /* no list before */
        {"{'a':[1]}", "{'a':1}", "a.0"},
        {"{'a':1,'b':1}", "{'a':1}", "b"},     /* gone */
        {"{'a\\'':1,'b':1}", "{'a\\'':1,'b':2}", "b"},
        {"{'a':1", "{'a':2}", "a"},            /* no canonical text */
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        char was[200], now[200], names[8][32];
        struct hy_json_change changes[8];
        quotes(cases[i].was, was, sizeof(was));
        quotes(cases[i].now, now, sizeof(now));
        HY_CLEANUP(hy_json_freep) json_t *v = parse(now);
        HY_CLEANUP(hy_buf_release) struct hy_buf out = HY_BUF_INIT(1000);
        hy_buf_puts(&out, "x");
        assert_false(hy_json_splice(hy_str(was), v, changes,
                                    changes_of(cases[i].changes, changes, names), &out));
        assert_string_equal(out.p, "x");
    }
}
