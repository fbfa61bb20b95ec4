// SPDX-License-Identifier: Apache-2.0
/* The guided first set-up on a folder without an office: who one is, the office, what to watch, who is
 * on duty; checked and written at the end, all at once.  Then the service starts, and the page signs in
 * and leads on to the list of first steps. */
import { html, useEffect, useState } from '/vendor/preact.js';
import { get, post } from './api.js';
import { Failed } from './parts.js';
import { parseRoute } from './route.js';
import { update } from './store.js';
import { addWords, t } from './strings.js';
import { words } from './words_first.js';

addWords(words);
const ROLES = ['duty', 'monitor', 'analyst', 'editor', 'approver', 'supervisor'], KINDS = ['list', 'forum', 'feed', 'sitemap'], LEVELS = ['county', 'city', 'province'], SLOW_MS = 60000;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/* ---- pieces ---- */

function Field({ id, label, value, set, ...more }) {
  return html`<div class="field"><label for=${id}>${label}</label><input id=${id} value=${value || ''} onInput=${(e) => set(e.target.value)} autocapitalize="none" autocomplete="off" ...${more} /></div>`;
}
function Choice({ id, label, value, set, list }) {
  return html`<div class="field"><label for=${id}>${label}</label><select id=${id} value=${value} onChange=${(e) => set(e.target.value)}>${list.map(([v, name]) => html`<option value=${v}>${name}</option>`)}</select></div>`;
}
const Flag = ({ label, checked, set, ...more }) => html`<label class="check"><input type="checkbox" checked=${!!checked} onChange=${(e) => set(e.target.checked)} ...${more} />${label}</label>`;

/* Rows that are added and taken away; `draw(row, set, n)` draws one. */
function Rows({ list, set, fresh, draw, least = 0 }) {
  const change = (n) => (more) => set(list.map((x, k) => (k === n ? { ...x, ...more } : x)));
  return html`${list.map((row, n) => html`<fieldset class="row-of-form" key=${n}><legend>${n + 1}</legend>${draw(row, change(n), n)}${list.length > least && n > 0 ? html`<button type="button" class="plain" onClick=${() => set(list.filter((_, k) => k !== n))}>${t('first_remove')}</button>` : ''}</fieldset>`)}
    <div class="buttons"><button type="button" onClick=${() => set([...list, fresh()])}>${t('first_add')}</button></div>`;
}

/* ---- the steps ---- */

function Account({ v, set }) {
  const a = v.account, change = (key) => (x) => set({ account: { ...a, [key]: x } });
  return html`<${Field} id="id" label=${t('first_id')} value=${a.id} set=${change('id')} required pattern="[a-z][a-z0-9_.\\-]+" maxlength="32" autofocus /><${Field} id="name" label=${t('first_name')} value=${a.name} set=${change('name')} required maxlength="30" />
    <${Field} id="password" label=${t('password')} type="password" autocomplete="new-password" value=${a.password} set=${change('password')} required minlength="10" /><p class="quiet">${t('password_hint')}</p>`;
}

function Office({ v, set }) {
  const o = v.office, change = (key) => (x) => set({ office: { ...o, [key]: x } });
  return html`<${Field} id="office-name" label=${t('first_office_name')} value=${o.name} set=${change('name')} required maxlength="60" autofocus /><${Field} id="office-id" label=${t('first_office_id')} value=${o.id} set=${change('id')} required pattern="[a-z0-9][a-z0-9\\-]*" maxlength="32" />
    <${Choice} id="level" label=${t('first_level')} value=${o.level} set=${change('level')} list=${LEVELS.map((k) => [k, t('first_level_' + k)])} /><${Field} id="division" label=${t('first_division')} value=${o.division} set=${change('division')} required pattern="[0-9]{6}" inputmode="numeric" />
    <${Field} id="contact" label=${t('first_contact')} value=${o.contact} set=${change('contact')} required /><${Field} id="site" label=${t('first_site')} type="url" value=${o.channel.url} set=${(url) => set({ office: { ...o, channel: { url } } })} placeholder="https://" />`;
}

function Sources({ v, set }) {
  return html`<${Rows} list=${v.sources} set=${(sources) => set({ sources })} fresh=${() => ({ name: '', kind: 'list', url: '' })} draw=${(s, change, n) => html`<${Field} id=${'source-name-' + n} label=${t('first_source_name')} value=${s.name} set=${(name) => change({ name })} required maxlength="60" />
    <${Field} id=${'source-url-' + n} label=${t('first_source_url')} type="url" value=${s.url} set=${(url) => change({ url })} required placeholder="https://" /><${Choice} id=${'source-kind-' + n} label=${t('first_source_kind')} value=${s.kind} set=${(kind) => change({ kind })} list=${KINDS.map((k) => [k, t('first_kind_' + k)])} />
    <div class="many"><${Flag} label=${t('first_official')} checked=${s.official} set=${(official) => change({ official })} /><${Flag} label=${t('first_private')} checked=${s.allow_private} set=${(x) => change({ allow_private: x })} /></div>`} />`;
}

function People({ v, set }) {
  return html`<${Rows} list=${v.people} set=${(people) => set({ people })} fresh=${() => ({ id: '', name: '', roles: ['duty', 'monitor'] })} draw=${(p, change, n) => html`<${Field} id=${'person-id-' + n} label=${t('first_id')} value=${p.id} set=${(id) => change({ id })} required pattern="[a-z][a-z0-9_.\\-]+" maxlength="32" /><${Field} id=${'person-name-' + n} label=${t('first_name')} value=${p.name} set=${(name) => change({ name })} required maxlength="30" />
    <fieldset><legend>${t('first_roles')}</legend><div class="many">${ROLES.map((r) => html`<${Flag} label=${t('role_' + r)} checked=${p.roles.includes(r)} set=${(on) => change({ roles: on ? [...p.roles, r] : p.roles.filter((x) => x !== r) })} />`)}</div></fieldset>`} />`;
}

/* step | its form | the file it is for; a file that is there is not asked about */
const STEPS = [['account', Account, ''], ['office', Office, 'office.yaml'], ['sources', Sources, 'sources.yaml'], ['people', People, 'duty.yaml']];

/* ---- the end ---- */

/* The service is there when its keeper leads; then we are signed in, or sign in ourselves. */
async function enter(account, slow) {
  const began = performance.now();
  for (let told = false; ; await pause(500)) {
    if (!told && performance.now() - began > SLOW_MS) { told = true; slow(); }
    const health = await fetch('/healthz').then((r) => r.json(), () => null);
    if (health && !health.first && health.keeper) break;
  }
  const me = account ? await post('/login', { id: account.id, password: account.password }) : await get('/me').catch(() => null);
  history.replaceState(null, '', '/#/start');
  update({ me, route: parseRoute() });
}

function Write({ body, info, account }) {
  const [files, setFiles] = useState(null), [error, setError] = useState(null), [phase, setPhase] = useState('checking'), [command, setCommand] = useState('');
  const check = () => { setError(null); post('/setup', { ...body, dry: true }, 60000).then((a) => { setFiles(a.files); setPhase('checked'); }, setError); };
  useEffect(check, []);
  const start = () => { setPhase('starting'); enter(account, () => setPhase('slow')).catch(setError); };
  const write = async () => {
    setPhase('writing');
    try {
      setCommand((await post('/setup', body, 60000)).command || '');
      start();
    } catch (e) {
      setPhase('checked');
      setError(e);
    }
  };
  const texts = files && Object.entries(files).map(([name, text]) => html`<h3>${name}</h3><pre tabindex="0" aria-label=${name}>${text}</pre>`);
  if (error && !files) return error.code === 'check' || error.code === 'first' ? html`<pre class="bad" role="alert">${error.message}</pre>` : html`<${Failed} error=${error} retry=${check} />`;
  return html`${!files && html`<p role="status">${t('judging')}</p>`}${files && html`<p class="verdict good" role="status">${!info.writable ? t('first_paste', info.folder) : phase === 'starting' ? t('first_starting') : phase === 'slow' ? t('first_slow') : t('first_checked')}</p>${command && html`<p>${t('first_command')}</p><pre class="command" tabindex="0" aria-label=${t('first_command')}>${command}</pre>`}${texts}`}
    ${error && html`<pre class="bad" role="alert">${error.message}</pre>`}${files && html`<div class="buttons"><button type="button" class="primary" disabled=${phase !== 'checked'} onClick=${write}>${phase === 'writing' ? t('sending') : phase !== 'checked' && !info.writable ? t('first_waiting') : t(info.writable ? 'first_write_do' : 'first_wait_do')}</button></div>`}`;
}

/* ---- the page ---- */

export function First({ token, info }) {
  const steps = STEPS.filter(([key, , file]) => (key === 'account' ? info.account : info.missing.includes(file)));
  const [at, go] = useState(0), [v, setAll] = useState({ account: { id: '', name: '', password: '' }, office: { id: '', name: '', level: 'county', division: '', contact: '', channel: { url: '' } }, sources: [{ name: '', kind: 'list', url: '', official: true }], people: [] });
  const set = (more) => setAll((old) => ({ ...old, ...more })), last = at === steps.length, [key, Step] = last ? ['write'] : steps[at];
  /* Whoever sets up is the first of the list. */
  const next = (e) => {
    e.preventDefault();
    if (key === 'account') set({ people: [{ roles: ['duty', 'monitor', 'analyst'], ...v.people[0], id: v.account.id, name: v.account.name }, ...(v.people.length > 1 ? v.people.slice(1) : [{ id: '', name: '', roles: ['duty', 'monitor'] }])] });
    go(at + 1);
  };
  const body = { token, account: info.account ? v.account : undefined, office: v.office, sources: v.sources, people: v.people };
  return html`<main class="entry first" id="main"><form onSubmit=${next}><h1>${t('first_title')}</h1><p class="quiet">${t('first_text', info.folder)}</p>
    <ol class="first-steps" aria-label=${t('first_title')}>${[...steps, ['write']].map(([k], n) => html`<li aria-current=${n === at ? 'step' : null} data-done=${n < at ? 1 : 0}>${t('first_' + k)}</li>`)}</ol>
    ${at === 0 && ['sources.yaml', 'duty.yaml'].filter((f) => !info.missing.includes(f)).map((f) => html`<p class="quiet">${t('first_there', f)}</p>`)}
    <h2>${t('first_' + key)}</h2>${last ? html`<${Write} key=${at} body=${body} info=${info} account=${info.account ? v.account : null} />` : html`<p class="quiet">${t(`first_${key}_text`)}</p><${Step} key=${key} v=${v} set=${set} />`}
    <div class="buttons">${at > 0 && html`<button type="button" onClick=${() => go(at - 1)}>${t('first_back')}</button>`}${!last && html`<button class="primary">${t('first_next')}</button>`}</div></form></main>`;
}
