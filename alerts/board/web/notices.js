// SPDX-License-Identifier: Apache-2.0
/* What was sent to me, newest first, page by page, and how far it got with me. */
import { html, useEffect, useState } from '/vendor/preact.js';
import { get } from './api.js';
import { ms, when } from './clock.js';
import { Empty, Failed, Loading } from './parts.js';
import { t } from './strings.js';

const PAGE = 50;

export function NoticesPage() {
  const [list, set] = useState(null), [next, setNext] = useState(''), [error, setError] = useState(null), [busy, setBusy] = useState(false);
  const read = async (after) => {
    setBusy(true);
    try {
      const answer = await get(`/notices?limit=${PAGE}${after ? `&after=${after}` : ''}`);
      set((old) => [...(after ? old : []), ...answer.notices]);
      setNext(answer.next || '');
      setError(null);
    } catch (e) {
      setError(e);
    }
    setBusy(false);
  };
  useEffect(() => { read(''); }, []);
  if (error && !list) return html`<${Failed} error=${error} retry=${() => read('')} />`;
  if (!list) return html`<${Loading} />`;
  return html`<section class="page notices-page"><h1>${t('my_notices')}</h1><p class="quiet">${t('my_notices_text')}</p>
    ${!list.length && !next ? html`<${Empty} title=${t('no_my_notices')} text="" />` : html`<ul class="notices">${list.map((n) => html`<li key=${n.id}><time datetime=${n.at}>${when(ms(n.at))}</time><div>
      <p>${/^[A-Z]-/.test(n.incident) ? n.title : html`<a href=${'#/incident/' + encodeURIComponent(n.incident)}>${n.title}</a>`}</p><small>${n.body}</small>
      <small><span class="chip">${t('class_' + n.class)}</span>${n.quiet && html` <span class="chip">${t('seen_quiet')}</span>`}${n.clock_due && ` ${t('due_at', when(ms(n.clock_due)))}`}</small></div></li>`)}</ul>`}
    ${error && html`<p class="error" role="alert">${error.message}</p>`}${next && html`<button class="rest" disabled=${busy} onClick=${() => read(next)}>${t('older_more')}</button>`}</section>`;
}
