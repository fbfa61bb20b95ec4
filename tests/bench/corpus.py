#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plain Chinese text out of Debian packages:  corpus.py PACKAGE.deb... >text

Manuals, help pages, translations and literature, without tags and markup; of every sentence the
first occurrence (a branch predictor learns what repeats); of every line that is mostly Chinese.
Documents of about 3,500 bytes come in an order that is drawn once and for all."""
import gzip
import html
import random
import re
import struct
import subprocess
import sys
import tarfile

DOCUMENT = 3500
CHINESE_FILE = re.compile(r'(zh[-_](CN|TW|HK|Hans|Hant)|/zh/|\.zh[-_.]|/zh-|chinese|tang300|song100)',
                          re.IGNORECASE)
TEXT_FILE = re.compile(r'\.(html|rst|txt|page|tex|json|mo|[1-9][a-z]*)(\.gz)?$|/games/fortunes/[^.]*$')
HIDDEN = re.compile(r'<(script|style)\b.*?</\1>', re.IGNORECASE | re.DOTALL)
BREAK = re.compile(r'</?(p|div|br|h\d|li|td|tr|dt|dd|title|pre)\b[^>]*>', re.IGNORECASE)
TAG = re.compile(r'<[^>]*>')
KEY = re.compile(r'^\s*"[^"]*": ', re.MULTILINE)
MAN = re.compile(r'\\f[A-Z]|\\[-&|]|\\\*\(..|^\.[A-Za-z]{1,2} |^\.\\".*$', re.MULTILINE)
SENTENCE = re.compile(r'(?<=[。！？；])')
HAN = re.compile('[\u4e00-\u9fff]')


def messages(data):
    """The translations in a gettext catalogue."""
    count, _, table = struct.unpack('<III', data[8:20])
    for i in range(count):
        length, at = struct.unpack_from('<II', data, table + 8 * i)
        yield data[at:at + length].replace(b'\0', b'\n')


def plain(name, data):
    if name.endswith('.gz'):
        data = gzip.decompress(data)
    if data[:4] == b'\xde\x12\x04\x95':
        data = b'\n'.join(messages(data))
    text = data.decode('utf-8', 'ignore')
    text = html.unescape(TAG.sub('', BREAK.sub('\n', HIDDEN.sub('', text))))
    return KEY.sub('', MAN.sub('', text))


def files(package):
    with subprocess.Popen(['dpkg-deb', '--fsys-tarfile', package], stdout=subprocess.PIPE) as p:
        with tarfile.open(fileobj=p.stdout, mode='r|') as tar:
            for member in tar:
                if member.isfile() and CHINESE_FILE.search(member.name) and TEXT_FILE.search(member.name):
                    yield member.name, tar.extractfile(member).read()


def sentences(text, seen):
    for line in text.split('\n'):
        line = ' '.join(line.split())
        if 4 * len(HAN.findall(line)) < len(line):
            continue
        for sentence in SENTENCE.split(line):
            if sentence not in seen:
                seen.add(sentence)
                yield sentence


def documents(text, seen):
    part, size = [], 0
    for sentence in sentences(text, seen):
        part.append(sentence)
        size += len(sentence.encode())
        if size >= DOCUMENT:
            yield '\n'.join(part)
            part, size = [], 0
    if part:
        yield '\n'.join(part)


def main(packages):
    seen, found = set(), []
    for package in packages:
        before = len(found)
        for name, data in files(package):
            found.extend(documents(plain(name, data), seen))
        print(f'{package}: {sum(len(d.encode()) for d in found[before:]):,}', file=sys.stderr)
    random.Random(1).shuffle(found)
    sys.stdout.buffer.write('\n'.join(found).encode())


main(sys.argv[1:])
