"""Made-up tools, so that the signatures in the prompt matter: random names and parameters, and plain requests for them.

About one noun, sentence frame and connective in five, chosen by hash, are never trained on: tools and requests of the *unseen* side use only those.
Verbs are on both sides, for nothing but seeing it tells that "erase" may mean delete_badge.
"""
import zlib

from .chat import Number
from .tools import DESK, Param, Tool

VERBS = {"book": "book|reserve", "find": "find|look up|search", "get": "get|show|fetch|look up|check", "delete": "delete|remove|erase",
         "create": "create|make|add|set up|new", "update": "update|change|edit|modify", "send": "send|mail|dispatch", "list": "list|show all|show",
         "start": "start|launch|begin|run", "stop": "stop|end|halt", "assign": "assign|give|hand over", "print": "print|print out",
         "schedule": "schedule|plan|arrange", "move": "move|shift|transfer", "approve": "approve|accept|sign off", "count": "count|tally",
         "archive": "archive|file away", "export": "export|download", "open": "open|unlock", "pay": "pay|settle", "convert": "convert|turn",
         "set": "set|put|adjust", "lock": "lock|block", "rate": "rate|score", "pause": "pause|suspend", "resume": "resume|continue", "measure": "measure|read"}
NOUNS = ("invoice room meeting report label voucher shift employee supplier contract machine pallet truck driver project task backup photo "
         "recipe song alarm light printer camera robot account document folder survey course lesson patient visit flight seat hotel car bike "
         "route package crate badge key password server database job build release budget expense payment loan policy claim quote lead campaign "
         "newsletter banner review rating playlist movie garden plant pump valve heater window curtain battery meter bill").split()
TEXTS = "name title owner person label topic note place team group color model brand author subject_line target destination".split()
CODES = "code number id reference key_id serial tag slot".split()
WHOLES = "count seats days hours level pages copies floor minutes size".split()
FRAMES = ("%s", "%s.", "please %s", "can you %s?", "could you please %s?", "%s please", "I need you to %s", "I want to %s", "we have to %s",
          "the boss wants us to %s", "go ahead and %s", "hi, %s", "%s, thanks", "would you %s?", "let's %s", "time to %s", "%s now",
          "next thing: %s", "my colleague asked me to %s", "hello, would you be so kind and %s?", "one more: %s", "please be quick and %s",
          "good morning! %s please", "I'd like to %s", "is it possible to %s?", "the customer wants us to %s", "%s, if you have a minute")
LINKS = (", %s %s", " with %s %s", " and %s %s", ", %s: %s", " (%s %s)", ", %s is %s", " with the %s %s", " - %s %s", " using %s %s",
         "; %s = %s", ", the %s should be %s", ", %s %s please", " where the %s is %s", ", and the %s must be %s")
DATES = "date day due_date start_date until".split()
CHOICES = (("mode", "fast|slow|eco"), ("size", "small|medium|large"), ("format", "pdf|csv|html"), ("color", "red|green|blue|black"),
           ("language", "english|french|german"), ("unit", "metric|imperial"), ("channel", "mail|phone|chat"), ("kind", "public|private"),
           ("state", "active|paused|archived"), ("shift", "early|late|night"), ("grade", "gold|silver|bronze"))


def held_out(items, unseen):
    """The items of one side: about one in five is only measured."""
    return [x for x in items if (zlib.crc32(x.encode()) % 5 == 0) == unseen]


def made_up(rng, unseen=False):
    """A tool that is none of the desk's."""
    while True:
        verb, noun = rng.choice(list(VERBS)), rng.choice(held_out(NOUNS, unseen))
        name = rng.choice(("%s_%s", "%s_%s", "%s_%s", "%s_the_%s", "%s_new_%s")) % (verb, noun)
        if rng.random() < 0.15:
            name = noun + "_" + verb
        params, used = [], set()
        for _ in range(rng.choice((1, 1, 2, 2, 3))):
            kind = rng.choice(("text", "code", "code", "whole", "date", "choice", "number"))
            if kind == "choice":
                p, values = rng.choice(CHOICES)
                param = Param(p, False, "string", tuple(values.split("|")))
            elif kind == "whole":
                param = Param(rng.choice(WHOLES), False, "integer")
            elif kind == "number":
                param = Param(rng.choice(("amount", "price", "weight", "rate", "limit_value", "distance")), False, "number")
            elif kind == "code":
                param = Param(noun + "_" + rng.choice(CODES) if rng.random() < 0.6 else rng.choice(CODES))
            else:
                param = Param(rng.choice(TEXTS if kind == "text" else DATES))
            if param.name not in used:
                used.add(param.name)
                params.append(param)
        if name not in DESK:
            return Tool(name, tuple(params))


def value(p, e):
    r = e.rng
    if p.values:
        return r.choice(p.values)
    if p.kind == "integer":
        return r.randint(1, 300)
    if p.kind == "number":
        return Number(e.money())
    if p.name in DATES:
        return e.date()
    if p.name in TEXTS:
        words = [e.word() for _ in range(r.choice((1, 1, 2)))]
        return " ".join(w.capitalize() if r.random() < 0.7 else w for w in words)
    n = r.choice((3, 4, 5, 5))
    digits = "".join(r.choice("0123456789") for _ in range(n))
    prefix = r.choice((e.letters(2), e.letters(3), e.letters(4), "INV", "REF", "JOB", "DOC", "NR", "RMA", "PO"))
    code = r.choice((prefix + "-" + digits, prefix + "-" + digits, prefix + digits, digits, digits + "-" + e.letters(1), e.letters(1) + digits))
    return "X" + code if code.startswith(("ORD-", "C-", "T-")) else code


def request(tool, e, unseen=False):
    """Text and arguments."""
    r = e.rng
    verb = next(v for v in VERBS if v in tool.name.split("_"))
    noun = next(n for n in tool.name.split("_") if n != verb and n in NOUNS)
    arguments = {p.name: value(p, e) for p in tool.params}
    say = r.choice(VERBS[verb].split("|")) + " " + r.choice(("the ", "the ", "a ", "", "our ")) + noun
    parts = []
    order = list(tool.params)
    if r.random() < 0.4:
        r.shuffle(order)
    for i, p in enumerate(order):
        v = arguments[p.name]
        shown = v.text if isinstance(v, Number) else str(v)
        label = p.name.replace("_", " ")
        if i == 0 and r.random() < 0.5 and p.kind == "string":
            parts.append(" " + shown)
        else:
            parts.append(r.choice(held_out(LINKS, unseen)) % (label, shown))
    text = say + "".join(parts)
    text = r.choice(held_out(FRAMES, unseen)) % text
    if r.random() < 0.7:
        text = text[0].upper() + text[1:]
    return text + ("" if text.endswith("?") or r.random() < 0.5 else "."), arguments
