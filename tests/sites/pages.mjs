/* SPDX-License-Identifier: Apache-2.0 */
/* The sites' faces: each answers a path with {status, type, body, charset, ...} or null (404).
 * Mark-up follows what such sites commonly look like, with their furniture around the text:
 * navigation, related links, share buttons, footers. */
import { ago, fmt } from './clock.mjs';

const esc = (s) => String(s).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
const paragraphs = (text, tag = 'p') => text.map((p) => `<${tag}>${esc(p)}</${tag}>`).join('\n');

export function pathOf(it) {
    const d = fmt.date(it.at).split('-').map(Number);
    return {
        forum: `/thread-${it.id}-1-1.html`,
        news: `/${fmt.slash(it.at)}/${it.id}.shtml`,
        gov: `/art/${d[0]}/${d[1]}/${d[2]}/art_101_${it.id}.html`,
        regional: `/gb/content/${fmt.date(it.at).slice(0, 7)}/${fmt.date(it.at).slice(8)}/content_${it.id}.htm`,
        big5: `/big5/news/${it.id}.html`,
    }[it.site];
}

const html = (body, charset, extra = {}) => ({ status: 200, type: `text/html; charset=${charset}`, charset, body, ...extra });

/* --- forum: Discuz-like, GBK, never the same bytes twice --- */

const POSTS = 10;
const THREADS = 20;
const nick = (n) => `清溪网友${1000 + ((n * 7919) % 9000)}`;

function forumFrame(title, body) {
    return `<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml">
<head>
<meta http-equiv="Content-Type" content="text/html; charset=gbk" />
<title>${esc(title)} - 清溪论坛 - Powered by Discuz!</title>
<meta name="generator" content="Discuz! X3.4" />
</head>
<body id="nv_forum">
<div id="hd"><div class="wp"><h2><a href="/forum-2-1.html">清溪论坛</a></h2>
<div id="nv"><ul><li><a href="/forum-2-1.html">清溪杂谈</a></li><li><a href="/forum-3-1.html">二手市场</a></li><li><a href="/member.php?mod=register">立即注册</a></li></ul></div></div></div>
<div id="wp" class="wp">
${body}
</div>
<div id="ft" class="wp cl"><p>Powered by <strong>Discuz!</strong> X3.4 | <a href="/archiver/">Archiver</a> | 清溪论坛 网友言论只代表个人观点</p></div>
</body>
</html>`;
}

function threadRow(it, now) {
    const kind = it.sticky ? 'stickthread' : 'normalthread';
    return `<tbody id="${kind}_${it.id}">
<tr>
<td class="icn"><a href="/thread-${it.id}-1-1.html" title="新窗口打开"><img src="/static/folder_common.gif" alt="" /></a></td>
<th class="${it.sticky ? 'common' : 'new'}"><a href="/thread-${it.id}-1-1.html" onclick="atarget(this)" class="s xst">${esc(it.title)}</a></th>
<td class="by"><cite><a href="/space-uid-${it.id}.html">${nick(it.id)}</a></cite><em><span>${fmt.date(it.at)}</span></em></td>
<td class="num"><a href="/thread-${it.id}-1-1.html" class="xi2">${it.replies.length}</a><em>${it.replies.length * 23 + 41}</em></td>
<td class="by"><cite><a href="/space-username-x.html">${nick(it.last % 997)}</a></cite><em><a href="/thread-${it.id}-99999-1.html#lastpost"><span title="${fmt.minute(it.last)}">${ago(it.last, now).replace(" ", "&nbsp;")}</span></a></em></td>
</tr>
</tbody>`;
}

const pager = (of, page, count) =>
    count < 2 ? '' : `<div class="pg">${[...Array(count).keys()].map((i) => (i + 1 === page ? `<strong>${i + 1}</strong>` : `<a href="${of(i + 1)}">${i + 1}</a>`)).join('')}</div>`;

function forumList(world, page, now) {
    const all = world.items('forum', now);
    const count = Math.max(1, Math.ceil(all.length / THREADS));
    const rows = all.slice((page - 1) * THREADS, page * THREADS).map((it) => threadRow(it, now));
    return html(
        forumFrame('清溪杂谈', `<div class="bm bml"><h1 class="xs2"><a href="/forum-2-1.html">清溪杂谈</a></h1><span class="xs1">今日: ${rows.length}</span></div>
<div id="threadlist" class="tl bm"><div class="bm_c"><form method="post" name="moderate" id="moderate" action="/forum.php?mod=topicadmin"><table summary="forum_2" id="threadlisttableid" cellspacing="0" cellpadding="0">
${rows.join('\n')}
</table></form></div></div>
${pager((p) => `/forum-2-${p}.html`, page, count)}`),
        'gbk', { cookies: ['qx_saltkey=x; path=/', `qx_lastvisit=${Math.floor(now / 1000)}; path=/`] });
}

function floor(it, post, n) {
    const pid = it.id * 100 + n;
    return `<div id="post_${pid}"><table id="pid${pid}" class="plhin" cellspacing="0" cellpadding="0"><tr>
<td class="pls" rowspan="2"><div class="pi"><div class="authi"><a href="/space-uid-${pid}.html" class="xw1">${nick(pid)}</a></div></div><p>积分 ${(pid * 13) % 900}</p></td>
<td class="plc"><div class="pi"><strong><a href="#pid${pid}">${n === 1 ? '楼主' : `<em>${n}</em><sup>#</sup>`}</a></strong>
<div class="pti"><div class="authi"><em id="authorposton${pid}">发表于 <span title="${fmt.second(post.at)}">${ago(post.at, post.now).replace(" ", "&nbsp;")}</span></em><span class="pipe">|</span><a href="/thread-${it.id}-1-1.html?authorid=${pid}">只看该作者</a></div></div></div>
<div class="pct"><div class="pcb"><div class="t_fsz"><table cellspacing="0" cellpadding="0"><tr><td class="t_f" id="postmessage_${pid}">
${post.text.map(esc).join('<br />\n')}</td></tr></table></div></div></div></td></tr>
<tr><td class="plc plm"><div class="po"><a class="replyadd" href="javascript:;">支持</a> <a href="javascript:;">举报</a></div></td></tr></table></div>`;
}

function forumThread(world, id, page, now) {
    const it = world.find('forum', id, now);
    if (!it) return null;
    const posts = [{ text: it.text, at: it.at }, ...it.replies.map((r) => ({ text: [r.text], at: r.at }))];
    const count = Math.ceil(posts.length / POSTS);
    const here = Math.min(Math.max(page, 1), count);
    const shown = posts.slice((here - 1) * POSTS, here * POSTS);
    return html(
        forumFrame(it.title, `<div id="pt" class="bm cl"><a href="/">清溪论坛</a> &rsaquo; <a href="/forum-2-1.html">清溪杂谈</a> &rsaquo; <a href="/thread-${id}-1-1.html">${esc(it.title)}</a></div>
<div id="postlist" class="pl bm"><table cellspacing="0" cellpadding="0"><tr><td class="pls"><span class="xg1">查看:</span> <span class="xi1">${posts.length * 23}</span><span class="xg1">回复:</span> <span class="xi1">${posts.length - 1}</span></td>
<td class="plc"><h1 class="ts"><span id="thread_subject">${esc(it.title)}</span></h1></td></tr></table>
${shown.map((p, i) => floor(it, { ...p, now }, (here - 1) * POSTS + i + 1)).join('\n')}
</div>
${pager((p) => `/thread-${id}-${p}-1.html`, here, count)}
<div id="f_pst"><form method="post" action="/forum.php?mod=post"><textarea name="message"></textarea><p>您需要登录后才可以回帖 <a href="/member.php?mod=logging">登录</a></p></form></div>`),
        'gbk');
}

export function forum(world, url, now) {
    const list = url.pathname.match(/^\/forum-2-(\d+)\.html$/);
    const thread = url.pathname.match(/^\/thread-(\d+)-(\d+)-1\.html$/);
    if (url.pathname === '/') return { status: 302, location: '/forum-2-1.html', type: 'text/html', charset: 'gbk', body: '' };
    if (url.pathname === '/robots.txt') return { status: 200, type: 'text/plain', charset: 'utf-8', body: 'User-agent: *\nDisallow: /admin.php\nDisallow: /member.php\nDisallow: /home.php\nDisallow: /*?authorid=\n' };
    if (list) return forumList(world, Number(list[1]), now);
    if (thread) return forumThread(world, Number(thread[1]), Number(thread[2]), now);
    return null;
}

/* --- news site: UTF-8, RSS, validators, gzip --- */

const COLUMNS = { news: '要闻', shehui: '社会' };
const PER_PAGE = 25;

function newsFrame(title, body) {
    return `<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<title>${esc(title)}_清溪新闻网</title>
<link rel="alternate" type="application/rss+xml" title="清溪新闻网" href="/rss.xml">
</head>
<body>
<header class="top"><a class="logo" href="/">清溪新闻网</a><nav><a href="/">首页</a><a href="/news/">要闻</a><a href="/shehui/">社会</a><a href="/about.html">关于我们</a></nav></header>
${body}
<footer class="foot"><p>清溪新闻网版权所有 未经授权禁止转载 违法和不良信息举报电话：0000-1234567</p><p>清溪日报社主办</p></footer>
</body>
</html>`;
}

function newsList(world, column, page, now) {
    const all = world.items('news', now).filter((it) => !column || it.column === column);
    const count = Math.max(1, Math.ceil(all.length / PER_PAGE));
    const rows = all.slice((page - 1) * PER_PAGE, page * PER_PAGE);
    if (!rows.length) return null;
    const of = (p) => `/${column ?? 'news'}/${p === 1 ? '' : `index_${p}.shtml`}`;
    return html(newsFrame(COLUMNS[column] ?? '首页', `<main class="wrap"><div class="left"><h2>${COLUMNS[column] ?? '最新'}</h2>
<ul class="news_list">
${rows.map((it) => `<li><a href="${pathOf(it)}" target="_blank">${esc(it.title)}</a><span class="date">${fmt.minute(it.at)}</span></li>`).join('\n')}
</ul>${pager(of, page, count)}</div>
<aside class="right"><h3>热门</h3><ul>${all.slice(-3).map((it) => `<li><a href="${pathOf(it)}">${esc(it.title)}</a></li>`).join('')}</ul></aside></main>`),
        'utf-8', { validators: rows[0].at });
}

function newsArticle(world, it, now) {
    const others = world.items('news', now).filter((o) => o.id !== it.id).slice(0, 5);
    return html(newsFrame(it.title, `<main class="wrap"><div class="crumb">当前位置：<a href="/">首页</a> &gt; <a href="/${it.column}/">${COLUMNS[it.column]}</a> &gt; 正文</div>
<article class="detail"><h1>${esc(it.title)}</h1>
<div class="info"><span class="time">${fmt.hanMinute(it.at)}</span>　<span class="source">来源：${esc(it.source ?? '清溪新闻网')}</span></div>
<div class="content" id="content">
${paragraphs(it.text)}
</div>
<div class="editor">[责任编辑：清新]</div></article>
<div class="share">分享到：微信 微博</div>
<div class="related"><h3>相关新闻</h3><ul>${others.map((o) => `<li><a href="${pathOf(o)}">${esc(o.title)}</a></li>`).join('')}</ul></div></main>`),
        'utf-8', { validators: it.at });
}

function newsFeed(world, base, now) {
    const rows = world.items('news', now).slice(0, 20);
    const entry = (it) => `<item><title>${esc(it.title)}</title><link>${base}${pathOf(it)}</link><guid isPermaLink="true">${base}${pathOf(it)}</guid><pubDate>${fmt.rfc822(it.at)}</pubDate><description><![CDATA[<p>${esc(it.text[0])}</p>]]></description></item>`;
    return {
        status: 200, type: 'application/rss+xml; charset=utf-8', charset: 'utf-8', validators: rows[0].at,
        body: `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>清溪新闻网</title><link>${base}/</link><description>清溪新闻网最新消息</description><language>zh-cn</language>
${rows.map(entry).join('\n')}
</channel></rss>
`,
    };
}

export function news(world, url, now) {
    const list = url.pathname.match(/^\/(news|shehui)\/(?:index_(\d+)\.shtml)?$/);
    const article = url.pathname.match(/^\/\d{4}\/\d{4}\/(\d+)\.shtml$/);
    if (url.pathname === '/') return newsList(world, undefined, 1, now);
    if (url.pathname === '/robots.txt') return { status: 200, type: 'text/plain', charset: 'utf-8', body: `User-agent: *\nDisallow: /admin/\nSitemap: ${url.origin}/sitemap.xml\n` };
    if (url.pathname === '/rss.xml') return newsFeed(world, url.origin, now);
    if (url.pathname === '/sitemap.xml') return newsSitemap(world, url.origin, now);
    if (list) return newsList(world, list[1], Number(list[2] ?? 1), now);
    const it = article && world.find('news', Number(article[1]), now);
    return it && pathOf(it) === url.pathname ? newsArticle(world, it, now) : null;
}

function newsSitemap(world, base, now) {
    const rows = world.items('news', now);
    return {
        status: 200, type: 'application/xml', charset: 'utf-8', validators: rows[0].at,
        body: `<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
${rows.map((it) => `<url><loc>${base}${pathOf(it)}</loc><lastmod>${fmt.rfc3339(it.at)}</lastmod></url>`).join('\n')}
</urlset>
`,
    };
}

/* --- the government's own site: charset only in the mark-up, Atom feed --- */

const bare = (body, charset) => ({ status: 200, type: 'text/html', charset, body });

function govFrame(title, head, body) {
    return `<html>
<head>
<meta http-equiv="Content-Type" content="text/html; charset=gb2312">
<meta name="SiteName" content="清溪市人民政府">
${head}<title>${esc(title)}</title>
</head>
<body>
<table width="1000" align="center"><tr><td><a href="/">清溪市人民政府</a></td><td><a href="/zwgk/tzgg/">通知公告</a> | <a href="/hdjl/">互动交流</a></td></tr></table>
${body}
<div class="footer">主办：清溪市人民政府办公室　网站标识码：9901000001</div>
</body>
</html>`;
}

function govList(world, now) {
    const rows = world.items('gov', now).slice(0, 20);
    return bare(govFrame('通知公告', '<meta name="ColumnName" content="通知公告">\n', `<div class="list"><table width="100%">
${rows.map((it) => `<tr><td>·<a href="${pathOf(it)}" title="${esc(it.title)}" target="_blank">${esc(it.title.length > 30 ? `${it.title.slice(0, 30)}...` : it.title)}</a></td><td>[${fmt.date(it.at)}]</td></tr>`).join('\n')}
</table></div>`), 'gb2312');
}

function govNotice(it) {
    const meta = `<meta name="ArticleTitle" content="${esc(it.title)}">\n<meta name="PubDate" content="${fmt.minute(it.at)}">\n<meta name="ContentSource" content="${esc(it.unit ?? '清溪市人民政府办公室')}">\n`;
    return bare(govFrame(it.title, meta, `<div class="main"><table class="idx"><tr><td>索 引 号：</td><td>QX${it.id}</td><td>发布机构：</td><td>${esc(it.unit ?? '清溪市人民政府办公室')}</td></tr></table>
<h1 align="center">${esc(it.title)}</h1>
<p align="center">发布时间：${fmt.minute(it.at)}　　字体：[大 中 小]</p>
<div id="zoom">
${paragraphs(it.text.map((p) => `　　${p}`))}
<p align="right">${fmt.han(it.at)}</p>
</div><p>【打印】【关闭】</p></div>`), 'gb2312');
}

function govFeed(world, base, now) {
    const rows = world.items('gov', now).slice(0, 15);
    return {
        status: 200, type: 'application/atom+xml', charset: 'utf-8',
        body: `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>清溪市人民政府 通知公告</title><id>${base}/</id><updated>${fmt.rfc3339(rows[0].at)}</updated>
${rows.map((it) => `<entry><title>${esc(it.title)}</title><id>${base}${pathOf(it)}</id><link rel="alternate" href="${base}${pathOf(it)}"/><published>${fmt.rfc3339(it.at)}</published><updated>${fmt.rfc3339(it.at)}</updated><summary>${esc(it.text[0])}</summary></entry>`).join('\n')}
</feed>
`,
    };
}

export function gov(world, url, now) {
    const notice = url.pathname.match(/^\/art\/\d+\/\d+\/\d+\/art_101_(\d+)\.html$/);
    if (url.pathname === '/' || url.pathname === '/zwgk/tzgg/') return govList(world, now);
    if (url.pathname === '/atom.xml') return govFeed(world, url.origin, now);
    const it = notice && world.find('gov', Number(notice[1]), now);
    return it ? govNotice(it) : null; /* no robots.txt: everything allowed */
}

/* --- a provincial site in GB18030 that calls itself gb2312, and an association's in Big5 --- */

function regionalPage(title, body) {
    return `<!DOCTYPE html>
<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312"><title>${esc(title)}-云川在线</title></head>
<body><div class="nav"><a href="/gb/">云川在线</a></div>
${body}
<div class="copyright">云川在线版权所有</div></body></html>`;
}

function regionalPath(world, url, now) {
    const content = url.pathname.match(/^\/gb\/content\/\d{4}-\d\d\/\d\d\/content_(\d+)\.htm$/);
    if (url.pathname === '/gb/')
        return bare(regionalPage('市州新闻', `<ul class="list">
${world.items('regional', now).slice(0, 30).map((it) => `<li><span>${fmt.minute(it.at).slice(5)}</span> <a href="${pathOf(it)}">${esc(it.title)}</a></li>`).join('\n')}
</ul>`), 'gb18030');
    const it = content && world.find('regional', Number(content[1]), now);
    return it
        ? bare(regionalPage(it.title, `<div class="article"><h2>${esc(it.title)}</h2><div class="from">${fmt.minute(it.at)}　来源：${esc(it.source ?? '云川在线')}</div>
<div class="article_body">${paragraphs(it.text)}</div></div>`), 'gb18030')
        : null;
}

function big5Path(world, url, now) {
    const frame = (title, body) => `<html><head><meta http-equiv="Content-Type" content="text/html; charset=big5"><title>${esc(title)} - 清溪同鄉會</title></head>
<body><h3>清溪同鄉會</h3>${body}<hr><p>清溪同鄉會 版權所有</p></body></html>`;
    const article = url.pathname.match(/^\/big5\/news\/(\d+)\.html$/);
    if (url.pathname === '/big5/')
        return bare(frame('最新消息', `<ul>${world.items('big5', now).slice(0, 20).map((it) => `<li>${fmt.date(it.at)} <a href="${pathOf(it)}">${esc(it.title)}</a></li>`).join('\n')}</ul>`), 'big5');
    const it = article && world.find('big5', Number(article[1]), now);
    return it
        ? bare(frame(it.title, `<h1>${esc(it.title)}</h1><p class="date">發佈時間：${fmt.minute(it.at)}</p><div class="body">${paragraphs(it.text)}</div>`), 'big5')
        : null;
}

export function regional(world, url, now) {
    return url.pathname.startsWith('/big5/') ? big5Path(world, url, now) : regionalPath(world, url, now);
}

/* --- what goes wrong elsewhere --- */

export function broken(world, url) {
    const old = world.start - 21 * 86400000;
    const pages = {
        '/login/': html('<!DOCTYPE html><html><head><meta charset="utf-8"><title>用户登录</title></head><body><form action="/login" method="post"><h1>请先登录</h1><input name="user"><input name="password" type="password"><button>登录</button></form></body></html>', 'utf-8'),
        '/old/': html(`<!DOCTYPE html><html><head><meta charset="utf-8"><title>旧站</title></head><body><ul>${[1, 2, 3].map((i) => `<li><a href="/old/${i}.html">停止更新前的第${i}篇文章</a> ${fmt.date(old - i * 86400000)}</li>`).join('')}</ul></body></html>`, 'utf-8'),
    };
    if (url.pathname.startsWith('/500/')) return html('<h1>500 Internal Server Error</h1>', 'utf-8', { status: 500 });
    if (url.pathname.startsWith('/slow/')) return html('<html><body>慢</body></html>', 'utf-8', { slow: true });
    if (url.pathname.startsWith('/garbage/')) return html('', 'utf-8', { garbage: true });
    if (/^\/old\/\d\.html$/.test(url.pathname)) return html('<html><body><h1>旧文章</h1><p>本站已停止更新。</p></body></html>', 'utf-8');
    return pages[url.pathname] ?? null;
}
