// SPDX-License-Identifier: Apache-2.0
// What the desktop tests share: waiting for things that happen, and the fake notification server.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const DEADLINE_MS = 60000;

// A queue of things that happened; take() waits for the first one that fits.
export class Happenings {
  items = [];
  waiting = [];
  add(item) {
    const i = this.waiting.findIndex((w) => w.fits(item));
    if (i >= 0) this.waiting.splice(i, 1)[0].resolve(item);
    else this.items.push(item);
  }
  // All that fit and have happened so far.
  drain(fits) {
    const found = this.items.filter(fits);
    this.items = this.items.filter((i) => !fits(i));
    return found;
  }
  take(what, fits) {
    const i = this.items.findIndex(fits);
    if (i >= 0) return Promise.resolve(this.items.splice(i, 1)[0]);
    return new Promise((resolve, reject) => {
      const entry = { fits, resolve };
      this.waiting.push(entry);
      setTimeout(() => reject(new Error(`not seen within ${DEADLINE_MS} ms: ${what}`)), DEADLINE_MS).unref();
    });
  }
}

// Lines the fake notification server prints go to `desktop`; commands go to its stdin.
export async function startFake(path, desktop) {
  const child = spawn(path, { stdio: ['pipe', 'pipe', 'inherit'] });
  createInterface({ input: child.stdout }).on('line', (l) => desktop.add(JSON.parse(l)));
  await desktop.take('notification server', (c) => c.call === 'ready');
  return child;
}

export function check(condition, what) {
  if (!condition) throw new Error(`untrue: ${what}`);
  console.log(`ok - ${what}`);
}
