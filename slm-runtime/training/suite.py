#!/usr/bin/env python3
"""Writes a suite of requests to tools that training never saw, as case lines for `outrider eval FILE`.

Every case offers held-out tools: made up of held-out nouns, or written by hand for other domains; the sentences are held out too. One case in five
asks for a tool that is not on offer. The tools' descriptions are empty: the name and the parameters say it all.
"""
import argparse
import json

from golden import schema
from outrider import domains
from outrider.chat import Number
from outrider.conversations import Generator

ABSENT = 0.2  # share of the cases whose tool is not on offer


def case(g, number):
    r = g.rng
    tools = {t.name: t for t in g.foreign(r.randint(2, 9))}
    wanted = r.choice(list(tools.values()))
    text, arguments = g.asked(wanted)
    out = {"id": "unseen-tools/%04d" % number, "suite": "unseen-tools", "messages": [{"role": "user", "content": text}]}
    if r.random() < ABSENT:
        del tools[wanted.name]
        out |= {"category": "no_tool_fits", "expected": {"no_call": True}}
    else:
        values = {k: [json.loads(v.text) if isinstance(v, Number) else v] for k, v in arguments.items()}
        out |= {"category": "written" if isinstance(wanted, domains.DomainTool) else "made_up", "expected": {"calls": [{"name": wanted.name, "arguments": values}], "order": "any"}}
    out["tools"] = [schema(t) for t in tools.values()]
    return out | {"match": "bfcl-ast"}


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("file")
    ap.add_argument("--count", type=int, default=300, help="default: %(default)s")
    ap.add_argument("--seed", default="1")
    a = ap.parse_args()
    g = Generator("suite/" + a.seed, True)
    with open(a.file, "w", encoding="utf-8") as f:
        for number in range(a.count):
            f.write(json.dumps(case(g, number), ensure_ascii=False) + "\n")
    print("%d cases in %s" % (a.count, a.file))


if __name__ == "__main__":
    main()
