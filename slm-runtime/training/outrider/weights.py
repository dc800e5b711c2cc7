"""Which tensor of a GGUF file is which parameter of the model, in both directions."""
import torch

from .gguf import read

MATRICES = {"M": (("ssm_in", "in_proj"), ("ssm_out", "out_proj")),
            "*": (("attn_q", "q"), ("attn_k", "k"), ("attn_v", "v"), ("attn_output", "o")),
            "-": (("ffn_up", "up"), ("ffn_down", "down"))}


def parameters(model):
    """(name in the file, parameter, whether it is a matrix that may be quantised)."""
    yield "token_embd.weight", model.embed.weight, True
    for i, (letter, block) in enumerate(zip(model.c.pattern, model.blocks)):
        b, m = "blk.%d." % i, block.mixer
        yield b + "attn_norm.weight", block.norm.weight, False
        for name, layer in MATRICES[letter]:
            yield b + name + ".weight", getattr(m, layer).weight, True
        if letter == "M":
            yield b + "ssm_conv1d.weight", m.conv_weight, False
            yield b + "ssm_conv1d.bias", m.conv_bias, False
            yield b + "ssm_dt.bias", m.dt_bias, False
            yield b + "ssm_a", m.a_log, False
            yield b + "ssm_d", m.d, False
            yield b + "ssm_norm.weight", m.norm, False
    yield "output_norm.weight", model.norm.weight, False
    if model.head is not None:
        yield "output.weight", model.head.weight, True


def tensors(model):
    """(name, float32 values in the file's shape, matrix)."""
    for name, p, matrix in parameters(model):
        v = p.detach().float()
        if name.endswith("ssm_a"):
            v = -v.exp()
        if name.endswith(("ssm_a", "ssm_d")):
            v = v[:, None]
        if name.endswith("ssm_norm.weight"):
            v = v.reshape(model.c.groups, -1)
        yield name, v.numpy(), matrix


def from_gguf(model, path):
    """Fills the model from a GGUF file that export.py wrote; what Q8_0 rounded stays rounded."""
    found = read(path)
    with torch.no_grad():
        for name, p, _ in parameters(model):
            if name not in found:
                raise SystemExit("%s: has no tensor %s; the configuration is another model's" % (path, name))
            v = torch.from_numpy(found.pop(name))
            if v.numel() != p.numel():
                raise SystemExit("%s: %s has %d values, but the configuration wants %d" % (path, name, v.numel(), p.numel()))
            p.copy_((-v).log().reshape(p.shape) if name.endswith("ssm_a") else v.reshape(p.shape))
    if found:
        raise SystemExit("%s: has tensors that the configuration has not, such as %s" % (path, min(found)))
