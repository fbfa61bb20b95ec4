#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""warc.py FILE...: read web archives as ISO 28500:2017 (WARC 1.1) says, knowing nothing of huiying.

Debian has no reader of the format, so this one stands for those that exist: gzip members by zlib,
HTTP by http.client, digests by hashlib.  Every rule that is not kept is an error; one line is
printed for each record."""
import hashlib
import http.client
import io
import re
import sys
import urllib.parse
import uuid
import zlib
from datetime import datetime

NEEDED = ("warc-type", "warc-record-id", "warc-date", "content-length")
TYPES = ("warcinfo", "response", "metadata", "conversion", "resource", "request", "revisit")


def members(data):
    """The gzip members; each record has one of its own (annex D)."""
    while data:
        z = zlib.decompressobj(31)
        plain = z.decompress(data) + z.flush()
        assert z.eof, "the last gzip member is cut off"
        data = z.unused_data
        yield plain


def header_of(head):
    lines = head.split(b"\r\n")
    assert lines[0] == b"WARC/1.1", lines[0]
    fields = {}
    for line in lines[1:]:
        assert re.match(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+: ", line), line
        assert not any(c < 32 for c in line), line
        name, value = line.decode().split(": ", 1)
        assert name.lower() not in fields, f"{name} twice"
        fields[name.lower()] = value
    return fields


class Socket:
    def __init__(self, data):
        self.data = data

    def makefile(self, *_):
        return io.BytesIO(self.data)


def payload_of(block):
    answer = http.client.HTTPResponse(Socket(block))
    answer.begin()
    names = [k.lower() for k, _ in answer.getheaders()]
    assert names.count("content-length") == 1, names
    assert "content-encoding" not in names and "transfer-encoding" not in names, "it is decoded"
    body = answer.read()
    assert len(body) == int(answer.getheader("Content-Length")), "the page is cut off"
    return answer.status, body


def check_digest(what, said, data):
    algorithm, value = said.split(":", 1)
    assert hashlib.new(algorithm, data).hexdigest() == value, f"{what} does not fit"


def check(record, seen):
    head, rest = record.split(b"\r\n\r\n", 1)
    fields = header_of(head)
    for name in NEEDED:
        assert name in fields, f"{name} is missing"
    kind, ident, n = fields["warc-type"], fields["warc-record-id"], int(fields["content-length"])
    assert kind in TYPES, kind
    assert re.fullmatch(r"<urn:uuid:[0-9a-f-]{36}>", ident) and uuid.UUID(ident[10:-1]).variant == uuid.RFC_4122, ident
    assert ident not in seen, f"{ident} twice"
    datetime.strptime(fields["warc-date"], "%Y-%m-%dT%H:%M:%S.%fZ")
    block, end = rest[:n], rest[n:]
    assert len(block) == n and end == b"\r\n\r\n", "Content-Length is not the block's"
    check_digest("block", fields["warc-block-digest"], block)
    if kind != "warcinfo":
        uri = urllib.parse.urlsplit(fields["warc-target-uri"])
        assert uri.scheme in ("http", "https") and uri.netloc, fields["warc-target-uri"]
    if "warc-refers-to" in fields:
        assert fields["warc-refers-to"] in seen, "it refers to nothing before it"
    said = f"{n} bytes"
    if kind == "response":
        status, body = payload_of(block)
        check_digest("payload", fields["warc-payload-digest"], body)
        said = f"{status} {len(body)} bytes"
    seen.add(ident)
    size = said if kind in ("response", "conversion") else ""  # of the others our own wording decides
    print(kind, fields.get("warc-target-uri", "-"), size)
    return kind


def main():
    for path in sys.argv[1:]:
        seen, kinds = set(), []
        with open(path, "rb") as f:
            for record in members(f.read()):
                kinds.append(check(record, seen))
        assert kinds and kinds[0] == "warcinfo", "a file begins with what it is"


main()
