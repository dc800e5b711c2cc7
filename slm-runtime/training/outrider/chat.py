"""The prompt format outrider-1: turns to token ids, and the loss weight of every token of an assistant turn."""
import json

SPECIALS = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>", "<tools>", "</tools>", "<tool_call>", "</tool_call>",
            "<think>", "</think>"]
IM_START, IM_END, TOOLS, END_TOOLS, CALL, END_CALL = 3, 4, 5, 6, 7, 8
# A tool's name, and the first token of a text, are one or two tokens that decide everything: they weigh most.
STRUCTURE, KEY, TEXT, VALUE, NAME = 1.0, 1.5, 2.0, 4.0, 5.0

# A Jinja version for other programs. Tools are JSON-Schema function objects there, as such programs pass them.
TEMPLATE = """\
{%- macro signature(f) -%}
{{ f.name }}({% for p, s in f.parameters.properties.items() %}{{ p }}{% if p not in (f.parameters.required or []) %}?{% endif %}\
{% if s.enum %}={{ s.enum | join('|') }}{% elif s.type and s.type != 'string' %}:{{ s.type }}{% endif %}\
{% if not loop.last %}, {% endif %}{% endfor %})
{%- endmacro -%}
{%- set system = messages[0].content if messages and messages[0].role == 'system' else '' -%}
{%- if system or tools -%}
<|im_start|>system
{{ system }}{% if tools %}{% if system %}{{ '\\n' }}{% endif %}<tools>
{% for t in tools %}{{ signature(t.function or t) }}{{ '\\n' }}{% endfor %}</tools>{% endif %}<|im_end|>{{ '\\n' }}
{%- endif -%}
{%- for m in messages if m.role != 'system' -%}
<|im_start|>{{ m.role }}{{ '\\n' }}{% if m.tool_calls %}{% for c in m.tool_calls %}\
<tool_call>{"name":"{{ (c.function or c).name }}","arguments":{{ (c.function or c).arguments | tojson(separators=(',', ':')) }}}</tool_call>\
{% endfor %}{% else %}{{ m.content }}{% endif %}<|im_end|>{{ '\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}<|im_start|>assistant{{ '\\n' }}{%- endif -%}"""


def dumps(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Number(float):
    """A number that keeps the digits of its source, such as 24.90."""

    def __new__(cls, text):
        self = super().__new__(cls, text)
        self.text = text
        return self


def value_json(v):
    return v.text if isinstance(v, Number) else dumps(v)


def call_pieces(name, arguments):
    """The JSON of one call as (text, weight)."""
    yield '{"name":"', STRUCTURE
    yield name, NAME
    yield '","arguments":{', STRUCTURE
    for i, (k, v) in enumerate(arguments.items()):
        yield ("," if i else "") + '"', STRUCTURE
        yield k, KEY
        yield '":', STRUCTURE
        yield value_json(v), VALUE
    yield "}}", STRUCTURE


def call_text(name, arguments):
    return "".join(p for p, _ in call_pieces(name, arguments))


class Encoder:
    """Encodes conversations. A message is a dict: role, and content or calls [(name, arguments)]."""

    def __init__(self, tokenizer):
        self.tokenizer, self.cache = tokenizer, {}

    def ids(self, text):
        return self.tokenizer.encode(text).ids

    def fixed(self, text):
        if text not in self.cache:
            self.cache[text] = self.ids(text)
        return self.cache[text]

    def open(self, role):
        return [IM_START] + self.fixed(role + "\n")

    def system(self, text, tools):
        if not text and not tools:
            return []
        ids = self.open("system") + self.ids(text + ("\n" if tools and text else ""))
        if tools:
            ids.append(TOOLS)
            ids += self.ids("\n" + "".join(t.signature() + "\n" for t in tools))
            ids.append(END_TOOLS)
        return ids + [IM_END] + self.fixed("\n")

    def call(self, name, arguments):
        """Token ids and weights of one call, tokenised as one text."""
        pieces = list(call_pieces(name, arguments))
        text = "".join(p for p, _ in pieces)
        e = self.tokenizer.encode(text)
        ends, total = [], 0
        for p, w in pieces:
            total += len(p)
            ends.append((total, w))
        weights, at = [], 0
        for start, end in e.offsets:
            while ends[at][0] <= start and at < len(ends) - 1:
                at += 1
            covered = [ends[at][1]]
            following = at
            while ends[following][0] < end:
                following += 1
                covered.append(ends[following][1])
            weights.append(max(covered))
        return [CALL] + e.ids + [END_CALL], [NAME] + weights + [TEXT]

    def message(self, m):
        """Token ids and weights (0 = not learnt) of one turn."""
        head = self.open(m["role"])
        if m.get("calls"):
            ids, weights = [], []
            for name, arguments in m["calls"]:
                i, w = self.call(name, arguments)
                ids += i
                weights += w
        else:
            ids = self.ids(m["content"])
            weights = [NAME] + [TEXT] * (len(ids) - 1)
        learnt = m["role"] == "assistant" and m.get("learn", True)
        ids = ids + [IM_END]
        weights = weights + [TEXT] if learnt else [0.0] * len(ids)
        tail = self.fixed("\n")
        return head + ids + tail, [0.0] * len(head) + weights + [0.0] * len(tail)

    def conversation(self, system, tools, messages):
        ids = self.system(system, tools)
        weights = [0.0] * len(ids)
        for m in messages:
            i, w = self.message(m)
            ids += i
            weights += w
        return ids, weights

    def prompt(self, system, tools, messages):
        return self.conversation(system, tools, messages)[0] + self.open("assistant")
