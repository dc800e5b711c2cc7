"""Tools of many domains with requests written by hand: data/domains_*.txt.

A section is `== name(signature) @ parameter=type …` and its lines are requests; `{parameter}` is a value, `{parameter=value}` says a value of an
enum in other words. Of the tools about one in eight, chosen by hash of the name, is never trained on (nor is another of the same words, playSong
beside play_song), and of the other tools' patterns one in ten.
"""
import os
import re
import zlib
from dataclasses import dataclass, replace
from functools import cache

from .catalogue import NOUNS
from .chat import Number
from .files import DATA, lines
from .grammar import compiled, expand, noise, tidy
from .tools import Tool, parse

# Values that the types know, beside those of Entities: int:MIN-MAX and list:a|b|c are written in the file.
TITLES = ("%s %s", "the %s %s", "%s of %s", "%s and %s", "my %s %s", "%s %s")
COMPANIES = ("GmbH", "Ltd", "Inc", "AG", "& Sons", "Group", "Partners", "SA", "Works", "Logistics")


@dataclass(frozen=True)
class DomainTool(Tool):
    types: tuple
    patterns: tuple
    unseen: bool = False

    @property
    def words(self):
        """play_song and playSong have the same."""
        return frozenset(re.sub("([A-Z])", r"_\1", self.name).lower().split("_"))


@cache
def table():
    """All tools by name. Raises ValueError naming the file and the section of a mistake."""
    found = {}
    for file in sorted(f[:-4] for f in os.listdir(DATA) if f.startswith("domains_")):
        head, body = None, []
        for line in lines(file) + ["== "]:
            if line.startswith("== "):
                if head:
                    tool = section(file, head, body)
                    found.setdefault(tool.name, tool)
                head, body = line[3:], []
            elif not line.startswith("#"):
                body.append(line)
    held = {t.words for t in found.values() if zlib.crc32(t.name.encode()) % 8 == 0}
    return {name: replace(tool, unseen=tool.words in held) for name, tool in found.items()}


def section(file, head, body):
    signature, _, types = head.partition(" @ ")
    tool = parse(signature.strip())
    kinds = {}
    for part in types.replace(", ", ",").split(" ") if types else ():
        name, _, kind = part.partition("=")
        if name in kinds or not kind:
            kinds[list(kinds)[-1]] += " " + part  # a blank inside a list
        else:
            kinds[name] = kind
    for p in tool.params:
        if not p.values and p.name not in kinds:
            raise ValueError("%s: %s: no type for %s" % (file, tool.name, p.name))
    for line in body:
        for p in tool.params:
            if not p.optional and "{%s}" % p.name not in line and "{%s=" % p.name not in line:
                raise ValueError("%s: %s: %r says nothing of %s" % (file, tool.name, line, p.name))
    return DomainTool(tool.name, tool.params, tuple(kinds.items()), tuple(body))


@cache
def tools(unseen):
    return [t for t in table().values() if t.unseen == unseen]


@cache
def patterns(tool, unseen):
    """The requests of one side; every one of a tool that is held out."""
    found = [p for p in tool.patterns if tool.unseen or (zlib.crc32(p.encode()) % 10 == 0) == unseen]
    return tuple(compiled(p) for p in found or tool.patterns)


class DomainValues:
    """The values of one request, drawn when first named."""

    def __init__(self, tool, e):
        self.tool, self.e, self.rng, self.given = tool, e, e.rng, {}

    def slot(self, name):
        name, _, fixed = name.partition("=")
        param = next(p for p in self.tool.params if p.name == name)
        if fixed:
            self.given[name] = self.typed(param, fixed)
            return ""
        if name not in self.given:
            self.given[name] = self.rng.choice(param.values) if param.values else self.draw(param, dict(self.tool.types)[name])
        v = self.given[name]
        return "\x01" + (v.text if isinstance(v, Number) else str(v).replace("_", " ") if param.values else str(v)) + "\x02"

    def typed(self, param, text):
        return int(text) if param.kind == "integer" else Number(text) if param.kind == "number" else text

    def draw(self, param, kind):
        e, r = self.e, self.rng
        if kind.startswith("int:"):
            low, high = kind[4:].split("-")
            v = r.randint(int(low), int(high))
            return v if param.kind == "integer" else Number(str(v)) if param.kind == "number" else str(v)
        if kind.startswith("list:"):
            return self.typed(param, r.choice(kind[5:].split("|")))
        if kind == "number":
            return Number(e.money()) if param.kind == "number" else e.money()
        return self.typed(param, {
            "person": e.name, "first": e.first, "city": e.city, "street": lambda: "%s %d" % (e.street(), r.randint(1, 199)), "email": e.email,
            "company": lambda: e.word(2).capitalize() + " " + r.choice(COMPANIES),
            "phone": lambda: r.choice(("+49 %d %d", "0%d-%d", "0%d %d")) % (r.randint(100, 999), r.randint(100000, 9999999)),
            "word": lambda: e.word(2).capitalize() if r.random() < 0.5 else e.word(2),
            "title": self.title, "text": lambda: e.subject() if r.random() < 0.4 else self.title(),
            "code": lambda: e.letters(r.choice((1, 2, 3))) + r.choice(("-", "-", "")) + str(r.randint(10, 99999)),
            "date": e.date, "time": lambda: "%02d:%02d" % (r.randint(0, 23), r.choice((0, 0, 15, 30, 45, 20)))}[kind]())

    def title(self):
        words = [self.rng.choice(NOUNS).replace("_", " ") if self.rng.random() < 0.7 else self.e.word(2) for _ in range(2)]
        text = self.rng.choice(TITLES) % tuple(words)
        return text.title() if self.rng.random() < 0.4 else text[0].upper() + text[1:] if self.rng.random() < 0.5 else text


def request(tool, e, unseen=False):
    """Text and arguments."""
    values, r = DomainValues(tool, e), e.rng
    text = tidy(expand(r.choice(patterns(tool, unseen)), values, r))
    given = {p.name: values.given[p.name] for p in tool.params if p.name in values.given}
    return noise(text, r, False), given
