package dev.outrider.slm.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Byte-level BPE: text is split into pieces, and inside a piece bytes merge into tokens by the file's merge list. */
final class BytePairTokenizer implements Tokenizer {

    private final Vocabulary vocabulary;
    private final MergeTable merges;
    private final PreTokenizers.Split split;
    private final SpecialTokenFinder specials;
    private final OptionalInt bos;
    private final OptionalInt eos;

    BytePairTokenizer(TokenizerSpec spec) {
        split = PreTokenizers.named(spec.pre() == null ? "default" : spec.pre());
        vocabulary = new Vocabulary(spec.tokens(), spec.types());
        merges = new MergeTable(vocabulary, spec.merges());
        specials = new SpecialTokenFinder(vocabulary.special());
        bos = optional(spec.bos(), "tokenizer.ggml.bos_token_id");
        eos = optional(spec.eos(), "tokenizer.ggml.eos_token_id");
        optional(spec.unknown(), "tokenizer.ggml.unknown_token_id"); // checked, though nothing is ever encoded as it
    }

    @Override
    public int vocabularySize() {
        return vocabulary.size();
    }

    @Override
    public int[] encode(String text) {
        IntList out = new IntList(text.length() / 3);
        new Encoding(out).append(text);
        return out.toArray();
    }

    @Override
    public int[] encodeWithSpecialTokens(String text) {
        IntList out = new IntList(text.length() / 3);
        Encoding encoding = new Encoding(out);
        int done = 0;
        for (SpecialTokenFinder.Match match : specials.find(text)) {
            encoding.append(text.substring(done, match.from()));
            out.add(match.token());
            done = match.to();
        }
        encoding.append(text.substring(done));
        return out.toArray();
    }

    @Override
    public byte[] bytes(int token) {
        return vocabulary.bytes(token).clone();
    }

    @Override
    public String text(int token) {
        return new String(vocabulary.bytes(token), StandardCharsets.UTF_8);
    }

    @Override
    public String decode(int... tokens) {
        return join(tokens, false);
    }

    @Override
    public String written(int... tokens) {
        return join(tokens, true);
    }

    private String join(int[] tokens, boolean withControl) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int token : tokens) {
            if (withControl || vocabulary.type(token) != TokenType.CONTROL) {
                bytes.writeBytes(vocabulary.bytes(token));
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Override
    public OptionalInt special(String written) {
        Integer id = vocabulary.special().get(written);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    @Override
    public TokenType type(int token) {
        return vocabulary.type(token);
    }

    @Override
    public OptionalInt bos() {
        return bos;
    }

    @Override
    public OptionalInt eos() {
        return eos;
    }

    private OptionalInt optional(@Nullable Integer id, String key) {
        if (id == null) {
            return OptionalInt.empty();
        }
        if (id < 0 || id >= vocabulary.size()) {
            throw new TokenizerException(
                    key + " is " + id + ", which is outside the vocabulary of " + vocabulary.size() + " tokens");
        }
        return OptionalInt.of(id);
    }

    /** One run over a text, with the room that merging needs. */
    private final class Encoding {

        private final IntList out;
        private final BytePairMerger merger = new BytePairMerger(merges);
        private final IntList symbols = new IntList(16);

        Encoding(IntList out) {
            this.out = out;
        }

        void append(String text) {
            if (!text.isEmpty()) {
                CodePoints points = CodePoints.of(text);
                split(points, 0, points.length(), split.stages());
            }
        }

        private void split(CodePoints text, int from, int to, List<PreTokenizer> stages) {
            int start = from;
            while (start < to) {
                int end = stages.getFirst().end(text, start, to);
                if (stages.size() == 1) {
                    piece(text.bytes(start, end));
                } else {
                    split(text, start, end, stages.subList(1, stages.size()));
                }
                start = end;
            }
        }

        private void piece(byte[] bytes) {
            if (split.wholeWords()) {
                int whole = vocabulary.id(ByteAlphabet.write(bytes, 0, bytes.length));
                if (whole >= 0) {
                    out.add(whole);
                    return;
                }
            }
            symbols.clear();
            merger.merge(bytes, symbols);
            for (int i = 0; i < symbols.size(); i++) {
                int symbol = symbols.get(i);
                if (merges.isToken(symbol)) {
                    out.add(symbol);
                } else {
                    bytewise(merges.bytes(symbol));
                }
            }
        }

        /**
         * A merged symbol that is no token falls apart into its bytes. A byte without a token is left out, as the vocabularies' own tools and
         * llama.cpp do: small vocabularies lack some bytes of rare scripts, and a special token in their place would end the text.
         */
        private void bytewise(byte[] bytes) {
            for (byte b : bytes) {
                int id = vocabulary.id(b);
                if (id >= 0) {
                    out.add(id);
                }
            }
        }
    }
}
