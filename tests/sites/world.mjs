/* SPDX-License-Identifier: Apache-2.0 */
/* Everything there is to read on the sample sites at a moment: archive, small talk, the story, and
 * what a test published.  A pure function of start, speed, seed and the moment, except for what
 * comes through publish(), reply() and trigger().
 *
 * An item: {id, site, title, text: [paragraphs], at, column?, source?, unit?, sticky?,
 * replies: [{at, text}]}; times are milliseconds. */
import * as archive from './archive.mjs';
import { story } from './story.mjs';
import { random } from './clock.mjs';

export const SITES = ['forum', 'news', 'gov', 'regional', 'big5'];
const KEEP = 60; /* so many of the small items stay on the lists */
const BUMPS = ['顶一下。', '路过。', '同问。', '谢谢分享。', '帮顶。'];
const TRICKLE = {
    forum: { every: 75, texts: archive.trickleForum, id: 5001 },
    news: { every: 90, texts: archive.trickleNews, id: 6001, column: 'news' },
};

const paragraphs = (text) => (Array.isArray(text) ? text : String(text ?? '').split('\n'));

export class World {
    constructor({ start, delay = 0, speed = 1, seed = 1 }) {
        Object.assign(this, { start, speed, seed, t0: start + delay * 1000 });
        this.published = [];
        this.publishedEver = 0;
        this.extraReplies = new Map(); /* id -> [{at, text}] */
        this.triggered = new Map();    /* story id -> moment */
        this.archive = SITES.flatMap((site) => this.archiveOf(site));
    }

    archiveOf(site) {
        const ids = { forum: 1001, news: 2001, gov: 2401, regional: 2601, big5: 2801 };
        return archive[site].map((it, i) => {
            const at = this.start - it.ago * 60000 - ((i * 17) % 50) * 1000;
            const gap = Math.min(7, it.ago / 8) * 60000;
            return {
                ...it, site, at, id: ids[site] + i,
                replies: (it.replies ?? []).map((text, k) => ({ text, at: at + (k + 1) * gap })),
            };
        });
    }

    storyTime(seconds) {
        return this.t0 + (seconds * 1000) / this.speed;
    }

    storyItems() {
        return story.map((it, i) => ({
            ...it,
            event: it.id,
            id: 3001 + i,
            at: this.triggered.get(it.id) ?? this.storyTime(it.at),
            text: it.text(this.storyTime(10)),
            replies: (it.replies ?? []).map(([s, text]) => ({ text, at: this.storyTime(s) })),
        }));
    }

    /* The newest KEEP pieces of small talk at `now`. */
    trickleItems(site, now) {
        const { every, texts, id, column } = TRICKLE[site];
        const period = (every * 1000) / this.speed;
        const last = Math.floor((now - this.start) / period);
        const items = [];
        for (let k = Math.max(1, last - KEEP); k <= last; k++) {
            const [title, text] = texts[Math.floor(random(this.seed * 1000003 + k)() * texts.length)];
            const round = Math.floor(k / texts.length);
            items.push({
                id: id + k, site, column, at: this.start + k * period,
                title: round ? `${title}（${round + 1}）` : title, text: [text], replies: [],
            });
        }
        return items;
    }

    /* Every 40 seconds somebody pushes an old thread up. */
    bumps(now) {
        const threads = this.archive.filter((it) => it.site === 'forum' && !it.sticky);
        const period = 40000 / this.speed;
        const last = Math.floor((now - this.start) / period);
        const replies = new Map();
        for (let k = Math.max(1, last - KEEP); k <= last; k++) {
            const next = random(this.seed * 7919 + k);
            const thread = threads[Math.floor(next() * threads.length)];
            const reply = { at: this.start + k * period, text: BUMPS[Math.floor(next() * BUMPS.length)] };
            replies.set(thread.id, [...(replies.get(thread.id) ?? []), reply]);
        }
        return replies;
    }

    /* What stands on a site at `now`, newest first; threads by their last post. */
    items(site, now) {
        const trickle = TRICKLE[site] ? this.trickleItems(site, now) : [];
        const bumps = site === 'forum' ? this.bumps(now) : new Map();
        const all = [...this.archive, ...trickle, ...this.storyItems(), ...this.published]
            .filter((it) => it.site === site && it.at <= now)
            .map((it) => this.withReplies(it, bumps, now));
        return all.sort((a, b) => (b.sticky ?? false) - (a.sticky ?? false) || b.last - a.last || b.id - a.id);
    }

    withReplies(it, bumps, now) {
        const more = [...(bumps.get(it.id) ?? []), ...(this.extraReplies.get(it.id) ?? [])];
        const replies = [...it.replies, ...more].filter((r) => r.at <= now).sort((a, b) => a.at - b.at);
        return { ...it, replies, last: replies.length ? replies.at(-1).at : it.at };
    }

    find(site, id, now) {
        return this.items(site, now).find((it) => it.id === id);
    }

    publish(page, now) {
        if (!SITES.includes(page.site)) throw new Error(`no site "${page.site}": ${SITES.join(' ')}`);
        if (!page.title) throw new Error('a page needs a title');
        const text = paragraphs(page.text);
        const at = page.published === undefined ? now : new Date(page.published).getTime();
        if (!Number.isFinite(at)) throw new Error(`"${page.published}" is no time`);
        const item = { column: 'shehui', ...page, text, at, id: 9001 + this.publishedEver++, replies: [] };
        this.published.push(item);
        return item;
    }

    /* What was published says something else from now on, or nothing. */
    change({ id, title, text }) {
        const item = this.publishedAs(id);
        return Object.assign(item, { title: title ?? item.title, text: text === undefined ? item.text : paragraphs(text) });
    }

    remove(id) {
        this.published.splice(this.published.indexOf(this.publishedAs(id)), 1);
    }

    publishedAs(id) {
        const item = this.published.find((it) => it.id === id);
        if (!item) throw new Error(`nothing was published as ${id}`);
        return item;
    }

    reply(id, text, now) {
        this.extraReplies.set(id, [...(this.extraReplies.get(id) ?? []), { at: now, text }]);
    }

    trigger(event, now) {
        if (!story.some((it) => it.id === event)) throw new Error(`no story event "${event}"`);
        this.triggered.set(event, now);
    }
}
