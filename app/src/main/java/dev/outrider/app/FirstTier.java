package dev.outrider.app;

import dev.langchain4j.model.chat.ChatModel;
import java.util.Map;

import dev.outrider.router.CascadeChatModel;
import dev.outrider.router.calibration.SlmIdentity;
import dev.outrider.router.ledger.Ledger;
import dev.outrider.router.policy.PolicySource;
import dev.outrider.router.remote.HttpLocalModel;
import dev.outrider.router.remote.LocalServerSettings;
import dev.outrider.slm.Device;
import dev.outrider.slm.ModelInfo;
import dev.outrider.slm.SlmChatModel;
import dev.outrider.slm.SlmEngine;
import dev.outrider.tools.ToolCatalogue;

/** The tier that is asked first: the small model inside this process, or behind the server that the policy names. */
final class FirstTier implements AutoCloseable {

    private final ChatModel model;
    private final SlmIdentity identity;
    private final String inWords;
    private final boolean onGpu;
    private final Runnable closing;

    private FirstTier(ChatModel model, SlmIdentity identity, String inWords, boolean onGpu, Runnable closing) {
        this.model = model;
        this.identity = identity;
        this.inWords = inWords;
        this.onGpu = onGpu;
        this.closing = closing;
    }

    /** @param engine closed with this */
    static FirstTier inProcess(SlmEngine engine) {
        ModelInfo info = engine.info();
        SlmChatModel model = SlmChatModel.builder().engine(engine).build();
        return new FirstTier(
                model,
                SlmIdentity.of(info),
                info.name() + ", " + Units.count(info.parameters()) + " parameters in " + Units.bytes(info.fileBytes())
                        + ", inside this process",
                engine.device().kind() == Device.Kind.CUDA,
                () -> {
                    model.close();
                    engine.close();
                });
    }

    /** @param environment holds the server's key */
    static FirstTier behind(LocalServerSettings server, Map<String, String> environment) {
        return new FirstTier(
                HttpLocalModel.of(server, environment),
                new SlmIdentity(server.model(), null, null),
                server.model() + " behind " + server.url(),
                true,
                () -> {});
    }

    /** What reports and records call it. */
    String name() {
        return identity.name();
    }

    /** What a calibration of its answers is about. */
    SlmIdentity identity() {
        return identity;
    }

    /** For the person at the terminal: what it is and where it runs. */
    String inWords() {
        return inWords;
    }

    /** A cascade that begins with it. */
    CascadeChatModel.Builder cascade(PolicySource policy, ToolCatalogue tools, Ledger ledger) {
        return CascadeChatModel.builder()
                .local(model)
                .localOnGpu(onGpu)
                .policy(policy)
                .catalogue(tools)
                .ledger(ledger);
    }

    @Override
    public void close() {
        closing.run();
    }
}
