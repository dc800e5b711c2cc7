package dev.outrider.router;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.TokenUsage;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

import dev.outrider.router.Decision.Accept;
import dev.outrider.router.audit.AgreementMatcher;
import dev.outrider.router.audit.AuditEstimate;
import dev.outrider.router.audit.AuditSettings;
import dev.outrider.router.audit.LedgerAnswers;
import dev.outrider.router.audit.ShadowAudits;
import dev.outrider.router.calibration.Answers;
import dev.outrider.router.calibration.CalibrationFit;
import dev.outrider.router.calibration.CalibrationTable;
import dev.outrider.router.calibration.LabelledAnswer;
import dev.outrider.router.calibration.RiskKind;
import dev.outrider.router.calibration.Target;
import dev.outrider.router.calibration.WorkloadCalibration;
import dev.outrider.router.calibration.WorkloadFit;
import dev.outrider.router.ledger.DecisionRecord;
import dev.outrider.router.policy.Policies;
import dev.outrider.router.policy.Policy;
import dev.outrider.router.policy.PolicyInForce;
import dev.outrider.router.policy.PolicySource;

/**
 * The life of a bound, through the whole cascade: fitted, kept, broken by drift, suspended, remembered over a restart, and
 * fitted anew from what the ledger holds.
 */
class DriftToRefitTest extends CascadeFixture {

    private static final AuditSettings AUDITS = new AuditSettings(0.5, 0.05, 0);
    private static final Target JOINT = Target.of(RiskKind.JOINT, 0.1);

    private final Random random = new Random(Answers.seed(DriftToRefitTest.class));
    private int asked;

    /** Below this the SLM is as right as it says; from drift on it is right in 3 of 10 cases whatever it says. */
    private boolean drifted;

    private final ScriptedSlm slm = ScriptedSlm.doing(request -> {
        double sure = 0.5 + 0.499 * Math.sqrt(random.nextDouble());
        boolean right = random.nextDouble() < (drifted ? 0.3 : sure);
        return ScriptedSlm.text((right ? "The answer is " : "Never heard of ") + question(request), sure);
    });

    private final ChatModel knowing = new ChatModel() {
        @Override
        public ChatResponse doChat(ChatRequest request) {
            return ChatResponse.builder()
                    .aiMessage(AiMessage.from("The answer is " + question(request)))
                    .modelName("big-1")
                    .tokenUsage(new TokenUsage(100, 10))
                    .finishReason(FinishReason.STOP)
                    .build();
        }
    };

    private static String question(ChatRequest request) {
        return ((UserMessage) request.messages().getLast()).singleText();
    }

    private static Policy policy() {
        return Policies.changed(
                "    target-risk: 0.05\n    uncalibrated: threshold\n    min-probability: 0.80\n",
                "    target-risk: 0.1\n    risk-kind: joint\n    audit-rate: 0.5\n",
                "limit: 5.00",
                "limit: 5000");
    }

    private CascadeChatModel cascade(CalibrationTable table, ShadowAudits audits) {
        return cascade(slm)
                .remote(knowing)
                .policy(PolicySource.of(new PolicyInForce(policy(), table, null)))
                .audits(audits)
                .build();
    }

    private static CalibrationTable table(String version, List<LabelledAnswer> answers) {
        Map<String, WorkloadCalibration> workloads = new LinkedHashMap<>();
        for (WorkloadFit fit : CalibrationFit.fit(answers, w -> JOINT, 1)) {
            workloads.put(fit.calibration().workload(), fit.calibration());
        }
        return new CalibrationTable(
                version,
                "desk-slm",
                null,
                null,
                CalibrationTable.By.EFFECT,
                NOON.minus(Duration.ofDays(1)),
                NOON.plus(Duration.ofDays(30)),
                new CalibrationTable.Source("ledger", List.of("ledger"), answers.size(), 1),
                workloads);
    }

    /** Labelled answers out of the ledger, those since a place in it. */
    private List<LabelledAnswer> labelled(int since) {
        LedgerAnswers answers = new LedgerAnswers(CalibrationTable.By.EFFECT::nameOf, AgreementMatcher.EXACT);
        answers.read(ledger.entries().stream().skip(since));
        return answers.answers();
    }

    /** Asks so many different questions, and waits for their audits. */
    private void ask(CascadeChatModel model, int queries) {
        for (int i = 0; i < queries; i++) {
            model.chat(shop.request("question " + asked++));
        }
        assertThat(model.awaitQuiet(Duration.ofMinutes(1))).isTrue();
    }

    @Test
    void a_bound_is_fitted_kept_broken_suspended_remembered_and_fitted_anew() {
        // without a table everything escalates, and the ledger fills with answers that the LLM labelled
        CalibrationTable empty = table("cal-0", List.of());
        try (CascadeChatModel model = cascade(empty, new ShadowAudits(AUDITS))) {
            ask(model, 600);
        }
        assertThat(ledger.records()).allSatisfy(
                r -> assertThat(escalation(r).reason()).isEqualTo(EscalationReason.UNCALIBRATED));

        CalibrationTable first = table("cal-1", labelled(0));
        assertThat(first.of("reply").orElseThrow().threshold()).isPresent();
        ShadowAudits audits = new ShadowAudits(AUDITS);
        int beforeDrift = ledger.entries().size();
        int recordsBefore = ledger.records().size();
        try (CascadeChatModel model = cascade(first, audits)) {
            ask(model, 600);
            List<?> accepted = ledger.records().stream()
                    .skip(recordsBefore)
                    .filter(r -> r.decision() instanceof Accept)
                    .toList();
            assertThat(accepted).hasSizeGreaterThan(100);
            AuditEstimate estimate = audits.estimate("read");
            assertThat(estimate.accepted()).isEqualTo(accepted.size());
            assertThat(estimate.low()).isGreaterThan(0.7);
            assertThat(audits.suspensions()).isEmpty();

            drifted = true;
            ask(model, 600);
            assertThat(audits.suspension("read", "cal-1")).isPresent();
            ask(model, 20);
            assertThat(ledger.records().subList(ledger.records().size() - 20, ledger.records().size()))
                    .noneMatch(r -> r.decision() instanceof Accept)
                    .anySatisfy(r -> {
                        assertThat(escalation(r).reason()).isEqualTo(EscalationReason.CALIBRATION_SUSPENDED);
                        assertThat(escalation(r).detail()).contains("./outrider calibrate");
                    });
        }

        // another process reads the same ledger
        ShadowAudits remembered = new ShadowAudits(AUDITS);
        remembered.replay(ledger.entries().stream());
        assertThat(remembered.suspensions()).isEqualTo(audits.suspensions());
        int sinceDrift = ledger.entries().size();
        try (CascadeChatModel model = cascade(first, remembered)) {
            ask(model, 400);
            assertThat(ledger.entries().stream().skip(sinceDrift)
                            .filter(e -> e instanceof DecisionRecord r
                                    && r.decision() instanceof Accept))
                    .isEmpty();
        }

        // a fit to the drifted answers finds no threshold
        CalibrationTable second = table("cal-2", labelled(sinceDrift));
        assertThat(second.of("reply").orElseThrow().threshold()).isEmpty();
        try (CascadeChatModel model = cascade(second, remembered)) {
            ask(model, 20);
            assertThat(escalation(ledger.records().getLast()).reason()).isEqualTo(EscalationReason.UNCALIBRATED);

            // the SLM is mended; what it answers meanwhile is labelled by the LLM
            drifted = false;
            int mended = ledger.entries().size();
            ask(model, 600);
            CalibrationTable third = table("cal-3", labelled(mended));
            assertThat(third.of("reply").orElseThrow().threshold()).isPresent();
            try (CascadeChatModel again = cascade(third, remembered)) {
                ask(again, 50);
                assertThat(ledger.records().subList(ledger.records().size() - 50, ledger.records().size()))
                        .anyMatch(r -> r.decision() instanceof Accept);
            }
        }
        assertThat(beforeDrift).isLessThan(sinceDrift);
    }
}
