"""Writes a small Windows event log by hand (only Windows itself writes them), and what python-evtx reads in it and in one that
Windows wrote: `samples/Security_short_selected.evtx` of the source package evtx 0.8.0 on PyPI (MIT or Apache-2.0).

    pip install python-evtx
    pip download --no-deps --no-binary :all: evtx==0.8.0    # unpack it, and copy its sample to ../windows.evtx
    python evtx.py ..

Source of the layout: https://github.com/libyal/libevtx/blob/main/documentation/
"""

import json
import pathlib
import re
import struct
import sys
import xml.etree.ElementTree as ElementTree
import zlib

import Evtx.Evtx

FILETIME_1970 = 116_444_736_000_000_000
BEGIN = 1_700_000_000
CHUNK = 65536


class Value:
    """A place in the template that each record fills."""

    def __init__(self, index, kind):
        self.index, self.kind = index, kind


STRING, UINT8, UINT16, UINT64, TIME = 1, 4, 6, 10, 17


class Record:
    """One record: an instance of the chunk's one template, which stands in its first record."""

    def __init__(self, chunk, begin):
        self.chunk = chunk
        self.out = bytearray()
        self.begin = begin + 24

    def at(self):
        return self.begin + len(self.out)

    def name(self, text):
        known = self.chunk.names.get(text)
        if known:
            self.out += struct.pack("<I", known)
            return
        place = self.at() + 4
        self.chunk.names[text] = place
        value = 0
        for byte in text.encode("utf-16-le")[::2]:
            value = (value * 65599 + byte) & 0xFFFFFFFF
        value &= 0xFFFF
        bucket = value % 64
        self.out += struct.pack("<IIHH", place, self.chunk.buckets[bucket], value, len(text))
        self.chunk.buckets[bucket] = place
        self.out += text.encode("utf-16-le") + b"\0\0"

    def text(self, text):
        if isinstance(text, Value):
            self.out += struct.pack("<BHB", 0x0D, text.index, text.kind)
            return
        self.out += b"\x05\x01" + struct.pack("<H", len(text)) + text.encode("utf-16-le")

    def element(self, name, attributes=None, text=None, children=None):
        attributes = attributes or {}
        self.out += (b"\x41" if attributes else b"\x01") + b"\xff\xff"
        size_at = len(self.out)
        self.out += b"\0\0\0\0"
        self.name(name)
        if attributes:
            list_at = len(self.out)
            self.out += b"\0\0\0\0"
            for index, (key, value) in enumerate(attributes.items()):
                self.out += b"\x46" if index + 1 < len(attributes) else b"\x06"
                self.name(key)
                self.text(value)
            struct.pack_into("<I", self.out, list_at, len(self.out) - list_at - 4)
        if text is None and children is None:
            self.out += b"\x03"
        else:
            self.out += b"\x02"
            if text is not None:
                self.text(text)
            for child in children or []:
                self.element(*child)
            self.out += b"\x04"
        struct.pack_into("<I", self.out, size_at, len(self.out) - size_at - 4)


class Chunk:
    def __init__(self, first):
        self.first = self.next = first
        self.names = {}
        self.template = None
        self.buckets = [0] * 64
        self.records = bytearray()
        self.last_at = 512

    def add(self, event):
        begin = 512 + len(self.records)
        record = Record(self, begin)
        record.out += b"\x0f\x01\x01\x00\x0c\x01" + struct.pack("<I", 0x1234)
        record.out += struct.pack("<I", self.template or record.at() + 4)
        if self.template is None:
            self.template = record.at()
            record.out += struct.pack("<II", 0, 0x1234) + b"\0" * 12
            size_at = len(record.out)
            record.out += b"\0\0\0\0\x0f\x01\x01\x00"
            record.element(*EVENT)
            record.out += b"\x00"
            struct.pack_into("<I", record.out, size_at, len(record.out) - size_at - 4)
        values = event(self.next)
        record.out += struct.pack("<I", len(values))
        for kind, data in values:
            record.out += struct.pack("<HBB", len(data), kind, 0)
        record.out += b"".join(data for _, data in values)
        record.out += b"\0" * (-len(record.out) % 8 + 4)
        size = 24 + len(record.out) + 4
        filetime = FILETIME_1970 + (BEGIN + self.next) * 10_000_000 + 1234567
        self.records += b"**\0\0" + struct.pack("<IQQ", size, self.next, filetime) + record.out + struct.pack("<I", size)
        self.last_at = begin
        self.next += 1

    def bytes(self):
        free = 512 + len(self.records)
        head = b"ElfChnk\0" + struct.pack("<QQQQIIII", self.first, self.next - 1, self.first, self.next - 1, 128,
                                          self.last_at, free, zlib.crc32(bytes(self.records)))
        head = head.ljust(128, b"\0") + struct.pack("<64I", *self.buckets) + b"\0" * 128
        head = bytearray(head)
        struct.pack_into("<I", head, 124, zlib.crc32(bytes(head[:120] + head[128:512])))
        return (bytes(head) + bytes(self.records)).ljust(CHUNK, b"\0")


EVENT = ("Event", {"xmlns": "http://schemas.microsoft.com/win/2004/08/events/event"}, None, [
    ("System", None, None, [
        ("Provider", {"Name": "Microsoft-Windows-Security-Auditing", "Guid": "{54849625-5478-4994-a5ba-3e3b0328c30d}"}),
        ("EventID", None, Value(0, UINT16)), ("Version", None, "2"), ("Level", None, Value(1, UINT8)),
        ("Task", None, "12544"), ("Keywords", None, "0x8020000000000000"),
        ("TimeCreated", {"SystemTime": Value(2, TIME)}), ("EventRecordID", None, Value(3, UINT64)),
        ("Execution", {"ProcessID": "612", "ThreadID": "640"}), ("Channel", None, "Security"),
        ("Computer", None, "DC01.corp.example")]),
    ("EventData", None, None, [
        ("Data", {"Name": "TargetUserName"}, Value(4, STRING)), ("Data", {"Name": "LogonType"}, "3"),
        ("Data", {"Name": "IpAddress"}, "10.0.0.7")])])


def event(number):
    failed = number % 2 == 0
    filetime = FILETIME_1970 + (BEGIN + number) * 10_000_000 + 1234567
    return [(UINT16, struct.pack("<H", 4625 if failed else 4624)), (UINT8, bytes([2 if failed else 4])),
            (TIME, struct.pack("<Q", filetime)), (UINT64, struct.pack("<Q", number)),
            (STRING, f"użytkownik{number}".encode("utf-16-le"))]


def expected(path):
    space = "{http://schemas.microsoft.com/win/2004/08/events/event}"
    with Evtx.Evtx.Evtx(str(path)) as log:
        for record in log.records():
            root = ElementTree.fromstring(record.xml())
            system = root.find(f"{space}System")
            text = {child.tag.removeprefix(space): child.text for child in system}
            provider = system.find(f"{space}Provider").attrib["Name"]
            # python-evtx pads hexadecimal numbers with zeros; Windows itself, and what reads its logs elsewhere, does not.
            data = {item.attrib["Name"]: re.sub("^0x0+(?=.)", "0x", item.text) for item in root.find(f"{space}EventData")}
            yield {"offset": record.offset(), "length": record.size(), "provider": provider,
                   "EventID": text["EventID"], "Level": text["Level"], "Channel": text["Channel"],
                   "Computer": text["Computer"], "EventRecordID": text["EventRecordID"], "data": data}


def main(folder):
    chunks = [Chunk(1), Chunk(4)]
    for chunk in chunks:
        for _ in range(3):
            chunk.add(event)
    head = b"ElfFile\0" + struct.pack("<QQQIHHHH", 0, 1, 7, 128, 1, 3, 4096, 2)
    head = head.ljust(120, b"\0")
    head += struct.pack("<II", 0, zlib.crc32(head))
    path = folder / "security.evtx"
    path.write_bytes(head.ljust(4096, b"\0") + b"".join(chunk.bytes() for chunk in chunks))
    for name in ["security", "windows"]:
        lines = [json.dumps(record, ensure_ascii=False) for record in expected(folder / f"{name}.evtx")]
        (folder / f"{name}.expected").write_text("\n".join(lines) + "\n")


main(pathlib.Path(sys.argv[1]))
