package dev.outrider.slm.gguf;

import java.util.List;

/** A metadata value; numbers are widened, arrays of numbers stay packed as in the file. */
sealed interface GgufValue {

    /** How messages call this kind of value. */
    String kind();

    record Text(String value) implements GgufValue {
        @Override
        public String kind() {
            return "a string";
        }
    }

    record Flag(boolean value) implements GgufValue {
        @Override
        public String kind() {
            return "a boolean";
        }
    }

    record Whole(long value) implements GgufValue {
        @Override
        public String kind() {
            return "an integer";
        }
    }

    record Real(double value) implements GgufValue {
        @Override
        public String kind() {
            return "a floating-point number";
        }
    }

    record Texts(List<String> values) implements GgufValue {
        @Override
        public String kind() {
            return "an array of strings";
        }
    }

    /** Little-endian numbers (or booleans) of one type, {@code raw.length / type.bytes()} of them. */
    @SuppressWarnings("ArrayRecordComponent") // never compared, never handed out
    record Numbers(ValueType type, byte[] raw) implements GgufValue {
        int count() {
            return raw.length / type.bytes();
        }

        @Override
        public String kind() {
            return type.real() ? "an array of floating-point numbers" : "an array of integers";
        }
    }

    record Nested(List<GgufValue> values) implements GgufValue {
        @Override
        public String kind() {
            return "an array of arrays";
        }
    }
}
