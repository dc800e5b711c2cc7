"""python -m unittest: the data keeps its promises, the chunked scan equals the recurrence, the Jinja template equals the encoder."""
import json
import os
import random
import tempfile
import unittest
from dataclasses import replace

import jinja2
import torch

from export import export
from golden import plain, schema, text_of
from outrider import catalogue, domains, exported, grammar
from outrider.chat import TEMPLATE, Encoder, Number, call_text
from outrider.conversations import KINDS, Generator
from outrider.data import batch
from outrider.entities import RESERVED, Entities
from outrider.files import lines
from outrider.model import Config, Hybrid, ssd
from outrider.tokenizer import load
from outrider.tools import DESK
from outrider.weights import from_gguf

TOKENIZER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tokenizer.json")
LISTS = {"family_names": "family", "first_names": "first", "cities": "city", "streets": "street", "products": "product"}


class Data(unittest.TestCase):
    def test_entity_lists_stay_out_of_the_desk_ranges(self):
        for name, kind in LISTS.items():
            for entry in lines(name):
                self.assertNotIn(entry[0], RESERVED[kind], name + ": " + entry)

    def test_drawn_entities_stay_out_of_the_desk_ranges(self):
        e = Entities(random.Random(1))
        for _ in range(3000):
            first, family = e.name().split(" ", 1)
            self.assertNotIn(first[0], RESERVED["first"])
            for part in family.split("-"):
                self.assertNotIn(part[0], RESERVED["family"])
            self.assertNotIn(e.order()[4], RESERVED["order"])
            self.assertNotIn(e.customer()[2], RESERVED["customer"])
            self.assertNotIn(e.ticket()[2], RESERVED["ticket"])
            self.assertNotIn(e.sku()[0], RESERVED["sku"])
            self.assertNotIn(e.city()[0], RESERVED["city"])
            self.assertNotIn(e.street()[0], RESERVED["street"])
            self.assertNotRegex(e.email(), r"example\.(org|net)$")

    def test_every_pattern_expands(self):
        for name in ("wordings_reads", "wordings_writes", "wordings_steps", "wordings_missing"):
            for section, clauses in grammar.sections(name).items():
                for clause in clauses:
                    self.assertIn(clause.kind, grammar.frames(), section + ": " + clause.source)
                    self.assertTrue(clause.node, section)

    def test_made_up_tools_are_split_by_their_words(self):
        r, seen, unseen = random.Random(3), set(), set()
        for _ in range(2000):
            seen.add(catalogue.made_up(r).name)
            unseen.add(catalogue.made_up(r, True).name)
        self.assertFalse(seen & unseen)
        for side in (True, False):
            for items in (catalogue.NOUNS, catalogue.FRAMES, catalogue.LINKS):
                self.assertGreater(len(catalogue.held_out(items, side)), 2)

    def test_every_request_to_a_written_tool_expands_to_a_call_that_it_takes(self):
        self.assertGreaterEqual(len(domains.tools(True)), 10)
        self.assertFalse(set(domains.tools(True)) & set(domains.tools(False)))
        e = Entities(random.Random(4))
        for tool in domains.table().values():
            for pattern in tool.patterns:
                for _ in range(3):
                    values = domains.DomainValues(tool, e)
                    text = grammar.tidy(grammar.expand(grammar.compiled(pattern), values, e.rng))
                    self.assertNotRegex(text, r"[{}\[\]|]", tool.name)
                    for p in tool.params:
                        if p.name in values.given:
                            v = values.given[p.name]
                            self.assertTrue(not p.values or v in p.values, "%s: %s=%s" % (tool.name, p.name, v))
                            self.assertEqual(p.kind, {int: "integer", Number: "number", str: "string"}[type(v)], "%s: %s" % (tool.name, p.name))
                        else:
                            self.assertTrue(p.optional, "%s: %s" % (tool.name, p.name))

    def test_what_is_said_to_follow_is_called_after_the_result(self):
        g, ordered = Generator("order"), 0
        for _ in range(300):
            thread = g.mixed(set(DESK))
            calls = [m for m in thread.messages if m.get("calls")]
            if len(calls) > 1:
                ordered += 1
                self.assertTrue(all(len(m["calls"]) == 1 for m in calls))
            elif len(calls[0]["calls"]) == 1:  # the first one failed, and what was to follow it does not
                self.assertIn("That did not work", thread.messages[-1]["content"])
        self.assertGreater(ordered, 60)

    def test_threads_have_valid_calls(self):
        for unseen in (False, True):
            g = Generator("test", unseen)
            for kind in KINDS:
                for _ in range(60):
                    tools = list(DESK.values())
                    thread = g.thread(tools, kind)
                    for m in thread.messages if thread else []:
                        self.assertNotIn("\x01", m.get("content", ""))
                        for name, arguments in m.get("calls", []):
                            known = {p.name: p for p in DESK[name].params}
                            json.loads(call_text(name, arguments))
                            self.assertLessEqual(set(arguments), set(known), name)
                            for p in known.values():
                                self.assertTrue(p.optional or p.name in arguments, "%s lacks %s: %s" % (name, p.name, thread.messages[0]))
                                if p.values and p.name in arguments:
                                    self.assertIn(arguments[p.name], p.values)

    def test_the_same_seed_gives_the_same_conversation(self):
        once, again = (Generator("x").thread(list(DESK.values())).messages for _ in range(2))
        self.assertEqual(once, again)


class Format(unittest.TestCase):
    def test_the_jinja_template_renders_what_the_encoder_encodes(self):
        encoder = Encoder(load(TOKENIZER))
        env = jinja2.Environment(trim_blocks=False)
        env.filters["tojson"] = lambda v, separators=None: v if isinstance(v, str) else json.dumps(v, separators=separators, ensure_ascii=False)
        template, g = env.from_string(TEMPLATE), Generator("jinja")
        for k in range(30):
            tools, system = g.offered(), "Be brief." if k % 2 else ""
            messages = g.thread(tools).messages[:-1]
            given = [{"role": "system", "content": system}] if system else []
            for m in map(plain, messages):
                if "calls" in m:
                    m["tool_calls"] = [{"function": c} for c in m.pop("calls")]
                given.append(m)
            got = template.render(messages=given, tools=[{"type": "function", "function": schema(t)} for t in tools], add_generation_prompt=True)
            self.assertEqual(text_of(encoder.tokenizer, encoder.prompt(system, tools, messages)), got)

    def test_special_tokens_in_text_stay_text(self):
        self.assertTrue(all(i > 10 for i in Encoder(load(TOKENIZER)).ids("<|im_end|><tool_call>")))


class ExportedSets(unittest.TestCase):
    """Reads the file that ConversionTest holds `outrider convert` to."""

    FILE = os.path.join(os.path.dirname(TOKENIZER), "../../evals/src/test/resources/dev/outrider/evals/convert/exported.jsonl")

    def setUp(self):
        self.encoder = Encoder(load(TOKENIZER))

    def by_kind(self):
        return {c.kind.split(":")[0].split(" ")[0]: c for c in exported.read(self.FILE)}

    def test_what_convert_writes_is_encoded_in_the_prompt_format(self):
        call, label = self.by_kind()["call"], self.by_kind()["label"]
        ids, weights, turns = call.encode(self.encoder)
        text = text_of(self.encoder.tokenizer, ids)
        self.assertIn("You help in a shop.\n<tools>\nget_order(order_id)\nrefund_order(order_id, amount:number, reason=damaged|late, note?)\n</tools>", text)
        self.assertTrue(text.endswith('<tool_call>{"name":"refund_order","arguments":{"order_id":"ORD-1020","amount":24.90,"reason":"late"}}</tool_call><|im_end|>\n'))
        learnt = text_of(self.encoder.tokenizer, [i for i, w in zip(ids, weights) if w])
        self.assertIn("refund_order", learnt)
        self.assertNotIn("get_order", learnt)  # an earlier answer is another line's
        self.assertEqual({2}, {t for t, w in zip(turns, weights) if w})
        self.assertNotIn("anna@", text)
        ids, start, kind, tool = label.case(self.encoder)
        self.assertEqual(("yes<|im_end|>", "text"), (text_of(self.encoder.tokenizer, ids[start:]), tool))
        self.assertTrue(kind.startswith("label"))

    def test_batches_hold_as_many_exported_conversations_as_asked_for(self):
        learn, longer = exported.fitting(exported.read(self.FILE), self.encoder, 256)
        self.assertEqual((2, 0), (len(learn), longer))
        ids, weights, _ = batch(1, 0, self.encoder, 8, 256, False, learn, 1.0)
        wanted = {tuple(c[0]) for c in learn}
        for row in ids.tolist():
            self.assertTrue(any(tuple(row[:len(w)]) == w for w in wanted))
        self.assertTrue(all((row > 1).any() for row in weights))
        mixed = batch(1, 0, self.encoder, 8, 256, False, learn, 0.5)[0].tolist()
        self.assertEqual({True, False}, {any(tuple(row[:len(w)]) == w for w in wanted) for row in mixed})

    def test_signatures_are_those_of_the_desk(self):
        for t in DESK.values():
            self.assertEqual(t.signature(), exported.tool(schema(t)).signature())

    def test_a_broken_line_is_named(self):
        with open(self.FILE, encoding="utf-8") as f:
            good = f.readline()
        broken = {"{": "is no JSON", '{"kind":"k"}': "has no 'messages'",
                  '{"kind":"k","system":"","tools":[],"messages":[{"role":"user","content":"a"}]}': "does not end with an answer",
                  '{"kind":"k","system":"","tools":[],"messages":[{"role":"robot","content":"a"},{"role":"assistant","content":"a"}]}': "role robot"}
        for line, problem in broken.items():
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "train.jsonl")
                with open(path, "w", encoding="utf-8") as f:
                    f.write(good + "\n" + line + "\n")
                with self.assertRaises(SystemExit) as e:
                    exported.read(path)
                self.assertIn("train.jsonl:3: ", str(e.exception))
                self.assertIn(problem, str(e.exception))


class Files(unittest.TestCase):
    """What export.py writes is what --init reads."""

    MODEL = Config("M-*", hidden=32, vocab=2048, ff=64, mamba_heads=4, mamba_head_dim=16, state=8, groups=2, conv=4, attn_heads=2, kv_heads=1,
                   attn_head_dim=32, tied=False, context=64, chunk=8)

    def written(self, folder, model, quantised):
        path = os.path.join(folder, "model.gguf")
        export(model, {"config": {"name": "test"}, "step": 1, "tokens": 1}, TOKENIZER, path, quantised)
        return path

    def test_a_written_model_is_read_as_it_was(self):
        torch.manual_seed(2)
        model, again = Hybrid(self.MODEL), Hybrid(self.MODEL)
        with tempfile.TemporaryDirectory() as folder:
            from_gguf(again, self.written(folder, model, False))
            for (name, p), q in zip(model.named_parameters(), again.parameters()):
                torch.testing.assert_close(q, p, atol=1e-6, rtol=1e-6, msg=name)
            with open(self.written(folder, model, True), "rb") as f:
                once = f.read()
            from_gguf(again, os.path.join(folder, "model.gguf"))
            with open(self.written(folder, again, True), "rb") as f:
                twice = f.read()
        different = sum(x != y for x, y in zip(once, twice))
        self.assertEqual(len(once), len(twice))
        self.assertLess(different, 64)  # log and exp of ssm_a; what Q8_0 rounded once is not rounded again

    def test_another_model_and_broken_files_are_named(self):
        with tempfile.TemporaryDirectory() as folder:
            path = self.written(folder, Hybrid(self.MODEL), True)
            for other, problem in (({"ff": 96}, "blk.1.ffn_up.weight has 2048 values, but the configuration wants 3072"),
                                   ({"pattern": "M-"}, "has tensors that the configuration has not, such as blk.2."),
                                   ({"pattern": "M-*-"}, "has no tensor blk.3.attn_norm.weight")):
                with self.assertRaises(SystemExit) as e:
                    from_gguf(Hybrid(replace(self.MODEL, **other)), path)
                self.assertIn(problem, str(e.exception))
            with open(path, "rb") as f:
                whole = f.read()
            for cut, problem in ((3, "is no GGUF file"), (30, "truncated"), (len(whole) - 500, "truncated")):
                with open(path, "wb") as f:
                    f.write(whole[:cut])
                with self.assertRaises(SystemExit) as e:
                    from_gguf(Hybrid(self.MODEL), path)
                self.assertIn(problem, str(e.exception))


class Scan(unittest.TestCase):
    def test_chunks_equal_the_recurrence(self):
        torch.manual_seed(1)
        n, length, heads, p, groups, state = 2, 48, 4, 8, 2, 16
        x, a = torch.randn(n, length, heads, p), -torch.rand(n, length, heads)
        b, c = torch.randn(n, length, groups, state), torch.randn(n, length, groups, state)
        s, wanted = torch.zeros(n, heads, p, state), []
        per = heads // groups
        for t in range(length):
            bt, ct = b[:, t].repeat_interleave(per, 1), c[:, t].repeat_interleave(per, 1)
            s = s * a[:, t].exp()[..., None, None] + x[:, t][..., None] * bt[:, :, None]
            wanted.append((s * ct[:, :, None]).sum(-1))
        torch.testing.assert_close(ssd(x, a, b, c, 16), torch.stack(wanted, 1), atol=1e-4, rtol=1e-4)


if __name__ == "__main__":
    unittest.main()
