package dev.outrider.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

class GpuTableTest {

    private static final String RUN =
            """
            {"gpu": {"name": "A GPU", "copyBytesPerSecond": 4e12, "matrixTeraflops": 600},
             "speed": [{"model": "4B", "format": "Q8_0", "weightBytesPerToken": 4000000000,
               "decode": [
                 {"context": 100, "batch": 1, "msPerStep": 2.0, "tokensPerSecond": 500, "floorMsPerStep": 1.0,
                  "shareOfFloor": 0.5, "joulesPerToken": 0.5, "usedBytes": 5368709120},
                 {"context": 131072, "batch": 32, "reason": "the GPU is full"}],
               "prefill": [{"tokens": 8192, "ms": 100.0, "tokensPerSecond": 81920, "floorMs": 50, "shareOfFloor": 0.5}],
               "llama.cpp": {"version": "0.5.0-dev", "backends": "libggml-cuda.so",
                 "decode": [
                   {"context": 100, "batch": 1, "msPerStep": 5.0, "tokensPerSecond": 200},
                   {"context": 131072, "batch": 32, "reason": "out of memory"}],
                 "prefill": [{"tokens": 8192, "reason": "out of memory"}],
                 "firstTokenWithCachedPreamble": {"ms": 9.0}}}]}
            """;

    @Test
    void rows_stand_beside_those_of_llama_cpp_and_what_is_missing_has_its_reason() throws Exception {
        String text = String.join("\n", new GpuTable(new ObjectMapper().readTree(RUN)).lines());
        assertThat(text).contains("A GPU: copies 4.00 TB/s").contains("(1) the GPU is full").contains("(2) out of memory");
        assertThat(text)
                .containsPattern("decode at 0.1k, 1 together +\\| +2.000 +500 +1.000 +50 % +0.5000 +5.00 \\| +5.000 +200 +- +- \\| 2.50")
                .containsPattern("decode at 128k, 32 together +\\| +none, see \\(1\\) +\\| +none, see \\(2\\) +\\| -")
                .containsPattern("prompt of 8k +\\| +100.000 +81920 +50.000 +50 % +- +- \\| +none, see \\(2\\) +\\| -")
                .containsPattern("first token +\\| +none, see \\(3\\) +\\| +9.000 +- +- +- \\| -");
        assertThat(text).doesNotContain("NaN").doesNotContain("%.");
    }
}
