"""Conversations: requests, calls, results and answers of every kind, and the tools that were offered."""
import random
from dataclasses import dataclass, field

from . import catalogue, domains, requests, results
from .entities import Entities
from .grammar import compiled, expand, lines, noise, sections, split, tidy
from .requests import APART, Values, dressed, help_request, off_topic, request, told_apart
from .tools import DESK, MISSING, REFUSAL

WEIGHTS = {"find_customer": 8, "list_orders": 9, "get_order": 9, "track_shipment": 9, "check_stock": 9, "search_help": 10, "read_sensor": 7,
           "get_ticket": 6, "create_ticket": 9, "close_ticket": 5, "cancel_order": 6, "refund_order": 15, "change_address": 8, "restock": 9}
KINDS = {"single": 43, "several": 7, "mixed": 8, "steps": 19, "missing": 11, "off_topic": 7, "made_up": 10}
SYSTEMS = ("You are the desk assistant of a shop.", "You help the staff of a shop with its back office.", "You are a helpful assistant.",
           "Use the tools to answer.", "Answer with tool calls where a tool fits.", "You work at the back office of an online shop. Be brief.")
SEVERAL = {"get_order": "order_id", "track_shipment": "order_id", "cancel_order": "order_id", "check_stock": "sku", "get_ticket": "ticket_id",
           "close_ticket": "ticket_id", "list_orders": "customer_id", "read_sensor": "warehouse"}
FOLLOWED = {"get_order": ("order_id", ("cancel_order", "track_shipment", "refund_order", "cancel_order")),
            "track_shipment": ("order_id", ("cancel_order", "get_order", "refund_order")),
            "find_customer": ("customer_id", ("list_orders", "create_ticket", "change_address")),
            "list_orders": ("customer_id", ("create_ticket", "change_address")),
            "get_ticket": ("ticket_id", ("close_ticket",)), "check_stock": ("sku", ("restock",)), "restock": ("sku", ("check_stock",)),
            "cancel_order": ("order_id", ("get_order",)), "refund_order": ("order_id", ("get_order", "track_shipment"))}
VAGUE = {"get_order": ("order_id",), "track_shipment": ("order_id",), "cancel_order": ("order_id",), "refund_order": ("order_id", "amount"),
         "list_orders": ("customer_id",), "check_stock": ("sku",), "read_sensor": ("warehouse",), "get_ticket": ("ticket_id",),
         "close_ticket": ("ticket_id",), "create_ticket": ("customer_id",), "change_address": ("customer_id",), "restock": ("sku", "warehouse")}
FOREIGN = 0.28  # share of the conversations that offer none of the desk's tools
RAW = {"order_id": ("{order_id}", "{order_bare}"), "customer_id": ("{customer_id}", "{customer_bare}"), "ticket_id": ("{ticket_id}",), "sku": ("{sku}",),
       "warehouse": ("{warehouse}",), "amount": ("{amount}",)}
MACROS = {"order_id": ("<order>",), "customer_id": ("<cust>",), "ticket_id": ("<ticket>",), "sku": ("<sku>", "<skus>"),
          "warehouse": ("<inwh>", "<wh>", "<towh>"), "amount": ("<money>",)}
SHORT = {"order_id": "order|the order|it's order|order number|the number is|it is||", "customer_id": "customer|it's|the customer number is|customer number|it is||",
         "ticket_id": "ticket|it's|the ticket number is|ticket number||", "sku": "the SKU is|it's|SKU|article||", "warehouse": "in|it's|at||the warehouse in||",
         "amount": "the amount is|it's|please refund|give them||", "quantity": "it's|quantity|please add||make it|", "subject": "the subject is|subject:|it is about|about|it's:||",
         "street": "it's|the new address is|new address:|||", "reason": "|||the reason:|"}


def leaves_out(clause, slot):
    """Whether the clause can be said without the value of the slot."""
    return any(m in clause.source for m in MACROS[slot]) and not any(x in clause.source for x in RAW[slot])


def apart(tools):
    """The tools, each name once."""
    seen = set()
    return [t for t in tools if not (t.name in seen or seen.add(t.name))]


@dataclass
class Thread:
    """One request and all that follows from it."""
    kind: str
    tool: str
    unseen: bool = False
    messages: list = field(default_factory=list)

    def user(self, text):
        self.messages.append({"role": "user", "content": text})

    def say(self, text):
        self.messages.append({"role": "assistant", "content": text})

    def call(self, calls):
        self.messages.append({"role": "assistant", "calls": calls})

    def tool_results(self, outs):
        self.messages += [{"role": "tool", "content": results.to_json(o)} for o in outs]


class Generator:
    """Draws threads and conversations from one seed. unseen: held-out wordings only. desk: the desk's ranges (measuring only)."""

    def __init__(self, seed, unseen=False, desk=False):
        self.rng = random.Random(seed)
        self.e, self.unseen = Entities(self.rng, desk), unseen

    def offered(self):
        r = self.rng
        p = r.random()
        if p < FOREIGN:
            return apart(self.foreign(r.randint(1, 12)))
        n = 14 if p < 0.62 else r.randint(10, 13) if p < 0.86 else r.randint(1, 9)
        tools = r.sample(list(DESK.values()), n)
        if n == 14 and r.random() < 0.3:
            tools = list(DESK.values())
        if r.random() < 0.25:
            for tool in self.foreign(r.randint(1, 4)):
                tools.insert(r.randint(0, len(tools)), tool)
        return apart(tools)

    def foreign(self, count):
        """Tools that are not the desk's: made up, or of other domains; some share a verb, a noun or a domain."""
        r, tools, written = self.rng, [], domains.tools(self.unseen)
        kind = r.random()
        while len(tools) < count:
            if written and (kind < 0.4 or kind > 0.8 and r.random() < 0.5):
                at = r.randrange(len(written))
                tools += written[at:at + r.choice((1, 1, 2, 3))]  # neighbours in the file are of one domain
            else:
                like = r.choice(tools) if tools and r.random() < 0.35 else None
                tools.append(catalogue.made_up(r, self.unseen, self.e, like))
        tools = tools[:count]
        r.shuffle(tools)
        return tools

    def asked(self, tool):
        return (domains if isinstance(tool, domains.DomainTool) else catalogue).request(tool, self.e, self.unseen)

    def system(self):
        return self.rng.choice(SYSTEMS) if self.rng.random() < 0.25 else ""

    def pick_tool(self, names, share=0.9):
        """A desk tool, most of the time one that is offered."""
        r = self.rng
        have = [n for n in WEIGHTS if n in names]
        pool = have if have and r.random() < share else list(WEIGHTS)
        return r.choices(pool, [WEIGHTS[n] for n in pool])[0]

    # ---- the end of every call -------------------------------------------------------------------------------------

    def conclude(self, thread, calls, answer=True):
        """Results of the calls and the final answer. Returns the results."""
        r, outs = self.rng, []
        for tool, arguments in calls:
            outs.append(results.error(tool, arguments, self.e) if r.random() < 0.08 else results.result(tool, arguments, self.e))
        if answer:
            thread.tool_results(outs)
            thread.say(" ".join(results.sentence(t, a, o) for (t, a), o in zip(calls, outs)))
        return outs

    # ---- kinds -----------------------------------------------------------------------------------------------------

    def single(self, names, answer=0.25, tool=None):
        r = self.rng
        tool = tool or self.pick_tool(names)
        thread = Thread("single", tool, self.unseen)
        if tool == "search_help":
            text, query = help_request(self.e, self.unseen)
            calls = [(tool, {"query": query})]
        else:
            slot = VAGUE[tool][0] if tool in VAGUE else None
            if slot in APART and r.random() < 0.15:
                text, values = told_apart(self.e, tool, slot, self.unseen, lambda c: c.kind != "S" and leaves_out(c, slot))
            else:
                text, values = request(self.e, tool, self.unseen)
            calls = values.calls(tool)
        thread.user(text)
        if tool not in names:
            thread.kind = "not_offered"
            thread.say(REFUSAL)
            return thread
        thread.call(calls)
        followed = tool in FOLLOWED and r.random() < 0.2
        outs = self.conclude(thread, calls, followed or r.random() < answer)
        if followed and "error" not in outs[0]:
            self.follow(thread, tool, calls[0][1], outs[0], names)
        return thread

    def follow(self, thread, tool, arguments, out, names):
        slot, nexts = FOLLOWED[tool]
        then = self.rng.choice(nexts)
        if tool == "find_customer":
            if len(out["customers"]) != 1:
                return
            value = out["customers"][0]["customer_id"]
        else:
            value = arguments[slot]
        if then not in names:
            return
        values = Values(self.e, {slot: value}, (), self.rng.random() < 0.2)
        patterns = [p for c in sections("followups")[then] for p in split(c.source)] if then in sections("followups") else []
        text = expand(compiled(self.rng.choice(patterns)), values, self.rng)
        values.used.add(slot)
        thread.user(noise(tidy(text), self.rng, values.lower))
        calls = [values.call(then)]
        thread.call(calls)
        self.conclude(thread, calls, self.rng.random() < 0.4)

    def several(self, names, answer=0.2):
        """One tool, two or three times."""
        tool = self.pick_several(names)
        if not tool:
            return None
        slot, r = SEVERAL[tool], self.rng
        n = 2 if r.random() < 0.75 else 3
        make = Values(self.e)
        drawn = []
        while len(drawn) < n:
            v = make.draw(slot)
            if v not in drawn:
                drawn.append(v)
        text, values = request(self.e, tool, self.unseen, many={slot: drawn},
                               only=lambda c: c.source.count("{" + slot + "}") + sum(c.source.count(m) for m in MACROS[slot]) == 1)
        thread = Thread("several", tool, self.unseen)
        thread.user(text)
        calls = values.calls(tool)
        thread.call(calls)
        self.conclude(thread, calls, r.random() < answer)
        return thread

    def pick_several(self, names):
        have = [n for n in SEVERAL if n in names]
        return self.rng.choice(have) if have else None

    def mixed(self, names, answer=0.2):
        """Two or three different requests in one message."""
        r = self.rng
        have = [n for n in WEIGHTS if n in names and n != "search_help"]
        if len(have) < 2:
            return None
        tools = r.sample(have, 2 if r.random() < 0.85 or len(have) < 3 else 3)
        lower, parts, calls, shared = r.random() < 0.15, [], [], {}
        for i, tool in enumerate(tools):
            fixed = dict(shared) if r.random() < 0.4 else {}
            slot = next((s for s in VAGUE.get(tool, ()) if s in fixed and s in APART), None)
            wanted = lambda c: c.kind in ("I", "Q", "W")
            if slot and r.random() < 0.6:  # "… and cancel it"
                text, values = request(self.e, tool, self.unseen, vague=(slot,), fixed=tuple(fixed.items()), bare=True, apart=True,
                                       only=lambda c: wanted(c) and leaves_out(c, slot))
                values.used.add(slot)
            else:
                text, values = request(self.e, tool, self.unseen, fixed=tuple(fixed.items()), bare=True, only=wanted)
            parts.append((text, values))
            calls += values.calls(tool)
            shared.update({k: values.given[k] for k in values.used if k in ("order_id", "customer_id", "ticket_id", "sku", "warehouse")})
        text, ordered = self.join(parts)
        thread = Thread("mixed", "+".join(tools), self.unseen)
        thread.user(noise(tidy(dressed(tidy(text), parts[0][1], r, True)), r, lower))
        if ordered:
            self.one_by_one(thread, calls, r.random() < 0.5)
        else:
            thread.call(calls)
            self.conclude(thread, calls, r.random() < answer)
        return thread

    def one_by_one(self, thread, calls, answer):
        """Calls in the order in which they were asked for, each after the result of the one before; an error ends them."""
        said = []
        for tool, arguments in calls:
            thread.call([(tool, arguments)])
            out = results.error(tool, arguments, self.e) if self.rng.random() < 0.06 else results.result(tool, arguments, self.e)
            said.append(results.sentence(tool, arguments, out))
            if len(said) == len(calls) and not answer:
                return
            thread.tool_results([out])
            if "error" in out:
                break
        thread.say(" ".join(said))

    def join(self, parts):
        """One text of several clauses (text, values): imperatives, questions and indirect questions. And whether it says "first this, then that"."""
        r = self.rng
        kinds = [v.kind for _, v in parts]
        texts = [(r.choice(("tell me ", "check ", "find out ", "let me know ", "see ")) if k == "W" else "") + t for (t, _), k in zip(parts, kinds)]
        if r.random() < 0.5:
            ordered = r.random() < 0.45
            glue = r.choice((" and then ", " and then ", ", then ", " and after that ", ", after that ", ", and once that is done ", " and afterwards ",
                             ", and then please ", ", and when you are done ", ", followed by this: ") if ordered else
                            (" and ", " and ", " and also ", ", and ", "; ", " plus ", " and please ", ", also ", " and at the same time "))
            text = glue.join(texts)
            if kinds[-1] == "Q":
                return text + "?", ordered
            frame = r.choice(("%s", "%s", "please %s", "can you %s?", "could you %s?", "I need you to %s", "we need to %s", "%s please"))
            return frame % text if kinds[0] != "Q" else text, ordered
        ordered, said = r.random() < 0.45, []
        for i, (text, kind) in enumerate(zip(texts, kinds)):
            if kind == "Q":
                text = r.choice(("then: ", "after that: ", "and then: ") if ordered and i else ("", "", "and ", "also, ", "next question: " if i else "")) + text + "?"
            elif ordered:
                text = r.choice(("then ", "then please ", "after that, ", "afterwards ", "once that is done, ", "when that is done, ", "next, ", "finally, ")
                                if i else ("", "first ", "first, ", "please ", "start with this: ", "to begin with, ")) + text
            else:
                text = r.choice(("", "", "please ", "also " if i else "")) + text
                text = "can you %s?" % text if r.random() < 0.12 and text == texts[i] else text
            said.append(text[:1].upper() + text[1:])
        end = r.choice((".", ".", ".", "!", ""))
        blank = r.choice((" ", " ", "\n")) if end else "\n"
        return blank.join(s if s.endswith("?") or i == len(said) - 1 else s + end for i, s in enumerate(said)), ordered

    def missing(self, names, answer=0.2):
        """A required value is not said: ask for it; the user may give it."""
        r = self.rng
        have = [n for n in VAGUE if n in names]
        if not have:
            return None
        tool = r.choices(have, [WEIGHTS[n] for n in have])[0]
        own = [s for s in sections("wordings_missing") if s.startswith(tool + " ")]
        if own and r.random() < 0.75:
            text, values = request(self.e, tool, self.unseen, section=r.choice(own))
        else:
            slot = r.choice(VAGUE[tool])
            text, values = request(self.e, tool, self.unseen, vague=(slot,), only=lambda c: leaves_out(c, slot))
        thread = Thread("missing", tool, self.unseen)
        thread.user(text)
        while True:
            absent = [p for p in DESK[tool].params if not p.optional and p.name not in values.used and p.name not in ("kind",)]
            if not absent:
                break
            thread.say(MISSING[absent[0].name if absent[0].name not in ("postcode", "city") else "street"])
            if r.random() < 0.4 and len(thread.messages) == 2:
                return thread
            thread.user(self.supply(absent[0].name, values))
        calls = values.calls(tool)
        thread.call(calls)
        self.conclude(thread, calls, r.random() < answer)
        return thread

    def supply(self, slot, values):
        """The user gives the missing value."""
        r = self.rng
        if slot == "street":
            text = expand(compiled("<newaddr>"), values, r)
        elif slot == "reason":
            values.value("reason")
            text = values.macro(r.choice("cns"))
        elif slot == "warehouse":
            text = values.slot("warehouse")
        else:
            text = values.slot(slot)
        text = r.choice(SHORT[slot].split("|")) + " " + text
        p = r.random()
        text = r.choice(("sorry, %s", "oh, %s", "%s, thanks", "%s please", "ah yes: %s", "ok, %s")) % text if p < 0.25 else text
        return noise(tidy(text), r, r.random() < 0.3)

    def off_topic(self, names):
        thread = Thread("off_topic", "none", self.unseen)
        thread.user(off_topic(self.e, self.unseen))
        thread.say(REFUSAL)
        return thread

    def made_up(self, names, tools):
        r = self.rng
        others = [t for t in tools if t.name not in DESK]
        if others and r.random() < 0.85:
            tool = r.choice(others)
        elif others or r.random() < 0.3:
            tool, = self.foreign(1)
        else:
            return None
        text, arguments = self.asked(tool)
        thread = Thread("made_up", "made_up", self.unseen)
        if tool.name not in names:
            thread.user(text)
            thread.kind = "not_offered"
            thread.say(REFUSAL)
            return thread
        calls = [(tool.name, arguments)]
        if r.random() < 0.1:  # two things at once, or one thing twice
            also = r.choice(others)
            more, given = self.asked(also)
            if (also.name, given) not in calls and len(text) + len(more) < 240:
                text += r.choice((" And ", " Also, ", "\n", " Then there is this: ")) + more if text[-1] in ".?!" else r.choice((", and ", "; ", ". ", "\n")) + more
                calls.append((also.name, given))
        thread.user(text)
        thread.call(calls)
        if r.random() < 0.25:
            thing = (tool.noun if isinstance(tool, catalogue.MadeUp) else tool.name).replace("_", " ")
            outs = [{"error": "The %s is not available." % thing} if r.random() < 0.15 else {"result": results.prose(self.e)} if r.random() < 0.3
                    else {"status": r.choice(("done", "ok", "success"))} for _ in calls]
            thread.tool_results(outs)
            thread.say(" ".join("That did not work: " + o["error"] if "error" in o else o.get("result", "Done.") for o in outs))
        return thread

    def steps(self, names, answer=0.35):
        """Two calls, the second with a value from the result of the first."""
        r, e = self.rng, self.e
        section = r.choice(list(sections("wordings_steps")))
        first, then = STEPS[section]
        if first not in names or then not in names:
            return None
        text, values = request(e, then, self.unseen, section=section)
        thread = Thread("steps", section, self.unseen)
        thread.user(text)
        one = values.call(first)
        thread.call([one])
        like = {"count": r.choice((1, 1, 1, 1, 1, 1, 0, 2)) if first == "find_customer" else r.choice((1, 2, 3, 2, 0)) if r.random() < 0.9 else 1, "items": 1}
        if section == "open_cancel":
            like["status"] = r.choice(("open", "open", "shipped", "delivered"))
        elif section == "last_order_cancel":
            like["status"] = "open"
        elif section == "open_ticket_close":
            like["ticket"] = r.choice(("open", "open", "closed"))
        elif section == "lost_ticket":
            like["shipment"] = r.choice(("lost", "lost", "in_transit", "delivered"))
        out = results.error(first, one[1], e) if r.random() < 0.06 else results.result(first, one[1], e, like)
        thread.tool_results([out])
        second = self.second(section, then, values, out)
        if second is None:
            thread.say(results.sentence(first, one[1], out))
            return thread
        thread.call([second])
        outs = self.conclude(thread, [second], False)
        if r.random() < answer:
            thread.tool_results(outs)
            both = results.sentence(first, one[1], out) + " " if section in TOLD_BOTH else ""
            thread.say(both + results.sentence(then, second[1], outs[0]))
        return thread

    def second(self, section, then, values, out):
        """The second call, or None where the first result ends it."""
        if "error" in out:
            return None
        if section.startswith("customer_") and "customers" in out:
            if len(out["customers"]) != 1:
                return None
            got = {"customer_id": out["customers"][0]["customer_id"]}
        elif "orders" in out:
            if not out["orders"]:
                return None
            got = {"order_id": out["orders"][0]["order_id"]}
        elif section.startswith(("order_owner", "ticket_customer", "ticket_owner")):
            got = {"customer_id": out["customer_id"]}
        elif section.startswith("order_item_stock"):
            got = {"sku": out["items"][0]["sku"]}
        elif section == "full_refund":
            got = {"order_id": out["order_id"], "amount": out["total"]}
        elif section == "open_cancel":
            if out["status"] != "open":
                return None
            got = {"order_id": out["order_id"]}
        elif section == "open_ticket_close":
            if out["status"] != "open":
                return None
            got = {}
        elif section == "lost_ticket":
            if out["status"] != "lost":
                return None
            got = {}
        elif section in ("cancel_then_refund", "refund_then_close", "address_then_ticket"):
            got = {}
        else:
            if out["stock"][0]["quantity"] >= int(values.given["limit"]):
                return None
            got = {}
        for k, v in got.items():
            values.given[k] = v
            values.used.add(k)
        return values.call(then)

    # ---- conversations ---------------------------------------------------------------------------------------------

    def thread(self, tools, kind=None):
        names = {t.name for t in tools}
        r = self.rng
        while True:
            k = kind or r.choices(list(KINDS), list(KINDS.values()))[0]
            if not kind and len(names & set(DESK)) == 0 and k != "off_topic":
                k = "made_up" if r.random() < 0.9 else k
            thread = (self.made_up(names, tools) if k == "made_up" else getattr(self, k)(names))
            if thread:
                return thread
            if kind:
                return None


STEPS = {"customer_orders": ("find_customer", "list_orders"), "customer_ticket": ("find_customer", "create_ticket"),
         "customer_address": ("find_customer", "change_address"), "last_order_status": ("list_orders", "get_order"),
         "last_order_track": ("list_orders", "track_shipment"), "last_order_cancel": ("list_orders", "cancel_order"),
         "order_owner_ticket": ("get_order", "create_ticket"), "order_owner_address": ("get_order", "change_address"),
         "order_item_stock": ("get_order", "check_stock"), "full_refund": ("get_order", "refund_order"),
         "ticket_customer_orders": ("get_ticket", "list_orders"), "low_restock": ("check_stock", "restock"),
         "open_cancel": ("get_order", "cancel_order"), "customer_refund_last": ("list_orders", "refund_order"),
         "customer_orders_status": ("find_customer", "list_orders"), "order_owner_orders": ("get_order", "list_orders"),
         "order_item_stock_at": ("get_order", "check_stock"), "ticket_customer_orders_status": ("get_ticket", "list_orders"),
         "ticket_owner_ticket": ("get_ticket", "create_ticket"), "open_ticket_close": ("get_ticket", "close_ticket"),
         "lost_ticket": ("track_shipment", "create_ticket"), "cancel_then_refund": ("cancel_order", "refund_order"),
         "refund_then_close": ("refund_order", "close_ticket"), "address_then_ticket": ("change_address", "create_ticket")}
# The last answer tells of the first result too.
TOLD_BOTH = ("lost_ticket", "cancel_then_refund", "refund_then_close", "address_then_ticket")
