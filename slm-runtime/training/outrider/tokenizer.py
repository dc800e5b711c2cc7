"""The byte-level BPE: llama.cpp's `qwen2` splits, special tokens first."""
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from .chat import SPECIALS, call_text
from .conversations import Generator
from .grammar import lines
from .tools import MISSING

SPLIT = (r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
         r"|\s*[\r\n]+|\s+(?!\S)|\s+")


# While merges are learnt, a word is cut from what stands before it. A blank or a quote is then never part of a word's tokens, so the
# words of a request and the same words as a JSON value are the same tokens, and copying them is the recall of what followed before.
# (With merges over " M" and "M" a model of this size copied numbers after 50,000 answers, and no name after 100,000.)
WORD = r"[_|=:]?\p{L}+"


def load(path):
    """A tokenizer that never reads special tokens out of text."""
    t = Tokenizer.from_file(path)
    t.encode_special_tokens = True
    return t


def corpus(seed, conversations):
    g = Generator(seed)
    for _ in range(conversations):
        tools = g.offered()
        yield g.system()
        yield "".join("\n" + t.signature() for t in tools) + "\n"
        for _ in range(6):
            for m in g.thread(tools).messages:
                yield m["role"] + "\n"
                yield m["content"] if "content" in m else "\n".join(call_text(*c) for c in m["calls"])
    yield from MISSING.values()
    for name in ("topics", "deeds", "subjects", "offtopic"):  # general words a little more often
        yield from lines(name)


def train(path, size, seed, conversations):
    t = Tokenizer(models.BPE(unk_token=None))
    split, level = pre_tokenizers.Split(Regex(SPLIT), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    t.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.Split(Regex(WORD), "isolated"), level])
    t.decoder = decoders.ByteLevel()
    t.train_from_iterator(corpus(seed, conversations), trainers.BpeTrainer(
        vocab_size=size, special_tokens=[AddedToken(s, special=True, normalized=False) for s in SPECIALS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False, max_token_length=16))
    t.pre_tokenizer = pre_tokenizers.Sequence([split, level])  # what readers of the GGUF do: the merges hold the rest
    t.save(path)
    return t
