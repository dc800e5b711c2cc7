package dev.outrider.router;

import org.junit.jupiter.api.Tag;

/** The contract with its test of cancelling, which waits half a minute for every model. */
@Tag("long")
class CascadeStreamingCancellationContractTest extends CascadeStreamingContractTest {

    @Override
    protected boolean supportsStreamingCancellation() {
        return true;
    }
}
