"""What the desk's tools answer, and the assistant's sentence about it: one fixed style a tool."""
from functools import cache

from .chat import Number, dumps
from .files import lines
from .grammar import compiled, expand, tidy
from .tools import WAREHOUSES

ERRORS = {
    "find_customer": ("The search is not available.",),
    "list_orders": ("No customer {customer_id}.",),
    "get_order": ("No order {order_id}.",),
    "track_shipment": ("No order {order_id}.", "Order {order_id} has no shipment."),
    "check_stock": ("No article {sku}.", "Unknown SKU {sku}."),
    "search_help": ("The knowledge base is not available.",),
    "read_sensor": ("The sensor does not answer.", "No {kind} sensor in {warehouse}."),
    "get_ticket": ("No ticket {ticket_id}.",),
    "create_ticket": ("No customer {customer_id}.",),
    "close_ticket": ("No ticket {ticket_id}.", "Ticket {ticket_id} is already closed."),
    "cancel_order": ("No order {order_id}.", "Order {order_id} is already shipped.", "Order {order_id} is already cancelled.",
                     "Order {order_id} cannot be cancelled: it is delivered."),
    "refund_order": ("No order {order_id}.", "Only {money} EUR can be refunded.", "Order {order_id} is not paid."),
    "change_address": ("No customer {customer_id}.", "The postcode is not valid."),
    "restock": ("No article {sku}.", "The quantity is too large.", "Unknown SKU {sku}."),
}
PROSE = 0.75  # share of the help articles that are prose.txt's
CARRIERS = ("Nordpost", "Parcelia", "Eurosped", "Swiftline", "DPX", "Alpenkurier", "Redbox", "Quickship", "UniParcel", "Flashpak")


def to_json(v):
    if isinstance(v, Number):
        return v.text
    if isinstance(v, dict):
        return "{" + ",".join(dumps(k) + ":" + to_json(x) for k, x in v.items()) + "}"
    if isinstance(v, list):
        return "[" + ",".join(map(to_json, v)) + "]"
    return dumps(v)


def error(tool, arguments, e):
    text = e.rng.choice(ERRORS[tool])
    return {"error": text.format(**{**arguments, "money": e.money()})}


def customer(e, query=None):
    name = query if query and "@" not in query else e.name()
    if " " not in name:
        name = e.first() + " " + name
    if name.islower():
        name = name.title()
    return {"customer_id": e.customer(), "name": name, "email": query if query and "@" in query else e.email(name), "city": e.city()}


def stock(e):
    return e.rng.choice((0, e.rng.randint(1, 20), e.rng.randint(1, 99), e.rng.randint(20, 400)))


class Words:
    """Random words for the sentences of prose.txt."""

    def __init__(self, e):
        self.e = e

    def slot(self, name):
        e, r = self.e, self.e.rng
        if name == "d":
            return str(r.randint(2, 99))
        if name == "m":
            return e.money()
        if name == "t":
            return r.choice(("%d days", "%d days", "%d weeks", "%d hours", "%d months", "%d minutes", "%d working days")) % r.randint(2, 60)
        if name == "w":
            return e.word(2).capitalize()
        if name == "c":
            return e.city()
        if name == "p":
            verb = r.choice(words("verbs"))
            return verb + "d" if verb.endswith("e") else verb[:-1] + "ied" if verb.endswith("ry") else verb + "ed"
        return r.choice(words({"n": "nouns", "a": "adjectives", "v": "verbs"}[name])).replace("_", " ")


@cache
def words(name):
    return [w for line in lines(name) if not line.startswith("#") for w in line.split()]


def prose(e):
    """One to three sentences that make little sense: whoever repeats them must copy, not recall."""
    r, said = e.rng, []
    for _ in range(r.choice((1, 1, 2, 2, 3))):
        s = tidy(expand(compiled(r.choice([line for line in lines("prose") if not line.startswith("#")])), Words(e), r))
        if r.random() < 0.15:
            words = s.split()
            r.shuffle(words)
            s = " ".join(words)
        said.append(s[0].upper() + s[1:])
    return " ".join(said)


def article(e):
    r = e.rng
    if r.random() < PROSE:
        title = " ".join(Words(e).slot(r.choice("nnav")) for _ in range(r.choice((1, 2, 2, 3))))
        return {"title": title[0].upper() + title[1:], "text": prose(e)}
    topic, product = r.choice(lines("topics")), e.product().lower()
    first = r.choice((
        "About {t}: we need the order number and answer within {n} days.", "{T} can be requested within {n} days of delivery.",
        "We handle {t} free of charge up to {m} EUR.", "For {t}, please fill in the form on the website.", "{T} take {n} working days.",
        "The {p} should be wiped with a {w} cloth only.", "Never put the {p} into the dishwasher.", "{T} are possible in every shop.",
        "The warranty on a {p} lasts {n} months.", "We do not offer {t} at the moment.", "{T} cost {m} EUR.",
        "Customers in {c} get {t} at no cost.", "Use {w} water and a drop of oil for the {p}."))
    second = r.choice(("", "", "", " Keep the receipt.", " The {w} form is on our website.", " Refunds take {n} days.", " It costs {m} EUR.",
                       " Please call before {n} o'clock.", " Sale items are excluded.", " After that we charge {m} EUR.", " The {p} must be unused."))
    text = (first + second).format(t=topic, T=topic[0].upper() + topic[1:], n=r.randint(2, 60), m=e.money(), p=product,
                                   w=r.choice((e.word(2), "warm", "dry", "soft", "cold")), c=e.city())
    title = r.choice(("About %s", "%s", "Everything on %s", "Help with %s")) % topic
    return {"title": title[0].upper() + title[1:], "text": text}


def result(tool, a, e, like=None):
    """A believable answer to the call; `like` forces parts of it (for requests with a second step)."""
    r, like = e.rng, like or {}
    if tool == "find_customer":
        n = like.get("count", r.choice((0, 1, 1, 1, 1, 2)))
        return {"customers": [customer(e, a.get("query")) for _ in range(n)]}
    if tool == "list_orders":
        n = like.get("count", r.choice((0, 1, 1, 2, 2, 3, 4)))
        days = sorted((e.date() for _ in range(n)), reverse=True)
        return {"orders": [{"order_id": e.order(), "status": like.get("status") if i == 0 and "status" in like else
                            a.get("status") or r.choice(("open", "shipped", "delivered", "cancelled")),
                            "total": Number(e.money()), "placed": d} for i, d in enumerate(days)]}
    if tool == "get_order":
        return {"order_id": a["order_id"], "customer_id": e.customer(), "status": like.get("status") or r.choice(("open", "shipped", "delivered", "cancelled")),
                "total": Number(e.money()), "placed": e.date(),
                "items": [{"sku": e.sku(), "quantity": r.randint(1, 4)} for _ in range(like.get("items", r.choice((1, 1, 2, 3))))]}
    if tool == "track_shipment":
        return {"order_id": a["order_id"], "carrier": r.choice(CARRIERS) if r.random() < 0.5 else e.word(2).capitalize(),
                "status": like.get("shipment") or r.choice(("waiting", "in_transit", "in_transit", "delivered", "lost")), "expected": e.date()}
    if tool == "check_stock":
        places = [a["warehouse"]] if "warehouse" in a else list(WAREHOUSES)
        return {"sku": a["sku"], "name": e.product(), "stock": [{"warehouse": w, "quantity": like.get("quantity", stock(e))} for w in places]}
    if tool == "search_help":
        return {"articles": [article(e) for _ in range(r.choice((0, 1, 1, 1, 2)))]}
    if tool == "read_sensor":
        value = {"temperature": "%d.%d C" % (r.randint(-9, 39), r.randint(0, 9)), "humidity": "%d %%" % r.randint(15, 95),
                 "door": r.choice(("open", "closed"))}[a["kind"]]
        return {"warehouse": a["warehouse"], "kind": a["kind"], "value": value}
    if tool == "get_ticket":
        return {"ticket_id": a["ticket_id"], "customer_id": e.customer(), "subject": e.subject(), "priority": r.choice(("low", "normal", "high")),
                "status": like.get("ticket") or r.choice(("open", "closed"))}
    if tool == "create_ticket":
        return {"ticket_id": e.ticket(), "status": "open"}
    if tool == "close_ticket":
        return {"ticket_id": a["ticket_id"], "status": "closed"}
    if tool == "cancel_order":
        return {"order_id": a["order_id"], "status": "cancelled"}
    if tool == "refund_order":
        return {"order_id": a["order_id"], "refunded": Number("%.2f" % float(a["amount"])), "refundable": Number(e.money() if r.random() < 0.7 else "0.00")}
    if tool == "change_address":
        return {k: a[k] for k in ("customer_id", "street", "postcode", "city")}
    if tool == "restock":
        return {"sku": a["sku"], "warehouse": a["warehouse"], "quantity": int(a["quantity"]) + stock(e)}
    raise KeyError(tool)


def money(v):
    return v.text + " EUR"


def sentence(tool, a, out):
    """The final answer for one result."""
    if "error" in out:
        return "That did not work: " + out["error"]
    if tool == "find_customer":
        found = ["%s %s, %s, %s" % (c["customer_id"], c["name"], c["email"], c["city"]) for c in out["customers"]]
        return "Customer: " + "; ".join(found) + "." if found else "No customer found."
    if tool == "list_orders":
        found = ["%s %s %s" % (o["order_id"], o["status"], money(o["total"])) for o in out["orders"]]
        return "Orders of %s: %s." % (a["customer_id"], "; ".join(found)) if found else "No orders found."
    if tool == "get_order":
        items = ", ".join("%d x %s" % (i["quantity"], i["sku"]) for i in out["items"])
        return "Order %s of %s is %s, placed %s: %s. Total: %s." % (
            out["order_id"], out["customer_id"], out["status"], out["placed"], items, money(out["total"]))
    if tool == "track_shipment":
        return "Shipment of %s: %s, %s, expected %s." % (out["order_id"], out["status"].replace("_", " "), out["carrier"], out["expected"])
    if tool == "check_stock":
        return "Stock of %s: %s." % (out["sku"], ", ".join("%s %d" % (s["warehouse"], s["quantity"]) for s in out["stock"]))
    if tool == "search_help":
        return out["articles"][0]["text"] if out["articles"] else "I found nothing about that."
    if tool == "read_sensor":
        return "The %s in %s: %s." % (out["kind"], out["warehouse"], out["value"])
    if tool == "get_ticket":
        return "Ticket %s of %s is %s, priority %s: %s." % (
            out["ticket_id"], out["customer_id"], out["status"], out["priority"], out["subject"])
    if tool == "create_ticket":
        return "Ticket %s is open." % out["ticket_id"]
    if tool == "close_ticket":
        return "Ticket %s is closed." % out["ticket_id"]
    if tool == "cancel_order":
        return "Order %s is cancelled." % out["order_id"]
    if tool == "refund_order":
        return "Refunded %s for order %s. Still refundable: %s." % (money(out["refunded"]), out["order_id"], money(out["refundable"]))
    if tool == "change_address":
        return "New address of %s: %s, %s %s." % (out["customer_id"], out["street"], out["postcode"], out["city"])
    return "Stock of %s in %s: %d." % (out["sku"], out["warehouse"], out["quantity"])
