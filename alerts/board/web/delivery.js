// SPDX-License-Identifier: Apache-2.0
/* The ways by which notices leave the house: each with a button that tries it, and what could not
 * be sent, with its cause and a button that sends it again. */
import { html } from '/vendor/preact.js';
import { say } from './acts.js';
import { useAnswer } from './answer.js';
import { command, post } from './api.js';
import { ms, when } from './clock.js';
import { personName } from './parts.js';
import { state } from './store.js';
import { t } from './strings.js';

const has = (...roles) => roles.some((r) => state.me?.roles?.includes(r));
const wayName = (id) => (id.startsWith('mail:') ? `${t('mail')} ${personName(id.slice(5))}` : id);

async function attempt(work, reload) {
  try {
    const answer = await work();
    say(answer.message || (answer.hints || [])[0] || t('done'));
    reload();
  } catch (e) {
    say(e.message, 'bad');
  }
}

function Letter({ x, load }) {
  return html`<li><p><b>${x.title || x.notice}</b></p><p>${wayName(x.channel)} · ${t('tries', x.tries)} · ${x.why}</p><small>${when(ms(x.at))}</small>
    ${has('duty', 'supervisor', 'admin') && html`<div class="buttons"><button onClick=${() => attempt(() => post('/deliveries/retry', { id: x.id }), load)}>${t('send_again')}</button></div>`}</li>`;
}

export function Deliveries() {
  const [d, error, load] = useAnswer('/deliveries', 30000);
  if (error || !d) return '';
  const test = (id) => attempt(() => command({ id: 'W-duty' }, 'alarm_test', { channel: id }), load);
  return html`<h2>${t('ways_out')}</h2>${d.channels.length ? html`<ul class="found ways">${d.channels.map((c) => html`<li key=${c.id}><p>${wayName(c.id)} <span class="chip">${t('way_' + c.kind)}</span></p>
      ${has('supervisor', 'admin') && html`<div class="buttons"><button onClick=${() => test(c.id)}>${t('try_way')}</button></div>`}</li>`)}</ul>` : html`<p class="quiet">${t('no_ways')}</p>`}
    <h2>${t('dead_letters')}</h2>${d.dead.length ? html`<p class="verdict bad" role="alert">${t('dead_count', d.dead.length)}</p><ul class="found dead">${d.dead.map((x) => html`<${Letter} key=${x.id} x=${x} load=${load} />`)}</ul>`
      : html`<p class="quiet">${t('no_dead')}</p>`}`;
}
