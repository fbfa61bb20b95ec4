/* SPDX-License-Identifier: Apache-2.0 */
/* YAML text to a tree of plain nodes.  The only file that knows libfyaml.
 *
 * What a rule file has no use for is refused instead of interpreted: aliases (and with them every
 * expansion bomb), tags, several documents, deep nesting, big files.  libfyaml stops at the first
 * mistake of syntax; its English sentence is translated by a table. */
#include "rules/yaml_tree.h"

#include "core/map.h"
#include "core/mem.h"
#include "core/utf8.h"

#include <libfyaml.h>
#include <string.h>

enum { MAX_DEPTH = 32 };

/* libfyaml's messages, the most specific first; matched as parts of its sentence. */
static const struct {
    const char *part, *zh;
} syntax[] = {
    {"flow sequence without a closing bracket", "方括号“[”没有闭合"},
    {"flow mapping without a closing brace", "花括号“{”没有闭合"},
    {"extra closing", "多了一个右括号"},
    {"Max depth", "嵌套太深"},
    {"double-quoted scalar", "双引号的文字没有写完：缺少右引号，或者续行没有缩进"},
    {"single-quoted scalar", "单引号的文字没有写完：缺少右引号，或者续行没有缩进"},
    {"invalid escape", "双引号里的反斜杠用法不对；正则和路径请改用单引号"},
    {"invalid trailing content", "引号之后还有多余的内容"},
    {"tab", "缩进用了制表符（Tab），请改成空格"},
    {"nested block mapping on the same line", "同一行里有两个“: ”；值里要写冒号，请给整个值加引号"},
    {"mapping in plain multiline", "同一行里有两个“: ”；值里要写冒号，请给整个值加引号"},
    {"multiline plain key", "这几行被连成了一个键：看看有没有漏写冒号，或者缩进不齐"},
    {"multiline", "键不能跨行"},
    {"plain scalar cannot start with", "值不能以这个符号开头，请给整个值加引号"},
    {"could not find expected ':'", "这里缺少“:”"},
    {"missing ':'", "这里缺少“:”"},
    {"missing comma", "括号里的各项之间缺少逗号，或者上面的括号没有闭合"},
    {"did not find expected key", "这一行的缩进和上面对不齐"},
    {"indendation in sequence", "“- ”没有和上面的“- ”对齐"},
    {"invalid scalar at the end of block sequence",
     "这一行既不是“键: 值”，也不是“- ”开头的一项；“-”要用半角，后面空一格"},
    {"indentation", "这一行的缩进和上面对不齐"},
    {"indented", "这一行的缩进和上面对不齐"},
    {"indent", "这一行的缩进和上面对不齐"},
    {"did not find expected '-'", "这里应以“- ”开头，或者缩进和上面对不齐"},
    {"block sequence entries not allowed", "这里不能写“- ”：列表要另起一行"},
    {"same line", "列表要另起一行"},
    {"invalid comment", "“#”前面要有空格"},
    {"malformed UTF8", "文字编码不对，文件应存为 UTF-8"},
    {"control character", "这里有看不见的控制字符"},
    {"anchor", "“&”“*”开头的值要加引号"},
    {"alias", "“&”“*”开头的值要加引号"},
    {"tag", "“!”开头的值要加引号"},
    {"directive", "“%”开头的行要加引号"},
};

struct build {
    struct hy_pos file;
    struct hy_str text;
    struct hy_arena *arena;
    struct hy_diag *d;
};

static struct hy_pos pos_at(const struct build *b, int line, int column, int width)
{
    return (struct hy_pos){
        .file = b->file.file, .line = line, .column = column, .width = HY_MAX(width, 1)};
}

/* --- before parsing --- */

static int count_lines(struct hy_str s)
{
    int n = 0;

    for (size_t at = 0; (at = hy_str_find_char(s, '\n', at)) != HY_NPOS; at++)
        n++;
    return n;
}

/* What a file that is no UTF-8 probably is, by its first bytes. */
static const struct {
    const char *magic;
    size_t n;
    const char *zh;
} others[] = {
    {"PK\x03\x04", 4, "这是 Word、Excel 或压缩文件，不是纯文本：用记事本写，另存为 UTF-8"},
    {"\xD0\xCF\x11\xE0", 4, "这是 Word 或 Excel 文件，不是纯文本：用记事本写，另存为 UTF-8"},
    {"\xFF\xFE", 2, "文件存成了 UTF-16（记事本里叫“Unicode”）：请另存为 UTF-8"},
    {"\xFE\xFF", 2, "文件存成了 UTF-16（记事本里叫“Unicode”）：请另存为 UTF-8"},
};

static bool is_other(const struct build *b)
{
    for (size_t i = 0; i < HY_COUNT(others); i++)
        if (hy_str_starts(b->text, hy_str_n(others[i].magic, others[i].n))) {
            hy_diag_at(b->d, b->file, "%s", others[i].zh);
            return true;
        }
    return false;
}

static bool is_text(const struct build *b)
{
    size_t bad = hy_utf8_valid_prefix(b->text, false), start;
    const char *nul = memchr(b->text.p, '\0', bad);

    if (is_other(b))
        return false;
    if (bad == b->text.n && nul == NULL)
        return true;
    if (nul)
        bad = (size_t)(nul - b->text.p);
    start = bad;
    while (start > 0 && b->text.p[start - 1] != '\n')
        start--;
    struct hy_str head = hy_str_sub(b->text, 0, bad), line = hy_str_sub(b->text, start, bad);
    hy_diag_at(b->d, pos_at(b, count_lines(head) + 1, (int)hy_utf8_count(line) + 1, 1),
               nul ? "这里有空字符，文件可能已损坏：请重新存一次，或从备份里取回"
                   : "这里不是 UTF-8 文字（可能是 GBK 编码）：请用编辑器把文件另存为 UTF-8");
    return false;
}

/* --- mistakes of syntax --- */

static struct hy_str line_no(struct hy_str text, int no)
{
    for (struct hy_lines it = hy_lines(text); hy_lines_next(&it);)
        if (it.no == (size_t)no)
            return it.line;
    return hy_str("");
}

/* The usual slips behind many of them: a line indented with full-width spaces, "name：x" with a
 * full-width colon, and "name:x" without a space.  What to say about the first such line near the
 * mistake, or NULL. */
static const char *slip_in(struct hy_str line)
{
    size_t wide = hy_str_find(line, HY_STR("："), 0), half = hy_str_find_char(line, ':', 0);
    size_t quote = hy_str_find_char(line, '"', 0), comment = hy_str_find_char(line, '#', 0);
    size_t first = HY_MIN(quote, comment);

    if (hy_str_starts(hy_str_trim(line), HY_STR("\u3000")))
        return "开头是全角空格，要用半角空格";
    if (wide < half && wide < first)
        return "冒号是全角“：”，要用半角“:”，后面空一格";
    if (half < first && half + 1 < line.n && line.p[half + 1] != ' ' && line.p[half + 1] != '/')
        return "冒号后面要空一格";
    return NULL;
}

static const char *nearby_slip(const struct build *b, int line, int *ret_line)
{
    for (int no = HY_MAX(line - 1, 1); no <= line + 1; no++) {
        const char *slip = slip_in(line_no(b->text, no));
        *ret_line = no;
        if (slip)
            return slip;
    }
    return NULL;
}

static const char *translate(const char *msg)
{
    for (size_t i = 0; i < HY_COUNT(syntax); i++)
        if (strstr(msg, syntax[i].part))
            return syntax[i].zh;
    return NULL;
}

static void report_syntax(const struct build *b, const struct fy_diag_error *e)
{
    struct hy_pos pos = pos_at(b, HY_MAX(e->line, 1), HY_MAX(e->column, 1), 1);
    const char *zh = translate(e->msg);
    int line;
    const char *slip = nearby_slip(b, pos.line, &line);

    if (slip)
        hy_diag_at(b->d, pos, "%s（第 %d 行的%s）", zh ? zh : "写法不对", line, slip);
    else
        hy_diag_at(b->d, pos, "%s",
                   zh ? zh : "写法不对：和上下几行对照一下缩进、冒号、引号和括号");
}

/* --- libfyaml's nodes to ours --- */

/* Where a scalar stands; with quotes when it has them. */
static bool scalar_pos(const struct build *b, struct fy_node *n, struct hy_pos *ret)
{
    struct fy_token *t = fy_node_get_scalar_token(n);
    const struct fy_mark *from = t ? fy_token_start_mark(t) : NULL, *to;
    enum fy_node_style style = fy_node_get_style(n);

    if (from == NULL || (to = fy_token_end_mark(t)) == NULL)
        return false;
    int quoted = (style == FYNS_SINGLE_QUOTED || style == FYNS_DOUBLE_QUOTED) && from->column > 0;
    int width = from->line == to->line ? to->column - from->column + 2 * quoted : 1;
    *ret = pos_at(b, from->line + 1, from->column + 1 - quoted, width);
    return true;
}

static struct hy_str scalar_text(const struct build *b, struct fy_node *n)
{
    size_t len = 0;
    const char *p = fy_node_get_scalar(n, &len);

    return p ? hy_arena_str(b->arena, hy_str_n(p, len)) : hy_str("");
}

static bool refused(const struct build *b, struct fy_node *n, struct hy_pos pos, int depth)
{
    if (depth > MAX_DEPTH) {
        hy_diag_at(b->d, pos, "嵌套太深（最多 %d 层）", MAX_DEPTH);
        return true;
    }
    if (fy_node_is_alias(n)) {
        scalar_pos(b, n, &pos);
        hy_diag_at(b->d, pos, "规则文件不用“*”引用；以“*”开头的文字请加引号");
        return true;
    }
    if (fy_node_get_tag_token(n)) {
        hy_diag_at(b->d, pos, "规则文件不用“!”标签；以“!”开头的文字请加引号");
        return true;
    }
    return false;
}

static const struct hy_y_node *convert(const struct build *b, struct fy_node *n,
                                       struct hy_pos outer, int depth);

static const struct hy_y_node *convert_scalar(const struct build *b, struct fy_node *n,
                                              struct hy_pos outer)
{
    struct hy_y_node *ret = hy_arena_alloc(b->arena, sizeof(*ret));
    bool plain = n && fy_node_get_style(n) == FYNS_PLAIN;

    *ret = (struct hy_y_node){.kind = HY_Y_SCALAR, .pos = outer, .text = hy_str("")};
    if (n) {
        scalar_pos(b, n, &ret->pos);
        ret->text = scalar_text(b, n);
    }
    ret->empty =
        n == NULL ||
        (plain && (ret->text.n == 0 || hy_str_is(ret->text, "~") || hy_str_is(ret->text, "null")));
    return ret;
}

static const struct hy_y_node *convert_list(const struct build *b, struct fy_node *n,
                                            struct hy_pos outer, int depth)
{
    struct hy_y_node *ret = hy_arena_alloc(b->arena, sizeof(*ret));
    int count = fy_node_sequence_item_count(n);
    struct fy_node *item;

    *ret = (struct hy_y_node){.kind = HY_Y_SEQ, .pos = outer};
    ret->at = hy_arena_alloc(b->arena, (size_t)count * sizeof(*ret->at));
    for (void *it = NULL; (item = fy_node_sequence_iterate(n, &it)) != NULL;) {
        const struct hy_y_node *v = convert(b, item, outer, depth + 1);
        if (v)
            ret->at[ret->n++] = (struct hy_y_pair){.value = v};
    }
    if (ret->n)
        ret->pos = ret->at[0].value->pos;
    return ret;
}

/* Is the key at `pos` the first of a list's item, "- id: a"? */
static bool begins_item(const struct build *b, const struct hy_pos *pos)
{
    struct hy_str line = line_no(b->text, pos->line), blank = hy_str_trim(line);

    return hy_str_starts(blank, HY_STR("- ")) && pos->column <= (int)(blank.p - line.p) + 3;
}

/* The key of a pair as text; false when it is no text or was there before. */
static bool convert_key(const struct build *b, struct fy_node *key, struct hy_map *seen,
                        struct hy_pos outer, struct hy_y_pair *ret)
{
    *ret = (struct hy_y_pair){.key_pos = outer};
    if (key == NULL || !fy_node_is_scalar(key)) {
        hy_diag_at(b->d, outer, "键应为文字");
        return false;
    }
    scalar_pos(b, key, &ret->key_pos);
    if (refused(b, key, ret->key_pos, 0))
        return false;
    ret->key = scalar_text(b, key);
    const struct hy_pos *first = hy_map_get(seen, ret->key);
    if (first) {
        hy_diag_at(b->d, ret->key_pos, "键“%s”重复，第 %d 行已经写过%s", HY_SHOWN(ret->key),
                   first->line, begins_item(b, first) ? "；要另写一条，前面加“- ”" : "");
        return false;
    }
    hy_map_set(seen, ret->key, &ret->key_pos);
    return true;
}

static const struct hy_y_node *convert_map(const struct build *b, struct fy_node *n,
                                           struct hy_pos outer, int depth)
{
    HY_CLEANUP(hy_map_freep) struct hy_map *seen = hy_map_new(NULL);
    struct hy_y_node *ret = hy_arena_alloc(b->arena, sizeof(*ret));
    int count = fy_node_mapping_item_count(n);
    struct fy_node_pair *pair;

    *ret = (struct hy_y_node){.kind = HY_Y_MAPPING, .pos = outer};
    ret->at = hy_arena_alloc(b->arena, (size_t)count * sizeof(*ret->at));
    for (void *it = NULL; (pair = fy_node_mapping_iterate(n, &it)) != NULL;) {
        struct hy_y_pair *to = &ret->at[ret->n];
        if (!convert_key(b, fy_node_pair_key(pair), seen, outer, to))
            continue;
        to->value = convert(b, fy_node_pair_value(pair), to->key_pos, depth + 1);
        ret->n += to->value != NULL;
    }
    if (ret->n)
        ret->pos = ret->at[0].key_pos;
    return ret;
}

/* NULL when the node was refused (and reported). */
static const struct hy_y_node *convert(const struct build *b, struct fy_node *n,
                                       struct hy_pos outer, int depth)
{
    if (n && refused(b, n, outer, depth))
        return NULL;
    if (n && fy_node_is_sequence(n))
        return convert_list(b, n, outer, depth);
    if (n && fy_node_is_mapping(n))
        return convert_map(b, n, outer, depth);
    return convert_scalar(b, n, outer);
}

/* --- a whole document --- */

static const struct hy_y_node *convert_document(const struct build *b, struct fy_parser *p)
{
    struct hy_pos top = pos_at(b, 1, 1, 1);
    struct hy_y_node *none = hy_arena_alloc(b->arena, sizeof(*none));
    struct fy_document *doc = fy_parse_load_document(p);

    *none = (struct hy_y_node){.kind = HY_Y_MAPPING, .pos = top};
    if (doc == NULL)
        return none;
    struct fy_node *root = fy_document_root(doc);
    const struct hy_y_node *ret = root ? convert(b, root, top, 0) : none;
    fy_parse_document_destroy(p, doc);
    doc = ret ? fy_parse_load_document(p) : NULL;
    if (doc) {
        hy_diag_at(b->d, top, "一个文件只能有一份文档：去掉单独一行的“---”，或拆成两个文件");
        fy_parse_document_destroy(p, doc);
        return NULL;
    }
    return ret && ret->kind == HY_Y_SCALAR && ret->empty ? none : ret;
}

static struct fy_diag *collecting_diag(void)
{
    struct fy_diag_cfg cfg;

    fy_diag_cfg_default(&cfg);
    struct fy_diag *fyd = fy_diag_create(&cfg);
    if (fyd == NULL)
        hy_bug("libfyaml: out of memory");
    fy_diag_set_collect_errors(fyd, true);
    return fyd;
}

const struct hy_y_node *hy_yaml_tree(struct hy_str text, struct hy_pos file, struct hy_arena *arena,
                                     struct hy_diag *d)
{
    struct build b = {.file = file, .text = text, .arena = arena, .d = d};

    if (!is_text(&b))
        return NULL;
    struct fy_diag *fyd = collecting_diag();
    struct fy_parse_cfg cfg = {.flags = FYPCF_QUIET | FYPCF_ALLOW_DUPLICATE_KEYS, .diag = fyd};
    struct fy_parser *p = fy_parser_create(&cfg);
    if (p == NULL || fy_parser_set_string(p, text.p, text.n) != 0)
        hy_bug("libfyaml: out of memory");
    const struct hy_y_node *root = convert_document(&b, p);
    void *it = NULL;
    const struct fy_diag_error *e = fy_diag_errors_iterate(fyd, &it);
    if (e) /* what follows the first one is its consequence */
        report_syntax(&b, e);
    bool broken = e || fy_parser_get_stream_error(p);
    fy_parser_destroy(p);
    fy_diag_destroy(fyd);
    return broken ? NULL : root;
}
