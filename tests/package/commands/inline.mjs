/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that stand within sentences: `huiying COMMAND ...`.
 *
 * A sentence names an operand or leaves it out where a person would know; `completed` says what stands
 * for it on the scratch machine: {offices: COMMAND} on an installation of several offices, {none: why} for
 * what cannot be had there.  $INCIDENT, $ITEM and $HASH are one incident, its first item and that one's text.
 * A row that no document needs any more is a failure. */

const guide = 'cd /home/dev/guide &&';
const page = 'http://127.0.0.1:18101/';
const journal = 'cp /var/lib/huiying/journal/qingxi.jsonl journal.jsonl && huiying journal head >heads.jsonl &&';
/* What goes on until somebody ends it, and has begun well when it is still there. */
const goesOn = (command) => `timeout 1 ${command} || [ $? = 124 ]`;
const turn = (who) => `$(huiying duty list --json | jq -sr 'map(select(.duty == "${who}"))[1].from')`;
/* A robot that takes everything: what the rule guide's example would reach. */
const robot = `(node -e 'require("http").createServer((q, a) => a.end("{}")).listen(18200)' >/dev/null 2>&1 &);`;

const oneOffice = 'd=$(mktemp -d) && huiying backup -c /etc/huiying/offices -o $d/b.tar.zst && huiying restore $d/b.tar.zst --office qingxixian --data $d/county';

/* What stands in the document, and what is executed for it. */
const completed = {
    'huiying acl --offices': 'huiying acl --out $(mktemp -d)/new --redis redis://127.0.0.1:6379 --offices cluster://127.0.0.1:7000',
    'huiying acl --out 目录 --redis … --offices cluster://…':
        'huiying acl --out $(mktemp -d)/new --redis redis://10.0.0.5:6379 --offices cluster://10.0.0.6:6379,10.0.0.7:6379',
    'huiying acl -c DIR': 'huiying acl -c /etc/huiying/office',
    'huiying archive history ITEM': 'huiying archive history $ITEM',
    'huiying archive package INCIDENT -o FILE.zip': `huiying archive package $INCIDENT -o $(mktemp -d)/FILE.zip`,
    'huiying archive search WORDS': 'huiying archive search 爆炸',
    'huiying archive show HASH': 'huiying archive show $HASH',
    'huiying board --proxy-secret 文件':
        `head -c 40 /dev/urandom | base64 >secret && chmod 600 secret && ${goesOn('huiying board --listen 127.0.0.1:8799 --proxy-secret secret')}`,
    'huiying case import FILE|- [--kind KIND] [--dry-run]':
        `echo '{"ref":"19","title":"路灯不亮","received":"2026-11-20 8:05"}' | huiying case import - --kind message --as lin.yue --dry-run`,
    'huiying crawl log HOST': 'huiying crawl log 127.0.0.1:18101',
    'huiying crawl log 网址': `huiying crawl log ${page}`,
    'huiying crawl quarantine again 网址': 'huiying crawl quarantine again all',
    'huiying crawl quarantine again': 'huiying crawl quarantine again all',
    'huiying crawl quarantine show 网址 > 网页.html': { none: 'no page that ends its reader is among the sample city\'s; unit.test_crawl_quarantine has one' },
    'huiying deliver --test 通道': { none: 'the sample office has no robot; see the same with duty-group' },
    'huiying deliver -c rules/ours --test duty-group':
        `${robot} ${guide} cp -r rules/ours robot && echo key >key && chmod 600 key && printf 'webhooks:\\n  - {id: duty-group, kind: json, url: "http://127.0.0.1:18200/", secret_file: %s/key}\\n' $PWD >>robot/duty.yaml && huiying deliver -c robot --test duty-group`,
    'huiying drill \'城东一化工仓库起火\' --level 2 --as 编号': 'huiying drill \'城东一化工仓库起火\' --level 2 --as lin.yue',
    'huiying duty answer S1 --as 自己': 'huiying duty answer S1 --as he.chuan',
    'huiying duty away --from … --to … --why 病假 --as 自己':
        'huiying duty away --from 2027-03-01T08:30:00+08:00 --to 2027-03-02T08:30:00+08:00 --why 病假 --as lin.yue',
    'huiying duty cancel C1 --as 自己': 'huiying duty cancel C1 --as he.chuan',
    'huiying duty override --from … --to … --duty 自己 --as 自己':
        'huiying duty override --from 2027-03-03T08:30:00+08:00 --to 2027-03-03T10:30:00+08:00 --duty he.chuan --as he.chuan',
    'huiying duty swap --at 自己班上的时刻 --with 对方 --theirs 对方班上的时刻 --as 自己':
        `huiying duty swap --at ${turn('lin.yue')} --with he.chuan --theirs ${turn('he.chuan')} --as lin.yue`,
    'huiying export --kind incidents|cases|all|MATTER': 'for k in incidents cases all message; do huiying export --kind $k; done',
    'huiying extract --explain': `curl -s ${page} >page.html && huiying extract --url ${page} --explain page.html`,
    'huiying incident list -c DIR/qingxi --data DATA/offices/qingxi': { offices: 'huiying incident list -c /etc/huiying/offices/qingxi --data /var/lib/huiying/offices/qingxi' },
    'huiying incident route ID [--explain]': 'huiying incident route $INCIDENT --explain',
    'huiying incident route 事件编号 --explain -c rules/ours': `${guide} huiying incident route $INCIDENT --explain -c rules/sample`,
    'huiying keep --snapshot-every N': goesOn('huiying keep --snapshot-every 500 --data $(mktemp -d) -c /etc/huiying/office'),
    'huiying report daily|quarterly|incident ID|flash ID|evaluation ID|accountability ID':
        `cd $(mktemp -d) && for r in daily quarterly "incident $INCIDENT" "flash $INCIDENT" "evaluation $INCIDENT" "accountability $INCIDENT"; do huiying report $r -o r.html; done`,
    'huiying run -c DIR': { offices: 'systemctl restart huiying' },
    'huiying backup -c DIR': { offices: 'huiying backup -c /etc/huiying/offices -o $(mktemp -d)/b.tar.zst' },
    'huiying check -c DIR': { offices: 'huiying check -c /etc/huiying/offices' },
    'huiying check -c /etc/huiying/offices': { offices: 'huiying check -c /etc/huiying/offices' },
    'huiying user list -c /etc/huiying/offices/qingxi --data /var/lib/huiying/offices/qingxi': { offices: 'huiying user list -c /etc/huiying/offices/qingxi --data /var/lib/huiying/offices/qingxi' },
    'huiying restore FILE --office ID --data DATA/offices/ID': { offices: oneOffice },
    'huiying restore 备份文件 --office 编号 --data /var/lib/huiying/offices/编号': { offices: oneOffice },
    'huiying archive package ID': 'huiying archive package $INCIDENT -o $(mktemp -d)/ID.zip',
    'huiying run -c 目录': 'mkdir 目录 && ' + goesOn('huiying run --listen 127.0.0.1:8798 --data d3 -c 目录'),
    'huiying run -c my-office': 'mkdir my-office && cd my-office && ' + goesOn('huiying run --listen 127.0.0.1:8798 --data ../d1 -c .'),
    'huiying run -c 我们的目录': 'mkdir 我们的目录 && ' + goesOn('huiying run --listen 127.0.0.1:8798 --data d2 -c 我们的目录'),
    'huiying status --watch': goesOn('huiying status --watch'),
    'huiying tune --apply': `${guide} huiying tune -c rules/sample --apply --yes items.jsonl`,
    'huiying user passwd': 'echo another-long-pass-phrase-12 | huiying user passwd lin.yue',
    'huiying user token 编号 --scope read': 'huiying user token lin.yue --scope read',
    'huiying user token 编号': 'huiying user token lin.yue',
    'huiying verify --heads heads.jsonl journal.jsonl': `${journal} huiying verify --heads heads.jsonl journal.jsonl`,
    'huiying verify --heads': `${journal} huiying verify --heads heads.jsonl`,
    'huiying verify journal.jsonl': `${journal} huiying verify journal.jsonl`,
};

const span = /`((?:build\/release\/)?huiying [a-z]+ [^`]+)`/g;

function row(said, where, how) {
    if (how.none) return { where, said, excused: 'none' };
    return { where, said, offices: !!how.offices, text: how.offices ?? how };
}

/* [{where, said, text, offices, excused}] of all documents, each command once. */
export function inlineOf(documents) {
    const seen = new Map();
    for (const [file, text] of documents) {
        if (file.endsWith('DECISIONS.md')) continue; // tells why, to no reader who types
        let fenced = false;
        for (const [i, line] of text.split('\n').entries()) {
            if (/^\s*```/.test(line)) fenced = !fenced;
            if (fenced) continue;
            for (const [, said] of line.matchAll(span))
                if (!seen.has(said)) seen.set(said, `${file}:${i + 1}`);
        }
    }
    const rows = [...seen].map(([said, where]) => row(said, where, completed[said] ?? said));
    for (const said of Object.keys(completed))
        if (!seen.has(said)) rows.push({ where: 'inline.mjs', said, why: `no document says: ${said}` });
    return rows;
}
