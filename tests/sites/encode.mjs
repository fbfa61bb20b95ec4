/* SPDX-License-Identifier: Apache-2.0 */
/* Text to bytes in the charsets that Chinese sites use.  Node decodes them all and encodes only
 * UTF-8, so the tables are turned round once.  What a charset cannot say becomes &#N;, as browsers
 * send it. */

const tables = new Map();

/* All two-byte sequences of a charset, decoded, as Map(character -> lead << 8 | trail). */
function tableOf(charset) {
    if (tables.has(charset)) return tables.get(charset);
    const decoder = new TextDecoder(charset);
    const table = new Map();
    for (let lead = 0x81; lead <= 0xfe; lead++)
        for (let trail = 0x40; trail <= 0xfe; trail++) {
            const text = decoder.decode(Uint8Array.of(lead, trail));
            if ([...text].length === 1 && text !== '\ufffd' && !table.has(text))
                table.set(text, (lead << 8) | trail);
        }
    tables.set(charset, table);
    return table;
}

/* GB18030 writes what lies beyond the basic plane in four bytes, counted up from 90 30 81 30. */
function fourBytes(codePoint) {
    let n = codePoint - 0x10000 + 189000;
    const d = 0x30 + (n % 10);
    n = Math.floor(n / 10);
    const c = 0x81 + (n % 126);
    n = Math.floor(n / 126);
    return [0x81 + Math.floor(n / 10), 0x30 + (n % 10), c, d];
}

function bytesOf(char, table, charset) {
    const code = char.codePointAt(0);
    if (code < 0x80) return [code];
    const pair = table.get(char);
    if (pair !== undefined) return [pair >> 8, pair & 0xff];
    if (charset === 'gb18030' && code >= 0x10000) return fourBytes(code);
    return [...Buffer.from(`&#${code};`)];
}

export function encode(text, charset) {
    if (charset === 'utf-8') return Buffer.from(text);
    const table = tableOf(charset === 'gb2312' ? 'gbk' : charset);
    const out = [];
    for (const char of text) out.push(...bytesOf(char, table, charset));
    return Buffer.from(out);
}
