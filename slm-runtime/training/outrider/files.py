"""The word lists and patterns of data/."""
import os
from functools import cache

DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "data")


@cache
def lines(name):
    """The lines of data/NAME.txt that are not blank."""
    with open(os.path.join(DATA, name + ".txt"), encoding="utf-8") as f:
        return [line.strip() for line in f if line.strip()]
