#!/usr/bin/env python3
"""Writes cases.json again: the ids that llama.cpp gives the texts in it, for every split that the tokenizer knows.

    LLAMA_LIB_DIR=DIR make_golden.py KIT

KIT is the folder of the oracle kit (make_gguf.py, LlamaOracle.java); DIR holds the llama.cpp libraries that it fetches.
Needs Python with numpy and a JDK 25 in JAVA_HOME. Special tokens are parsed; the texts are joined by </s> for one call.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

SPLITS = ["qwen2", "llama-bpe", "gpt-2", "smollm", "default"]
here = pathlib.Path(__file__).parent
kit = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(kit))
import make_gguf  # noqa: E402

v = json.loads((here / "vocabulary.json").read_text(encoding="utf-8"))
merges = [tuple(m.split(" ")) for m in v["merges"]]
make_gguf.vocabulary = lambda _: (v["tokens"], v["types"], merges)
end = str(v["tokens"].index("</s>"))
file = here / "cases.json"
texts = [c["text"] for c in json.loads(file.read_text(encoding="utf-8"))["cases"]]
ids = {}
with tempfile.TemporaryDirectory() as tmp:
    text = pathlib.Path(tmp, "text.txt")
    text.write_bytes("</s>".join(texts).encode())
    for split in SPLITS:
        model = os.path.join(tmp, split + ".gguf")
        sys.argv = ["make_gguf.py", model, "--preset", "micro", "--pre", split]
        make_gguf.main()
        java = os.path.join(os.environ["JAVA_HOME"], "bin", "java")
        line = subprocess.run([java, "--enable-native-access=ALL-UNNAMED", str(kit / "LlamaOracle.java"), "tokenize", model,
                               str(text)], check=True, capture_output=True, text=True).stdout
        ids[split] = [" ".join(part.split()) for part in (" " + line.strip() + " ").replace(" ", "  ").split(" %s " % end)]
        assert len(ids[split]) == len(texts), split
with open(file, "w", encoding="utf-8") as out:
    out.write('{"splits":%s,"cases":[\n' % json.dumps(SPLITS))
    out.write(",\n".join(json.dumps({"text": t, "ids": [ids[s][i] for s in SPLITS]}, separators=(",", ":"))
                         for i, t in enumerate(texts)))
    out.write("\n]}\n")
