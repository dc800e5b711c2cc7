"""Requests to the desk's tools: values, how they are written, and the calls they mean."""
from .chat import Number
from .files import lines
from .grammar import compiled, expand, frames, macros, noise, plain_lines, reasons, tidy, clauses
from .tools import DESK, WAREHOUSES

NUMBER_WORDS = dict(zip("two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty sixty hundred".split(),
                        (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 20, 30, 40, 50, 60, 100)))
MACRO_SLOTS = {"order": "order_id", "cust": "customer_id", "ticket": "ticket_id", "sku": "sku", "skus": "sku", "inwh": "warehouse",
               "wh": "warehouse", "towh": "warehouse", "who": "query", "mail": "query", "money": "amount"}
BARE = {"order_bare": "order_id", "customer_bare": "customer_id", "ticket_bare": "ticket_id"}
WRITES = ("create_ticket", "close_ticket", "cancel_order", "refund_order", "change_address", "restock")
# A value said in a sentence of its own, and what the request then calls it.
APART = {
    "order_id": "My order number is #|The order number is #|It is order #|Order number: #|It's about order #|This is about #|Order: #|Re: #|The number is #|"
                "I ordered something, order number #|It was order #|I have order # here|The customer's order is #|The order in question is #|I mean #|"
                "Order no. #|Her order number is #|His order is #|We are talking about #|The customer gave me the number #|Reference #|It's #",
    "customer_id": "My customer number is #|The customer number is #|It is customer #|Customer number: #|It's about customer #|This is about #|I am customer #|"
                   "Customer: #|The customer is #|I have customer # on the phone|Re: #|The account is #|The number is #|Her customer number is #|Customer no. #|I'm #|It's #",
    "ticket_id": "The ticket number is #|It is ticket #|Ticket number: #|It's about ticket #|This is about #|Ticket: #|Re: #|My ticket number is #|I mean #|"
                 "The case number is #|Reference #|I got ticket number #|The ticket in question is #|It's #",
    "sku": "The SKU is #|It is #|SKU: #|It's about #|This is about #|Article number #|The article number is #|I mean #|Item #|Product: #|It says # on the box|It's #"}
CALLED = {"order": "it|my order|the order|that order|this order|the order|her order|his order|it", "cust": "them|this customer|that customer|the customer",
          "ticket": "it|that ticket|this ticket|the ticket|my ticket", "sku": "it|this item|that article|the product|this product|that one",
          "skus": "pieces|units|of them|items|of these"}
CONTEXT = ("I ordered a {product} two weeks ago.", "I bought a {product} in your shop.", "A customer called about a {product}.", "There is a problem with a {product}.",
           "The customer is not happy.", "I spoke to the customer this morning.", "I got a long e-mail about it.", "It has been a while now.", "I already tried to call you.",
           "My sister ordered it for me.", "The customer bought a {product} for a birthday.", "I was on holiday last week.", "We talked about it yesterday.",
           "My neighbour told me to write to you.", "The shop is full of people.", "I have been a customer for years.", "The customer sounded worried.", "This is the second time.",
           "Nobody answered my last mail.", "I am writing on behalf of my mother.", "It was a present for my wife.", "The {product} is very nice, by the way.")
NEAR_MISS = 0.45  # share of the requests that no tool serves which speak of the desk's own things all the same
PRIORITY_ADJECTIVES = {"high": "high priority|high-priority|urgent|critical|very urgent|top priority|highest priority|prio high",
                       "low": "low priority|low-priority|non-urgent|minor|not urgent|low prio",
                       "normal": "normal priority|normal-priority|standard priority|regular priority|normal prio"}
PRIORITY_VALUES = {"high": "high|high|urgent|top|the highest", "low": "low|low|the lowest|minor", "normal": "normal|normal|regular|standard"}


class Values:
    """The values of one request: drawn when first asked for, kept for the call, and written in a random way."""

    def __init__(self, entities, fixed=(), vague=(), lower=False):
        self.e, self.rng, self.given = entities, entities.rng, dict(fixed)
        self.vague, self.lower, self.used, self.many = set(vague), lower, set(), {}
        self.named_apart = False

    def value(self, name):
        if name not in self.given:
            self.given[name] = self.draw(name)
        self.used.add(name)
        return self.given[name]

    def draw(self, name):
        e, r = self.e, self.rng
        if name in ("street", "postcode", "city"):
            for k, v in zip(("street", "postcode", "city"), e.address()):
                self.given.setdefault(k, v)
            return self.given[name]
        if name == "query":
            v = e.email() if r.random() < 0.4 else e.name()
            return v.lower() if self.lower and r.random() < 0.3 else v
        if name == "amount":
            return Number(str(r.choice((5, 10, 15, 20, 25, 30, 50, r.randint(1, 300)))) if r.random() < 0.3 else e.money())
        return {"order_id": e.order, "customer_id": e.customer, "ticket_id": e.ticket, "sku": e.sku, "subject": e.subject,
                "warehouse": lambda: r.choice(WAREHOUSES), "quantity": e.quantity,
                "reason": lambda: r.choice(("damaged", "late", "wrong_item", "unwanted")),
                "priority": lambda: r.choice(("high", "high", "low", "normal"))}[name]()

    def written(self, name, v):
        r = self.rng
        if name in ("order_id", "customer_id", "ticket_id", "sku"):
            p = r.random()
            if p < (0.6 if self.lower else 0.04):
                return v.lower()
            return v.replace("-", " ") if p > 0.99 else v
        if name == "warehouse":
            return v if self.lower or r.random() < 0.25 else v.capitalize()
        if name == "amount":
            t = v.text if r.random() > 0.03 else v.text.replace(".", ",")
            return r.choice(("%s EUR", "%s EUR", "EUR %s", "€%s", "€%s", "%s €", "%s€", "%s euros", "%s euro", "€ %s", "%s", "%s eur")) % t
        if name == "quantity" and r.random() < 0.12:
            words = [w for w, n in NUMBER_WORDS.items() if n == v]
            return words[0] if words else str(v)
        return str(v)

    def slot(self, name):
        r = self.rng
        if name == "product":
            return self.e.product().lower()
        if name == "first":
            return self.e.first()
        if name == "wh":
            return r.choice(WAREHOUSES).capitalize()
        if name == "limit":
            return str(self.given.setdefault("limit", r.choice((5, 10, 15, 20, 25, 30, 50))))
        if name in BARE:
            return "\x01" + self.value(BARE[name]).split("-")[1] + "\x02"
        if name in self.many:
            shown = ["\x01" + self.written(name, v) + "\x02" for v in self.many[name]]
            self.used.add(name)
            return ", ".join(shown[:-1]) + r.choice((" and ", " and ", " and ", " & ", " as well as ")) + shown[-1]
        return "\x01" + self.written(name, self.value(name)) + "\x02"

    def macro(self, name):
        r = self.rng
        if name in ("c", "n", "s"):
            reason = self.value("reason")
            text = expand(r.choice(reasons()[reason + "." + name]), self, r)
            return text
        if name in ("prio", "Prio"):
            text = expand(r.choice(macros()["prio_" + self.value("priority")]), self, r)
            return text[0].upper() + text[1:] if name == "Prio" else text
        if name == "prioadj":
            return r.choice(PRIORITY_ADJECTIVES[self.value("priority")].split("|"))
        if name == "priovalue":
            return r.choice(PRIORITY_VALUES[self.value("priority")].split("|"))
        vague = MACRO_SLOTS.get(name) in self.vague
        if vague and self.named_apart and name in CALLED:
            return r.choice(CALLED[name].split("|"))
        options = macros()[name + "?" if vague else name]
        if MACRO_SLOTS.get(name) in self.many:
            plural = {"order_id": "[orders |the orders |order numbers ||]{order_id}", "ticket_id": "[tickets |the tickets ||]{ticket_id}",
                      "customer_id": "[customers |the customers ||]{customer_id}", "sku": "[the items |articles ||]{sku}"}
            if MACRO_SLOTS[name] in plural:
                return expand(compiled(plural[MACRO_SLOTS[name]]), self, r)
            options = [o for o in options if len(o) == 2] or options
        return expand(r.choice(options), self, r)

    def call(self, tool):
        """(name, arguments) in the order of the signature, from the values that the text used."""
        return tool, {p.name: self.given[p.name] for p in DESK[tool].params if p.name in self.used or p.name in dict(self.fixed_items())}

    def fixed_items(self):
        return [(k, v) for k, v in self.given.items() if k in ("kind", "status", "reason", "priority")]

    def calls(self, tool):
        if not self.many:
            return [self.call(tool)]
        (name, values), = self.many.items()
        out = []
        for v in values:
            self.given[name] = v
            out.append(self.call(tool))
        return out


def framed(clause, values, rng, write=False, bare=False):
    """A clause in a frame, without greeting."""
    text = expand(clause.node, values, rng)
    kind = "D" if clause.kind == "N" and write else clause.kind
    if clause.kind == "N" and text.startswith("the ") and rng.random() < 0.25:
        text = text[4:]
    frame = expand(rng.choice(frames()[kind]), values, rng) if not bare else "$"
    return frame.replace("$", text)


def dressed(text, values, rng, calm=False):
    """Greeting before, thanks after, punctuation."""
    if not text.rstrip('"').endswith(("?", ".", "!")):
        p = rng.random()
        text += "." if p < 0.45 else "!" if p < 0.5 else ""
    elif text.endswith("?") and rng.random() < 0.12:
        text = text[:-1]
    p = rng.random()
    if p < 0.22:
        opener = wrapper("<", values, rng, calm)
        if opener.endswith((".", "!", "?")) or rng.random() < 0.3:
            text = text[:1].upper() + text[1:]
        text = opener + rng.choice((" ", " ", " ", "\n")) + text
    if rng.random() < 0.16:
        if not text.endswith(("?", ".", "!", '"')):
            text += rng.choice((".", ".", ",", " -", ""))
        text += rng.choice((" ", " ", " ", "\n")) + wrapper(">", values, rng, calm)
    return text


def wrapper(side, values, rng, calm):
    while True:
        line = rng.choice(lines("wrappers"))
        if line.startswith(side) and not (calm and any(w in line.lower() for w in ("urgent", "rush", "important", "today", "time"))):
            return expand(compiled(line[2:]), values, rng)


def request(entities, tool, unseen=False, vague=(), fixed=(), many=None, only=None, section=None, bare=False, apart=False):
    """A request for a tool: text and values. many: {slot: [values]} for several calls of the same tool."""
    rng = entities.rng
    lower = rng.random() < 0.15
    while True:
        options = clauses(section or tool, unseen)
        if only:
            options = [c for c in options if only(c)]
        clause = rng.choice(options)
        values = Values(entities, tuple(clause.fixed) + tuple(fixed), vague, lower)
        if tool == "find_customer" and not fixed:  # "the address …" wants an e-mail, "called …" a name
            if "surname" in clause.source:
                values.given["query"] = entities.family()
            elif any(w in clause.source for w in ("mail", "address", "writes from")):
                values.given["query"] = entities.email()
            elif any(w in clause.source for w in ("called", "named", "name", "lives", "who is", "{query} is")):
                values.given["query"] = entities.name()
        values.many = dict(many or {})
        values.named_apart, values.kind = apart, clause.kind
        write = tool in WRITES
        text = framed(clause, values, rng, write, bare)
        if many and not set(many) <= values.used:
            continue
        if bare:
            return tidy(text), values
        return noise(tidy(dressed(tidy(text), values, rng, tool == "create_ticket")), rng, lower), values


def told_apart(entities, tool, slot, unseen, usable):
    """A request as letters and calls tell it: the number in one sentence, what is wanted in another."""
    rng = entities.rng
    clause = rng.choice([c for c in clauses(tool, unseen) if usable(c)])
    values = Values(entities, tuple(clause.fixed), (slot,), rng.random() < 0.15)
    values.named_apart = True
    wanted = tidy(framed(clause, values, rng, tool in WRITES))
    number = rng.choice(APART[slot].split("|")).replace("#", values.slot(slot))
    parts = [number, wanted] if rng.random() < 0.6 else [wanted, number]
    if rng.random() < 0.35:
        parts.insert(0, expand(compiled(rng.choice(CONTEXT)), values, rng))
    parts = [p if p.endswith((".", "?", "!")) else p + rng.choice((".", ".", ".", ",", " -", "")) for p in parts[:-1]] + [parts[-1]]
    text = rng.choice((" ", " ", " ", "\n")).join(p[:1].upper() + p[1:] if i == 0 or parts[i - 1].endswith((".", "?", "!")) else p for i, p in enumerate(parts))
    return noise(tidy(dressed(tidy(text), values, rng, tool == "create_ticket")), rng, values.lower), values


def help_request(entities, unseen=False):
    """A question for the knowledge base; the query is the question as asked."""
    rng = entities.rng
    values = HelpValues(entities, unseen)
    question = noise(tidy(expand(rng.choice(plain_lines("wordings_help", unseen)), values, rng)), rng, rng.random() < 0.2)
    if rng.random() < 0.03:
        question = question.rstrip("?")
    text = question
    p = rng.random()
    if p < 0.2:
        text = rng.choice(("A customer asks: %s", "Customer question: %s", "The customer wants to know: %s", "Search the help for this: %s",
                           "Check the knowledge base: %s", "She asks: %s", "The customer wrote: %s", "Look it up in the help: %s",
                           "Somebody at the counter asks: %s", "Question from a client: %s", "What does the help say? %s",
                           "I need the help page for this. %s", "The customer on the phone asks: %s", "He asked me: %s",
                           "How do I answer this: %s", "Quick policy question. %s", "help: %s", "faq: %s")) % question
    elif p < 0.4:
        text = wrapper("<", values, rng, False) + rng.choice((" ", " ", "\n")) + question
    if rng.random() < 0.12 and text.endswith("?"):
        text += " " + wrapper(">", values, rng, False)
    return text, question


class HelpValues(Values):
    def __init__(self, entities, unseen):
        super().__init__(entities)
        self.unseen = unseen

    def macro(self, name):
        if name in ("topic", "deed"):
            return expand(self.rng.choice(plain_lines("topics" if name == "topic" else "deeds", False)), self, self.rng)
        return super().macro(name)


def off_topic(entities, unseen=False):
    rng, values = entities.rng, Values(entities)
    text = tidy(expand(rng.choice(plain_lines("nearmiss" if rng.random() < NEAR_MISS else "offtopic", unseen)), values, rng))
    p = rng.random()
    if p < 0.12 and not text.endswith("?"):
        text = rng.choice(("please %s", "can you %s?", "could you %s?", "%s please", "I want you to %s", "would you %s?")) % text
    return noise(tidy(dressed(text, values, rng)) if rng.random() < 0.6 else text, rng, rng.random() < 0.2)
