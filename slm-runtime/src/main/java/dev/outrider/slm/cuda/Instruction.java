package dev.outrider.slm.cuda;

import java.util.List;

import dev.outrider.slm.model.AttentionShape;

/**
 * One operation of a step. Two instructions that are equal are launched in the same way, whatever stands in the tables: what differs from
 * step to step, such as tokens and the memory of sequences, is not here but there, at the offsets that end in {@code At}.
 */
sealed interface Instruction {

    /** {@code out[i] = table[tokens[i]]}. */
    record Embed(CudaMatrix table, int tokensAt, int count, CudaRows out) implements Instruction {}

    /** RMS norm in groups of {@code weight.size() / groups} values; in place where both rows are the same. */
    record Norm(CudaRows in, int count, CudaVector weight, int groups, float epsilon, CudaRows out)
            implements Instruction {}

    /** {@code out = in . matrix^T}, or added to what is there. */
    record Product(CudaMatrix matrix, CudaRows in, int count, CudaRows out, boolean add) implements Instruction {}

    record SquaredRelu(CudaRows rows, int count, int width) implements Instruction {}

    /** One position of each sequence; leaves the gated values, before the group norm. */
    record MixStep(CudaMixer mixer, CudaRows projected, int sequences, SequenceTables at, CudaRows out)
            implements Instruction {}

    /**
     * Successive positions of each sequence; leaves the gated values, before the group norm.
     *
     * @param starts first row of each sequence, then the number of rows
     * @param recurrent the recurrent state of each sequence: some kernels take it by address
     */
    record MixChunk(
            CudaMixer mixer,
            CudaRows projected,
            List<Integer> starts,
            List<Long> recurrent,
            SequenceTables at,
            CudaRows out)
            implements Instruction {}

    /** One position of each sequence. */
    record AttendStep(
            AttentionShape shape,
            CudaRows queries,
            CudaRows keys,
            CudaRows values,
            int sequences,
            SequenceTables at,
            CudaRows out)
            implements Instruction {}

    /** Successive positions of each sequence. */
    record AttendChunk(
            AttentionShape shape,
            CudaRows queries,
            CudaRows keys,
            CudaRows values,
            int rows,
            int sequences,
            int longest,
            SequenceTables at,
            CudaRows out)
            implements Instruction {}

    /** {@code to[i] = from[rows[i]]}. */
    record Gather(CudaRows from, int rowsAt, int count, int width, CudaRows to) implements Instruction {}

    /** @param draw whether some row has a temperature */
    record Choose(CudaRows logits, int count, int vocabulary, int requestsAt, boolean draw) implements Instruction {}

    /**
     * Where the tables of an operation's sequences begin.
     *
     * @param startsAt first rows, as ints, and the number of rows
     * @param positionsAt positions read before this step, as ints
     * @param firstAt addresses: convolution inputs, or keys
     * @param secondAt addresses: recurrent states, or values
     */
    record SequenceTables(int startsAt, int positionsAt, int firstAt, int secondAt) {}

    /** What this reads apart from tables and weights. */
    default List<CudaRows> reads() {
        return switch (this) {
            case Embed _ -> List.of();
            case Norm i -> List.of(i.in);
            case Product i -> i.add ? List.of(i.in, i.out) : List.of(i.in);
            case SquaredRelu i -> List.of(i.rows);
            case MixStep i -> List.of(i.projected);
            case MixChunk i -> List.of(i.projected);
            case AttendStep i -> List.of(i.queries, i.keys, i.values);
            case AttendChunk i -> List.of(i.queries, i.keys, i.values);
            case Gather i -> List.of(i.from);
            case Choose i -> List.of(i.logits);
        };
    }

    /** What this writes; nothing of what was there before is needed afterwards, unless it is read as well. */
    default List<CudaRows> writes() {
        return switch (this) {
            case Embed i -> List.of(i.out);
            case Norm i -> List.of(i.out);
            case Product i -> List.of(i.out);
            case SquaredRelu i -> List.of(i.rows);
            case MixStep i -> List.of(i.out);
            case MixChunk i -> List.of(i.out);
            case AttendStep i -> List.of(i.out);
            case AttendChunk i -> List.of(i.out);
            case Gather i -> List.of(i.to);
            case Choose _ -> List.of();
        };
    }
}
