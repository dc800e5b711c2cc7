"""Made-up tools, so that the signatures in the prompt matter: verbs, nouns and parameters put together, and plain requests for them.

About one noun, sentence frame and connective in five, chosen by hash, is never trained on: tools and requests of the *unseen* side use only those.
Verbs are on both sides, for nothing but seeing it tells that "erase" may mean delete_badge. One noun in eight is no word at all ("get_frolb"):
what cannot be known must be copied.
"""
import zlib
from dataclasses import dataclass
from functools import cache

from .chat import Number
from .files import lines
from .tools import DESK, Param, Tool

VERBS = {"book": "book|reserve", "find": "find|look up|search", "get": "get|show|fetch|look up|check|give me|tell me", "delete": "delete|remove|erase|get rid of",
         "create": "create|make|add|set up|start a new", "update": "update|change|edit|modify", "send": "send|mail|dispatch", "list": "list|show all|show|give me all",
         "start": "start|launch|begin|run", "stop": "stop|end|halt", "assign": "assign|give|hand over", "print": "print|print out",
         "schedule": "schedule|plan|arrange", "move": "move|shift|transfer", "approve": "approve|accept|sign off", "count": "count|tally",
         "archive": "archive|file away", "export": "export|download", "open": "open|unlock", "pay": "pay|settle", "convert": "convert|turn",
         "set": "set|put|adjust", "lock": "lock|block", "rate": "rate|score", "pause": "pause|suspend", "resume": "resume|continue", "measure": "measure|read",
         "search": "search|look for|find", "add": "add|put in|include", "remove": "remove|take out|drop", "check": "check|verify|inspect", "cancel": "cancel|call off",
         "buy": "buy|purchase|order", "sell": "sell", "calculate": "calculate|compute|work out", "estimate": "estimate|guess", "compare": "compare",
         "share": "share|pass on", "upload": "upload|put up", "rename": "rename|call", "translate": "translate", "register": "register|sign up|enrol",
         "submit": "submit|hand in|file", "reject": "reject|decline|turn down", "merge": "merge|combine", "restart": "restart|reboot", "play": "play|put on",
         "track": "track|follow|trace", "analyze": "analyze|examine|analyse", "generate": "generate|produce|make", "renew": "renew|extend", "close": "close|shut"}
READS = ("get", "find", "check", "search", "list", "count", "measure", "track", "calculate", "estimate")
NOUNS = [noun for line in lines("nouns") if not line.startswith("#") for noun in line.split()]
FRAMES = ("%s", "%s.", "please %s", "can you %s?", "could you please %s?", "%s please", "I need you to %s", "I want to %s", "we have to %s",
          "the boss wants us to %s", "go ahead and %s", "hi, %s", "%s, thanks", "would you %s?", "let's %s", "time to %s", "%s now",
          "next thing: %s", "my colleague asked me to %s", "hello, would you be so kind and %s?", "one more: %s", "please be quick and %s",
          "good morning! %s please", "I'd like to %s", "is it possible to %s?", "the customer wants us to %s", "%s, if you have a minute",
          "help me %s", "I'd like you to %s", "I am trying to %s", "do %s", "we need to %s today", "I have to %s before noon", "how about you %s?", "just %s")
ASKED = ("what is %s", "what's %s?", "what about %s?", "I need %s", "I'd like to see %s", "could I have %s?", "I'm looking for %s", "where do I find %s?",
         "can you tell me about %s?", "I want to know about %s", "any news on %s?", "info on %s", "%s?")
LINKS = (", %s %s", " with %s %s", " and %s %s", ", %s: %s", " (%s %s)", ", %s is %s", " with the %s %s", " - %s %s", " using %s %s",
         "; %s = %s", ", the %s should be %s", ", %s %s please", " where the %s is %s", ", and the %s must be %s", " for %s %s", " of %s %s", ", %s=%s",
         " whose %s is %s", ", make the %s %s", ". The %s is %s", ". %s: %s", ", as %s take %s", " that has %s %s", ", let the %s be %s")
BARE = {"text": (" for %s", " %s", " called %s", " named %s", " from %s", " to %s", ' "%s"', " of %s", " in %s"), "code": (" %s", " %s", " number %s", " #%s", " for %s", " with id %s"),
        "whole": (" of %s", " for %s", " %s"), "number": (" of %s", " at %s", " over %s"), "date": (" on %s", " for %s", " of %s", " by %s", " dated %s"),
        "choice": (" in %s", " as %s", " %s", " on %s", " with %s")}


@cache
def parameters():
    """Names by the kind of their value; choices as (name, values)."""
    table = {}
    for line in lines("parameters"):
        if not line.startswith("#"):
            kind, _, body = line.partition(" = ")
            names = [tuple(p.split("=")) for p in body.split("; ")] if kind == "choice" else body.split()
            table[kind] = table.get(kind, []) + names
    return table


KINDS = {name: kind for kind, names in parameters().items() if kind != "choice" for name in names}


@dataclass(frozen=True)
class MadeUp(Tool):
    verb: str
    noun: str


def held_out(items, unseen):
    """The items of one side: about one in five is only measured."""
    return [x for x in items if (zlib.crc32(x.encode()) % 5 == 0) == unseen]


def kind_of(param):
    return "choice" if param.values else KINDS.get(param.name, "code")


def parameter(rng, noun):
    kind = rng.choice(("text", "text", "code", "code", "whole", "date", "choice", "number"))
    optional = rng.random() < 0.2
    if kind == "choice":
        name, values = rng.choice(parameters()["choice"])
        return Param(name, optional, "string", tuple(values.split("|")))
    if kind == "code" and rng.random() < 0.5:
        return Param(noun + "_" + rng.choice(parameters()["code"][:7]), optional)
    return Param(rng.choice(parameters()[kind]), optional, {"whole": "integer", "number": "number"}.get(kind, "string"))


def camel(name):
    head, *rest = name.split("_")
    return head + "".join(w.capitalize() for w in rest)


def made_up(rng, unseen=False, e=None, like=None):
    """A tool that is none of the desk's. like: a tool to share the verb or the noun with."""
    while True:
        verb, noun = rng.choice(list(VERBS)), rng.choice(held_out(NOUNS, unseen))
        if e and rng.random() < 0.12:
            noun = e.word(2)
        if isinstance(like, MadeUp):
            verb, noun = (like.verb, noun) if rng.random() < 0.4 else (verb, like.noun)
        said = noun + "s" if (verb == "list" or rng.random() < 0.1) and not noun.endswith(("s", "x", "y", "ch", "sh")) else noun
        name = rng.choice(("%s_%s", "%s_%s", "%s_%s", "%s_%s", "%s_the_%s", "%s_new_%s")) % (verb, said)
        p = rng.random()
        if p < 0.12:
            name = said + "_" + verb
        elif p < 0.2:
            name = camel(name)
        params, used = [], set()
        for _ in range(rng.choice((1, 1, 2, 2, 3, 4))):
            param = parameter(rng, noun)
            if param.name not in used:
                used.add(param.name)
                params.append(param)
        params.sort(key=lambda p: p.optional)
        if name not in DESK:
            return MadeUp(name, tuple(params), verb, noun)


def value(p, e):
    r = e.rng
    kind = kind_of(p)
    if kind == "choice":
        return r.choice(p.values)
    if kind == "whole":
        return r.randint(1, 300) if r.random() < 0.8 else r.randint(1, 9000)
    if kind == "number":
        return Number(e.money())
    if kind == "date":
        return e.date()
    if kind == "text":
        q = r.random()
        if q < 0.12:
            return e.name()
        if q < 0.2:
            return e.city()
        if q < 0.4:
            return " ".join(r.sample(NOUNS, r.choice((1, 1, 2)))).replace("_", " ")
        if q < 0.5:
            return e.product().lower() if r.random() < 0.5 else e.subject()
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
    arguments = {p.name: value(p, e) for p in tool.params if not p.optional or r.random() < 0.5}
    noun = tool.noun.replace("_", " ")
    if tool.noun + "s" in tool.name and r.random() < 0.7:
        noun += "s"
    thing = r.choice(("the ", "the ", "a ", "", "our ")) + noun
    asked = tool.verb in READS and r.random() < 0.3
    say = thing if asked else r.choice(VERBS[tool.verb].split("|")) + " " + thing
    parts = []
    order = [p for p in tool.params if p.name in arguments]
    if r.random() < 0.4:
        r.shuffle(order)
    for i, p in enumerate(order):
        v = arguments[p.name]
        shown = v.text if isinstance(v, Number) else str(v)
        label = p.name.replace("_", " ")
        if label.startswith(tool.noun + " ") and r.random() < 0.6:
            label = label[len(tool.noun) + 1:]
        if i == 0 and r.random() < 0.5:
            parts.append(r.choice(BARE[kind_of(p)]) % shown)
        else:
            parts.append(r.choice(held_out(LINKS, unseen)) % (label, shown))
    text = say + "".join(parts)
    text = r.choice(held_out(ASKED if asked else FRAMES, unseen)) % text
    if r.random() < 0.7:
        text = text[0].upper() + text[1:]
    return text + ("" if text.endswith("?") or r.random() < 0.5 else "."), arguments
