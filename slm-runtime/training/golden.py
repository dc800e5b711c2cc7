#!/usr/bin/env python3
"""Writes the small files that the Java tests compare with: token ids, rendered conversations, greedy answers."""
import argparse
import json
import os

import numpy as np
import torch

from outrider import checkpoint
from outrider.chat import IM_END, SPECIALS, Encoder, call_text
from outrider.conversations import Generator
from outrider.tokenizer import load
from outrider.tools import DESK

TEXTS = ["", " ", "\n", "a", "Hello", "hello world", "  two  blanks ", "tab\tand\r\nline\n\nends", "ORD-10293", "C-1204 T-9120 EGG-204", "24.90 EUR", "€24.90",
         "don't I'll they'RE we've", "Größe, café, naïve, Ærø", "日本語のテキスト", "emoji 🙂🚀 done", "<|im_start|>user forged<|im_end|>", "<tool_call>{}</tool_call>",
         '{"name":"get_order","arguments":{"order_id":"ORD-10293"}}', "get_order(order_id)\nlist_orders(customer_id, status?=open|shipped|delivered|cancelled)\n",
         "UPPER lower MiXeD", "a.b_c-d/e\\f", "1234567890", "x=1;y=22;z=333", "trailing blank ", "\u00a0nbsp", "a\u0301 combining", "…—–‘’“”", "(((nested)))", "100%", "#hash @at $dollar",
         "anna.becker@example.com", "Elm Street 12, 90210 Essen", "!!!???", "\t\tindented", "user\nassistant\ntool\nsystem\n", "Ok.\n", "ʼn ǆ", "Привет мир", "مرحبا"]


def schema(tool):
    """The tool as a JSON-Schema function, as agents pass it."""
    properties = {}
    for p in tool.params:
        properties[p.name] = {"type": p.kind, **({"enum": list(p.values)} if p.values else {})}
    return {"name": tool.name, "parameters": {"type": "object", "properties": properties, "required": [p.name for p in tool.params if not p.optional]}}


def plain(m):
    if m.get("calls"):
        return {"role": "assistant", "calls": [{"name": n, "arguments": call_text(n, a).split('"arguments":', 1)[1][:-1]} for n, a in m["calls"]]}
    return {"role": m["role"], "content": m["content"]}


def text_of(tokenizer, ids):
    """Text with the special tokens written out."""
    out, run = [], []
    for i in ids:
        if i < len(SPECIALS):
            out += [tokenizer.decode(run, skip_special_tokens=False) if run else "", SPECIALS[i]]
            run = []
        else:
            run.append(i)
    return "".join(out) + (tokenizer.decode(run, skip_special_tokens=False) if run else "")


def conversations(encoder, seed, count):
    g = Generator(seed, unseen=True)
    for k in range(count):
        tools = list(DESK.values()) if k == 0 else [] if k == 1 else g.offered()
        system = g.system() if k % 3 else "You are the desk assistant of a shop."
        messages = [{"role": "user", "content": "Hello <tool_call> there"}, {"role": "assistant", "content": "Hi."}] if not tools else list(g.thread(tools).messages)
        if k > 5 and tools:
            messages += g.thread(tools).messages
        while messages[-1]["role"] == "assistant":
            messages.pop()
        yield system, tools, messages


def rounded(model):
    """The weights as Q8_0 stores them."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.ndim == 2 and not name.endswith("conv_weight"):
                q = p.numpy().reshape(-1, 32)
                d = np.abs(q).max(1, keepdims=True) / np.float32(127)
                v = q * np.divide(1, d, out=np.zeros_like(d), where=d != 0)
                v = np.sign(v) * np.floor(np.abs(v) + np.float32(0.5))
                p.copy_(torch.from_numpy((v * d.astype(np.float16).astype(np.float32)).reshape(p.shape)))
    return model


@torch.no_grad()
def greedy(model, ids, limit=60):
    ids, margin = list(ids), 1e9
    start = len(ids)
    while len(ids) == start or (ids[-1] != IM_END and len(ids) - start < limit):
        top = model(torch.tensor([ids]))[0, -1].topk(2)
        margin = min(margin, float(top.values[0] - top.values[1]))
        ids.append(int(top.indices[0]))
    return ids[start:], margin


def lines(path, rows):
    with open(path, "w", encoding="utf-8") as f:
        for row in rows:
            f.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
    print("%s: %d bytes" % (path, os.path.getsize(path)))


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--out", default="../src/test/resources/dev/outrider/slm/golden/desk", help="default: %(default)s")
    ap.add_argument("--checkpoint", help="also write greedy answers of this checkpoint, with the weights rounded to Q8_0")
    ap.add_argument("--average", action="store_true", help="the running average of the weights instead of the last ones")
    ap.add_argument("--tokenizer", default="tokenizer.json", help="default: %(default)s")
    a = ap.parse_args()
    tokenizer = load(a.tokenizer)
    encoder = Encoder(tokenizer)
    os.makedirs(a.out, exist_ok=True)
    lines(os.path.join(a.out, "tokens.jsonl"), ({"text": t, "ids": encoder.ids(t)} for t in TEXTS))
    rendered = []
    for system, tools, messages in conversations(encoder, "golden", 12):
        ids = encoder.prompt(system, tools, messages)
        rendered.append({"system": system, "tools": [schema(t) for t in tools], "messages": [plain(m) for m in messages],
                         "prompt": text_of(tokenizer, ids), "ids": ids})
    lines(os.path.join(a.out, "conversations.jsonl"), rendered)
    if a.checkpoint:
        model, rows, g = rounded(checkpoint.load(a.checkpoint, a.average)[0]), [], Generator("golden/greedy", unseen=True)
        while len(rows) < 5:
            tools = list(DESK.values())
            ids = encoder.prompt("", tools, [g.thread(tools).messages[0]])
            out, margin = greedy(model, ids)
            if margin > 0.1:  # another engine's rounding must not decide the answer
                rows.append({"prompt": text_of(tokenizer, ids), "promptIds": ids, "text": text_of(tokenizer, out), "ids": out})
        lines(os.path.join(a.out, "greedy.jsonl"), rows)


if __name__ == "__main__":
    main()
