package dev.outrider.router.policy;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.privacy.Egress;
import dev.outrider.tools.SideEffect;

/** Finds the workloads of a policy that a query falls under. */
public final class WorkloadBook {

    private final List<Page> pages;

    /** A workload and its regular expression, compiled. */
    private record Page(Workload workload, @Nullable Pattern requestMatches, Set<String> toolSet) {}

    public WorkloadBook(List<Workload> workloads) {
        this.pages = workloads.stream().map(WorkloadBook::page).toList();
    }

    private static Page page(Workload workload) {
        String regex = workload.match().requestMatches();
        return new Page(
                workload, regex == null ? null : Pattern.compile(regex), Set.copyOf(workload.match().toolSet()));
    }

    /**
     * What the SLM answered, as far as conditions ask for it.
     *
     * @param calls names of the tools that it calls
     * @param effect heaviest effect of the calls; null for a reply
     */
    public record Proposed(Set<String> calls, @Nullable SideEffect effect) {

        public Proposed {
            calls = Set.copyOf(calls);
        }

        /** What stands in a message. */
        public static Proposed of(AiMessage answer, @Nullable SideEffect effect) {
            Set<String> names = new HashSet<>();
            for (ToolExecutionRequest call : answer.toolExecutionRequests()) {
                names.add(call.name() == null ? "" : call.name());
            }
            return new Proposed(names, effect);
        }
    }

    /**
     * Workloads whose conditions on the request hold, in the policy's order; at least one of them, the last, asks for no
     * answer.
     *
     * @param workloads them
     */
    public record Candidates(List<Workload> workloads) {

        public Candidates {
            workloads = List.copyOf(workloads);
        }

        /** The first one that needs no answer: it settles what must be settled before the SLM is asked. */
        public Workload beforeAnswer() {
            return workloads.stream()
                    .filter(workload -> !workload.match().needsAnswer())
                    .findFirst()
                    .orElseThrow();
        }

        /** Whether it can be told only from the SLM's answer which of them decides. */
        public boolean needAnswer() {
            return workloads.getFirst().match().needsAnswer();
        }

        /** The one that decides, now that the SLM has answered. */
        public Workload afterAnswer(Proposed proposed) {
            return workloads.stream()
                    .filter(workload -> holds(workload.match(), proposed))
                    .findFirst()
                    .orElseThrow();
        }

        /**
         * The strictest egress of all that match.
         *
         * @param proposed the SLM's answer; null when there is none, or none that can be understood: then every workload
         *     that it might have fallen under counts
         */
        public Egress egress(@Nullable Proposed proposed) {
            Egress strictest = Egress.ANY;
            for (Workload workload : workloads) {
                boolean counts = proposed == null || holds(workload.match(), proposed);
                if (counts && workload.egress().compareTo(strictest) > 0) {
                    strictest = workload.egress();
                }
            }
            return strictest;
        }

        /** The workload that {@link #egress} is due to; null when the egress is not restricted. */
        public @Nullable Workload keeper(@Nullable Proposed proposed) {
            Egress strictest = egress(proposed);
            return strictest == Egress.ANY
                    ? null
                    : workloads.stream()
                            .filter(w -> w.egress() == strictest && (proposed == null || holds(w.match(), proposed)))
                            .findFirst()
                            .orElseThrow();
        }

        static boolean holds(Match match, Proposed proposed) {
            return (match.callsAny().isEmpty() || match.callsAny().stream().anyMatch(proposed.calls()::contains))
                    && (match.effect().isEmpty() || match.effect().contains(AnswerEffect.of(proposed.effect())));
        }
    }

    /**
     * The workloads that a request may fall under.
     *
     * @param label the caller's label of the work
     * @param subtask the caller's kind of subtask
     */
    public Candidates candidates(ChatRequest request, @Nullable String label, @Nullable String subtask) {
        return new Candidates(pages.stream()
                .filter(page -> matches(page, request, label, subtask))
                .map(Page::workload)
                .toList());
    }

    private static boolean matches(Page page, ChatRequest request, @Nullable String label, @Nullable String subtask) {
        Match match = page.workload().match();
        return isOneOf(label, match.label())
                && isOneOf(subtask, match.subtask())
                && (match.minMessages() == null || request.messages().size() >= match.minMessages())
                && (match.offersAny().isEmpty() || offersAny(match.offersAny(), request.toolSpecifications()))
                && (page.toolSet().isEmpty() || offersExactly(page.toolSet(), request.toolSpecifications()))
                && (page.requestMatches() == null || userSays(page.requestMatches(), request.messages()));
    }

    private static boolean isOneOf(@Nullable String word, List<String> words) {
        return words.isEmpty() || word != null && words.contains(word);
    }

    private static boolean offersAny(List<String> names, List<ToolSpecification> tools) {
        return tools.stream().anyMatch(tool -> names.contains(tool.name()));
    }

    private static boolean offersExactly(Set<String> names, List<ToolSpecification> tools) {
        return tools.size() == names.size() && tools.stream().allMatch(tool -> names.contains(tool.name()));
    }

    private static boolean userSays(Pattern pattern, List<ChatMessage> messages) {
        for (ChatMessage message : messages) {
            if (message instanceof UserMessage user) {
                for (Content content : user.contents()) {
                    if (content instanceof TextContent text && pattern.matcher(text.text()).find()) {
                        return true;
                    }
                }
            }
        }
        return false;
    }
}
