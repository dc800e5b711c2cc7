"""Training sets that `outrider convert --out DIR` wrote: train.jsonl and heldout.jsonl, one conversation a line.

{"kind", "system", "tools": [{"name", "description", "parameters"}], "messages": [{"role", "content"} or {"role", "calls": [[name, {arguments}]]}]}
The last message is the answer to learn; the others are read.
"""
import json
from dataclasses import dataclass

from .chat import Number
from .tools import Param, Tool

ROLES = ("user", "assistant", "tool")


@dataclass(frozen=True)
class Exported:
    kind: str
    system: str
    tools: tuple
    messages: tuple

    def encode(self, encoder):
        """Token ids, loss weights and turn numbers (0 none, odd text, even call)."""
        ids, weights = encoder.conversation(self.system, self.tools, self.messages)
        number = 2 if self.messages[-1].get("calls") else 3
        return ids, weights, [number if w else 0 for w in weights]

    def case(self, encoder):
        """(ids, start, kind, tool) as scoring.py takes it: the answer begins at start."""
        ids, weights, _ = self.encode(encoder)
        learnt = [k for k, w in enumerate(weights) if w]
        calls = self.messages[-1].get("calls")
        return ids[:learnt[-1] + 1], learnt[0], self.kind, calls[0][0] if calls else "text"


def tool(schema):
    """A tool as the prompt shows it, from its name and the JSON Schema of its parameters."""
    parameters = schema.get("parameters") or {}
    required = parameters.get("required") or []
    params = []
    for name, p in (parameters.get("properties") or {}).items():
        kind = p.get("type") or "string"
        params.append(Param(name, name not in required, kind if isinstance(kind, str) else kind[0], tuple(str(v) for v in p.get("enum") or ())))
    return Tool(schema["name"], tuple(params))


def message(m, last):
    if m["role"] not in ROLES:
        raise ValueError("has a message of role %s; it must be one of %s" % (m["role"], ", ".join(ROLES)))
    out = {"role": m["role"], "learn": last}
    if "calls" in m:
        out["calls"] = [(name, dict(arguments)) for name, arguments in m["calls"]]
    else:
        out["content"] = m["content"]
    return out


def conversation(line):
    node = json.loads(line, parse_float=Number)
    messages = node["messages"]
    if not messages or messages[-1]["role"] != "assistant":
        raise ValueError("does not end with an answer of the assistant")
    return Exported(node["kind"], node["system"], tuple(tool(t) for t in node["tools"]),
                    tuple(message(m, m is messages[-1]) for m in messages))


def read(path):
    """All conversations of a file. A line that is none ends with its number: SystemExit, one line."""
    out = []
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                out.append(conversation(line))
            except json.JSONDecodeError as e:
                raise SystemExit("%s:%d: is no JSON (%s); export it again with outrider convert" % (path, number, e))
            except KeyError as e:
                raise SystemExit("%s:%d: has no %s; export it again with outrider convert" % (path, number, e))
            except (ValueError, TypeError, AttributeError) as e:
                raise SystemExit("%s:%d: %s; export it again with outrider convert" % (path, number, e))
    if not out:
        raise SystemExit("%s: holds no conversation; lower --min-examples or --min-learnable of outrider convert" % path)
    return out


def fitting(conversations, encoder, length):
    """Encoded conversations of at most `length` tokens, and how many are longer."""
    encoded = [c.encode(encoder) for c in conversations]
    kept = [e for e in encoded if len(e[0]) <= length]
    return kept, len(encoded) - len(kept)
