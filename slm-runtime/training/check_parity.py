#!/usr/bin/env python3
"""Compares the logits of PyTorch with two independent programs, on the exported file.

KIT is a folder with reference.py (numpy, float64) and LlamaOracle.java (llama.cpp through FFM). The second is used when --llama
names the folder of its libraries. PyTorch computes in float64 here (the same code, so that only mistakes show), and once more in
float32, whose noise is printed beside it. Prompts are conversations of the generator, and random tokens.
"""
import argparse
import os
import subprocess
import sys
import tempfile

import numpy as np
import torch

from export import export
from outrider import checkpoint
from outrider.chat import Encoder
from outrider.conversations import Generator
from outrider.model import Config, Hybrid
from outrider.tokenizer import load


def prompts(encoder, vocab, seed):
    rng = np.random.default_rng(seed)
    yield "random", [int(t) for t in rng.integers(0, vocab, 150)]
    g = Generator("parity/%d" % seed)
    for name in ("one", "two"):
        tools = g.offered()
        yield name, encoder.conversation("", tools, g.thread(tools).messages)[0]


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit("%s\n%s" % (" ".join(command), done.stdout + done.stderr))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("kit")
    ap.add_argument("--checkpoint", help="default: a random model of --config")
    ap.add_argument("--config", default="configs/cpu.json", help="default: %(default)s")
    ap.add_argument("--tokenizer", default="tokenizer.json", help="default: %(default)s")
    ap.add_argument("--llama", metavar="DIR", help="llama.cpp libraries, as the kit's fetch script leaves them")
    ap.add_argument("--java", default="java", help="a JDK 22 or later (default: %(default)s)")
    ap.add_argument("--tolerance", type=float, default=1e-4)
    ap.add_argument("--seed", type=int, default=1)
    a = ap.parse_args()
    torch.manual_seed(a.seed)
    if a.checkpoint:
        model, state = checkpoint.load(a.checkpoint)
    else:
        import json
        with open(a.config) as f:
            config = json.load(f)
        model, state = Hybrid(Config(**config["model"])).eval(), {"config": config}
    encoder, failed = Encoder(load(a.tokenizer)), False
    with tempfile.TemporaryDirectory() as tmp:
        gguf, tokens, out = (os.path.join(tmp, n) for n in ("model.gguf", "tokens.txt", "logits.f32"))
        export(model, state, a.tokenizer, gguf, False)
        for name, ids in prompts(encoder, model.c.vocab, a.seed):
            with open(tokens, "w") as f:
                f.write(" ".join(map(str, ids)))
            with torch.no_grad():
                single = model.float()(torch.tensor([ids]))[0].numpy()
                ours = model.double()(torch.tensor([ids]))[0].numpy()
            others = [("reference.py", [sys.executable, os.path.join(a.kit, "reference.py"), gguf, tokens, "--out", out])]
            if a.llama:
                others.append(("llama.cpp", [a.java, "--enable-native-access=ALL-UNNAMED", os.path.join(a.kit, "LlamaOracle.java"), "logits",
                                             gguf, tokens, out, "--lib", a.llama]))
            for other, command in others:
                run(command)
                theirs = np.fromfile(out, "<f4").reshape(len(ids), -1)
                worst, same = float(np.abs(ours - theirs).max()), int((ours.argmax(1) == theirs.argmax(1)).sum())
                ok = worst < a.tolerance and same == len(ids)
                failed |= not ok
                print("%-7s %-13s %4d positions  largest difference %.2e  argmax equal %d/%d  (float32 %.1e)  %s" % (
                    name, other, len(ids), worst, same, len(ids), np.abs(single - theirs).max(), "ok" if ok else "FAILED"))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
