// SPDX-License-Identifier: Apache-2.0
/* The quieter pages: sources, sign-in, set-up. */
import { html, useEffect, useState } from '/vendor/preact.js';
import { useAnswer } from './answer.js';
import { post } from './api.js';
import { ago, ms, when } from './clock.js';
import { Empty, Failed, Link, Loading } from './parts.js';
import { parseRoute } from './route.js';
import { update } from './store.js';
import { t } from './strings.js';

/* ---- sources ---- */

const SEVERITY = { blind: 0, suspicious: 1, new: 2, quiet: 3, healthy: 4 };
const stamp = (v) => (/^\d+$/.test(v || '') ? Number(v) : ms(v));

function Source({ s }) {
  const cell = (label, time) => html`<td data-label=${label} title=${time ? when(time) : ''}>${time ? ago(time) : t('never')}</td>`;
  return html`<tr data-state=${s.enabled ? s.state : 'off'}><td class="name"><b>${s.name}</b>${s.official && html` <span class="chip">${t('official')}</span>`}<br/><small><${Link} url=${s.url} /></small></td>
    <td><span class="chip health" data-state=${s.enabled ? s.state : 'off'}><span class="lamp" aria-hidden="true"></span>${s.enabled ? t('src_' + s.state) : t('disabled')}</span></td>
    ${cell(t('last_ok'), stamp(s.last_ok))}${cell(t('last_new'), stamp(s.last_new))}${cell(t('last_try'), stamp(s.last_try))}
    <td class="why" data-label=${t('why_state')}>${s.why || (s.state === 'new' ? t('src_new_text') : '')}${s.last_status ? html` <small>${t('status')} ${s.last_status}</small>` : ''}</td></tr>`;
}

export function Sources() {
  const [answer, error, load] = useAnswer('/sources', 15000);
  if (error && !answer) return html`<${Failed} error=${error} retry=${load} />`;
  if (!answer) return html`<${Loading} />`;
  const list = [...answer.sources].sort((a, b) => SEVERITY[a.state] - SEVERITY[b.state] || a.name.localeCompare(b.name, 'zh'));
  const blind = list.filter((s) => s.enabled && s.state === 'blind').length;
  if (!list.length) return html`<${Empty} title=${t('no_sources')} text=${t('no_sources_text')} />`;
  return html`<section class="page"><h1>${t('sources')}</h1><p class=${'verdict ' + (blind ? 'bad' : 'good')}>${blind ? t('sources_blind', blind) : t('sources_all_fine', list.length)}</p>
    <p class="quiet">${t('sources_hint')}</p><table class="grid sources"><thead><tr><th>${t('source')}</th><th>${t('state')}</th><th>${t('last_ok')}</th><th>${t('last_new')}</th><th>${t('last_try')}</th><th>${t('why_state')}</th></tr></thead>
    <tbody>${list.map((s) => html`<${Source} key=${s.id} s=${s} />`)}</tbody></table></section>`;
}

/* ---- sign in ---- */

function Entry({ title, hint, button, fields, path, extra, people }) {
  const [values, set] = useState({}), [error, setError] = useState(''), [busy, setBusy] = useState(false);
  const submit = async (e) => {
    e.preventDefault();
    setBusy(true);
    setError('');
    try {
      const me = await post(path, { ...values, ...extra });
      if (location.pathname === '/setup') history.replaceState(null, '', '/#/');
      update({ me, route: parseRoute() });
    } catch (err) {
      setBusy(false);
      setError(err.message);
    }
  };
  /* Choosing a person of the duty list fills in the name. */
  const change = (name, value) => {
    const person = name === 'id' && people?.find((p) => p.id === value);
    set((old) => ({ ...old, [name]: value, ...(person ? { name: person.name } : {}) }));
  };
  return html`<main class="entry" id="main"><form onSubmit=${submit}><img src="/icon.svg" width="44" height="44" alt="" /><h1>${title}</h1><p class="quiet">${hint}</p>
    ${fields.map((f, n) => html`<div class="field"><label for=${f.name}>${t(f.name)}</label><input id=${f.name} name=${f.name} type=${f.type || 'text'} required minlength=${f.min} autocomplete=${f.auto} autocapitalize="none" autofocus=${n === 0}
      list=${f.name === 'id' && people ? 'people' : undefined} value=${values[f.name] || ''} onInput=${(e) => change(f.name, e.target.value)} />${f.hint && html`<small>${f.hint}</small>`}</div>`)}
    ${error && html`<p class="error" role="alert">${error}</p>`}<button class="primary" disabled=${busy}>${busy ? t('sending') : button}</button></form>
    ${people && html`<datalist id="people">${people.map((p) => html`<option value=${p.id}>${p.name}</option>`)}</datalist>`}</main>`;
}

export const Login = () => html`<${Entry} title=${t('login_title')} hint=${t('login_hint')} button=${t('login')} path="/login" fields=${[{ name: 'id', auto: 'username' }, { name: 'password', type: 'password', auto: 'current-password' }]} />`;

export function Setup({ token }) {
  const [people, setPeople] = useState(null);
  useEffect(() => { post('/setup', { token }).then((a) => setPeople(a.people), () => {}); }, [token]);
  return html`<${Entry} title=${t('setup_title')} hint=${token ? t('setup_hint') : t('setup_done')} button=${t('setup_button')} path="/setup" extra=${{ token }} people=${people}
    fields=${[{ name: 'id', auto: 'username' }, { name: 'name', auto: 'name' }, { name: 'password', type: 'password', auto: 'new-password', min: 10, hint: t('password_hint') }]} />`;
}
