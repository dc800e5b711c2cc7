"""What a ticket can be about, drawn from patterns over many nouns, so that a subject has to be copied and cannot be known."""
from functools import cache

from .files import lines
from .grammar import compiled, expand, tidy

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "May", "last week", "yesterday", "the third")


@cache
def patterns():
    return [compiled(line) for line in lines("complaints") if not line.startswith("#")]


@cache
def words(name):
    return tuple(w for line in lines(name) if not line.startswith("#") for w in line.split())


class Slots:
    """The values of one complaint; `entities` is an Entities."""

    def __init__(self, entities):
        self.entities = entities

    def slot(self, name):
        e = self.entities
        if name == "thing":
            return e.product().lower() if e.rng.random() < 0.5 else e.rng.choice(words("nouns"))
        if name == "noun":
            return e.rng.choice(words("nouns"))
        if name == "adjective":
            return e.rng.choice(words("adjectives"))
        if name == "word":
            return e.word(2)
        if name == "city":
            return e.city()
        if name == "day":
            return e.rng.choice(DAYS)
        raise ValueError("complaints.txt: no slot {%s}" % name)


def complaint(entities):
    text = tidy(expand(entities.rng.choice(patterns()), Slots(entities), entities.rng))
    return text[0].upper() + text[1:] if entities.rng.random() < 0.7 else text
