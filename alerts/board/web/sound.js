// SPDX-License-Identifier: Apache-2.0
/* Three classes of sound, made here so that no file is needed.  Browsers want one click first. */
let context = null;

const CLASSES = {
  urgent: [[880, 0, 0.16], [660, 0.2, 0.16], [880, 0.4, 0.16], [660, 0.6, 0.22]],
  normal: [[660, 0, 0.14], [880, 0.16, 0.18]],
  digest: [[520, 0, 0.12]],
};

export async function allowSound() {
  context ||= new AudioContext();
  await context.resume();
  play('digest');
  return context.state === 'running';
}

export function play(kind) {
  if (!context || context.state !== 'running') return;
  for (const [pitch, from, length] of CLASSES[kind] || CLASSES.normal) {
    const tone = context.createOscillator(), gain = context.createGain(), start = context.currentTime + from;
    tone.frequency.value = pitch;
    tone.type = 'sine';
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(0.25, start + 0.02);
    gain.gain.linearRampToValueAtTime(0, start + length);
    tone.connect(gain).connect(context.destination);
    tone.start(start);
    tone.stop(start + length);
  }
}
