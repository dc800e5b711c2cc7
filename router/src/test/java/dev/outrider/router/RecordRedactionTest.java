package dev.outrider.router;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

import dev.outrider.router.ledger.Answer;
import dev.outrider.router.ledger.AuditRecord;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.privacy.Egress;
import dev.outrider.router.privacy.RedactionSettings;
import dev.outrider.router.privacy.Redactor;

class RecordRedactionTest {

    private static final Redactor REDACTOR = Redactor.of(RedactionSettings.DEFAULTS);

    private static final ChatRequest REQUEST = ChatRequest.builder()
            .messages(UserMessage.from("Jane Doe, jane@example.org, wants her money"))
            .build();

    private static final Answer ANSWER = new Answer(
            "Dear Jane Doe", List.of(new Answer.Call("mail", "{\"to\":\"jane@example.org\",\"cents\":100}")));

    private static final DecisionRecord RECORD = DecisionRecord.builder()
            .id("q1")
            .at(Instant.EPOCH)
            .decision(new Decision.Refuse(RefusalReason.REMOTE_FAILED, "nobody knows Jane Doe"))
            .escalation(new Decision.Escalate(EscalationReason.INVALID_ARGUMENTS, "to: jane@example.org is no customer"))
            .local(new DecisionRecord.Local("slm", null, ANSWER, null, "about Jane Doe", 1, 2, 0.5))
            .remote(new DecisionRecord.Remote(
                    "llm", ANSWER, "said jane@example.org", 1, 1,
                    List.of(new DecisionRecord.Tried("big", 1, "400: Jane Doe?")), 1, 2, false, 3, 0, 0.5))
            .policy("p1")
            .build();

    private static RecordRedaction redaction(Egress egress, ChatRequest request) {
        return RecordRedaction.of(egress, REDACTOR, request, List.of("Jane Doe"));
    }

    @Test
    void every_text_of_a_restricted_query_is_kept_with_placeholders() {
        for (Egress egress : List.of(Egress.REDACTED, Egress.LOCAL_ONLY)) {
            DecisionRecord kept = redaction(egress, REQUEST).of(RECORD);
            assertThat(kept.toString()).doesNotContain("Jane").doesNotContain("jane");
            assertThat(kept.local()).isNotNull().satisfies(local -> assertThat(local.answer())
                    .isEqualTo(new Answer(
                            "Dear <NAME_1>",
                            List.of(new Answer.Call("mail", "{\"to\":\"<EMAIL_1>\",\"cents\":100}")))));
            assertThat(kept.decision()).isEqualTo(
                    new Decision.Refuse(RefusalReason.REMOTE_FAILED, "nobody knows <NAME_1>"));
            assertThat(kept.id()).isEqualTo("q1");
        }
    }

    @Test
    void a_query_that_may_leave_is_kept_as_it_is() {
        assertThat(redaction(Egress.ANY, REQUEST).of(RECORD)).isSameAs(RECORD);
    }

    @Test
    void audits_are_kept_with_the_same_placeholders() {
        AuditRecord audit = new AuditRecord(
                2, "q1", Instant.EPOCH, "w", 0.1, true, "llm", ANSWER, "failed for Jane Doe", 1, 2, 3, 0.5);
        assertThat(redaction(Egress.REDACTED, REQUEST).of(audit).toString())
                .doesNotContain("Jane").doesNotContain("jane").contains("<EMAIL_1>").contains("failed for <NAME_1>");
    }

    @Test
    void of_a_request_that_cannot_be_redacted_no_text_is_kept() {
        ChatRequest picture = ChatRequest.builder()
                .messages(UserMessage.from(ImageContent.from("https://example.org/jane.png")))
                .build();
        DecisionRecord kept = redaction(Egress.LOCAL_ONLY, picture).of(RECORD);
        assertThat(kept.toString()).doesNotContain("Jane").doesNotContain("jane").contains("left out");
        assertThat(kept.local()).isNotNull().satisfies(local -> assertThat(local.answer()).isNull());
    }
}
