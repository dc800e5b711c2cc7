package dev.outrider.app;

import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.service.AiServices;
import java.nio.file.Path;
import java.util.Map;

import dev.outrider.router.CascadeChatModel;
import dev.outrider.router.CascadeStreamingChatModel;
import dev.outrider.router.ledger.JsonLinesLedger;
import dev.outrider.router.policy.Policy;
import dev.outrider.router.remote.RemoteModels;
import dev.outrider.slm.SlmChatModel;
import dev.outrider.tools.desk.Desk;

/** The README's example of Outrider inside a LangChain4j program; a test holds the two equal and runs this one. */
final class EmbeddingExample {

    private EmbeddingExample() {}

    // @start region=example
    interface Clerk {
        String answer(String request);
    }

    static String ask(String request, Path directory, Map<String, String> environment) {
        Policy policy = Policy.defaults();
        try (SlmChatModel small = SlmChatModel.builder().embedded().build();
                Desk desk = Desk.open(directory.resolve("shop.db"));
                JsonLinesLedger ledger = JsonLinesLedger.open(directory.resolve("ledger.jsonl"))) {
            ChatModel model = CascadeChatModel.builder()
                    .local(small)
                    .remotes(p -> RemoteModels.chain(p.models().remote(), p.resilience(), environment))
                    .policy(policy)
                    .catalogue(desk.catalogue()) // says which calls only look, which write, which move money
                    .ledger(ledger)
                    .build();
            Clerk clerk = AiServices.builder(Clerk.class)
                    .chatModel(model)
                    .tools(desk.tools())
                    .build();
            return clerk.answer(request);
        }
    }
    // @end

    // @start region=streaming
    static void stream(CascadeChatModel cascade, ChatRequest request, StreamingChatResponseHandler printer) {
        StreamingChatModel model = CascadeStreamingChatModel.of(cascade);
        model.chat(request, printer); // onCompleteResponse: ((CascadeChatResponseMetadata) answer.metadata()).heldMillis()
    }
    // @end
}
