#!/usr/bin/env python3
"""Writes a checkpoint as GGUF: nemotron_h, F32 or Q8_0, with tokenizer and chat format."""
import argparse
import json
import os

from outrider import checkpoint
from outrider.chat import IM_END, SPECIALS, TEMPLATE
from outrider.gguf import Writer
from outrider.weights import tensors

DESCRIPTION = ("Tool-calling specialist for the fourteen desk tools of Outrider, trained from scratch on generated conversations. "
               "It knows no other tools and no other subject.")


def metadata(w, c, s, vocabulary, merges, quantised):
    w.text("general.name", "Outrider " + s["config"]["name"])
    w.text("general.license", "apache-2.0")
    w.text("general.description", DESCRIPTION)
    w.integer("general.file_type", 7 if quantised else 0)
    w.integer("block_count", len(c.pattern))
    w.integer("context_length", c.context)
    w.integer("embedding_length", c.hidden)
    w.integer("vocab_size", c.vocab)
    w.integers("feed_forward_length", [c.ff if x == "-" else 0 for x in c.pattern])
    w.integers("attention.head_count_kv", [c.kv_heads if x == "*" else 0 for x in c.pattern])
    w.integer("attention.head_count", c.attn_heads)
    w.integer("attention.key_length", c.attn_head_dim)
    w.integer("attention.value_length", c.attn_head_dim)
    w.real("attention.layer_norm_epsilon", 1e-5)
    w.real("attention.layer_norm_rms_epsilon", 1e-5)
    w.integer("rope.dimension_count", c.attn_head_dim)  # loaders ask for it; there is no RoPE in this architecture
    w.integer("ssm.conv_kernel", c.conv)
    w.integer("ssm.state_size", c.state)
    w.integer("ssm.group_count", c.groups)
    w.integer("ssm.inner_size", c.inner)
    w.integer("ssm.time_step_rank", c.mamba_heads)
    w.text("tokenizer.ggml.model", "gpt2")
    w.text("tokenizer.ggml.pre", "qwen2")
    w.texts("tokenizer.ggml.tokens", vocabulary)
    w.integers("tokenizer.ggml.token_type", [3 if t in SPECIALS else 1 for t in vocabulary])
    w.texts("tokenizer.ggml.merges", merges)
    w.integer("tokenizer.ggml.unknown_token_id", 0)
    w.integer("tokenizer.ggml.bos_token_id", 1)
    w.integer("tokenizer.ggml.eos_token_id", IM_END)
    w.flag("tokenizer.ggml.add_bos_token", False)
    w.text("tokenizer.chat_template", TEMPLATE)
    w.text("outrider.chat_format", "outrider-1")


def export(model, state, tokenizer, out, quantised):
    with open(tokenizer) as f:
        t = json.load(f)["model"]
    vocabulary = sorted(t["vocab"], key=t["vocab"].get)
    merges = [m if isinstance(m, str) else " ".join(m) for m in t["merges"]]
    w = Writer("nemotron_h")
    metadata(w, model.c, state, vocabulary, merges, quantised)
    for name, values, matrix in tensors(model):
        w.tensor(name, values, quantised and matrix)
    w.write(out)


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("out")
    ap.add_argument("--checkpoint", default="build/run/last.pt", help="default: %(default)s")
    ap.add_argument("--tokenizer", default="tokenizer.json", help="default: %(default)s")
    ap.add_argument("--average", action="store_true", help="the running average of the weights instead of the last ones")
    ap.add_argument("--type", choices=("f32", "q8_0"), default="q8_0", help="of the matrices (default: %(default)s)")
    a = ap.parse_args()
    model, state = checkpoint.load(a.checkpoint, a.average)
    export(model, state, a.tokenizer, a.out, a.type == "q8_0")
    print("%s: %d parameters, %d bytes, step %d, %d tokens" % (
        a.out, sum(p.numel() for p in model.parameters()), os.path.getsize(a.out), state["step"], state["tokens"]))


if __name__ == "__main__":
    main()
