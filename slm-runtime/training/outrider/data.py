"""Conversations as training batches. One tool preamble is followed by several requests, so that it is paid for once."""
import random

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from . import exported
from .chat import Encoder, IM_END
from .conversations import Generator
from .tokenizer import load

# Share of batches whose conversations hold one request, as most do in use. At first nearly all do: with a single order number
# in sight, copying is learnt much sooner.
SHORT, SHORT_AT_FIRST = 0.3, 0.5
CONTEXT = 0.1  # weight of the tokens that are not the assistant's: reading them teaches recall and words


def conversation(g, encoder, length, single):
    """ids, weights and turn numbers (0 none, odd text, even call) of one conversation of at most `length` tokens."""
    tools = g.offered()
    ids = encoder.system(g.system(), tools)
    weights, turns, turn = [0.0] * len(ids), [0] * len(ids), 0
    while True:
        new_ids, new_weights, new_turns = [], [], []
        for m in g.thread(tools).messages:
            i, w = encoder.message(m)
            turn += 1
            number = 2 * turn + (0 if m.get("calls") else 1)
            new_ids += i
            new_weights += w
            new_turns += [number if x else 0 for x in w]
        if len(ids) + len(new_ids) > length:
            if turn and any(turns):
                return ids, weights, turns
            return None
        ids, weights, turns = ids + new_ids, weights + new_weights, turns + new_turns
        if single:
            return ids, weights, turns


def copy_sequence(r, length, vocab):
    """A warm-up for recall: random tokens, then pieces of them again in another order. The repeats are learnt."""
    base = [r.randrange(11, vocab) for _ in range(min(100, length // 3))]
    ids, weights = list(base), [0.0] * len(base)
    while len(ids) < length:
        n, at = r.randint(6, 16), r.randrange(len(base) - 20)
        ids += base[at:at + n]
        weights += [0.0, 0.0] + [1.0] * (n - 2)
    return ids[:length], weights[:length], [0] * length


def batch(seed, step, encoder, rows, length, copying, learn=(), share=0.0):
    """int64 ids (rows, length), float32 weights and int64 turns of the same shape. Every step has its own seed.

    `learn` holds encoded conversations of at most `length` tokens, which take that share of the rows.
    """
    ids = np.full((rows, length), IM_END, np.int64)
    weights, turns = np.zeros((rows, length), np.float32), np.zeros((rows, length), np.int64)
    r = random.Random("%d/%d" % (seed, step))
    g, row = Generator("%d/%d" % (seed, step)), 0
    single = length <= 400 and not copying
    while row < rows:
        if copying:
            made = copy_sequence(r, length, encoder.tokenizer.get_vocab_size())
        elif learn and r.random() < share:
            made = r.choice(learn)
        else:
            made = conversation(g, encoder, length, single)
        if made:
            i, w, t = made
            ids[row, :len(i)], weights[row, :len(i)], turns[row, :len(i)] = i, w if copying else np.maximum(w, CONTEXT), t
            row += 1
    return torch.from_numpy(ids), torch.from_numpy(weights), torch.from_numpy(turns)


class Batches(IterableDataset):
    def __init__(self, tokenizer, seed, start, copy_steps, easy_steps, tokens, length, learn=(), share=0.0):
        self.tokenizer, self.seed, self.start, self.tokens, self.length = tokenizer, seed, start, tokens, length
        self.copy_steps, self.easy_steps, self.learn, self.share = copy_steps, easy_steps, learn, share

    def __iter__(self):
        info = get_worker_info()
        at, by = (info.id, info.num_workers) if info else (0, 1)
        encoder, step = Encoder(load(self.tokenizer)), self.start + at
        learn = exported.fitting(self.learn, encoder, self.length)[0]
        while True:
            r = random.Random("short/%d/%d" % (self.seed, step))
            copying = step < self.copy_steps
            short = r.random() < (SHORT_AT_FIRST if step < self.easy_steps else SHORT)
            length = self.length // 3 if short else self.length
            fit = [c for c in learn if len(c[0]) <= length]
            yield batch(self.seed, step, encoder, self.tokens // length, length, copying, fit, self.share)
            step += by


def loader(workers, **kw):
    return DataLoader(Batches(**kw), batch_size=None, num_workers=workers, prefetch_factor=8 if workers else None)
