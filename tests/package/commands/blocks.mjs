/* SPDX-License-Identifier: Apache-2.0 */
/* The code blocks of a document, and what stands before a block about running it:
 *
 *   <!-- not run: REASON: text -->    REASON one of `reasons`; nothing of the block is executed
 *   <!-- run: first COMMAND -->       preparation, for what the reader has and a scratch machine has not
 *   <!-- run: input TEXT -->          what the person types (\n ends a line)
 *   <!-- run: until TEXT -->          the last command stays until the document ends; it is up when TEXT is said
 *
 * Comments are not shown to readers.  A block of commands is marked ```sh. */
export const reasons = {
    apt: 'installs packages',
    systemd: 'needs the system\'s service manager',
    build: 'builds or tests the program',
    network: 'needs other machines',
    none: 'what it acts on is not to be had on the sample machine',
};

const directive = /^<!-- (not run|run): (.*) -->$/;
const command = /^\s*(huiying|\.\/dev|build\/|apt|systemctl|journalctl|cp|mv|rm|mkdir|cat|echo|jq|tests\/)\s?[^:：]*$/;

function obey(block, kind, text, where) {
    const [, word, rest] = text.match(/^([a-z]+):? (.*)$/) ?? [];
    if (kind === 'not run') {
        if (!reasons[word] || !rest) throw new Error(`${where}: not run for no known reason: ${text}`);
        block.excused = word;
    } else if (word === 'first') block.first.push(rest);
    else if (word === 'input') block.input = rest.replaceAll('\\n', '\n');
    else if (word === 'until') block.until = rest;
    else throw new Error(`${where}: "run: ${text}" is not understood`);
}

export function blocksOf(file, text) {
    const blocks = [];
    let open = null, next = { first: [] };
    for (const [i, line] of text.split('\n').entries()) {
        const where = `${file}:${i + 1}`;
        const said = line.match(directive);
        if (open && /^\s*```\s*$/.test(line)) {
            blocks.push({ ...open, text: open.lines.join('\n') });
            open = null;
        } else if (open) open.lines.push(line);
        else if (said) obey(next, said[1], said[2], where);
        else if (/^\s*```/.test(line)) {
            open = { ...next, where, file, language: line.trim().slice(3).trim(), lines: [] };
            next = { first: [] };
        } else if (line.trim() && (next.excused || next.first.length || next.input || next.until))
            throw new Error(`${where}: a comment about running stands before no block`);
    }
    for (const b of blocks)
        if (b.language === '' && b.lines.some((l) => command.test(l)))
            throw new Error(`${b.where}: commands stand in a block that is not marked \`\`\`sh`);
    return blocks;
}
