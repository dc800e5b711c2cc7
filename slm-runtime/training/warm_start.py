#!/usr/bin/env python3
"""Starts a run from the weights of another one that had another tokenizer: a token keeps its row of the embedding, a new one
takes the row of the same word with a blank before it, or the mean of its pieces. The clock, the counts and the optimizers start anew."""
import argparse
import os

import torch
from tokenizers import Tokenizer

from outrider.model import Config, Hybrid
from outrider.optimizer import optimizers


def rows(old, new, table):
    """The embedding of the new vocabulary, and how many rows were kept, taken from a word with a blank, and pieced together."""
    known, out, counts = old.get_vocab(), torch.empty_like(table), [0, 0, 0]
    for token, i in new.get_vocab().items():
        spaced = "\u0120" + token
        if token in known:
            out[i] = table[known[token]]
            if spaced in known:
                out[i] = (out[i] + table[known[spaced]]) / 2
            counts[0] += 1
        elif spaced in known:
            out[i] = table[known[spaced]]
            counts[1] += 1
        else:
            pieces = old.model.tokenize(token)
            out[i] = torch.stack([table[p.id] for p in pieces]).mean(0)
            counts[2] += 1
    return out, counts


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("checkpoint", help="last.pt of the run to start from")
    ap.add_argument("old", help="its tokenizer")
    ap.add_argument("new", help="the tokenizer of the new run")
    ap.add_argument("--out", default="build/run", help="directory of the new run (default: %(default)s)")
    a = ap.parse_args()
    s = torch.load(a.checkpoint, map_location="cpu", weights_only=True)
    old, new = Tokenizer.from_file(a.old), Tokenizer.from_file(a.new)
    for weights in (s["model"], s["average"]):
        weights["embed.weight"], counts = rows(old, new, weights["embed.weight"])
    model = Hybrid(Config(**s["config"]["model"]))
    model.load_state_dict(s["model"])
    s["optimizers"] = [o.state_dict() for o in optimizers(model, s["config"]["train"])]
    s["elapsed"] = 0.0
    os.makedirs(a.out, exist_ok=True)
    torch.save(s, os.path.join(a.out, "last.pt"))
    print("%d tokens kept, %d from the word with a blank, %d from pieces" % tuple(counts))


if __name__ == "__main__":
    main()
