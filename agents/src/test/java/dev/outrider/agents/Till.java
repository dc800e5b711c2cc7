package dev.outrider.agents;

import dev.langchain4j.agent.tool.P;
import dev.langchain4j.agent.tool.Tool;
import java.util.ArrayList;
import java.util.List;

import dev.outrider.tools.Effect;
import dev.outrider.tools.SideEffect;

/** A cash register that writes down what was done to it. */
final class Till {

    final List<String> journal = new ArrayList<>();

    @Tool("Look into the till")
    @Effect(SideEffect.READ)
    String balance() {
        journal.add("balance");
        return "{\"balance\":12}";
    }

    @Tool("Pay out")
    @Effect(SideEffect.MONEY)
    String pay(@P("whole euros") int amount) {
        journal.add("pay " + amount);
        return "{\"paid\":" + amount + "}";
    }

    @Tool("Fails always")
    @Effect(SideEffect.READ)
    String jam() {
        journal.add("jam");
        throw new IllegalStateException("the drawer\nis stuck");
    }

    @Tool("Pays and is interrupted meanwhile")
    @Effect(SideEffect.WRITE)
    String stamp() {
        journal.add("stamp");
        Thread.currentThread().interrupt();
        return "{\"stamped\":true}";
    }
}
