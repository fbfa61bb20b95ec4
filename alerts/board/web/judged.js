// SPDX-License-Identifier: Apache-2.0
/* A text as the rules judge it: verdict in one sentence, scores, words with what each adds, marks. */
import { html, useState } from '/vendor/preact.js';
import { post } from './api.js';
import { names } from './parts.js';
import { state } from './store.js';
import { t } from './strings.js';
import { nameOf } from './verbs.js';
import { Facts, Marked, Scores, telling, Words } from './why.js';

const TEXT_SHOWN = 4000;

/* Ask for a judgement; `ask(body)` starts it. */
export function useJudge() {
  const [answer, set] = useState(null), [error, setError] = useState(''), [busy, setBusy] = useState(false);
  const ask = async (body) => {
    setBusy(true);
    setError('');
    try {
      set(await post('/rules/score', body, 40000));
    } catch (e) {
      set(null);
      setError(e.message);
    }
    setBusy(false);
  };
  return { answer, error, busy, ask, clear: () => { set(null); setError(''); } };
}

export function Verdict({ score: s }) {
  const topics = (s.topics || []).slice(0, 3).map((x) => x.name || nameOf(state.rules?.topics, x.id)).join('、');
  const units = (s.units || []).map((u) => u.name || nameOf(state.rules?.units, u.id || u)).join('、');
  return html`<p class="verdict-line" role="status"><b class="chip told" data-told=${s.alert}>${t('told_' + s.alert)}</b> ${t('told_means_' + s.alert)}</p>
    <dl class="pairs">${s.level ? html`<div><dt>${t('facet_level')}</dt><dd>${t('proposed')} ${t('level_' + s.level)}</dd></div>` : ''}${topics && html`<div><dt>${t('topics')}</dt><dd>${topics}</dd></div>`}
      ${s.places?.length > 0 && html`<div><dt>${t('places')}</dt><dd>${names([...new Map(s.places.map((p) => [p.code, p])).values()])}</dd></div>`}${units && html`<div><dt>${t('unit_proposed')}</dt><dd>${units}</dd></div>`}
      ${s.traps?.length > 0 && html`<div><dt>${t('traps')}</dt><dd>${s.traps.map((x) => t('trap_' + x)).join('、')}</dd></div>`}</dl>`;
}

export function Judged({ item }) {
  const s = item.score || {}, hits = telling(s.hits || []), text = Array.from(item.text || '');
  const of = (field) => hits.filter((h) => h.field === field);
  return html`<div class="judged"><${Verdict} score=${s} /><${Scores} score=${s} />
    <div class="text"><h3><${Marked} text=${item.title} hits=${of('title')} /></h3><div class="body" tabindex="0" role="region" aria-label=${t('f_text')}><${Marked} text=${text.slice(0, TEXT_SHOWN).join('')} hits=${of('text')} />${text.length > TEXT_SHOWN ? '…' : ''}</div></div>
    <h3>${t('words')}</h3><${Words} hits=${hits} /><h3>${t('facts')}</h3><${Facts} facts=${s.facts} /></div>`;
}
