package dev.outrider.router;

import dev.langchain4j.agent.tool.P;
import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

import dev.outrider.tools.Effect;
import dev.outrider.tools.SideEffect;
import dev.outrider.tools.ToolCatalogue;

/** Three tools of three effects; every execution is written down, so that a test can tell that nothing ran. */
final class Shop {

    final List<String> done = Collections.synchronizedList(new ArrayList<>());
    final ToolCatalogue catalogue = ToolCatalogue.of(this);

    @Tool(name = "get_order", value = "Looks an order up")
    @Effect(SideEffect.READ)
    String getOrder(@P(name = "order_id", description = "the order") String orderId) {
        done.add("get " + orderId);
        return "{}";
    }

    @Tool(name = "cancel_order", value = "Cancels an open order")
    @Effect(SideEffect.WRITE)
    String cancelOrder(@P(name = "order_id", description = "the order") String orderId) {
        done.add("cancel " + orderId);
        return "{}";
    }

    @Tool(name = "refund_order", value = "Pays money back")
    @Effect(SideEffect.MONEY)
    String refundOrder(
            @P(name = "order_id", description = "the order") String orderId,
            @P(name = "amount", description = "in EUR") double amount) {
        done.add("refund " + orderId + " " + amount);
        return "{}";
    }

    List<ToolSpecification> tools() {
        return catalogue.specifications();
    }

    ChatRequest request(String text) {
        return ChatRequest.builder()
                .messages(UserMessage.from(text))
                .toolSpecifications(tools())
                .build();
    }
}
