#!/usr/bin/env python3
"""What depth, width, attention and state are worth: trains variants of one configuration for the same time each and prints a Markdown table.

A variant that is trained already is not trained again, and one that was stopped goes on. With few minutes the differences are those of the start
of training; say so where the table is shown.
"""
import argparse
import copy
import json
import os
import subprocess
import sys

from outrider.model import Config, Hybrid

# A variant and what it changes in the model.
VARIANTS = {
    "as it ships": {},
    "no attention": {"pattern": "M-M-M-M-"},
    "1 attention layer": {"pattern": "M-M-M*-M-"},
    "3 attention layers": {"pattern": "M-M*-M*-M*-"},
    "state 16": {"state": 16},
    "state 64": {"state": 64},
    "deeper, narrower": {"pattern": "M-M-M*-M-M*-M-M-", "hidden": 144, "ff": 288, "mamba_heads": 5, "attn_heads": 3, "kv_heads": 3},
    "shallower, wider": {"pattern": "M-M*-M*-", "hidden": 224, "ff": 448, "mamba_heads": 7},
}


def trained(config, out, a):
    """The last line of the variant's log."""
    log = os.path.join(out, "log.jsonl")
    rows = [json.loads(line) for line in open(log)] if os.path.exists(log) else []
    if not rows or rows[-1]["minutes"] < a.minutes:
        command = [sys.executable, "train.py", "--config", config, "--out", out, "--minutes", str(a.minutes), "--save-every", str(a.minutes),
                   "--seed", str(a.seed), "--device", a.device, "--workers", str(a.workers)] + (["--compile"] if a.compile else [])
        subprocess.run(command, check=True)
        rows = [json.loads(line) for line in open(log)]
    return rows[-1]


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--config", default="configs/cpu.json", help="default: %(default)s")
    ap.add_argument("--out", default="build/ablations", help="default: %(default)s")
    ap.add_argument("--minutes", type=float, default=10, help="of training, for each variant (default: %(default)s)")
    ap.add_argument("--only", action="append", metavar="NAME", choices=list(VARIANTS), help="a variant; may be given again (default: all)")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--device", default="auto")
    ap.add_argument("--workers", type=int, default=1)
    ap.add_argument("--compile", action="store_true")
    a = ap.parse_args()
    with open(a.config) as f:
        base = json.load(f)
    table = ["| variant | layers | parameters | tokens | calls exact, trained wordings | calls exact, held-out wordings |", "|---|---|---|---|---|---|"]
    for name in a.only or VARIANTS:
        config = copy.deepcopy(base)
        config["model"].update(VARIANTS[name])
        config["train"]["easy_steps"] = 0
        out = os.path.join(a.out, name.replace(" ", "-").replace(",", ""))
        os.makedirs(out, exist_ok=True)
        path = os.path.join(out, "config.json")
        with open(path, "w") as f:
            json.dump(config, f, indent=2)
        size = sum(p.numel() for p in Hybrid(Config(**config["model"])).parameters())
        print("== %s, %.2f M parameters" % (name, size / 1e6), flush=True)
        row = trained(path, out, a)
        table.append("| %s | `%s` | %.2f M | %.1f M | %.1f %% | %.1f %% |" % (
            name, config["model"]["pattern"], size / 1e6, row["tokens"] / 1e6, 100 * row["seen_average"], 100 * row["unseen_average"]))
    print("\n".join(table))


if __name__ == "__main__":
    main()
