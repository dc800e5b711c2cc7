"""Reads what train.py saved."""
import torch

from .model import Config, Hybrid


def load(path, average=False):
    """(model, checkpoint): the last weights, or their running average (better before the learning rate has come down)."""
    s = torch.load(path, map_location="cpu", weights_only=True)
    model = Hybrid(Config(**s["config"]["model"]))
    model.load_state_dict(s["average" if average else "model"])
    return model.eval(), s
