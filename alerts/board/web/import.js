// SPDX-License-Identifier: Apache-2.0
/* A list of cases from a file: read here, judged by the server without registering anything, shown as
 * it was understood, registered only when every row is right. */
import { html, useState } from '/vendor/preact.js';
import { post } from './api.js';
import { when, ms } from './clock.js';
import { KINDS } from './matter.js';
import { state } from './store.js';
import { t } from './strings.js';

/* In the order of the guide. */
const COLUMNS = ['kind', 'ref', 'title', 'type', 'received', 'dispatched', 'signed', 'approved', 'formed', 'first_public', 'published', 'unit', 'text', 'channel', 'source', 'receipt_form', 'url', 'disclosure_attr', 'interpretation'];
const MOST_BYTES = 250 * 1024, SHOWN_FAULTS = 200, ENDED_MS = 60000;

/* Spreadsheets save as UTF-8, as GB18030 or as UTF-16; a workbook is no table. */
export function textOf(bytes) {
  const b = new Uint8Array(bytes);
  if (b[0] === 0x50 && b[1] === 0x4b && b[2] === 3 && b[3] === 4) throw new Error(t('import_workbook'));
  if ((b[0] === 0xff && b[1] === 0xfe) || (b[0] === 0xfe && b[1] === 0xff)) return new TextDecoder(b[0] === 0xff ? 'utf-16le' : 'utf-16be').decode(b);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(b);
  } catch {
    return new TextDecoder('gb18030').decode(b);
  }
}

const valueOf = (k, v) => (k === 'kind' ? t('matter_' + v) : k === 'unit' ? state.rules?.units?.find((u) => u.id === v)?.name || v : /^\d{4}-\d\d-\d\dT/.test(v) ? when(ms(v)) : v);
function Preview({ answer }) {
  const rows = answer.preview || [], keys = COLUMNS.filter((k) => rows.some((r) => k in r.args));
  if (!rows.length) return null;
  return html`<h2>${t('import_preview', rows.length, answer.rows)}</h2><div class="wide-table" tabindex="0" role="region" aria-label=${t('import_preview', rows.length, answer.rows)}><table><thead><tr><th scope="col">${answer.unit}</th>${keys.map((k) => html`<th scope="col">${t('col_' + k)}</th>`)}</tr></thead>
    <tbody>${rows.map((r) => html`<tr><th scope="row">${r.line}</th>${keys.map((k) => html`<td><span class="cut">${r.args[k] == null ? '' : valueOf(k, r.args[k])}</span></td>`)}</tr>`)}</tbody></table></div>`;
}

function Faults({ answer }) {
  const list = answer.faults || [];
  if (!list.length) return null;
  return html`<div role="alert"><p class="error">${t('import_faults', list.length)}</p></div><div class="wide-table" tabindex="0" role="region" aria-label=${t('import_faults', list.length)}><table><thead><tr><th scope="col">${answer.unit}</th><th scope="col">${t('import_column')}</th><th scope="col">${t('import_what')}</th></tr></thead>
    <tbody>${list.slice(0, SHOWN_FAULTS).map((f) => html`<tr><th scope="row">${f.line}</th><td>${f.column || ''}</td><td>${f.message}</td></tr>`)}</tbody></table></div>${list.length > SHOWN_FAULTS && html`<p class="quiet">${t('import_more_faults', list.length - SHOWN_FAULTS)}</p>`}`;
}

export function Import() {
  const [kind, setKind] = useState(''), [text, setText] = useState(''), [name, setName] = useState(''), [answer, set] = useState(null), [error, setError] = useState(''), [busy, setBusy] = useState('');
  const changed = (what) => { setText(what); set(null); setError(''); };
  const choose = async (e) => {
    const file = e.target.files[0];
    if (!file) return;
    setName(file.name);
    try {
      if (file.size > MOST_BYTES * 2) throw new Error(t('import_too_big'));
      changed(textOf(await file.arrayBuffer()));
    } catch (err) {
      changed('');
      setError(err.message);
    }
  };
  const ask = async (dry) => {
    if (!text.trim()) return setError(t('import_nothing'));
    if (new Blob([JSON.stringify(text)]).size > MOST_BYTES) return setError(t('import_too_big'));
    setBusy(dry ? 'check' : 'send');
    setError('');
    try {
      set({ ...await post('/cases/import', { text, ...(kind ? { kind } : {}), ...(dry ? { dry_run: true } : {}) }, ENDED_MS), done: !dry });
    } catch (err) {
      if (err.body?.faults) set(err.body);
      else { set(null); setError(err.message); }
    }
    setBusy('');
  };
  const right = answer && !answer.faults?.length;
  return html`<section class="page import"><p class="crumb"><a href="#/cases">← ${t('cases')}</a></p><h1>${t('import_title')}</h1><p class="quiet">${t('import_text')}</p>
    <form onSubmit=${(e) => { e.preventDefault(); ask(true); }}>
      <div class="field"><label for="imp-kind">${t('f_matter')}</label><select id="imp-kind" value=${kind} onChange=${(e) => { setKind(e.target.value); set(null); }}><option value="">${t('import_by_column')}</option>${KINDS.filter((k) => k !== 'periodic').map((k) => html`<option value=${k}>${t('matter_' + k)}</option>`)}</select></div>
      <div class="field"><label for="imp-file">${t('import_file')}</label><input id="imp-file" type="file" accept=".csv,.tsv,.txt,.json,.jsonl" onChange=${choose} aria-describedby="imp-hint" /><small id="imp-hint">${name || t('import_file_hint')}</small></div>
      <div class="field"><label for="imp-text">${t('import_paste')}</label><textarea id="imp-text" rows="7" value=${text} onInput=${(e) => changed(e.target.value)} placeholder=${t('import_example')} spellcheck="false"></textarea></div>
      ${error && html`<p class="error" role="alert">${error}</p>`}
      <div class="buttons"><button class=${right ? '' : 'primary'} disabled=${!!busy}>${busy === 'check' ? t('checking') : t('check_row')}</button>
        ${right && !answer.done && html`<button type="button" class="primary" disabled=${!!busy} onClick=${() => ask(false)}>${busy === 'send' ? t('sending') : t('import_do', answer.rows)}</button>`}</div></form>
    ${answer && html`<div class="import-answer">${right && html`<p role="status"><b>${answer.pending ? t('pending') : t(answer.done ? 'import_done' : 'import_right', answer.rows)}</b> ${answer.done && html`<a href=${'#/cases' + (kind ? `?kind=${kind}` : '')}>${t('import_see')}</a>`}</p>`}
      ${answer.ignored?.length > 0 && html`<p>${t('import_ignored', answer.ignored.join('、'))}</p>`}<${Faults} answer=${answer} />${!answer.done && html`<${Preview} answer=${answer} />`}</div>`}</section>`;
}
