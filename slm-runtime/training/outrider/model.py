"""The hybrid model (GGUF architecture nemotron_h) in PyTorch.

Every letter of the pattern is one pre-norm residual block, x += mixer(RMSNorm(x)):
M Mamba-2 (state space duality, arXiv 2405.21060), * attention without positions, - MLP with squared ReLU.
"""
import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

EPS = 1e-5


@dataclass(frozen=True)
class Config:
    pattern: str
    hidden: int
    vocab: int
    ff: int
    mamba_heads: int
    mamba_head_dim: int
    state: int
    groups: int
    conv: int
    attn_heads: int
    kv_heads: int
    attn_head_dim: int
    tied: bool
    context: int
    chunk: int

    @property
    def inner(self):
        return self.mamba_heads * self.mamba_head_dim

    @property
    def conv_dim(self):
        return self.inner + 2 * self.groups * self.state


def wide(x):
    """At least float32: norms and time steps are not left to bfloat16."""
    return x if x.dtype == torch.float64 else x.float()


class RmsNorm(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))

    def forward(self, x):
        return F.rms_norm(wide(x), (x.shape[-1],), self.weight, EPS)


def ssd(x, a, b, c, chunk):
    """Y of the recurrence S_t = exp(a_t) S_{t-1} + x_t b_t', y_t = S_t c_t, chunk by chunk as matrix products.

    x (n, len, heads, p) already times dt; a (n, len, heads) = dt * A; b, c (n, len, groups, state); len % chunk == 0.
    """
    n, length, heads, p = x.shape
    groups, state = b.shape[2:]
    k, q = length // chunk, chunk
    x = x.view(n, k, q, heads, p).permute(0, 1, 3, 2, 4)                       # n k h q p
    s = a.view(n, k, q, heads).permute(0, 1, 3, 2).cumsum(-1)                  # n k h q
    b = b.view(n, k, q, groups, state).permute(0, 1, 3, 2, 4)                  # n k g q s
    c = c.view(n, k, q, groups, state).permute(0, 1, 3, 2, 4)
    per = heads // groups
    causal = torch.ones(q, q, dtype=torch.bool, device=x.device).tril()
    decay = (s[..., :, None] - s[..., None, :]).masked_fill(~causal, -torch.inf).exp()
    mix = (c @ b.transpose(-1, -2)).repeat_interleave(per, 2) * decay          # n k h q q
    y = mix.to(x.dtype) @ x
    left = (s[..., -1:] - s).exp().to(x.dtype)                                 # decay from here to the end of the chunk
    bh = b.repeat_interleave(per, 2) if per > 1 else b
    ch = c.repeat_interleave(per, 2) if per > 1 else c
    states = (x * left[..., None]).transpose(-1, -2) @ bh.to(x.dtype)          # n k h p s
    total = s[..., -1].transpose(1, 2).cumsum(-1)                              # n h k
    before = F.pad(total, (1, 0))[..., :-1]
    earlier = torch.ones(k, k, dtype=torch.bool, device=x.device).tril(-1)
    carry = (before[..., :, None] - total[..., None, :]).masked_fill(~earlier, -torch.inf).exp()   # n h k k
    flat = states.transpose(1, 2).reshape(n, heads, k, p * state)
    prev = (carry.to(x.dtype) @ flat).view(n, heads, k, p, state).transpose(1, 2)
    y = y + (ch.to(x.dtype) @ prev.transpose(-1, -2)) * s.exp().to(x.dtype)[..., None]
    return y.permute(0, 1, 3, 2, 4).reshape(n, length, heads, p)


class Mamba2(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.in_proj = nn.Linear(c.hidden, 2 * c.inner + 2 * c.groups * c.state + c.mamba_heads, bias=False)
        self.conv_weight = nn.Parameter(torch.empty(c.conv_dim, c.conv).uniform_(-1, 1) * c.conv ** -0.5)
        self.conv_bias = nn.Parameter(torch.zeros(c.conv_dim))
        dt = torch.exp(torch.rand(c.mamba_heads) * (math.log(0.1) - math.log(0.001)) + math.log(0.001))
        self.dt_bias = nn.Parameter(dt + torch.log(-torch.expm1(-dt)))         # the inverse of softplus
        self.a_log = nn.Parameter(torch.log(torch.empty(c.mamba_heads).uniform_(1, 16)))
        self.d = nn.Parameter(torch.ones(c.mamba_heads))
        self.norm = nn.Parameter(torch.ones(c.inner))
        self.out_proj = nn.Linear(c.inner, c.hidden, bias=False)

    def forward(self, h):
        c, (n, length, _) = self.c, h.shape
        z, xbc, dt = self.in_proj(h).split([c.inner, c.conv_dim, c.mamba_heads], -1)
        rows = F.pad(xbc, (0, 0, c.conv - 1, 0))
        w = self.conv_weight.to(rows.dtype)
        mixed = sum(rows[:, i:i + length] * w[:, i] for i in range(c.conv)) + self.conv_bias.to(rows.dtype)
        x, b, cc = F.silu(mixed).split([c.inner, c.groups * c.state, c.groups * c.state], -1)
        x = x.reshape(n, length, c.mamba_heads, c.mamba_head_dim)
        dt = F.softplus(wide(dt) + self.dt_bias)
        y = ssd(x * dt.to(x.dtype)[..., None], dt * -torch.exp(self.a_log), b.reshape(n, length, c.groups, c.state),
                cc.reshape(n, length, c.groups, c.state), c.chunk)
        y = y + x * self.d.to(x.dtype)[:, None]
        u = (y.reshape(n, length, c.inner) * F.silu(z)).view(n, length, c.groups, -1)
        u = F.rms_norm(wide(u), (u.shape[-1],), None, EPS).view(n, length, c.inner) * self.norm
        return self.out_proj(u)


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.q = nn.Linear(c.hidden, c.attn_heads * c.attn_head_dim, bias=False)
        self.k = nn.Linear(c.hidden, c.kv_heads * c.attn_head_dim, bias=False)
        self.v = nn.Linear(c.hidden, c.kv_heads * c.attn_head_dim, bias=False)
        self.o = nn.Linear(c.attn_heads * c.attn_head_dim, c.hidden, bias=False)

    def forward(self, h):
        c, (n, length, _) = self.c, h.shape
        heads = lambda t: t.view(n, length, -1, c.attn_head_dim).transpose(1, 2)
        q, k, v = heads(self.q(h)), heads(self.k(h)), heads(self.v(h))
        if c.kv_heads != c.attn_heads:
            k, v = (t.repeat_interleave(c.attn_heads // c.kv_heads, 1) for t in (k, v))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.o(y.transpose(1, 2).reshape(n, length, -1))


class Mlp(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.up = nn.Linear(c.hidden, c.ff, bias=False)
        self.down = nn.Linear(c.ff, c.hidden, bias=False)

    def forward(self, h):
        return self.down(F.relu(self.up(h)).square())


class Block(nn.Module):
    def __init__(self, letter, c):
        super().__init__()
        self.norm = RmsNorm(c.hidden)
        self.mixer = {"M": Mamba2, "*": Attention, "-": Mlp}[letter](c)

    def forward(self, x):
        return x + self.mixer(self.norm(x))


class Hybrid(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.embed = nn.Embedding(c.vocab, c.hidden)
        self.blocks = nn.ModuleList(Block(letter, c) for letter in c.pattern)
        self.norm = RmsNorm(c.hidden)
        self.head = None if c.tied else nn.Linear(c.hidden, c.vocab, bias=False)
        self.apply(self.initialise)

    def initialise(self, m):
        if isinstance(m, nn.Linear):
            nn.init.normal_(m.weight, std=m.weight.shape[1] ** -0.5)
        if isinstance(m, nn.Embedding):
            nn.init.normal_(m.weight, std=m.weight.shape[1] ** -0.5)
        if isinstance(m, Block):                                               # blocks start close to the identity
            for name in ("out_proj", "o", "down"):
                if hasattr(m.mixer, name):
                    getattr(m.mixer, name).weight.data.mul_((2 * len(self.c.pattern)) ** -0.5)

    def features(self, ids):
        """Normalised residual stream (n, length, hidden); pads to a whole number of chunks itself."""
        n, length = ids.shape
        x = self.embed(F.pad(ids, (0, -length % self.c.chunk)))
        for block in self.blocks:
            x = block(x)
        return self.norm(x)[:, :length]

    def logits(self, features):
        return F.linear(features, self.embed.weight if self.head is None else self.head.weight)

    def forward(self, ids):
        return self.logits(self.features(ids))
