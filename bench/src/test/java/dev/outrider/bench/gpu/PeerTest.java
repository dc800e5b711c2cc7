package dev.outrider.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeerTest {

    private static final List<PeerJob> JOBS = Rows.REHEARSAL.peerJobs();

    @TempDir
    Path directory;

    private ObjectNode measure(Path library, List<PeerJob> jobs, long seconds) throws Exception {
        ObjectNode result = new ObjectMapper().createObjectNode();
        new Peer(library, "", () -> seconds).measure(Shapes.TINY, Shapes.Format.Q8_0, jobs, directory, result);
        try (var left = Files.list(directory)) {
            assertThat(left.filter(file -> file.toString().endsWith(".gguf"))).isEmpty();
        }
        return result;
    }

    @Test
    void a_job_is_read_as_it_is_written() {
        assertThat(JOBS).hasSize(6).allSatisfy(job -> assertThat(PeerJob.parse(job.toString())).isEqualTo(job));
    }

    @Test
    void without_the_libraries_every_row_says_so() throws Exception {
        ObjectNode result = measure(Files.createDirectory(directory.resolve("empty")), JOBS, 120);
        assertThat(result.path("decode").size()).isEqualTo(4);
        for (JsonNode row : result.path("decode")) {
            assertThat(row.has("msPerStep")).isFalse();
            assertThat(row.path("reason").asText()).startsWith("there are 0 files libllama.*.so below");
        }
        assertThat(result.path("prefill").get(0).path("reason").asText()).contains("libllama");
        assertThat(result.path("firstTokenWithCachedPreamble").path("reason").asText()).contains("libllama");
    }

    @Test
    void without_time_every_row_says_so() throws Exception {
        ObjectNode result = measure(directory, JOBS, 2);
        assertThat(result.path("decode")).allSatisfy(row -> assertThat(row.path("reason").asText()).isEqualTo("no time left"));
    }

    @Test
    void the_error_is_found_in_what_an_ended_process_said() {
        assertThat(Peer.died(134, "loading\nggml.c:12: GGML_ASSERT(n > 0) failed\n#0 frame\n"))
                .isEqualTo("llama.cpp ended the process with status 134: ggml.c:12: GGML_ASSERT(n > 0) failed");
        assertThat(Peer.died(1, "")).endsWith("without a word");
    }

    @Test
    void a_row_that_llama_cpp_cannot_do_has_the_reason_and_the_others_have_figures() throws Exception {
        PeerJob good = new PeerJob(PeerJob.Kind.DECODE, 20, 2);
        // more sequences than llama.cpp can have
        PeerJob bad = new PeerJob(PeerJob.Kind.DECODE, 20, 1000);
        ObjectNode result = measure(LlamaLibraries.needed(), List.of(bad, good), 120);
        assertThat(result.path("decode").get(0).path("reason").asText()).contains("no context of 1000 x");
        assertThat(result.path("decode").get(1).path("msPerStep").asDouble()).isPositive();
    }
}
