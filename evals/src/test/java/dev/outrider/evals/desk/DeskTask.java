package dev.outrider.evals.desk;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * One hand-written task of {@code desk-tasks.json}.
 *
 * @param id stem of the ids of its cases
 * @param kind category of the cases that expect calls, or of the only case where none does
 * @param request what the person writes
 * @param followUp an assistant's question and the person's answer to it, before the first step; often empty
 * @param steps gold calls, step by step; in a step all at once and in any order
 * @param alternatives other sound calls in the first step
 * @param freeText parameters whose wording is free
 * @param firstCallOnly whether making the later steps' calls at once is as good
 * @param mentions what the final reply must say, see {@link Mentions}
 * @param reply a good final reply
 */
record DeskTask(
        String id,
        String kind,
        String request,
        List<String> followUp,
        List<List<Call>> steps,
        List<Call> alternatives,
        List<String> freeText,
        boolean firstCallOnly,
        List<List<String>> mentions,
        String reply) {

    /**
     * A gold call.
     *
     * @param arguments a value, or a list of acceptable ones of which the first is replayed
     */
    record Call(String tool, ObjectNode arguments) {

        private static Call of(JsonNode json) {
            return new Call(json.get(0).textValue(), (ObjectNode) json.get(1));
        }

        /** The arguments of the call that is replayed. */
        ObjectNode replayed() {
            ObjectNode first = arguments.objectNode();
            arguments.properties().forEach(a -> first.set(a.getKey(), acceptable(a.getKey()).getFirst()));
            return first;
        }

        /** All values that are right for a parameter. */
        List<JsonNode> acceptable(String parameter) {
            JsonNode value = arguments.get(parameter);
            List<JsonNode> values = new ArrayList<>();
            if (value.isArray()) {
                value.forEach(values::add);
            } else {
                values.add(value);
            }
            return values;
        }
    }

    static DeskTask of(JsonNode json) {
        List<List<Call>> steps = new ArrayList<>();
        json.path("steps").forEach(step -> steps.add(calls(step)));
        List<List<String>> mentions = new ArrayList<>();
        json.path("mentions").forEach(group -> mentions.add(texts(group)));
        return new DeskTask(
                json.get("id").textValue(),
                json.get("kind").textValue(),
                json.get("request").textValue(),
                texts(json.path("follow_up")),
                steps,
                calls(json.path("alternatives")),
                texts(json.path("free_text")),
                json.path("first_call_only").asBoolean(),
                mentions,
                json.get("reply").textValue());
    }

    private static List<Call> calls(JsonNode list) {
        List<Call> calls = new ArrayList<>();
        list.forEach(call -> calls.add(Call.of(call)));
        return calls;
    }

    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(text -> texts.add(text.textValue()));
        return texts;
    }
}
