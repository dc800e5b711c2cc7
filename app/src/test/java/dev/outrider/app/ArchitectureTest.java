package dev.outrider.app;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.request.ChatRequest;

import dev.outrider.router.remote.RemoteChain;

/** The arrows between the modules go one way, and every module keeps to its own business. */
@AnalyzeClasses(packages = "dev.outrider", importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {

    @ArchTest
    static final ArchRule ARROWS_GO_ONE_WAY = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("slm-runtime")
            .definedBy("dev.outrider.slm..")
            .layer("tools")
            .definedBy("dev.outrider.tools..")
            .layer("router")
            .definedBy("dev.outrider.router..")
            .layer("agents")
            .definedBy("dev.outrider.agents..")
            .layer("evals")
            .definedBy("dev.outrider.evals..")
            .layer("app")
            .definedBy("dev.outrider.app..")
            .whereLayer("slm-runtime")
            .mayNotAccessAnyLayer()
            .whereLayer("tools")
            .mayNotAccessAnyLayer()
            .whereLayer("router")
            .mayOnlyAccessLayers("slm-runtime", "tools")
            .whereLayer("agents")
            .mayOnlyAccessLayers("router", "slm-runtime", "tools")
            .whereLayer("evals")
            .mayOnlyAccessLayers("agents", "router", "slm-runtime", "tools");

    @ArchTest
    static final ArchRule MODULES_ARE_FREE_OF_CYCLES =
            slices().matching("dev.outrider.(*)..").should().beFreeOfCycles();

    /** What the router needs of the engine is its evidence; weights and kernels are none of its business. */
    @ArchTest
    static final ArchRule THE_ROUTER_SEES_NO_ENGINE_ROOM = noClasses()
            .that()
            .resideInAPackage("dev.outrider.router..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "dev.outrider.slm.cpu..",
                    "dev.outrider.slm.cuda..",
                    "dev.outrider.slm.model..",
                    "dev.outrider.slm.gguf..",
                    "dev.outrider.slm.schedule..",
                    "dev.outrider.slm.state..",
                    "dev.outrider.slm.tokenizer..");

    @ArchTest
    static final ArchRule ONLY_THE_COMMAND_LINE_ENDS_THE_JVM = noClasses()
            .that()
            .resideOutsideOfPackage("dev.outrider.app..")
            .should()
            .callMethod(System.class, "exit", int.class);

    @ArchTest
    static final ArchRule THE_EVALUATION_HAS_NO_WAY_TO_A_MODEL_BUT_THE_CASCADE = noClasses()
            .that()
            .resideInAPackage("dev.outrider.evals..")
            .should()
            .dependOnClassesThat()
            .haveFullyQualifiedName("dev.outrider.slm.SlmEngine");

    /** Whoever asks an LLM goes through the one class that knows what may leave the house. */
    @ArchTest
    static final ArchRule ONLY_THE_GATE_ASKS_AN_LLM = noClasses()
            .that()
            .doNotHaveFullyQualifiedName("dev.outrider.router.privacy.EgressGate")
            .should()
            .callMethod(RemoteChain.class, "ask", ChatRequest.class, ChatRequestOptions.class);

    /** Leaves of the router: what they need of the cascade is none of their business. */
    @ArchTest
    static final ArchRule THE_ROUTERS_PACKAGES_KNOW_NOTHING_OF_THE_CASCADE = noClasses()
            .that()
            .resideInAnyPackage("dev.outrider.router.privacy..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.outrider.router");
}
