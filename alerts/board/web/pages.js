// SPDX-License-Identifier: Apache-2.0
/* The way in: sign-in and set-up. */
import { html, useEffect, useState } from '/vendor/preact.js';
import { post } from './api.js';
import { parseRoute } from './route.js';
import { update } from './store.js';
import { t } from './strings.js';

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
  const [people, setPeople] = useState(null), [first, setFirst] = useState(null);
  /* Without an office there is more to ask; that page is fetched then. */
  const begin = async (a) => (a.first ? setFirst({ info: a, page: (await import('/first.js')).First }) : setPeople(a.people));
  useEffect(() => { post('/setup', { token }).then(begin, () => {}); }, [token]);
  if (first) return html`<${first.page} token=${token} info=${first.info} />`;
  return html`<${Entry} title=${t('setup_title')} hint=${token ? t('setup_hint') : t('setup_done')} button=${t('setup_button')} path="/setup" extra=${{ token }} people=${people}
    fields=${[{ name: 'id', auto: 'username' }, { name: 'name', auto: 'name' }, { name: 'password', type: 'password', auto: 'new-password', min: 10, hint: t('password_hint') }]} />`;
}
