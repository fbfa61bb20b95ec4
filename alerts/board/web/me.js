// SPDX-License-Identifier: Apache-2.0
/* What opens the board in my name: where I am signed in, tokens of programs, the record of sign-ins.
 * Administrators see everybody's. */
import { html, useState } from '/vendor/preact.js';
import { say } from './acts.js';
import { useAnswer } from './answer.js';
import { post } from './api.js';
import { ago, ms, when } from './clock.js';
import { Failed, Loading, personName, Term } from './parts.js';
import { state } from './store.js';
import { t } from './strings.js';

const is = (role) => state.me?.roles?.includes(role);

async function end(path, body, load) {
  try {
    await post(path, body);
    say(t('done'));
  } catch (e) {
    say(e.message, 'bad');
  }
  load();
}

/* "Chrome on Windows" is what people recognise; the whole text is in the title. */
export function deviceOf(agent) {
  const find = (table) => (table.find(([pattern]) => pattern.test(agent || '')) || [null, ''])[1];
  const browser = find([[/MicroMessenger/, '微信'], [/Edg\//, 'Edge'], [/Firefox\//, 'Firefox'], [/HuiYing|huiying/, 'huiying-notify'], [/Chrome\//, 'Chrome'], [/Safari\//, 'Safari'], [/^curl/, 'curl']]);
  const system = find([[/HarmonyOS/, 'HarmonyOS'], [/Android/, 'Android'], [/iPhone|iPad/, 'iOS'], [/Windows/, 'Windows'], [/Mac OS/, 'macOS'], [/Linux/, 'Linux']]);
  return [browser, system].filter(Boolean).join(' · ') || t('unknown_device');
}

function Sessions({ all }) {
  const [a, error, load] = useAnswer('/me/sessions' + (all ? '?all=1' : ''), 60000);
  if (error) return html`<${Failed} error=${error} retry=${load} />`;
  if (!a) return html`<${Loading} />`;
  const list = [...a.sessions].sort((x, y) => y.current - x.current || ms(y.seen) - ms(x.seen)), query = all ? '?all=1' : '';
  return html`<ul class="found sessions">${list.map((s) => html`<li key=${s.id}><p><b>${all ? `${personName(s.person)} · ` : ''}<span title=${s.agent}>${deviceOf(s.agent)}</span></b> ${s.peer} ${s.current && html`<span class="chip">${t('this_one')}</span>`}</p>
    <small>${t('signed_in', when(ms(s.at)))} · ${t('last_used', ago(ms(s.seen)))}</small>${!s.current && html`<div class="buttons"><button onClick=${() => end('/me/sessions/revoke' + query, { id: s.id }, load)}>${t('end_session')}</button></div>`}</li>`)}</ul>
    ${!all && list.length > 1 && html`<div class="buttons"><button onClick=${() => end('/me/sessions/revoke', { others: true }, load)}>${t('end_others')}</button></div>`}`;
}

/* With the password in force; all other places are signed out. */
function Password({ after }) {
  const [values, set] = useState({ current: '', password: '', again: '' }), [error, setError] = useState(''), [busy, setBusy] = useState(false);
  const field = (key, auto, hint) => html`<div class="field"><label for=${'pw-' + key}>${t('pw_' + key)}</label><input id=${'pw-' + key} type="password" required autocomplete=${auto} minlength=${key === 'current' ? undefined : 10} value=${values[key]} onInput=${(e) => set({ ...values, [key]: e.target.value })} />${hint && html`<small>${hint}</small>`}</div>`;
  const submit = async (e) => {
    e.preventDefault();
    if (values.password !== values.again) return setError(t('pw_differ'));
    setBusy(true);
    setError('');
    try {
      await post('/me/password', { current: values.current, password: values.password });
      set({ current: '', password: '', again: '' });
      say(t('pw_changed'));
      after();
    } catch (err) {
      setError(err.message);
      document.getElementById('pw-' + err.code)?.focus();
    }
    setBusy(false);
  };
  return html`<details class="trial password"><summary>${t('pw_change')}</summary><form class="edit" onSubmit=${submit}><input type="text" autocomplete="username" value=${state.me.id} readonly hidden />
    ${field('current', 'current-password')}${field('password', 'new-password', t('password_hint'))}${field('again', 'new-password')}
    ${error && html`<p class="error" role="alert">${error}</p>`}<div class="buttons"><button class="primary" disabled=${busy}>${busy ? t('sending') : t('pw_do')}</button></div></form></details>`;
}

function NewToken({ load }) {
  const [values, set] = useState({ name: '', scope: 'read', days: 90 }), [token, setToken] = useState(''), /* a calendar program is given an address */ [error, setError] = useState('');
  const change = (key) => (e) => set({ ...values, [key]: e.target.value });
  const submit = async (e) => {
    e.preventDefault();
    setError('');
    try {
      const a = await post('/me/tokens', { ...values, days: Number(values.days) });
      setToken(values.scope === 'calendar' ? `${location.origin}/api/v1/duty.ics?person=${encodeURIComponent(state.me.id)}&token=${a.token}` : a.token);
      set({ ...values, name: '' });
      load();
    } catch (err) {
      setError(err.message);
    }
  };
  return html`<form class="filters" onSubmit=${submit}><input id="token-name" required maxlength="40" value=${values.name} onInput=${change('name')} placeholder=${t('token_for')} aria-label=${t('token_for')} />
    <select id="token-scope" aria-label=${t('token_scope')} value=${values.scope} onChange=${change('scope')}><option value="read">${t('scope_read')}</option><option value="act">${t('scope_act')}</option><option value="calendar">${t('scope_calendar')}</option></select>
    <label>${t('token_days')} <input id="token-days" type="number" min="1" max="366" required value=${values.days} onInput=${change('days')} /></label><button class="primary">${t('token_make')}</button></form>
    ${error && html`<p class="error" role="alert">${error}</p>`}${token && html`<div class="new-token" role="status"><p>${t('token_once')}</p><pre>${token}</pre><div class="buttons"><button onClick=${() => navigator.clipboard?.writeText(token)}>${t('copy')}</button><button onClick=${() => setToken('')}>${t('token_saved')}</button></div></div>`}`;
}

function Tokens({ all }) {
  const query = all ? '?all=1' : '', [a, error, load] = useAnswer('/me/tokens' + query, 0);
  if (error) return html`<${Failed} error=${error} retry=${load} />`;
  if (!a) return html`<${Loading} />`;
  return html`${!all && html`<${NewToken} load=${load} />`}${a.tokens.length ? html`<ul class="found tokens">${a.tokens.map((x) => html`<li key=${x.id}><p><b>${all ? `${personName(x.person)} · ` : ''}${x.name}</b> <span class="chip">${t('scope_' + x.scope)}</span> ${x.over && html`<span class="chip bad">${t('token_over')}</span>`}</p>
    <small>${t('token_made', when(ms(x.created)))} · ${x.expires ? t('token_until', when(ms(x.expires))) : t('token_for_ever')} · ${x.id}</small><div class="buttons"><button onClick=${() => end('/me/tokens/revoke', { id: x.id, person: x.person }, load)}>${t('token_end')}</button></div></li>`)}</ul>` : html`<p class="quiet">${t('no_tokens')}</p>`}`;
}

function Logins({ all }) {
  const [a, error, load] = useAnswer('/logins' + (all ? '?all=1' : ''), 0);
  if (error) return html`<${Failed} error=${error} retry=${load} />`;
  if (!a) return html`<${Loading} />`;
  return html`<ul class="notices logins">${a.logins.slice(0, 60).map((l) => html`<li><time>${when(ms(l.at))}</time><p>${all ? `${personName(l.person) || '?'} · ` : ''}${l.ok ? t('login_' + l.how) : html`<b class="bad">${t('login_failed', t('login_' + l.how))}</b>`} <small>${l.peer}</small></p></li>`)}</ul>`;
}

export function Me() {
  const [all, setAll] = useState(false), [turn, again] = useState(0), everybody = is('admin') || is('auditor');
  return html`<section class="page me-page"><h1>${state.me.name}</h1><p class="quiet">${t('my_roles', (state.me.roles || []).map((r) => t('role_' + r)).join('、'))}</p>
    ${everybody && html`<label class="check"><input type="checkbox" checked=${all} onChange=${(e) => setAll(e.target.checked)} />${t('everybody')}</label>`}
    <div class="columns even"><div><h2>${t('sessions')}</h2><${Sessions} key=${'s' + all + turn} all=${all} /><${Password} after=${() => again(turn + 1)} /><h2><${Term} name="token">${t('tokens')}<//></h2><${Tokens} key=${'t' + all} all=${all} /></div>
    <div><h2>${t('logins')}</h2><p class="quiet">${t('logins_text')}</p><${Logins} key=${'l' + all + turn} all=${all} /></div></div></section>`;
}
