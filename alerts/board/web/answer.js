// SPDX-License-Identifier: Apache-2.0
/* An answer of the server that a page shows and keeps fresh. */
import { useEffect, useState } from '/vendor/preact.js';
import { get } from './api.js';

/* Ask now, again every `everyMs` while the page is open, and whenever `when` changes. */
export function useAnswer(path, everyMs, when) {
  const [answer, set] = useState(null), [error, setError] = useState(null);
  const load = () => get(path).then((a) => { set(a); setError(null); return a; }, (e) => { setError(e); return null; });
  useEffect(() => {
    load();
    const timer = everyMs ? setInterval(load, everyMs) : 0;
    return () => clearInterval(timer);
  }, [path, when]);
  return [answer, error, load];
}
