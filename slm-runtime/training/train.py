#!/usr/bin/env python3
"""Trains the model for a given number of minutes. The learning rate follows the clock, so it has come down when the time is up.

Writes DIR/last.pt (to resume from) every few minutes and at the end, with the weights and their running average.
"""
import argparse
import json
import os
import signal
import time

import torch
import torch.nn.functional as F

from outrider import exported, scoring
from outrider.chat import Encoder
from outrider.data import loader
from outrider.model import Config, Hybrid
from outrider.optimizer import optimizers
from outrider.tokenizer import load
from outrider.weights import from_gguf


def arguments():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--config", default="configs/cpu.json", help="default: %(default)s")
    ap.add_argument("--tokenizer", default="tokenizer.json", help="default: %(default)s")
    ap.add_argument("--out", default="build/run", help="directory of the checkpoint and the log (default: %(default)s)")
    ap.add_argument("--minutes", type=float, default=55, help="wall clock of the whole training, resumed parts together (default: %(default)s)")
    ap.add_argument("--device", default="auto", help="auto, cpu or cuda (default: %(default)s)")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--workers", type=int, default=1, help="processes that generate data (default: %(default)s)")
    ap.add_argument("--threads", type=int, default=0, help="threads of PyTorch on the CPU (default: all)")
    ap.add_argument("--compile", action="store_true", help="torch.compile; about 15%% faster on a CPU, needs a C++ compiler")
    ap.add_argument("--save-every", type=float, default=4, metavar="MINUTES", help="default: %(default)s")
    ap.add_argument("--eval-cases", type=int, default=120, help="conversations a development set (default: %(default)s)")
    ap.add_argument("--learn", action="append", default=[], metavar="TRAIN.jsonl", help="a training set of outrider convert; may be given again")
    ap.add_argument("--heldout", action="append", default=[], metavar="HELDOUT.jsonl", help="its held-out set, measured at every save")
    ap.add_argument("--learn-share", type=float, default=0.7, help="share of the conversations that come from --learn (default: %(default)s)")
    ap.add_argument("--init", metavar="FILE", help="begin with the weights of a checkpoint or of an exported .gguf, and without copy warm-up")
    a = ap.parse_args()
    if not 0 < a.learn_share <= 1:
        ap.error("--learn-share must be above 0 and at most 1, but is %s" % a.learn_share)
    return a


def rate(fraction, warmup, decay):
    """Share of the peak learning rate at a fraction of the time: up, flat, down."""
    return min(1.0, (fraction + 1e-3) / warmup, max(0.0, (1 - fraction) / decay))


def loss_of(model, features, ids, weights):
    """Weighted cross-entropy of the learnt tokens, and which of them were the best guess."""
    picked = weights[:, 1:] > 0
    logits = model.logits(features[:, :-1][picked]).float()
    target, w = ids[:, 1:][picked], weights[:, 1:][picked]
    loss = (F.cross_entropy(logits, target, reduction="none") * w).sum() / w.sum()
    return loss, logits.detach().argmax(-1) == target, picked


def call_accuracy(hit, picked, turns):
    """(exact calls, calls, exact turns, turns) of a batch."""
    numbers = turns[:, 1:] + torch.arange(len(turns), device=turns.device)[:, None] * 10000
    _, inverse = numbers[picked].unique(return_inverse=True)
    names = torch.zeros(int(inverse.max()) + 1, dtype=torch.long, device=turns.device).scatter_(0, inverse, turns[:, 1:][picked])
    exact = torch.ones_like(names).scatter_reduce_(0, inverse, hit.long(), "amin")
    call = (names % 2 == 0) & (names > 0)
    return int(exact[call].sum()), int(call.sum()), int(exact[names > 0].sum()), int((names > 0).sum())


class Run:
    def __init__(self, a):
        self.a = a
        with open(a.config) as f:
            self.config = json.load(f)
        self.train = self.config["train"]
        self.device = ("cuda" if torch.cuda.is_available() else "cpu") if a.device == "auto" else a.device
        if a.threads:
            torch.set_num_threads(a.threads)
        torch.manual_seed(a.seed)
        self.model = Hybrid(Config(**self.config["model"])).to(self.device)
        if a.init:
            if a.init.endswith(".gguf"):
                from_gguf(self.model, a.init)
            else:
                self.model.load_state_dict(torch.load(a.init, map_location=self.device, weights_only=True)["model"])
            self.train["copy_warmup"] = 0
        self.learn = [c for path in a.learn for c in exported.read(path)]
        self.heldout = [c for path in a.heldout for c in exported.read(path)]
        self.optimizers = optimizers(self.model, self.train)
        self.average = {k: v.clone() for k, v in self.model.state_dict().items()}
        self.step, self.elapsed, self.tokens, self.answers, self.copy_steps = 0, 0.0, 0, 0, None
        self.path = os.path.join(a.out, "last.pt")
        os.makedirs(a.out, exist_ok=True)
        if os.path.exists(self.path):
            self.resume()

    def resume(self):
        s = torch.load(self.path, map_location=self.device, weights_only=True)
        self.model.load_state_dict(s["model"])
        self.average = s["average"]
        for o, state in zip(self.optimizers, s["optimizers"]):
            o.load_state_dict(state)
            for g in o.param_groups:  # the configuration may have changed
                g["peak"] = self.train["muon_lr" if o is self.optimizers[0] else "adam_lr"]
        self.step, self.elapsed, self.tokens, self.answers, self.copy_steps = (s[k] for k in ("step", "elapsed", "tokens", "answers", "copy_steps"))
        print("resumed at step %d, %.1f minutes" % (self.step, self.elapsed / 60), flush=True)

    def save(self):
        torch.save({"config": self.config, "model": self.model.state_dict(), "average": self.average, "step": self.step, "elapsed": self.elapsed,
                    "tokens": self.tokens, "answers": self.answers, "copy_steps": self.copy_steps, "seed": self.a.seed,
                    "optimizers": [o.state_dict() for o in self.optimizers]}, self.path + ".new")
        os.replace(self.path + ".new", self.path)

    def data(self, copying):
        return iter(loader(self.a.workers, tokenizer=self.a.tokenizer, seed=self.a.seed, start=self.step,
                           copy_steps=self.step + 10 ** 9 if copying else 0, tokens=self.train["batch_tokens"], length=self.train["length"],
                           easy_steps=self.train["easy_steps"], learn=self.learn, share=self.a.learn_share))

    def fraction(self):
        return self.elapsed / (60 * self.a.minutes)

    def run(self):
        a, t = self.a, self.train
        encoder = Encoder(load(a.tokenizer))
        dev = {name: scoring.cases(encoder, 7, a.eval_cases, name == "unseen") for name in ("seen", "unseen")}
        if self.learn:
            fit, longer = exported.fitting(self.learn, encoder, t["length"])
            print("%d exported conversations to learn; %d more are longer than %d tokens and left out" % (len(fit), longer, t["length"]), flush=True)
            if not fit:
                raise SystemExit("--learn: every conversation is longer than %d tokens; raise train.length in %s" % (t["length"], a.config))
        if self.heldout:
            dev["heldout"] = [c.case(encoder) for c in self.heldout]
        features = torch.compile(self.model.features, dynamic=False) if a.compile else self.model.features
        log = open(os.path.join(a.out, "log.jsonl"), "a")
        copying = self.fraction() < t["copy_warmup"]
        data, clock, saved, shown = self.data(copying), time.time(), self.elapsed, 0.0
        sums, losses = [0, 0, 0, 0], []
        stop = []
        signal.signal(signal.SIGTERM, lambda *_: stop.append(1))  # stop politely: save, and resume later
        while self.fraction() < 1 and not stop:
            if copying and self.fraction() >= t["copy_warmup"]:
                copying, data = False, self.data(False)
            share = rate(self.fraction(), t["warmup"], t["decay"])
            for o in self.optimizers:
                for g in o.param_groups:
                    g["lr"] = g["peak"] * share
            ids, weights, turns = (x.to(self.device, non_blocking=True) for x in next(data))
            with torch.autocast(self.device, torch.bfloat16):
                h = features(ids)
                loss, hit, picked = loss_of(self.model, h, ids, weights)
            loss.backward()
            norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            for o in self.optimizers:
                o.step()
                o.zero_grad(set_to_none=True)
            with torch.no_grad():
                for k, v in self.model.state_dict().items():
                    self.average[k].lerp_(v, 1 - min(t["ema"], self.step / (self.step + 10)))
            self.step += 1
            self.tokens += ids.numel()
            losses.append(loss.item())
            if bool(turns.any()):
                counts = call_accuracy(hit, picked, turns)
                self.answers += counts[3]
                sums = [x + y for x, y in zip(sums, counts)]
            now = time.time()
            self.elapsed, clock = self.elapsed + now - clock, now
            if self.elapsed - shown > 15:
                shown = self.elapsed
                left = 60 * a.minutes - self.elapsed
                print("step %d  %.1f/%.0f min  loss %.4f  calls %.1f%%  answers %.1f%%  norm %.2f  lr %.2f  %d tokens  ETA %d:%02d%s" % (
                    self.step, self.elapsed / 60, a.minutes, sum(losses) / len(losses), 100 * sums[0] / max(1, sums[1]), 100 * sums[2] / max(1, sums[3]),
                    norm, share, self.tokens, left // 60, left % 60, "  (copy warm-up)" if copying else ""), flush=True)
                sums, losses = [0, 0, 0, 0], []
            if self.elapsed - saved > 60 * a.save_every or self.fraction() >= 1:
                saved = self.elapsed
                self.save()
                self.evaluate(dev, log)
        if stop:
            self.save()
            print("stopped at step %d, saved" % self.step, flush=True)

    def evaluate(self, dev, log):
        live = {k: v.clone() for k, v in self.model.state_dict().items()}
        row = {"step": self.step, "minutes": round(self.elapsed / 60, 2), "tokens": self.tokens, "answers": self.answers}
        for name, found in dev.items():
            for label, weights in (("last", live), ("average", self.average)):
                self.model.load_state_dict(weights)
                right = scoring.score(self.model, found, self.device)
                if name != "heldout":  # its kinds are those of a log, not the generator's
                    row[name + "_" + label] = round(scoring.calls_exact(found, right)[0], 4)
                row[name + "_" + label + "_all"] = round(sum(right) / len(right), 4)
        self.model.load_state_dict(live)
        log.write(json.dumps(row) + "\n")
        log.flush()
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    Run(arguments()).run()
