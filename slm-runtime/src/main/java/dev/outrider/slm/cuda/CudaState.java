package dev.outrider.slm.cuda;

import dev.outrider.slm.model.Backend;
import dev.outrider.slm.model.MambaShape;

/**
 * What one Mamba-2 layer remembers of one sequence, fp32: the inputs of the convolution, that of position {@code p} in slot
 * {@code p % kernel}, then the recurrent state, {@code [head][channel][state]}. Both in one allocation, so that a snapshot is one copy.
 */
final class CudaState implements Backend.RecurrentState {

    private final DeviceMemory memory;
    private final long recurrentAt;
    private int position;

    CudaState(DeviceMemory memory, MambaShape shape) {
        this.memory = memory;
        recurrentAt = recurrentAt(shape);
    }

    /** Bytes of both parts; the second begins at a multiple of 256. */
    static long bytes(MambaShape shape) {
        return recurrentAt(shape) + (long) shape.inner() * shape.stateSize() * Float.BYTES;
    }

    private static long recurrentAt(MambaShape shape) {
        long convolution = (long) shape.kernel() * shape.convolved() * Float.BYTES;
        return Math.ceilDiv(convolution, 256L) * 256;
    }

    DeviceMemory memory() {
        return memory;
    }

    /** Positions read so far. */
    int position() {
        if (position < 0) {
            throw new IllegalStateException("the state of a sequence that was lost when a step failed half-way");
        }
        return position;
    }

    /** What reading so many more positions does. */
    StepRunner.Effect advance(int count) {
        int next = Math.addExact(position, count);
        return new StepRunner.Effect() {
            @Override
            public void commit() {
                position = next;
            }

            @Override
            public void spoil() {
                position = -1;
            }
        };
    }

    void setPosition(int position) {
        this.position = position;
    }

    long convolution() {
        return memory.address();
    }

    long recurrent() {
        return memory.address() + recurrentAt;
    }

    @Override
    public void release() {
        memory.close();
    }
}
