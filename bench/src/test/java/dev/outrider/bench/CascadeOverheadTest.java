package dev.outrider.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.model.chat.response.ChatResponse;
import java.io.IOException;
import org.junit.jupiter.api.Test;

import dev.outrider.router.CascadeChatResponseMetadata;
import dev.outrider.router.Decision.Accept;
import dev.outrider.router.Decision.Basis;

/** What the benchmark measures is what it says: a benchmark of refusals would be fast. */
class CascadeOverheadTest {

    @Test
    void every_query_is_accepted_on_its_evidence_under_leases_that_add_up() throws IOException {
        CascadeOverhead benchmark = new CascadeOverhead();
        benchmark.checkOneDecision();
        Callers callers = new Callers();
        for (int i = 0; i < 40; i++) {
            assertAccepted(benchmark.decideInMemory(callers));
            assertAccepted(benchmark.decideInSqlite(callers));
        }
        benchmark.checkAll();
    }

    private static void assertAccepted(ChatResponse response) {
        assertThat(((CascadeChatResponseMetadata) response.metadata()).decision())
                .isInstanceOfSatisfying(
                        Accept.class, accept -> assertThat(accept.basis()).isEqualTo(Basis.EVIDENCE));
    }
}
