package dev.outrider.slm;

import org.junit.jupiter.api.Tag;

/** The same contract with its test of cancelling, which waits for half a minute. */
@Tag("long")
class SlmStreamingCancellationContractTest extends SlmStreamingChatModelContractTest {

    @Override
    protected boolean supportsStreamingCancellation() {
        return true;
    }
}
