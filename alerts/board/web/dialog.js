// SPDX-License-Identifier: Apache-2.0
/* The form of an act, drawn from its row of the table, and the sheet of all acts. */
import { html, useEffect, useRef, useState } from '/vendor/preact.js';
import { Rehearsal, Route } from './advice.js';
import { act, actsFor, argsOf, grouped, linesOf, send, shownFields } from './acts.js';
import { get } from './api.js';
import { ms, when } from './clock.js';
import { state, update } from './store.js';
import { t } from './strings.js';

/* ---- one field ---- */

function Many({ f, label, choices, value, set, first }) {
  const flip = (v) => (e) => set(e.target.checked ? [...value, v] : value.filter((x) => x !== v));
  return html`<fieldset><legend>${label}</legend><div class="many">${choices.map(([v, name], n) => html`<label class="check">
    <input type="checkbox" name=${f.name} checked=${value.includes(v)} onChange=${flip(v)} autofocus=${first && n === 0} /><span class="cut">${name}</span></label>`)}</div></fieldset>`;
}

/* Content a response should have, offered as headings at the cursor's end. */
function Boxes({ value, set }) {
  return html`<div class="boxes"><small>${t('boxes_hint')}</small>${(state.rules?.boxes || []).map((b) => html`<button type="button" class="plain chip" onClick=${() => set(`${value ? value.replace(/\n*$/, '\n\n') : ''}【${b.name}】`)}>+ ${b.name}</button>`)}</div>`;
}

/* Whom a consultation may draw on: who knows the topics of the matter first, then who is asked about
 * everything, then the office's own people. */
const knows = (x, i) => (i.topics || []).some((p) => x.topics.some((k) => p.id === k || p.id.startsWith(k + '.')));
export function expertsFor(i) {
  const all = state.rules?.experts || [];
  return [...all.filter((x) => knows(x, i)), ...all.filter((x) => !x.topics.length)];
}
function Experts({ incident, value, set }) {
  const chosen = linesOf(value), add = (line) => () => set([...chosen, line].join('\n')), free = (line) => !chosen.includes(line);
  const experts = expertsFor(incident).map((x) => [`${x.name}（${[x.org, x.post].filter(Boolean).join('，')}）`, x]), people = (state.rules?.people || []).map((p) => p.name);
  return html`${experts.length > 0 && html`<div class="boxes"><small>${t('experts_hint')}</small>${experts.filter(([line]) => free(line)).map(([line, x]) => html`<button type="button" class="plain chip" title=${x.available || ''} onClick=${add(line)}>+ ${x.name} <small>${[x.post, x.available].filter(Boolean).join(' · ')}</small></button>`)}</div>`}
    <div class="boxes"><small>${t('people_hint')}</small>${people.filter(free).slice(0, 12).map((name) => html`<button type="button" class="plain chip" onClick=${add(name)}>+ ${name}</button>`)}</div>`;
}

function Input({ f, incident, values, value, set, first }) {
  const id = 'f_' + f.name, common = { id, name: f.name, required: !!f.required, autofocus: first, 'aria-describedby': f.hint ? id + '_hint' : undefined };
  const label = html`${t(f.label)}${f.required ? html` <span class="required" title=${t('required')}>*</span>` : ''}`;
  const choices = f.options ? f.options(incident, values) : [], change = (e) => set(e.target.value);
  if (f.kind === 'many') return html`<${Many} f=${f} label=${label} choices=${choices} value=${value} set=${set} first=${first} />`;
  if (f.kind === 'flag') return html`<label class="check"><input type="checkbox" id=${id} name=${f.name} checked=${!!value} onChange=${(e) => set(e.target.checked)} autofocus=${first} />${t(f.label)}</label>`;
  if (f.kind === 'select') {
    return html`<label for=${id}>${label}</label><select ...${common} value=${value ?? ''} onChange=${change}>
      <option value="">${f.required ? t('f_choose') : t('f_none')}</option>${choices.map(([v, name]) => html`<option value=${v}>${name}</option>`)}</select>`;
  }
  if (f.kind === 'long' || f.kind === 'lines') return html`<label for=${id}>${label}${f.kind === 'lines' ? html` <small>${t('one_a_line')}</small>` : ''}</label><textarea ...${common} rows=${f.rows || (f.kind === 'lines' ? 3 : 4)} value=${value || ''} onInput=${change}></textarea>
    ${f.boxes && html`<${Boxes} value=${value} set=${set} />`}${f.suggest && html`<${Experts} incident=${incident} value=${value} set=${set} />`}`;
  const type = { url: 'url', time: 'datetime-local', number: 'number' }[f.kind] || 'text';
  return html`<label for=${id}>${label}</label><input ...${common} type=${type} min=${f.min} max=${f.max} value=${value ?? ''} onInput=${change} autocomplete="off" />`;
}

function Field(props) {
  const { f, incident } = props, note = f.note?.(incident);
  return html`<div class="field"><${Input} ...${props} />${f.hint && html`<small id=${'f_' + f.name + '_hint'}>${t(f.hint)}</small>`}${note && html`<small>${note}</small>`}</div>`;
}

/* ---- which clocks a level would open ---- */

function Preview({ incident, level }) {
  const [answer, set] = useState(null);
  useEffect(() => {
    let gone = false;
    set(null);
    if (level) get(`/incidents/${encodeURIComponent(incident.id)}/preview?level=${level}`).then((a) => gone || set(a), () => {});
    return () => { gone = true; };
  }, [level]);
  if (!answer) return null;
  return html`<div class="preview" role="status"><p>${answer.obligations.length ? t('preview_opens') : t('preview_none')}</p>
    <ul>${answer.obligations.map((o) => html`<li><b>${o.label}</b> ${t('due_at', when(ms(o.due)))} <small>${o.known ? t('preview_same') : t('preview_new')}</small></li>`)}</ul></div>`;
}

/* ---- the dialog ---- */

export function ActDialog() {
  const { incident, row, given } = state.dialog, ref = useRef(null);
  const [values, setValues] = useState(() => Object.fromEntries(row.fields.map((f) => [f.name, f.value?.(incident, given) ?? (f.kind === 'many' ? [] : '')])));
  const [error, setError] = useState(''), [busy, setBusy] = useState(false);
  useEffect(() => { ref.current.showModal(); }, []);
  const fields = shownFields(row, values, incident);
  const submit = async (e) => {
    e.preventDefault();
    const missing = fields.find((f) => f.required && f.kind === 'many' && !values[f.name].length);
    if (missing) return setError(`${t(missing.label)}：${t('required')}`);
    setBusy(true);
    setError('');
    try {
      await send(incident, row, argsOf(row, values, incident, given));
    } catch (err) {
      setBusy(false);
      setError(err.message);
      if (err.field) document.getElementById('f_' + err.field)?.focus();
    }
  };
  return html`<dialog ref=${ref} class=${'act' + (row.wide ? ' wide' : '')} aria-labelledby="act-title" onClose=${() => update({ dialog: null })}>
    <form onSubmit=${submit}><header><h2 id="act-title">${t('act_' + row.verb)}</h2><p>${incident.title}</p></header>
      <div class="fields">${fields.map((f, n) => html`<${Field} key=${f.name} f=${f} incident=${incident} first=${n === 0} values=${values} value=${values[f.name]}
        set=${(v) => setValues((old) => ({ ...old, [f.name]: v }))} />`)}${row.preview && html`<${Preview} incident=${incident} level=${values.level} />`}${row.route && html`<${Route} incident=${incident} />`}${row.rehearse?.(values) ? html`<${Rehearsal} incident=${incident} verb=${row.verb} args=${argsOf(row, values, incident, given)} />` : ''}</div>
      ${error && html`<p class="error" role="alert">${error}</p>`}
      <footer><button type="button" onClick=${() => ref.current.close()}>${t('cancel')}</button><button class="primary" disabled=${busy}>${busy ? t('sending') : t('ok')}</button></footer></form></dialog>`;
}

/* Everything that can be done with this matter now: type to narrow, Enter takes the first. */
export function ActSheet() {
  const { incident } = state.sheet, ref = useRef(null), [query, set] = useState('');
  useEffect(() => { ref.current.showModal(); }, []);
  const acts = actsFor(incident).filter((a) => !query || t('act_' + a.verb).includes(query) || a.verb.startsWith(query.toLowerCase()));
  const take = (a) => { ref.current.close(); act(incident, a.verb); };
  const submit = (e) => { e.preventDefault(); if (acts.length) take(acts[0]); };
  return html`<dialog ref=${ref} class="sheet" aria-labelledby="sheet-title" onClose=${() => update({ sheet: null })}><form onSubmit=${submit}>
    <header><h2 id="sheet-title">${t('all_acts')}</h2><p>${incident.title}</p><input type="search" id="act-search" aria-label=${t('find_act')} placeholder=${t('find_act')} value=${query} onInput=${(e) => set(e.target.value.trim())} autofocus autocomplete="off" /></header>
    <div class="fields">${grouped(acts).map(([g, list]) => html`<section><h3>${t('group_' + g)}</h3><div class="buttons">${list.map((a) => html`<button type="button" onClick=${() => take(a)}>${t('act_' + a.verb)}${a.key && html`<kbd>${a.key}</kbd>`}</button>`)}</div></section>`)}
    ${!acts.length && html`<p class="quiet">${t('no_acts')}</p>`}</div>
    <footer><button type="button" onClick=${() => ref.current.close()}>${t('close')}</button></footer></form></dialog>`;
}
