"""Patterns: [a|b] alternatives, <phrase> from macros.txt, {slot} values. A pattern expands at random to a text.

Values are enclosed in \\x01 and \\x02 while a request is built, so that noise (typos, case) never touches what must be copied.
"""
import re
import zlib
from dataclasses import dataclass
from functools import cache

from .files import lines


def split(text):
    """Splits at the | outside of brackets."""
    depth, parts, at = 0, [""], 0
    for ch in text:
        depth += (ch == "[") - (ch == "]")
        if ch == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += ch
    return parts


@cache
def compiled(text):
    """A tuple of strings, ('slot', name), ('macro', name) and lists of alternatives."""
    out, at, plain = [], 0, ""
    while at < len(text):
        ch = text[at]
        if ch in "[{<":
            if plain:
                out.append(plain)
                plain = ""
            if ch == "[":
                depth, end = 1, at + 1
                while depth:
                    depth += (text[end] == "[") - (text[end] == "]")
                    end += 1
                out.append([compiled(p) for p in split(text[at + 1:end - 1])])
            else:
                end = text.index("}" if ch == "{" else ">", at) + 1
                out.append(("slot" if ch == "{" else "macro", text[at + 1:end - 1]))
            at = end
        else:
            plain += ch
            at += 1
    if plain:
        out.append(plain)
    return tuple(out)


@cache
def macros():
    table = {}
    for line in lines("macros"):
        if not line.startswith("#"):
            name, _, body = line.partition(" = ")
            table[name.strip()] = [compiled(p) for p in split(body)]
    return table


@cache
def reasons():
    table = {}
    for line in (line for file in ("reasons", "reasons2", "reasons3") for line in lines(file)):
        if not line.startswith("#"):
            name, _, body = line.partition(" = ")
            for pattern in map(compiled, split(body)):
                choices = sum(isinstance(part, list) for part in pattern)
                table.setdefault(name.strip(), []).extend([pattern] * (1 + choices))  # what can be said in many ways is said more often
    return table


@cache
def frames():
    table = {}
    for line in lines("frames"):
        if not line.startswith("#"):
            kind, _, body = line.partition(": ")
            table.setdefault(kind, []).append(compiled(body))
    return table


@dataclass(frozen=True)
class Clause:
    section: str
    kind: str
    fixed: tuple
    source: str
    node: tuple

    @property
    def unseen(self):
        """About one clause in ten is never trained on, only measured."""
        return zlib.crc32((self.section + "/" + self.source).encode()) % 10 == 0

    def mentions(self, name):
        return name in self.source


VOICES = ("wordings_voice2", "wordings_voice3", "wordings_short", "wordings_more")  # whole requests as other hands write them; their sections join those of the same name
VOICE_LINES = {"wordings_help": "search_help", "offtopic": "none"}
MORE_STEPS = "wordings_steps2"                   # more of wordings_steps, with sections of its own


@cache
def sections(name):
    """The clauses of a wordings file by section."""
    table, section = {}, None
    for line in lines(name):
        if line.startswith("== "):
            section = line[3:]
        elif not line.startswith("#"):
            head, _, body = line.partition(": ")
            kind, *fixed = head.split(" ")
            pairs = tuple(tuple(f.split("=")) for f in fixed)
            table.setdefault(section, []).append(Clause(section, kind, pairs, body, compiled(body)))
    if name == "wordings_steps":
        for section, more in sections(MORE_STEPS).items():
            table[section] = table.get(section, []) + more
    if name == "wordings_missing":
        for section in (s for voice in VOICES for s in sections(voice) if " " in s):
            table.setdefault(section, [])
    if name.startswith("wordings_") and name not in VOICES + (MORE_STEPS,):
        for section in table:
            for voice in VOICES:
                table[section] = table[section] + sections(voice).get(section, []) + sections(voice).get("stated_" + section, [])
    return table


@cache
def clauses(section, unseen):
    """The clauses of a section: of the training set, or held out."""
    for name in ("wordings_reads", "wordings_writes", "wordings_steps", "wordings_missing"):
        if section in sections(name):
            found = [c for c in sections(name)[section] if c.unseen == unseen]
            return found or sections(name)[section]
    raise KeyError(section)


@cache
def plain_lines(name, unseen):
    own = [s for s in lines(name) if not s.startswith("#")]
    more = [c.source for voice in VOICES for c in sections(voice).get(VOICE_LINES.get(name), [])]
    return [compiled(s) for s in own + more if (zlib.crc32(s.encode()) % 10 == 0) == unseen]


def expand(node, context, rng):
    out = []
    for item in node:
        if isinstance(item, str):
            out.append(item)
        elif isinstance(item, list):
            out.append(expand(rng.choice(item), context, rng))
        elif item[0] == "slot":
            out.append(context.slot(item[1]))
        else:
            out.append(context.macro(item[1]))
    return "".join(out)


def tidy(text):
    """Joins leave double blanks and stray punctuation."""
    text = re.sub(r" {2,}", " ", text).strip()
    text = re.sub(r" ([,.;:](?:\s|$))", r"\1", text)
    text = re.sub(r"^[,;:.] *", "", text)
    return re.sub(r"\?\s*\?", "?", text)


KEYS = {"a": "sq", "e": "wr", "i": "uo", "o": "ip", "u": "yi", "s": "ad", "t": "ry", "r": "et", "n": "bm", "l": "ko", "c": "xv", "d": "sf"}


def typo(word, rng):
    i = rng.randrange(1, len(word) - 1)
    op = rng.randrange(4)
    if op == 0:
        return word[:i] + word[i + 1] + word[i] + word[i + 2:]
    if op == 1:
        return word[:i] + word[i + 1:]
    if op == 2:
        return word[:i] + word[i] + word[i:]
    return word[:i] + rng.choice(KEYS.get(word[i], word[i])) + word[i + 1:]


def noise(text, rng, lower):
    """Case, punctuation and typos outside of the protected values; then the marks go."""
    parts = re.split("(\x01[^\x02]*\x02)", text)
    if lower:
        parts = [p if p.startswith("\x01") else p.lower() for p in parts]
    elif rng.random() < 0.8:
        parts[0] = parts[0][:1].upper() + parts[0][1:]
    if rng.random() < 0.12:
        for _ in range(1 if rng.random() < 0.8 else 2):
            k = rng.randrange(len(parts))
            words = re.split(r"(\W+)", parts[k])
            long = [j for j, w in enumerate(words) if len(w) > 3 and w.isalpha()]
            if long and not parts[k].startswith("\x01"):
                j = rng.choice(long)
                words[j] = typo(words[j], rng)
                parts[k] = "".join(words)
    text = "".join(parts)
    if rng.random() < 0.06:
        text = text.replace("'", "")
    if rng.random() < 0.04:
        text = text.replace(",", "")
    return text.replace("\x01", "").replace("\x02", "")
