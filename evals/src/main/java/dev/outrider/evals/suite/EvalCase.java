package dev.outrider.evals.suite;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.ChatMessage;
import java.util.List;
import java.util.Optional;

/**
 * One LLM query with what a right answer is.
 *
 * @param id unique within a run
 * @param suite the suite's name
 * @param category the suite's own kind of case
 * @param task cases of one task are the successive queries of one agent run
 * @param cluster the unit of independence: tasks that share a question or a dialogue are one cluster and are resampled together
 * @param tools offered tools, in order
 * @param messages the conversation so far, the last one being the user's or a tool's
 * @param firstCallOnly whether the answer is judged by its first call alone (step suites)
 * @param flags known faults of the gold answer; flagged cases stay out of headlines and are counted
 * @param tags the suite's own words by which cases are chosen
 * @param origin {@code file:line}
 */
public record EvalCase(
        String id,
        String suite,
        String category,
        String task,
        String cluster,
        List<ToolDefinition> tools,
        List<ChatMessage> messages,
        Expected expected,
        MatchRule rule,
        boolean firstCallOnly,
        List<String> flags,
        List<String> tags,
        String origin) {

    public EvalCase {
        tools = List.copyOf(tools);
        messages = List.copyOf(messages);
        flags = List.copyOf(flags);
        tags = List.copyOf(tags);
    }

    public List<ToolSpecification> specifications() {
        return tools.stream().map(ToolDefinition::specification).toList();
    }

    public Optional<ToolDefinition> tool(String name) {
        return tools.stream().filter(t -> t.name().equals(name)).findFirst();
    }

    /** Whether a model can be asked at all; recorded outcomes cannot. */
    public boolean runnable() {
        return !(expected instanceof Expected.Outcomes);
    }

    /** Whether an LLM has to say if a reply is right. */
    public boolean wantsJudge() {
        return rule == MatchRule.LLM_JUDGE;
    }

    /** Whether a right answer calls a tool. Call and no-call cases are reported apart: always abstaining scores well on many suites. */
    public boolean expectsCall() {
        return expected instanceof Expected.Calls || expected instanceof Expected.AnyCall;
    }

    /** Whether a word names this case: one of its tags, its category or its suite. */
    public boolean isTagged(String word) {
        return tags.contains(word) || category.equals(word) || suite.equals(word);
    }

    EvalCase withId(String otherId) {
        return new EvalCase(
                otherId, suite, category, task, cluster, tools, messages, expected, rule, firstCallOnly, flags, tags, origin);
    }

    EvalCase withCluster(String otherCluster) {
        return new EvalCase(
                id,
                suite,
                category,
                task,
                otherCluster,
                tools,
                messages,
                expected,
                rule,
                firstCallOnly,
                flags,
                tags,
                origin);
    }
}
