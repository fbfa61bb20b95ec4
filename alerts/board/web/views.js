// SPDX-License-Identifier: Apache-2.0
/* Views: filters under a name.  Which filters stands in the address, so a view can be sent on; the
 * names are kept on this computer, for each person. */
import { html, useState } from '/vendor/preact.js';
import { go } from './route.js';
import { cached, matching, state, update } from './store.js';
import { t } from './strings.js';

const MOST = 20, NAME_CHARS = 20;
const BUILT_IN = [['view_all', ''], ['view_mine', 'mine=1'], ['unacked', 'ack=none'], ['lamp_late', 'lamp=late']];
const key = () => `views ${state.me?.id}`;

/* What is stored may be anything: it is read as a list of names and queries, or not at all. */
export function kept() {
  try {
    const list = JSON.parse(localStorage.getItem(key()) || '[]');
    return list.filter((v) => typeof v?.name === 'string' && typeof v.query === 'string').slice(0, MOST);
  } catch {
    return [];
  }
}
function store(list) {
  try { localStorage.setItem(key(), JSON.stringify(list)); } catch { /* a full or forbidden store: the view stands in the address all the same */ }
  update({});
}

const same = (a, b) => { const x = new URLSearchParams(a), y = new URLSearchParams(b); x.sort(); y.sort(); return String(x) === String(y); };
const count = (query) => cached(`count ${query}`, () => { let n = 0, fits = matching(new URLSearchParams(query)); for (const i of state.incidents.values()) if (fits(i)) n++; return n; });

export function Views() {
  const now = String(state.route.query), mine = kept(), [naming, setNaming] = useState(false), [name, setName] = useState('');
  const known = BUILT_IN.some(([, q]) => same(q, now)) || mine.some((v) => same(v.query, now));
  const save = (e) => {
    e.preventDefault();
    const title = name.trim().slice(0, NAME_CHARS);
    if (title) store([...mine.filter((v) => v.name !== title), { name: title, query: now }].slice(-MOST));
    setNaming(false);
    setName('');
  };
  const chip = (label, query, remove) => html`<li><a href=${'#/' + (query && '?' + query)} aria-current=${same(query, now) ? 'page' : null}>${label} <b>${count(query)}</b></a>${remove && same(query, now) && html`<button class="plain" aria-label=${t('view_remove', label)} title=${t('view_remove', label)} onClick=${remove}>×</button>`}</li>`;
  return html`<nav class="views" aria-label=${t('views')}><ul>${BUILT_IN.map(([label, query]) => chip(t(label), query))}${mine.map((v) => chip(v.name, v.query, () => { store(mine.filter((o) => o !== v)); go('#/'); }))}</ul>
    ${!known && (naming ? html`<form onSubmit=${save}><input aria-label=${t('view_name')} placeholder=${t('view_name')} maxlength=${NAME_CHARS} value=${name} onInput=${(e) => setName(e.target.value)} ref=${(el) => el?.focus()} /><button class="primary">${t('view_keep')}</button></form>`
      : html`<button class="plain" onClick=${() => setNaming(true)}>${t('view_save')}</button>`)}</nav>`;
}
