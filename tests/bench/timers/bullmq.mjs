// SPDX-License-Identifier: Apache-2.0
// The same timers as jobs of BullMQ:  bullmq.mjs REDIS.SOCK PENDING SPREAD SECONDS BURST
// Prints {"lateness_p99": ms, "fires_s", "bytes_per_timer"}.  A job counts when a worker has it in hand.
import { Queue, Worker } from 'bullmq';
import IORedis from 'ioredis';

const [path, ...numbers] = process.argv.slice(2), [pending, spread, seconds, burst] = numbers.map(Number);
const redis = () => new IORedis({ path, maxRetriesPerRequest: null });
const connection = redis(), queue = new Queue('peer', { connection });
const now = () => performance.timeOrigin + performance.now();
const memory = async () => Number((await connection.info('memory')).match(/used_memory:(\d+)/)[1]);
const name = (i) => `I20990101-${String(i).padStart(6, '0')}/H5/left-1h`;

async function add(count, dueOf) {
  const at = (i) => dueOf(i) - Date.now();
  for (let from = 0; from < count; from += 1000) {
    const jobs = [];
    for (let i = from; i < Math.min(from + 1000, count); i++)
      jobs.push({ name: 'timer', data: { timer: name(i), due: dueOf(i) }, opts: { delay: Math.max(0, at(i)), removeOnComplete: true } });
    await queue.addBulk(jobs);
  }
}

const before = await memory();
await add(pending, (i) => Date.now() + 30 * 86400e3 + i);
const bytes = ((await memory()) - before) / pending;
const late = [];
let last = 0, fired = 0, done;
const all = new Promise((resolve) => (done = resolve));
const start = (Math.floor(Date.now() / 1000) + 8) * 1000, instant = start + (seconds + 2) * 1000;
const worker = new Worker('peer', async ({ data }) => {
  const by = now() - data.due;
  if (data.due === instant) [fired, last] = [fired + 1, Math.max(last, by)];
  else late.push(by);
  if (late.length === spread && fired === burst) done();
}, { connection: redis(), concurrency: 100 });
await worker.waitUntilReady();
await add(spread, (i) => start + (i % seconds) * 1000);
await add(burst, () => instant);
await all;
late.sort((a, b) => a - b);
console.log(JSON.stringify({ lateness_p99: late[Math.floor(late.length * 0.99)], fires_s: (burst / last) * 1000, bytes_per_timer: bytes }));
process.exit(0);
