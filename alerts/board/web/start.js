// SPDX-License-Identifier: Apache-2.0
/* First hours: what an office needs before it can rely on the board, as a list that ticks itself off
 * from what the service knows, each with the next step. */
import { html, useEffect, useState } from '/vendor/preact.js';
import { useAnswer } from './answer.js';
import { health } from './api.js';
import { ms, now } from './clock.js';
import { ask, may } from './duty.js';
import { Loading, Term } from './parts.js';
import { state } from './store.js';
import { t } from './strings.js';

const DAY = 24 * 3600e3;

/* key | done? | what it says when not | where to go.  `done` may be null: cannot be known from here. */
function stepsOf({ sources, duty, alive }) {
  const list = sources.sources.filter((s) => s.enabled), seen = list.filter((s) => Number(s.last_ok) > 0);
  const onDuty = !!duty.turns[0]?.duty, covered = duty.turns.every((x) => x.duty) && !duty.gaps.length;
  const tested = duty.tests.some((n) => now() - ms(n.at) < 7 * DAY && Object.values(n.states || {}).some((s) => s !== 'queued' && s !== 'failed'));
  return [
    ['keeper', alive, '', ''],
    ['office', !!state.rules?.office?.name, '', 'rules/files'],
    ['people', duty.people.length > 1, duty.people.length, 'duty'],
    ['rota', onDuty && covered, '', 'duty'],
    ['sources', list.length > 0 && seen.length === list.length, `${seen.length}/${list.length}`, 'sources'],
    ['official', list.some((s) => s.official), '', 'sources'],
    ['test', tested, '', 'duty'],
    ['sound', state.sound, '', ''],
  ];
}

function Step({ step: [key, done, detail, to] }) {
  return html`<li data-done=${done ? 1 : 0}><span class="mark" aria-hidden="true">${done ? '✓' : '○'}</span><div><p><b>${t('start_' + key)}</b> <span class="chip">${done ? t('start_done') : t('start_todo')}</span>${detail !== '' && html` <small>${detail}</small>`}</p>
    ${!done && html`<p class="quiet">${t('start_how_' + key)}</p>`}${!done && to && html`<p><a href=${'#/' + to}>${t('start_go')}</a></p>`}</div></li>`;
}

/* null while something is still unknown. */
export function useSteps() {
  const [sources] = useAnswer('/sources', 15000), [duty] = useAnswer('/duty', 15000, state.dutySeen), [alive, set] = useState(null);
  useEffect(() => {
    const ask = () => health().then((h) => set(!!h.keeper), () => set(false));
    ask();
    const timer = setInterval(ask, 10000);
    return () => clearInterval(timer);
  }, []);
  return sources && duty && alive !== null ? stepsOf({ sources, duty, alive }) : null;
}

export function Start() {
  const steps = useSteps();
  if (!steps) return html`<${Loading} />`;
  const left = steps.filter(([, done]) => !done).length;
  return html`<section class="page start"><h1>${t('start')}</h1><p class=${'verdict ' + (left ? '' : 'good')} role="status">${left ? t('start_left', left, steps.length) : t('start_ready')}</p><ol class="steps">${steps.map((s) => html`<${Step} key=${s[0]} step=${s} />`)}</ol><p class="quiet">${t('start_files')}</p>
    <h2><${Term} name="drill">${t('drill')}<//></h2><p class="quiet">${t('drill_text')}</p>${may('drill') && html`<div class="buttons"><button onClick=${() => ask({}, () => {}, 'drill')}>${t('act_drill')}</button></div>`}</section>`;
}
