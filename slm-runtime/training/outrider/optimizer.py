"""Muon (orthogonalised momentum, for the matrices inside blocks) beside AdamW (embeddings, vectors)."""
import torch


def orthogonal(g, steps=5):
    """Newton-Schulz iteration towards the nearest semi-orthogonal matrix, for a stack of matrices (k, rows, columns)."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = g.bfloat16()
    wide = x.shape[-2] > x.shape[-1]
    if wide:
        x = x.mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        s = x @ x.mT
        x = a * x + (b * s + c * s @ s) @ x
    return (x.mT if wide else x).float()


class Muon(torch.optim.Optimizer):
    def __init__(self, params, lr, momentum=0.95, weight_decay=0.0):
        super().__init__(params, dict(lr=lr, momentum=momentum, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            shapes = {}
            for p in group["params"]:
                if p.grad is not None:
                    shapes.setdefault(p.shape, []).append(p)
            for shape, params in shapes.items():
                updates = []
                for p in params:
                    state = self.state[p]
                    m = state.setdefault("momentum", torch.zeros_like(p))
                    m.lerp_(p.grad, 1 - group["momentum"])
                    updates.append(p.grad.lerp(m, group["momentum"]))
                scale = max(1, shape[0] / shape[1]) ** 0.5
                for p, u in zip(params, orthogonal(torch.stack(updates))):
                    p.mul_(1 - group["lr"] * group["weight_decay"]).add_(u, alpha=-group["lr"] * scale)


def optimizers(model, train):
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "blocks" in n and not n.endswith("conv_weight")]
    inside = {id(p) for p in matrices}
    others = [p for p in model.parameters() if id(p) not in inside]
    muon = Muon(matrices, train["muon_lr"], weight_decay=train["weight_decay"])
    adam = torch.optim.AdamW(others, lr=train["adam_lr"], betas=(0.9, 0.98), weight_decay=0.0, fused=others[0].is_cuda or None)
    for o in (muon, adam):
        for g in o.param_groups:
            g["peak"] = g["lr"]
    return muon, adam
