#!/usr/bin/env python3
"""Prints generated conversations: as readable text, or as JSON lines."""
import argparse
import json

from outrider.chat import call_text
from outrider.conversations import KINDS, Generator
from outrider.tools import DESK


def plain(message):
    out = {"role": message["role"]}
    if message.get("calls"):
        out["tool_calls"] = [json.loads(call_text(*c)) for c in message["calls"]]
    else:
        out["content"] = message["content"]
    return out


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--seed", default="1")
    ap.add_argument("--count", type=int, default=10)
    ap.add_argument("--kind", choices=list(KINDS), help="only this kind, with all desk tools offered")
    ap.add_argument("--unseen", action="store_true", help="the held-out wordings")
    ap.add_argument("--json", action="store_true")
    a = ap.parse_args()
    g = Generator(a.seed, a.unseen)
    for _ in range(a.count):
        tools = g.offered() if not a.kind else list(DESK.values())
        thread = g.thread(tools, a.kind)
        if not thread:
            continue
        if a.json:
            print(json.dumps({"kind": thread.kind, "tool": thread.tool, "tools": [t.signature() for t in tools],
                              "messages": [plain(m) for m in thread.messages]}, ensure_ascii=False))
        else:
            print("# %s, %s, %d tools" % (thread.kind, thread.tool, len(tools)))
            for m in thread.messages:
                print("%9s  %s" % (m["role"], m["content"] if "content" in m else " ".join(call_text(*c) for c in m["calls"])))


if __name__ == "__main__":
    main()
