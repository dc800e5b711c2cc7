"""Exact match of assistant turns, given what came before them.

The greedy answer equals the wanted text exactly when every wanted token is the most likely one after the tokens before it,
so one forward pass scores a turn without decoding it.
"""
import numpy as np
import torch

from .chat import IM_END
from .conversations import KINDS, Generator
from .tools import DESK


def turn_kind(thread, message, number):
    if not message.get("calls"):
        text = message["content"]
        return "ask" if text.startswith("Which ") else "refuse" if text.startswith("I cannot do that") else "answer"
    if thread.kind in ("single", "steps", "missing") and number > 0:
        return "later_call"
    return {"single": "single_call", "steps": "first_step"}.get(thread.kind, thread.kind + "_call")


def cases(encoder, seed, count, unseen, desk=False, all_tools=False):
    """(ids, start, kind, tool) of every assistant turn of `count` conversations with one request; the turn begins at start."""
    g, out = Generator("eval/%s/%d" % (seed, unseen), unseen, desk), []
    for _ in range(count):
        tools = g.rng.sample(list(DESK.values()), len(DESK)) if all_tools else g.offered()
        ids = encoder.system(g.system(), tools)
        thread, number = g.thread(tools), 0
        for m in thread.messages:
            i, w = encoder.message(m)
            if m["role"] == "assistant":
                start = len(ids) + next(k for k, x in enumerate(w) if x)
                end = len(ids) + max(k for k, x in enumerate(w) if x) + 1
                tool = m["calls"][0][0] if m.get("calls") else "text"
                out.append((ids + i[:end - len(ids)], start, turn_kind(thread, m, number), tool if tool in DESK or tool == "text" else "made_up"))
                number += 1
            ids = ids + i
    return out


@torch.no_grad()
def score(model, found, device="cpu", rows=16, autocast=True):
    """True or False for every case."""
    right = [False] * len(found)
    order = sorted(range(len(found)), key=lambda k: len(found[k][0]))
    for at in range(0, len(order), rows):
        part = order[at:at + rows]
        length = (max(len(found[k][0]) for k in part) + 63) // 64 * 64
        ids = np.full((len(part), length), IM_END, np.int64)
        for row, k in enumerate(part):
            ids[row, :len(found[k][0])] = found[k][0]
        ids = torch.from_numpy(ids).to(device)
        with torch.autocast(ids.device.type, torch.bfloat16, enabled=autocast):
            features = model.features(ids)
            for row, k in enumerate(part):
                start, end = found[k][1], len(found[k][0])
                best = model.logits(features[row, start - 1:end - 1]).argmax(-1)
                right[k] = bool((best == ids[row, start:end]).all())
    return right


def table(found, right, column):
    """{value: (right, all)} by kind (2) or tool (3)."""
    out = {}
    for case, ok in zip(found, right):
        a, b = out.get(case[column], (0, 0))
        out[case[column]] = (a + ok, b + 1)
    return out


def calls_exact(found, right):
    picked = [ok for case, ok in zip(found, right) if case[2].endswith("call") or case[2] == "first_step"]
    return sum(picked) / max(1, len(picked)), len(picked)
