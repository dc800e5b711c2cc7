#!/usr/bin/env python3
"""Exact match of a checkpoint: trained and held-out wordings, by kind of answer and by tool, with counts and 95 % intervals.

Greedy, one forward pass a case. The held-out wordings are clause patterns that training never draws from. --ranges desk draws
numbers and names from the ranges that training must not use (order numbers with 4 and 7, names with V, W, K, Z and so on).
"""
import argparse
import json

from outrider import checkpoint, exported, scoring
from outrider.chat import Encoder
from outrider.tokenizer import load


def interval(right, n):
    """Wilson score interval."""
    if not n:
        return 0.0, 1.0
    z, p = 1.96, right / n
    middle, half = p + z * z / (2 * n), z * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def show(title, counts):
    print("  " + title)
    for name, (right, n) in sorted(counts.items()):
        low, high = interval(right, n)
        print("    %-16s %6.1f%%  %5d/%-5d  [%.1f, %.1f]" % (name, 100 * right / n, right, n, 100 * low, 100 * high))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--checkpoint", default="build/run/last.pt", help="default: %(default)s")
    ap.add_argument("--tokenizer", default="tokenizer.json", help="default: %(default)s")
    ap.add_argument("--average", action="store_true", help="the running average of the weights instead of the last ones")
    ap.add_argument("--conversations", type=int, default=500, help="a set (default: %(default)s)")
    ap.add_argument("--seed", type=int, default=101)
    ap.add_argument("--ranges", choices=("training", "desk"), default="training", help="default: %(default)s")
    ap.add_argument("--offered", choices=("random", "all"), default="random", help="tools in the prompt (default: %(default)s)")
    ap.add_argument("--heldout", metavar="HELDOUT.jsonl", help="measure a held-out set of outrider convert instead, by its kinds")
    ap.add_argument("--json", metavar="FILE", help="write the counts here too")
    a = ap.parse_args()
    model, state = checkpoint.load(a.checkpoint, a.average)
    encoder, report = Encoder(load(a.tokenizer)), {}
    print("step %d, %.1f minutes, %d tokens, %d answers" % (state["step"], state["elapsed"] / 60, state["tokens"], state["answers"]))
    if a.heldout:
        found = [c.case(encoder) for c in exported.read(a.heldout)]
        right = scoring.score(model, found, autocast=False)
        total = {"all answers": (sum(right), len(right))}
        show("all", total)
        show("by kind", scoring.table(found, right, 2))
        report["heldout"] = {"total": total, "kind": scoring.table(found, right, 2)}
    for name in () if a.heldout else ("seen", "unseen"):
        found = scoring.cases(encoder, a.seed, a.conversations, name == "unseen", a.ranges == "desk", a.offered == "all")
        right = scoring.score(model, found, autocast=False)
        calls = [ok for case, ok in zip(found, right) if case[2].endswith("call") or case[2] == "first_step"]
        total = {"calls": (sum(calls), len(calls)), "all answers": (sum(right), len(right))}
        print("%s wordings" % name)
        show("all", total)
        show("by kind", scoring.table(found, right, 2))
        show("by tool", scoring.table(found, right, 3))
        report[name] = {"total": total, "kind": scoring.table(found, right, 2), "tool": scoring.table(found, right, 3)}
    if a.json:
        with open(a.json, "w") as f:
            json.dump(report, f, indent=1)


if __name__ == "__main__":
    main()
