package dev.outrider.app;

import picocli.CommandLine.Mixin;

import dev.outrider.router.policy.Policy;
import dev.outrider.router.policy.PolicyInForce;
import dev.outrider.router.remote.LocalServerSettings;
import dev.outrider.slm.EngineSettings;

/** Who answers first and how it is decided: the options of every command that puts requests through the cascade. */
final class DeciderOptions {

    @Mixin
    private final ModelOption model = new ModelOption();

    @Mixin
    private final PolicyOption policy = new PolicyOption();

    /** The policy with what it names. */
    PolicyInForce policy() {
        return policy.load();
    }

    /** The policy, taken up anew when its file changes. The caller closes it. */
    WatchedPolicy watchedPolicy() {
        return policy.watch();
    }

    /** The first tier, ready to answer. The caller closes it. */
    FirstTier firstTier(Policy policy) {
        return firstTier(policy, EngineSettings.defaults().maxRunning());
    }

    /**
     * The first tier, ready to give so many answers at once. The caller closes it.
     *
     * @param policy says who the first tier is
     */
    FirstTier firstTier(Policy policy, int atOnce) {
        LocalServerSettings server = policy.models().local().server();
        if (server == null) {
            return FirstTier.inProcess(model.load(atOnce));
        }
        if (model.named()) {
            throw CliException.badInput("--model names a file, but the policy's models.local.server says that the small model is"
                    + " behind " + server.url() + "; leave one of them out");
        }
        return FirstTier.behind(server, System.getenv());
    }
}
