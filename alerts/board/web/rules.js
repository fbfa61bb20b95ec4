// SPDX-License-Identifier: Apache-2.0
/* The rules: try a text or an edit against them, judge the archive anew, read the files, see what
 * changed since which version.  Nothing here changes a rule: the files stay the truth. */
import { html, useEffect, useState } from '/vendor/preact.js';
import { useAnswer } from './answer.js';
import { get, post } from './api.js';
import { ms, when } from './clock.js';
import { Judged, useJudge } from './judged.js';
import { Empty, Failed, Loading, Term } from './parts.js';
import { state } from './store.js';
import { t } from './strings.js';

const judges = () => ['analyst', 'supervisor', 'admin'].some((r) => state.me?.roles?.includes(r));
const reads = () => judges() || state.me?.roles?.includes('auditor');
const TABS = [['', 'rules_try', () => true], ['backtest', 'backtest', reads], ['files', 'rule_files', reads], ['changes', 'rule_changes', reads]];
const EXAMPLE = '# 例：多听一个说法\ngroups:\n  - id: local_fire\n    purpose: emergency\n    weight: 40\n    words: [冒黑烟]\n';

/* ---- an edit to try ---- */

function Trial({ edit, set }) {
  const change = (key) => (e) => set({ ...edit, [key]: e.target.value });
  return html`<details class="trial" open=${!!edit.edit}><summary>${t('with_edit')}</summary><p class="quiet">${t('with_edit_text')}</p>
    <div class="field"><label for="edit-file">${t('edit_file')}</label><input id="edit-file" value=${edit.file} onInput=${change('file')} spellcheck="false" /></div>
    <div class="field"><label for="edit-text">${t('edit_yaml')}</label><textarea id="edit-text" rows="7" spellcheck="false" value=${edit.edit} onInput=${change('edit')} placeholder=${EXAMPLE}></textarea></div></details>`;
}
const newEdit = () => ({ file: 'lexicon/try.yaml', edit: '' });
const bodyOf = (edit) => (edit.edit.trim() ? edit : {});

/* ---- try a text ---- */

function TryText() {
  const [title, setTitle] = useState(''), [text, setText] = useState(''), [edit, setEdit] = useState(newEdit), judge = useJudge(), before = useJudge();
  const submit = async (e) => {
    e.preventDefault();
    before.clear();
    await judge.ask({ title, text, ...bodyOf(edit) });
    if (edit.edit.trim()) before.ask({ title, text });
  };
  return html`<div class="columns even"><form onSubmit=${submit} class="edit"><p class="quiet">${t('try_rules_text')}</p>
    <div class="field"><label for="try-title">${t('title')}</label><input id="try-title" value=${title} onInput=${(e) => setTitle(e.target.value)} maxlength="300" autocomplete="off" /></div>
    <div class="field"><label for="try-body">${t('in_text')}</label><textarea id="try-body" class="prose" rows="9" value=${text} onInput=${(e) => setText(e.target.value)}></textarea></div>
    ${judges() && html`<${Trial} edit=${edit} set=${setEdit} />`}<div class="buttons"><button class="primary" disabled=${judge.busy || !(title + text).trim()}>${judge.busy ? t('judging') : t('judge_do')}</button></div>
    ${judge.error && html`<pre class="bad" role="alert">${judge.error}</pre>`}</form>
    <div><h2>${t('judgement')}</h2>${before.answer && html`<p class="quiet" role="status">${t('without_edit', t('told_' + before.answer.score.alert), Math.round(before.answer.score.emergency), Math.round(before.answer.score.relevance))}</p>`}
    ${judge.answer ? html`<${Judged} item=${judge.answer} />` : html`<p class="quiet">${t('judged_here')}</p>`}</div></div>`;
}

/* ---- backtest ---- */

function Tally({ name, keys, v }) {
  return html`<tr><th scope="row">${t(name)}</th>${keys.map((k) => html`<td class="num">${typeof v?.[k] !== 'number' ? '—' : Number.isInteger(v[k]) ? v[k] : v[k].toFixed(3)}</td>`)}</tr>`;
}

function Differences({ name, list }) {
  const [all, showAll] = useState(false), shown = all ? list : list.slice(0, 10);
  if (!list.length) return null;
  const words = (v) => (v || []).map((w) => w.text || w).join('、');
  return html`<h2>${t('test_' + name, list.length)}</h2><ul class="records differences">${shown.map((r) => html`<li><p><b>${r.title}</b> ${r.verdict && r.verdict !== 'none' && html`<span class="chip">${t('verdict_' + r.verdict)}</span>`}</p>
    <p class="meta"><span>${t('told_' + r.before)} → ${t('told_' + r.after)}</span>${r.published && html`<span>${when(ms(r.published))}</span>`}${r.gained?.length > 0 && html`<span>${t('gained')} ${words(r.gained)}</span>`}${r.lost?.length > 0 && html`<span>${t('lost_words')} ${words(r.lost)}</span>`}</p></li>`)}</ul>
    ${list.length > 10 && html`<button class="plain more" onClick=${() => showAll(!all)}>${all ? t('show_less') : t('show_all_words', list.length)}</button>`}`;
}

function Report({ r }) {
  const keys = Object.keys(r.after || {}).filter((k) => [r.after, r.before].some((v) => typeof v?.[k] === 'number'));
  return html`<p class="verdict" role="status">${t('test_done', r.items, (r.raised || []).length, (r.missed || []).length)}</p>
    <table class="grid"><thead><tr><th><span class="hidden">${t('rules')}</span></th>${keys.map((k) => html`<th class="num">${t('tally_' + k)}</th>`)}</tr></thead><tbody><${Tally} name="test_before" keys=${keys} v=${r.before} /><${Tally} name="test_after" keys=${keys} v=${r.after} /></tbody></table>
    ${['raised', 'missed', 'other'].map((k) => html`<${Differences} key=${k} name=${k} list=${r[k] || []} />`)}`;
}

function Backtest() {
  const [days, setDays] = useState(7), [edit, setEdit] = useState(newEdit), [answer, set] = useState(null), [error, setError] = useState('');
  const look = () => get('/rules/backtest').then(set, (e) => setError(e.message));
  const running = ['reading', 'judging'].includes(answer?.state);
  useEffect(() => { look(); }, []);
  useEffect(() => {
    if (!running) return undefined;
    const timer = setInterval(look, 700);
    return () => clearInterval(timer);
  }, [running]);
  const start = async (e) => {
    e.preventDefault();
    setError('');
    try { set(await post('/rules/backtest', { days: Number(days), ...bodyOf(edit) })); } catch (err) { setError(err.message); }
  };
  return html`<p class="quiet">${t('backtest_text')}</p>${judges() && html`<form class="edit narrow" onSubmit=${start}><div class="field"><label for="days">${t('backtest_days')}</label><input id="days" type="number" min="1" max="92" required value=${days} onInput=${(e) => setDays(e.target.value)} /></div>
    <${Trial} edit=${edit} set=${setEdit} /><div class="buttons"><button class="primary" disabled=${running}>${t('backtest_do')}</button></div></form>`}
    ${error && html`<p class="error" role="alert">${error}</p>`}
    ${running && html`<div role="status" class="running"><label for="progress">${t('test_' + answer.state)}</label> <progress id="progress" max="1" value=${answer.state === 'judging' ? answer.progress : undefined}></progress></div>`}
    ${answer?.state === 'failed' && html`<div role="alert"><p class="verdict bad">${t('test_failed')}</p><pre>${answer.why}</pre></div>`}${answer?.report && html`<${Report} r=${answer.report} />`}`;
}

/* ---- files ---- */

function Files() {
  const [a, error, load] = useAnswer('/rules/versions/current', 0), [name, setName] = useState(''), [find, setFind] = useState('');
  if (error) return html`<${Failed} error=${error} retry=${load} />`;
  if (!a) return html`<${Loading} />`;
  const names = Object.keys(a.files).sort(), shown = names.includes(name) ? name : names[0], lines = (a.files[shown] || '').split('\n');
  const hits = find ? names.map((n) => [n, a.files[n].split('\n').filter((l) => l.includes(find)).length]).filter(([, n]) => n) : [];
  return html`<p class="quiet">${t('files_text', a.version, when(ms(a.at)))}</p><div class="filters"><input type="search" id="search" value=${find} onInput=${(e) => setFind(e.target.value)} placeholder=${t('find_in_rules')} aria-label=${t('find_in_rules')} /></div>
    <div class="found-columns"><aside aria-label=${t('rule_files')}><ul>${names.map((n) => html`<li><button class="plain" aria-pressed=${n === shown ? 'true' : 'false'} onClick=${() => setName(n)}><span>${n}</span><b>${hits.find(([h]) => h === n)?.[1] || ''}</b></button></li>`)}</ul></aside>
    <pre class="file" tabindex="0" aria-label=${shown}>${lines.map((l, n) => html`<span class=${'line' + (find && l.includes(find) ? ' hit' : '')}><i>${n + 1}</i>${l}${'\n'}</span>`)}</pre></div>`;
}

/* ---- what changed ---- */

/* Lines that differ, by the longest common subsequence; big files by their common head and tail. */
export function diff(a, b) {
  let x = a.split('\n'), y = b.split('\n'), head = 0, tail = 0;
  while (head < x.length && head < y.length && x[head] === y[head]) head++;
  while (tail < x.length - head && tail < y.length - head && x.at(-1 - tail) === y.at(-1 - tail)) tail++;
  x = x.slice(head, x.length - tail);
  y = y.slice(head, y.length - tail);
  if (x.length * y.length > 4e6) return [...x.map((l) => ['-', l]), ...y.map((l) => ['+', l])];
  const w = y.length + 1, lcs = new Uint32Array((x.length + 1) * w), out = [];
  for (let i = x.length - 1; i >= 0; i--) for (let j = y.length - 1; j >= 0; j--) lcs[i * w + j] = x[i] === y[j] ? lcs[(i + 1) * w + j + 1] + 1 : Math.max(lcs[(i + 1) * w + j], lcs[i * w + j + 1]);
  for (let i = 0, j = 0; i < x.length || j < y.length;) {
    if (i < x.length && j < y.length && x[i] === y[j]) { i++; j++; }
    else if (j === y.length || (i < x.length && lcs[(i + 1) * w + j] >= lcs[i * w + j + 1])) out.push(['-', x[i++]]);
    else out.push(['+', y[j++]]);
  }
  return out;
}

function Changes() {
  const [v, error, load] = useAnswer('/rules/versions', 0), [since, setSince] = useState(state.route.query.get('since') || ''), [files, setFiles] = useState(null);
  const from = since || v?.versions.find((x) => !x.current)?.version || '';
  useEffect(() => {
    setFiles(null);
    if (from) Promise.all([get('/rules/versions/' + encodeURIComponent(from)), get('/rules/versions/current')]).then(setFiles, (e) => setFiles({ error: e }));
  }, [from]);
  if (error) return html`<${Failed} error=${error} retry=${load} />`;
  if (!v) return html`<${Loading} />`;
  if (!from) return html`<${Empty} title=${t('one_version')} text=${t('one_version_text')} />`;
  const names = files && !files.error ? [...new Set(files.flatMap((f) => Object.keys(f.files)))].sort().map((n) => [n, diff(files[0].files[n] || '', files[1].files[n] || '')]).filter(([, d]) => d.length) : [];
  return html`<div class="filters"><label>${t('changed_since')} <select value=${from} onChange=${(e) => setSince(e.target.value)}>${v.versions.filter((x) => !x.current).map((x) => html`<option value=${x.version}>${x.version} ${when(ms(x.at))}</option>`)}</select></label></div>
    ${!files ? html`<${Loading} />` : files.error ? html`<p class="error">${files.error.message}</p>` : names.length ? names.map(([n, d]) => html`<h2>${n}</h2><pre class="diff" tabindex="0" aria-label=${n}>${d.map(([sign, l]) => html`<span class=${sign === '+' ? 'added' : 'removed'}>${sign} ${l}${'\n'}</span>`)}</pre>`) : html`<p class="quiet">${t('same_rules')}</p>`}`;
}

/* ---- the page ---- */

const PAGES = { '': TryText, backtest: Backtest, files: Files, changes: Changes };

export function Rules({ id }) {
  const Page = PAGES[id] || TryText, here = id in PAGES ? id : '';
  return html`<section class="page rules"><h1>${t('rules')}</h1><p class="quiet">${t('rules_version', state.rules?.version || '')}</p>
    <nav class="tabs" aria-label=${t('rules')}>${TABS.filter(([, , may]) => may()).map(([key, name]) => html`<a href=${'#/rules' + (key && '/' + key)} aria-current=${key === here ? 'page' : null}>${key === 'backtest' ? html`${t(name)}` : t(name)}</a>`)}</nav><${Page} key=${here} /></section>`;
}
