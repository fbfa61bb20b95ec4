// SPDX-License-Identifier: Apache-2.0
/* Where we are stands in the address, filters included, so that a view can be kept and sent on. */
import { state, update } from './store.js';

export function parseRoute() {
  if (location.pathname === '/setup') return { page: 'setup', id: location.hash.slice(1), query: new URLSearchParams() };
  const [path, query] = location.hash.replace(/^#\/?/, '').split('?');
  const [page, id] = path.split('/');
  if (page === 'incident' && /^A\d{8}-/.test(id || '')) return { page: 'risks', id, query: new URLSearchParams() }; /* a notice names it like an incident */
  return { page: page || 'live', id: id ? decodeURIComponent(id) : '', query: new URLSearchParams(query || '') };
}
export function go(hash) {
  location.hash = hash;
}
export function setQuery(changes) {
  const q = new URLSearchParams(state.route.query);
  for (const [k, v] of Object.entries(changes)) v ? q.set(k, v) : q.delete(k);
  const { page, id } = state.route, path = page === 'live' ? '#/' : `#/${page}${id && '/' + encodeURIComponent(id)}`;
  history.replaceState(null, '', path + (String(q) ? '?' + q : ''));
  update({ route: parseRoute() });
}
