"""Reads journals, from nothing but the article on their format.

    read_journal.py DIRECTORY...

Prints one JSON object a line for each directory: the cases of its segments and its records, or why
it is refused. Changes nothing.
"""

import json
import os
import struct
import sys

HEADER_BYTES = 4096
FRAME_BYTES = 40
LINK, MARK = 1, 2
FIRST_RECORD = LIFE = 16
CONTINUES, IGNORABLE = 1, 2
KNOWN_FORMAT = 1


def make_table():
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


TABLE = make_table()


def crc32c(*parts):
    value = 0xFFFFFFFF
    for part in parts:
        for byte in part:
            value = TABLE[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ 0xFFFFFFFF


class Refused(Exception):
    """Why a journal is not read."""

    def __init__(self, reason, file, offset=0, position=None, case=None):
        super().__init__(reason)
        self.facts = {"refused": reason, "file": file, "offset": offset}
        if position is not None:
            self.facts["position"] = position
        if case is not None:
            self.facts["case"] = case


def check_versioned(data, magic, checked, file):
    if len(data) < checked or checked < 20 or data[:8] != magic:
        raise Refused("damaged", file)
    if struct.unpack_from("<I", data, checked - 4)[0] != crc32c(data[: checked - 4]):
        raise Refused("damaged", file)
    if struct.unpack_from("<I", data, 12)[0] > KNOWN_FORMAT:
        raise Refused("newer format", file)


def read_manifest(folder):
    name = "manifest"
    with open(os.path.join(folder, name), "rb") as file:
        data = file.read()
    check_versioned(data, b"SAGAMANI", len(data), name)
    if len(data) < 44:
        raise Refused("damaged", name, len(data))
    lineage = struct.unpack_from("<QQ", data, 16)
    count = struct.unpack_from("<I", data, 32)[0]
    if count == 0 or len(data) != 40 + 16 * count + 4:
        raise Refused("damaged", name, 32)
    entries = [struct.unpack_from("<QQ", data, 40 + 16 * i) for i in range(count)]
    for index in range(1, count):
        if entries[index][0] != entries[index - 1][0] + 1:
            raise Refused("damaged", name, 40 + 16 * index)
    return lineage, entries


class Frame:
    """One frame that is valid alone."""

    def __init__(self, data, offset):
        (
            self.length, self.checksum, self.type, self.flags, self.previous, self.position,
            self.durable, self.saga,
        ) = struct.unpack_from("<IIHHIQQQ", data, offset)
        self.offset = offset
        self.end = offset + (self.length + 7) // 8 * 8
        self.payload = data[offset + FRAME_BYTES : offset + self.length]

    @property
    def is_record(self):
        return self.type >= FIRST_RECORD

    def fits(self, position, checksum):
        if self.previous != checksum:
            return False
        if not self.is_record:
            return self.position == position and not self.flags & CONTINUES
        return self.position == position + 1 or self.leaps(position)

    def leaps(self, position):
        """Whether it is the record of a restored life behind a gap that begins at a position."""
        is_life = self.type == LIFE and not self.flags & CONTINUES
        first = self.position > position + 1 and self.position & 0xFFFFFFFF == 0
        return is_life and first and self.durable == position


class Segment:
    """A listed segment and what is good in it."""

    def __init__(self, folder, number, salt, lineage):
        self.number = number
        self.name = f"{number:010}.segment"
        self.salt = struct.pack("<Q", salt)
        try:
            with open(os.path.join(folder, self.name), "rb") as file:
                self.data = file.read()
        except FileNotFoundError:
            raise Refused("missing segment", self.name) from None
        check_versioned(self.data, b"SAGASEGM", HEADER_BYTES, self.name)
        if struct.unpack_from("<QQ", self.data, 16) != lineage:
            raise Refused("other lineage", self.name)
        if struct.unpack_from("<QQQ", self.data, 32) != (number, salt, len(self.data)):
            raise Refused("damaged", self.name)

    def frame(self, offset):
        """The frame at an offset that is valid alone; None if there is none."""
        if offset + FRAME_BYTES > len(self.data):
            return None
        length = struct.unpack_from("<I", self.data, offset)[0]
        if length < FRAME_BYTES or offset + length > len(self.data):
            return None
        frame = Frame(self.data, offset)
        if frame.durable > frame.position or frame.saga > frame.position:
            return None
        if frame.position == 2**64 - 1 or (frame.is_record and frame.position == 0):
            return None
        head = self.data[offset : offset + 4]
        if crc32c(self.salt, head, self.data[offset + 8 : offset + length]) != frame.checksum:
            return None
        if any(self.data[offset + length : frame.end]):
            return None
        return frame

    def link(self):
        """The LINK with what it names: position, checksum, length; None if there is none."""
        frame = self.frame(HEADER_BYTES)
        if frame is None or frame.type != LINK or len(frame.payload) != 32:
            return None
        _, position, checksum, _, length = struct.unpack("<QQIIQ", frame.payload)
        return (frame, position, checksum, length) if frame.fits(position, checksum) else None

    def read(self, before):
        """Finds the good frames; `before` is what the LINK must fit to, None for what it names."""
        self.records = []
        self.end = self.stopped = HEADER_BYTES
        self.position, self.checksum = before or (0, 0)
        self.last_group = (self.position, self.checksum)
        self.due = self.position + 1
        self.durable = 0
        link = self.link()
        self.is_linked = link is not None and before in (None, link[1:3])
        if not self.is_linked:
            return
        frame = link[0]
        group = []
        while True:
            self.position, self.checksum = frame.position, frame.checksum
            self.durable = max(self.durable, frame.durable)
            self.stopped = frame.end
            if frame.is_record:
                group.append(frame)
            if not frame.flags & CONTINUES:
                self.records += group
                group = []
                self.end = frame.end
                self.last_group = (self.position, self.checksum)
            frame = self.frame(frame.end)
            if frame is None or frame.type == LINK or (group and not frame.is_record):
                break
            if not frame.fits(self.position, self.checksum):
                break
            if group and frame.is_record and frame.leaps(self.position):
                break
            if not frame.is_record and frame.type != MARK and not frame.flags & IGNORABLE:
                raise Refused("unknown frame", self.name, frame.offset, frame.position)
        self.due = self.position + 1

    def valid_frames(self, start):
        """All frames that are valid alone from an offset on."""
        offset = start
        while offset + FRAME_BYTES <= len(self.data):
            frame = self.frame(offset)
            if frame is not None:
                yield frame
            offset = frame.end if frame is not None else offset + 8

    @property
    def has_more_behind(self):
        return self.stopped != self.end or any(self.data[self.end :])

    def nonzero_end(self, start):
        return start + len(self.data[start:].rstrip(b"\0"))


def decide(segment, case, action, cut, due):
    """Does what the table says; notes what is cut."""
    if action == "refuse":
        raise Refused("damaged", segment.name, segment.stopped, due, case)
    if action == "cut":
        last = max(segment.nonzero_end(segment.end), segment.stopped)
        cut.append([segment.name, segment.end, last - segment.end])
    return case


def tail_case(segments, index, has_spare):
    tail = segments[index]
    tail.read(None)
    due = tail.due
    if not tail.is_linked and index > 0:
        before = segments[index - 1]
        before.read(None)
        due = before.due
    rest = [frame.durable for frame in tail.valid_frames(tail.stopped)]
    is_acknowledged = due <= max([tail.durable] + rest)
    more = tail.has_more_behind
    is_oldest = index == 0 and tail.number > 1
    if not tail.is_linked and is_oldest:
        known = None
    else:
        known = due
    if tail.is_linked:
        if is_acknowledged:
            return "N", "refuse", known
        return ("P", "cut", known) if more else ("O", "keep", known)
    if has_spare:
        return "I", "refuse", known
    if is_oldest:
        return "J", "refuse", known
    if is_acknowledged:
        return "K", "refuse", known
    return ("M", "cut", known) if more else ("L", "keep", known)


def sealed_case(segment, following):
    if not segment.is_linked:
        return "H", "refuse"
    link = following.link()
    more = segment.has_more_behind
    if link is None:
        return ("F", "refuse") if more else ("E", "keep")
    if link[1:] != (*segment.last_group, segment.end):
        return "G", "refuse"
    return ("D", "cut") if more else ("C", "keep")


def read_journal(folder):
    lineage, entries = read_manifest(folder)
    segments = [Segment(folder, number, salt, lineage) for number, salt in entries]
    last = len(segments) - 1
    has_spare = last > 0 and next(segments[last].valid_frames(HEADER_BYTES), None) is None
    tail = last - 1 if has_spare else last
    cases, cut, records = {}, [], []

    case, action, due = tail_case(segments, tail, has_spare)
    cases[segments[tail].number] = decide(segments[tail], case, action, cut, due)
    if has_spare:
        spare = segments[last]
        spare.end = spare.stopped = HEADER_BYTES
        case, action = ("B", "cut") if any(spare.data[HEADER_BYTES:]) else ("A", "keep")
        cases[spare.number] = decide(spare, case, action, cut, due)
    before = (0, 0) if segments[0].number == 1 else None
    for index in range(tail + 1):
        segment = segments[index]
        segment.read(before)
        if index < tail:
            case, action = sealed_case(segment, segments[index + 1])
            cases[segment.number] = decide(segment, case, action, cut, segment.due)
        before = segment.last_group
        records += segment.records
    return {
        "cases": "".join(cases[number] for number in sorted(cases)),
        "cut": cut,
        "records": [
            [
                record.position, record.type, record.flags, record.saga, len(record.payload),
                crc32c(record.payload),
            ]
            for record in records
        ],
    }


def main(folders):
    for folder in folders:
        try:
            found = read_journal(folder)
        except Refused as refused:
            found = refused.facts
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
