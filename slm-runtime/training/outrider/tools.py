"""The fourteen tools of the desk: signatures as the prompt shows them, and what a parameter is called when it is missing."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Param:
    name: str
    optional: bool = False
    kind: str = "string"
    values: tuple = ()

    def signature(self):
        mark = "=" + "|".join(self.values) if self.values else "" if self.kind == "string" else ":" + self.kind
        return self.name + ("?" if self.optional else "") + mark


@dataclass(frozen=True)
class Tool:
    name: str
    params: tuple

    def signature(self):
        return "%s(%s)" % (self.name, ", ".join(p.signature() for p in self.params))


def parse(signature):
    name, rest = signature[:-1].split("(", 1)
    params = []
    for part in filter(None, rest.split(", ")):
        part, _, values = part.partition("=")
        part, _, kind = part.partition(":")
        params.append(Param(part.rstrip("?"), part.endswith("?"), kind or "string", tuple(values.split("|")) if values else ()))
    return Tool(name, tuple(params))


WAREHOUSES = ("berlin", "lyon", "porto")

DESK = {t.name: t for t in map(parse, """\
find_customer(query)
list_orders(customer_id, status?=open|shipped|delivered|cancelled)
get_order(order_id)
track_shipment(order_id)
check_stock(sku, warehouse?=berlin|lyon|porto)
search_help(query)
read_sensor(warehouse=berlin|lyon|porto, kind=temperature|humidity|door)
get_ticket(ticket_id)
create_ticket(customer_id, subject, priority?=low|normal|high)
close_ticket(ticket_id)
cancel_order(order_id)
refund_order(order_id, amount:number, reason=damaged|late|wrong_item|unwanted)
change_address(customer_id, street, postcode, city)
restock(sku, warehouse=berlin|lyon|porto, quantity:integer)""".split("\n"))}

REFUSAL = "I cannot do that with my tools."

MISSING = {
    "order_id": "Which order? Please give me the order number.",
    "customer_id": "Which customer? Please give me the customer number.",
    "amount": "Which amount? Please give me the amount.",
    "reason": "Which reason? Please give me the reason.",
    "ticket_id": "Which ticket? Please give me the ticket number.",
    "sku": "Which product? Please give me the SKU.",
    "warehouse": "Which warehouse? Please give me the warehouse.",
    "street": "Which address? Please give me the new address.",
    "quantity": "Which quantity? Please give me the quantity.",
    "subject": "Which subject? Please give me the subject.",
    "query": "Which customer? Please give me the customer number.",
}
