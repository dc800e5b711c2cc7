package dev.outrider.slm.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;
import java.util.List;

import dev.outrider.slm.SlmException;
import dev.outrider.slm.model.ChoiceRequest;
import dev.outrider.slm.model.TokenChoice;

/** Requests for tokens on their way to the GPU, and choices on their way back: 16 bytes a sequence instead of a row of logits. */
final class Choices implements AutoCloseable {

    /** Blocks that share the sums over one row. */
    private static final int PARTS = 64;

    private static final int STATS_BYTES = 48;
    private static final int REQUEST_BYTES = 32;
    private static final int CHOICE_BYTES = 16;

    private final CudaStream stream;
    private final int capacity;
    private final DeviceMemory chosen;
    private final PinnedMemory host;

    /** @param capacity most choices of one step */
    Choices(CudaStream stream, int capacity) {
        this.stream = stream;
        this.capacity = capacity;
        chosen = stream.context.allocate((long) capacity * CHOICE_BYTES, "chosen tokens");
        host = stream.context.allocateHost((long) capacity * CHOICE_BYTES, "chosen tokens");
    }

    static long statsBytes(int count) {
        return (long) count * PARTS * STATS_BYTES;
    }

    /** Writes the requests and their masks into the tables; returns where the requests begin. */
    int write(StepTables tables, List<ChoiceRequest> requests, int vocabulary) {
        if (requests.size() > capacity) {
            throw new IllegalArgumentException(requests.size() + " choices in one step, at most " + capacity);
        }
        int at = tables.reserve((long) requests.size() * REQUEST_BYTES);
        int words = Math.ceilDiv(vocabulary, 64);
        for (int i = 0; i < requests.size(); i++) {
            ChoiceRequest request = requests.get(i);
            int mask = -1;
            long[] allowed = request.mask();
            if (allowed != null) {
                if (allowed.length < words) {
                    throw new IllegalArgumentException(
                            "a mask of " + 64L * allowed.length + " bits for a vocabulary of " + vocabulary);
                }
                int maskAt = tables.reserve(8L * allowed.length);
                tables.putLongs(maskAt, allowed);
                mask = maskAt / 4; // counted from the first byte of the tables
            }
            int r = at + i * REQUEST_BYTES;
            tables.putFloat(r, 0, request.temperature());
            tables.putFloat(r, 1, request.topP());
            tables.putInt(r, 2, mask);
            tables.putInt(r, 3, 0);
            tables.putLong(r, 2, request.seed());
            tables.putLong(r, 3, request.position());
        }
        return at;
    }

    void launch(Instruction.Choose i, Kernels kernels, StepTables tables, long scratch) {
        long logits = i.logits().address(i.count(), i.vocabulary());
        long requests = tables.address(i.requestsAt());
        long weights = i.draw() ? scratch + statsBytes(i.count()) : 0;
        kernels.arguments()
                .pointer(logits)
                .integer(i.vocabulary())
                .pointer(requests)
                .pointer(tables.address(0))
                .pointer(scratch);
        kernels.launch("logits_stats", Grid.of(PARTS, i.count(), 256), 0);
        kernels.arguments()
                .pointer(logits)
                .integer(i.vocabulary())
                .pointer(requests)
                .pointer(tables.address(0))
                .pointer(scratch)
                .integer(PARTS)
                .pointer(weights)
                .pointer(chosen.address())
                .pointer(0);
        kernels.launch("logits_choose", Grid.of(i.count(), 1024), 0);
        stream.copyToHost(chosen.address(), host, 0, (long) i.count() * CHOICE_BYTES);
    }

    /** The choices of the step that is done. */
    void read(int count, TokenChoice[] out) {
        MemorySegment from = host.segment();
        for (int i = 0; i < count; i++) {
            long at = (long) i * CHOICE_BYTES;
            int token = from.get(JAVA_INT, at);
            float logProbability = from.get(JAVA_FLOAT, at + 4);
            float margin = from.get(JAVA_FLOAT, at + 8);
            float masked = from.get(JAVA_FLOAT, at + 12);
            if (token < 0 || Float.isNaN(logProbability)) {
                throw new SlmException("no token can be chosen: the model computed logits that are no numbers, because its file is"
                        + " damaged or its weights overflow, or the mask allows no token");
            }
            out[i] = new TokenChoice(token, Math.min(0, logProbability), Math.clamp(margin, 0, 1), Math.clamp(masked, 0, 1));
        }
    }

    @Override
    public void close() {
        host.close();
        chosen.close();
    }
}
