"""Writes and reads GGUF version 3 files (little-endian, alignment 32) with F32 and Q8_0 tensors."""
import struct

import numpy as np

F32, Q8_0 = 0, 8
U32, I32, FLOAT, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9


def string(text):
    b = text.encode()
    return struct.pack("<Q", len(b)) + b


def quantise(x):
    """Q8_0: blocks of 32 values, a float16 scale and 32 int8; halves are rounded away from zero, as ggml does."""
    q = np.ascontiguousarray(x, np.float32).reshape(-1, 32)
    d = np.abs(q).max(1) / np.float32(127)
    v = q * np.divide(1, d, out=np.zeros_like(d), where=d != 0)[:, None]
    v = (np.sign(v) * np.floor(np.abs(v) + np.float32(0.5))).astype(np.int8)
    return np.hstack([d.astype(np.float16).view(np.uint8).reshape(-1, 2), v.view(np.uint8)]).tobytes()


class Writer:
    def __init__(self, architecture):
        self.architecture, self.metadata, self.tensors = architecture, [], []
        self.text("general.architecture", architecture)

    def put(self, key, kind, payload):
        if not key.startswith(("general.", "tokenizer.", "outrider.")):
            key = self.architecture + "." + key
        self.metadata.append(string(key) + struct.pack("<I", kind) + payload)

    def integer(self, key, v):
        self.put(key, U32, struct.pack("<I", v))

    def real(self, key, v):
        self.put(key, FLOAT, struct.pack("<f", v))

    def flag(self, key, v):
        self.put(key, BOOL, bytes([v]))

    def text(self, key, v):
        self.put(key, STRING, string(v))

    def integers(self, key, v):
        self.put(key, ARRAY, struct.pack("<IQ%di" % len(v), I32, len(v), *v))

    def texts(self, key, v):
        self.put(key, ARRAY, struct.pack("<IQ", STRING, len(v)) + b"".join(map(string, v)))

    def tensor(self, name, values, quantised=False):
        """values: row-major; the file lists the fastest dimension first."""
        if quantised and values.shape[-1] % 32:
            raise ValueError("%s: rows of %d values do not divide into blocks of 32" % (name, values.shape[-1]))
        self.tensors.append((name, values.shape, Q8_0 if quantised else F32, quantise(values) if quantised
                             else np.ascontiguousarray(values, "<f4").tobytes()))

    def write(self, path):
        offset, info = 0, b""
        for name, shape, kind, data in self.tensors:
            info += string(name) + struct.pack("<I%dQIQ" % len(shape), len(shape), *reversed(shape), kind, offset)
            offset += (len(data) + 31) // 32 * 32
        head = b"GGUF" + struct.pack("<IQQ", 3, len(self.tensors), len(self.metadata)) + b"".join(self.metadata) + info
        with open(path, "wb") as f:
            f.write(head + bytes(-len(head) % 32))
            for _, _, _, data in self.tensors:
                f.write(data + bytes(-len(data) % 32))


SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", U32: "I", I32: "i", FLOAT: "f", BOOL: "?", 10: "Q", 11: "q", 12: "d"}


class Reader:
    def __init__(self, path):
        with open(path, "rb") as f:
            self.data, self.at, self.path = f.read(), 0, path

    def one(self, code):
        try:
            v = struct.unpack_from("<" + code, self.data, self.at)[0]
        except struct.error:
            raise SystemExit("%s: ends at byte %d in the middle of its header; the file is truncated" % (self.path, len(self.data))) from None
        self.at += struct.calcsize("<" + code)
        return v

    def string(self):
        n = self.one("Q")
        self.at += n
        return self.data[self.at - n:self.at].decode()

    def skip(self, kind):
        if kind == STRING:
            self.string()
        elif kind == ARRAY:
            inner, n = self.one("I"), self.one("Q")
            for _ in range(n):
                self.skip(inner)
        else:
            self.one(SCALARS[kind])


def read(path):
    """Tensors by name as float32 arrays, in the shapes that Writer.tensor was given."""
    r = Reader(path)
    if r.data[:4] != b"GGUF":
        raise SystemExit("%s: is no GGUF file" % path)
    r.at = 4
    version, count, keys = r.one("I"), r.one("Q"), r.one("Q")
    if version != 3:
        raise SystemExit("%s: GGUF version %d, but only 3 is read here" % (path, version))
    for _ in range(keys):
        r.string()
        r.skip(r.one("I"))
    found = []
    for _ in range(count):
        name, rank = r.string(), r.one("I")
        shape = [r.one("Q") for _ in range(rank)][::-1]
        found.append((name, shape, r.one("I"), r.one("Q")))
    start, out = (r.at + 31) // 32 * 32, {}
    for name, shape, kind, offset in found:
        if kind not in (F32, Q8_0):
            raise SystemExit("%s: %s is of GGUF type %d, but only F32 and Q8_0 are read here" % (path, name, kind))
        n = int(np.prod(shape))
        size = 4 * n if kind == F32 else n // 32 * 34
        raw = np.frombuffer(r.data[start + offset:start + offset + size], np.uint8)
        if len(raw) != size:
            raise SystemExit("%s: %s has %d of %d bytes; the file is truncated" % (path, name, len(raw), size))
        if kind == F32:
            out[name] = raw.view("<f4").reshape(shape).copy()
        else:
            blocks = raw.reshape(-1, 34)
            scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
            out[name] = (scales * blocks[:, 2:].copy().view(np.int8)).reshape(shape)
    return out
