"""Writes GGUF version 3 files (little-endian, alignment 32) with F32 and Q8_0 tensors."""
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
