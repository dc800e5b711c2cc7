#!/usr/bin/env python3
"""Trains the byte-level BPE on generated conversations."""
import argparse
import json

from outrider import tokenizer


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--config", default="configs/cpu.json", help="takes the vocabulary size from here (default: %(default)s)")
    ap.add_argument("--out", default="tokenizer.json", help="default: %(default)s")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--conversations", type=int, default=6000, help="default: %(default)s")
    a = ap.parse_args()
    with open(a.config) as f:
        size = json.load(f)["model"]["vocab"]
    t = tokenizer.train(a.out, size, a.seed, a.conversations)
    print("%s: %d entries" % (a.out, t.get_vocab_size()))


if __name__ == "__main__":
    main()
