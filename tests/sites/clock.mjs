/* SPDX-License-Identifier: Apache-2.0 */
/* The sites' clock: the machine's, or a file of milliseconds that a test moves.  Everything that is
 * shown follows from it, so a run with the same clock and seed is the same run. */
import { readFileSync } from 'node:fs';

const ZONE_MS = 8 * 3600 * 1000; /* pages speak Beijing time wherever the machine stands */

export function clockOf(file) {
    return file ? () => Number(readFileSync(file, 'utf8').trim()) : () => Date.now();
}

const two = (n) => String(n).padStart(2, '0');

/* Calendar fields of a moment in Beijing. */
export function civil(ms) {
    const d = new Date(ms + ZONE_MS);
    return {
        year: d.getUTCFullYear(),
        month: d.getUTCMonth() + 1,
        day: d.getUTCDate(),
        hour: d.getUTCHours(),
        minute: d.getUTCMinutes(),
        second: d.getUTCSeconds(),
    };
}

export const fmt = {
    date: (ms) => ((c) => `${c.year}-${two(c.month)}-${two(c.day)}`)(civil(ms)),
    slash: (ms) => ((c) => `${c.year}/${two(c.month)}${two(c.day)}`)(civil(ms)),
    minute: (ms) => ((c) => `${fmt.date(ms)} ${two(c.hour)}:${two(c.minute)}`)(civil(ms)),
    second: (ms) => `${fmt.minute(ms)}:${two(civil(ms).second)}`,
    han: (ms) => ((c) => `${c.year}年${c.month}月${c.day}日`)(civil(ms)),
    hanMinute: (ms) => ((c) => `${fmt.han(ms)} ${two(c.hour)}:${two(c.minute)}`)(civil(ms)),
    monthDay: (ms) => ((c) => `${c.month}月${c.day}日`)(civil(ms)),
    dayTime: (ms) => ((c) => `${c.month}月${c.day}日${c.hour}时${c.minute}分`)(civil(ms)),
    rfc3339: (ms) => `${fmt.second(ms).replace(' ', 'T')}+08:00`,
    rfc822: (ms) => new Date(ms + ZONE_MS).toUTCString().replace('GMT', '+0800'),
};

/* What a Discuz forum writes beside a post. */
export function ago(ms, now) {
    const minutes = Math.floor((now - ms) / 60000);
    if (minutes < 1) return `${Math.max(1, Math.floor((now - ms) / 1000))} 秒前`;
    if (minutes < 60) return `${minutes} 分钟前`;
    if (fmt.date(ms) === fmt.date(now)) return `${Math.floor(minutes / 60)} 小时前`;
    if (fmt.date(ms) === fmt.date(now - 86400000)) return `昨天 ${fmt.minute(ms).slice(11)}`;
    return fmt.minute(ms);
}

/* Small seeded generator (mulberry32): the same numbers for the same seed. */
export function random(seed) {
    let a = seed >>> 0;
    return () => {
        a = (a + 0x6d2b79f5) >>> 0;
        let t = a;
        t = Math.imul(t ^ (t >>> 15), t | 1);
        t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
}
