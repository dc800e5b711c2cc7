#!/usr/bin/env python3
"""Writes a checkpoint as GGUF: nemotron_h, F32 or Q8_0, with tokenizer and chat format."""
import argparse
import json
import os

from outrider import checkpoint
from outrider.chat import IM_END, SPECIALS, TEMPLATE
from outrider.gguf import Writer

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


def tensors(w, model, quantised):
    c = model.c
    a = lambda t: t.detach().float().numpy()
    w.tensor("token_embd.weight", a(model.embed.weight), quantised)
    for i, (letter, block) in enumerate(zip(c.pattern, model.blocks)):
        b, m = "blk.%d." % i, block.mixer
        w.tensor(b + "attn_norm.weight", a(block.norm.weight))
        if letter == "M":
            w.tensor(b + "ssm_in.weight", a(m.in_proj.weight), quantised)
            w.tensor(b + "ssm_conv1d.weight", a(m.conv_weight))
            w.tensor(b + "ssm_conv1d.bias", a(m.conv_bias))
            w.tensor(b + "ssm_dt.bias", a(m.dt_bias))
            w.tensor(b + "ssm_a", a(-m.a_log.exp())[:, None])
            w.tensor(b + "ssm_d", a(m.d)[:, None])
            w.tensor(b + "ssm_norm.weight", a(m.norm).reshape(c.groups, -1))
            w.tensor(b + "ssm_out.weight", a(m.out_proj.weight), quantised)
        elif letter == "*":
            for name, layer in (("attn_q", m.q), ("attn_k", m.k), ("attn_v", m.v), ("attn_output", m.o)):
                w.tensor(b + name + ".weight", a(layer.weight), quantised)
        else:
            w.tensor(b + "ffn_up.weight", a(m.up.weight), quantised)
            w.tensor(b + "ffn_down.weight", a(m.down.weight), quantised)
    w.tensor("output_norm.weight", a(model.norm.weight))
    if model.head is not None:
        w.tensor("output.weight", a(model.head.weight), quantised)


def export(model, state, tokenizer, out, quantised):
    with open(tokenizer) as f:
        t = json.load(f)["model"]
    vocabulary = sorted(t["vocab"], key=t["vocab"].get)
    merges = [m if isinstance(m, str) else " ".join(m) for m in t["merges"]]
    w = Writer("nemotron_h")
    metadata(w, model.c, state, vocabulary, merges, quantised)
    tensors(w, model, quantised)
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
