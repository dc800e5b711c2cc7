package dev.outrider.app;

import dev.outrider.router.CascadeChatModel;
import dev.outrider.router.calibration.SlmIdentity;
import dev.outrider.router.ledger.Ledger;
import dev.outrider.router.policy.PolicySource;
import dev.outrider.slm.Device;
import dev.outrider.slm.ModelInfo;
import dev.outrider.slm.SlmChatModel;
import dev.outrider.slm.SlmEngine;
import dev.outrider.tools.ToolCatalogue;

/** The tier that is asked first: the small model inside this process. */
final class FirstTier implements AutoCloseable {

    private final SlmEngine engine;
    private final SlmChatModel model;

    private FirstTier(SlmEngine engine) {
        this.engine = engine;
        this.model = SlmChatModel.builder().engine(engine).build();
    }

    /** @param engine closed with this */
    static FirstTier inProcess(SlmEngine engine) {
        return new FirstTier(engine);
    }

    /** What reports and records call it. */
    String name() {
        return engine.info().name();
    }

    /** What a calibration of its answers is about. */
    SlmIdentity identity() {
        return SlmIdentity.of(engine.info());
    }

    /** For the person at the terminal: what it is and where it runs. */
    String inWords() {
        ModelInfo info = engine.info();
        return info.name() + ", " + Units.count(info.parameters()) + " parameters in " + Units.bytes(info.fileBytes())
                + ", inside this process";
    }

    /** A cascade that begins with it. */
    CascadeChatModel.Builder cascade(PolicySource policy, ToolCatalogue tools, Ledger ledger) {
        return CascadeChatModel.builder()
                .local(model)
                .localOnGpu(engine.device().kind() == Device.Kind.CUDA)
                .policy(policy)
                .catalogue(tools)
                .ledger(ledger);
    }

    @Override
    public void close() {
        model.close();
        engine.close();
    }
}
