// SPDX-License-Identifier: Apache-2.0
// 用法：node docs/example.mjs http://127.0.0.1:8787 令牌文件        列出处理中的事件，然后跟着看变化
import { readFileSync } from 'node:fs';
const [base, file] = process.argv.slice(2), headers = { authorization: `Bearer ${readFileSync(file, 'utf8').trim()}` };
async function get(path, more = {}) {
  const r = await fetch(base + '/api/v1' + path, { headers: { ...headers, ...more } });
  if (!r.ok) throw new Error((await r.json()).detail); /* problem+json：给人看的中文句子 */
  return r;
}
const print = (i) => console.log(i.id, i.state, i.obligations.find((o) => o.state === 'open')?.due ?? '-', i.title);
(await (await get('/incidents')).json()).incidents.forEach(print);
for (let last = '', rest = ''; ;) { /* 断线后带上最后的事件编号重连，一条不漏 */
  try {
    for await (const chunk of (await get('/events', last && { 'last-event-id': last })).body) {
      for (const event of (rest += Buffer.from(chunk)).split('\n\n').slice(0, -1)) {
        const line = Object.fromEntries(event.split('\n').map((l) => l.split(/: (.*)/s)));
        last = line.id ?? last;
        if (line.event === 'incident') print(JSON.parse(line.data));
      }
      rest = rest.slice(rest.lastIndexOf('\n\n') + 2);
    }
  } catch (e) { console.error(e.message); await new Promise((ok) => setTimeout(ok, 2000)); }
}
