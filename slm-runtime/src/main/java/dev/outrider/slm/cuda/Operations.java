package dev.outrider.slm.cuda;

import dev.outrider.slm.cuda.Instruction.AttendChunk;
import dev.outrider.slm.cuda.Instruction.AttendStep;
import dev.outrider.slm.cuda.Instruction.Choose;
import dev.outrider.slm.cuda.Instruction.Embed;
import dev.outrider.slm.cuda.Instruction.Gather;
import dev.outrider.slm.cuda.Instruction.MixChunk;
import dev.outrider.slm.cuda.Instruction.MixStep;
import dev.outrider.slm.cuda.Instruction.Norm;
import dev.outrider.slm.cuda.Instruction.Product;
import dev.outrider.slm.cuda.Instruction.SequenceTables;
import dev.outrider.slm.cuda.Instruction.SquaredRelu;
import dev.outrider.slm.model.AttentionShape;
import dev.outrider.slm.model.MambaShape;

/** The launches of everything but matrix products, as {@code src/main/cuda/README.md} has them. */
final class Operations {

    /** Positions of one chunk of the chunked state-space kernels. */
    private static final int CHUNK = 64;

    /** Up to so many positions go through the recurrence one after the other. */
    private static final int FEW_POSITIONS = 16;

    /** Fewer positions are not worth a block of their own. */
    private static final int POSITIONS_PER_SPLIT = 64;

    private static final int MOST_SPLITS = 128;

    private final Kernels kernels;
    private final StepTables tables;
    private final Scratch scratch;
    private final Choices choices;
    private final Layout layout;
    private final String cacheType;

    /** How a step's attention is divided, which depends on the longest sequence. */
    interface Layout {
        /** Parts of each sequence's positions. */
        int splits();
    }

    Operations(
            Kernels kernels, StepTables tables, Scratch scratch, Choices choices, Layout layout, CudaOptions options) {
        this.kernels = kernels;
        this.tables = tables;
        this.scratch = scratch;
        this.choices = choices;
        this.layout = layout;
        cacheType = options.halfPrecisionCache() ? "f16" : "f32";
    }

    /** The launches of one instruction; makes sure beforehand that there is memory for what lies between the kernels. */
    Runnable plan(Instruction instruction) {
        return switch (instruction) {
            case Embed i -> () -> embed(i);
            case Norm i -> () -> norm(i);
            case SquaredRelu i -> () -> squaredRelu(i);
            case MixStep i -> () -> mixStep(i);
            case MixChunk i -> planMixChunk(i);
            case AttendStep i -> planAttendStep(i);
            case AttendChunk i -> () -> attendChunk(i);
            case Gather i -> () -> gather(i);
            case Choose i -> planChoose(i);
            case Product _ -> throw new IllegalArgumentException("products have their own launches");
        };
    }

    private void embed(Embed i) {
        kernels.arguments()
                .pointer(i.table().address())
                .integer(i.table().rows())
                .integer(i.table().columns())
                .pointer(tables.address(i.tokensAt()))
                .pointer(i.out().address(i.count(), i.table().columns()));
        kernels.launch("embed_" + Products.suffix(i.table()), Grid.of(i.count(), 128), 0);
    }

    private void norm(Norm i) {
        int width = i.weight().size();
        long in = i.in().address(i.count(), width);
        long out = i.out().address(i.count(), width);
        if (i.groups() == 1 && in != out) {
            kernels.arguments()
                    .pointer(in)
                    .pointer(i.weight().address())
                    .integer(width)
                    .real(i.epsilon())
                    .pointer(out);
            kernels.launch("rms_norm", Grid.of(i.count(), 256), 0);
        } else {
            kernels.arguments()
                    .pointer(in)
                    .pointer(0)
                    .integer(0)
                    .pointer(i.weight().address())
                    .integer(width)
                    .integer(i.groups())
                    .real(i.epsilon())
                    .pointer(out);
            kernels.launch("gated_norm", Grid.of(i.groups(), i.count(), 256), 0);
        }
    }

    private void squaredRelu(SquaredRelu i) {
        int values = Math.multiplyExact(i.count(), i.width());
        kernels.arguments().pointer(i.rows().address(i.count(), i.width())).integer(values);
        kernels.launch("relu2", Grid.of(Math.ceilDiv(values, 1024), 256), 0);
    }

    private void gather(Gather i) {
        kernels.arguments()
                .pointer(i.from().memory().address())
                .pointer(tables.address(i.rowsAt()))
                .integer(i.width())
                .pointer(i.to().address(i.count(), i.width()));
        kernels.launch("gather_rows", Grid.of(i.count(), 256), 0);
    }

    private void mixStep(MixStep i) {
        CudaMixer mixer = i.mixer();
        MambaShape shape = mixer.shape();
        // at batch 1 the heads alone do not fill a large GPU
        int parts = shape.headSize() % 2 == 0 && i.sequences() * shape.heads() < 2 * kernels.gpu().multiprocessors() ? 2 : 1;
        kernels.arguments()
                .pointer(i.projected().address(i.sequences(), shape.projected()))
                .pointer(mixer.taps().address())
                .pointer(mixer.convolutionBias().address())
                .pointer(mixer.stepBias().address())
                .pointer(mixer.a().address())
                .pointer(mixer.d().address())
                .pointer(tables.address(i.at().positionsAt()))
                .pointer(tables.address(i.at().firstAt()))
                .pointer(tables.address(i.at().secondAt()))
                .pointer(i.out().address(i.sequences(), shape.inner()));
        sizes(shape).integer(shape.kernel()).integer(parts);
        kernels.launch(
                "ssm_step",
                Grid.of(shape.heads() * parts, i.sequences(), 256),
                (shape.headSize() + 2 * shape.stateSize()) * 4);
    }

    private KernelArguments sizes(MambaShape shape) {
        return kernels.continued()
                .integer(shape.heads())
                .integer(shape.headSize())
                .integer(shape.stateSize())
                .integer(shape.groups());
    }

    /** Where the parts of a chunked mixer lie in the scratch memory; all begin at multiples of 256 bytes. */
    private record MixPlan(long dt, long decay, long scores, long states, long end) {
        static MixPlan of(MambaShape shape, int rows, int longest) {
            long chunks = Math.ceilDiv(longest, CHUNK);
            long dt = up((long) rows * shape.convolved() * 4);
            long decay = dt + up(shape.heads() * chunks * CHUNK * 4);
            long scores = decay + up(shape.heads() * chunks * CHUNK * 4);
            long states = scores + up(chunks * shape.groups() * CHUNK * CHUNK * 4);
            return new MixPlan(dt, decay, scores, states, states + up(chunks * shape.inner() * shape.stateSize() * 4));
        }

        private static long up(long bytes) {
            return Math.ceilDiv(bytes, 256L) * 256;
        }
    }

    private Runnable planMixChunk(MixChunk i) {
        MambaShape shape = i.mixer().shape();
        int rows = i.starts().getLast();
        int longest = 0;
        for (int s = 0; s < i.recurrent().size(); s++) {
            longest = Math.max(longest, i.starts().get(s + 1) - i.starts().get(s));
        }
        MixPlan plan = MixPlan.of(shape, rows, longest);
        scratch.reserve(plan.end());
        int most = longest;
        return () -> mixChunk(i, plan, rows, most);
    }

    private void mixChunk(MixChunk i, MixPlan plan, int rows, int longest) {
        CudaMixer mixer = i.mixer();
        MambaShape shape = mixer.shape();
        int sequences = i.recurrent().size();
        kernels.arguments()
                .pointer(i.projected().address(rows, shape.projected()))
                .pointer(tables.address(i.at().startsAt()))
                .pointer(tables.address(i.at().positionsAt()))
                .pointer(mixer.taps().address())
                .pointer(mixer.convolutionBias().address())
                .pointer(tables.address(i.at().firstAt()))
                .pointer(scratch.address());
        sizes(shape).integer(shape.kernel());
        kernels.launch(
                "conv1d_chunk",
                Grid.of(Math.ceilDiv(shape.convolved(), 128), Math.ceilDiv(longest, 32), sequences, 128),
                0);
        // neighbours with few positions share a launch; the others are cut into chunks one by one
        int s = 0;
        while (s < sequences) {
            int end = s;
            while (end < sequences && i.starts().get(end + 1) - i.starts().get(end) <= FEW_POSITIONS) {
                end++;
            }
            if (end > s) {
                scan(i, s, end - s);
                s = end;
            } else {
                chunks(i, plan, i.starts().get(s), i.starts().get(s + 1) - i.starts().get(s), i.recurrent().get(s));
                s++;
            }
        }
    }

    private void scan(MixChunk i, int first, int sequences) {
        CudaMixer mixer = i.mixer();
        MambaShape shape = mixer.shape();
        int rows = i.starts().getLast();
        kernels.arguments()
                .pointer(i.projected().address(rows, shape.projected()))
                .pointer(scratch.address())
                .pointer(tables.address(i.at().startsAt() + 4 * first))
                .pointer(mixer.stepBias().address())
                .pointer(mixer.a().address())
                .pointer(mixer.d().address())
                .pointer(tables.address(i.at().secondAt() + 8 * first))
                .pointer(i.out().address(rows, shape.inner()));
        sizes(shape);
        kernels.launch(
                "ssm_scan", Grid.of(shape.heads(), sequences, 256), (2 * shape.stateSize() + shape.headSize()) * 4);
    }

    private void chunks(MixChunk i, MixPlan plan, int first, int rows, long recurrent) {
        CudaMixer mixer = i.mixer();
        MambaShape shape = mixer.shape();
        int all = i.starts().getLast();
        int chunks = Math.ceilDiv(rows, CHUNK);
        long projected = i.projected().address(all, shape.projected());
        long convolved = scratch.address();
        long dt = convolved + plan.dt();
        long decay = convolved + plan.decay();
        long scores = convolved + plan.scores();
        long states = convolved + plan.states();
        kernels.arguments()
                .pointer(projected)
                .integer(first)
                .integer(rows)
                .pointer(mixer.stepBias().address())
                .pointer(mixer.a().address())
                .pointer(dt)
                .pointer(decay);
        sizes(shape);
        kernels.launch("ssd_chunk_cumsum", Grid.of(shape.heads(), chunks, 64), 0);
        kernels.arguments().pointer(convolved).integer(first).integer(rows).pointer(scores);
        sizes(shape);
        kernels.launch("ssd_chunk_scores", Grid.of(shape.groups(), chunks, 256), 0);
        kernels.arguments()
                .pointer(convolved)
                .integer(first)
                .integer(rows)
                .pointer(dt)
                .pointer(decay)
                .pointer(states);
        sizes(shape);
        kernels.launch("ssd_chunk_state", Grid.of(shape.heads(), chunks, 256), 0);
        kernels.arguments()
                .pointer(decay)
                .pointer(states)
                .pointer(recurrent)
                .integer(rows)
                .integer(shape.heads())
                .integer(shape.headSize())
                .integer(shape.stateSize());
        kernels.launch("ssd_carry", Grid.of(Math.ceilDiv(shape.inner() * shape.stateSize(), 256), 256), 0);
        kernels.arguments()
                .pointer(projected)
                .pointer(convolved)
                .integer(first)
                .integer(rows)
                .pointer(dt)
                .pointer(decay)
                .pointer(scores)
                .pointer(states)
                .pointer(mixer.d().address())
                .pointer(i.out().address(all, shape.inner()));
        sizes(shape);
        kernels.launch("ssd_chunk_out", Grid.of(shape.heads(), chunks, 256), 0);
    }

    /** Into how many parts the positions of a sequence are divided at most: enough to give all multiprocessors work. A power of two. */
    static int mostSplits(GpuInfo gpu, AttentionShape shape, int sequences) {
        int wanted = Math.ceilDiv(2 * gpu.multiprocessors(), shape.keyHeads() * sequences);
        return Math.min(MOST_SPLITS, Integer.highestOneBit(Math.max(1, 2 * wanted - 1)));
    }

    /** Into how many parts they are divided where the longest sequence has so many positions. A power of two. */
    static int splits(GpuInfo gpu, AttentionShape shape, int sequences, int longest) {
        int wanted = Math.ceilDiv(longest, POSITIONS_PER_SPLIT);
        return Math.min(mostSplits(gpu, shape, sequences), Integer.highestOneBit(Math.max(1, 2 * wanted - 1)));
    }

    private Runnable planAttendStep(AttendStep i) {
        AttentionShape shape = i.shape();
        // as for the most parts, so that a longer sequence needs no other memory
        long parts = mostSplits(kernels.gpu(), shape, i.sequences());
        scratch.reserve(i.sequences() * shape.heads() * parts * (shape.valueSize() + 2) * 4);
        return () -> attendStep(i);
    }

    private void attendStep(AttendStep i) {
        AttentionShape shape = i.shape();
        int splits = layout.splits();
        kernels.arguments()
                .pointer(i.queries().address(i.sequences(), shape.heads() * shape.keySize()))
                .pointer(i.keys().address(i.sequences(), shape.keyHeads() * shape.keySize()))
                .pointer(i.values().address(i.sequences(), shape.keyHeads() * shape.valueSize()))
                .pointer(tables.address(i.at().positionsAt()))
                .pointer(tables.address(i.at().firstAt()))
                .pointer(tables.address(i.at().secondAt()))
                .pointer(scratch.address())
                .integer(shape.heads())
                .integer(shape.keyHeads())
                .integer(shape.keySize())
                .integer(shape.valueSize())
                .integer(splits);
        kernels.launch("attend_decode_" + cacheType, Grid.of(shape.keyHeads(), splits, i.sequences(), 128), 0);
        kernels.arguments()
                .pointer(scratch.address())
                .pointer(i.out().address(i.sequences(), shape.heads() * shape.valueSize()))
                .integer(shape.heads())
                .integer(shape.valueSize())
                .integer(splits);
        kernels.launch("attend_combine", Grid.of(shape.heads(), i.sequences(), 128), 0);
    }

    private void attendChunk(AttendChunk i) {
        AttentionShape shape = i.shape();
        kernels.arguments()
                .pointer(i.keys().address(i.rows(), shape.keyHeads() * shape.keySize()))
                .pointer(i.values().address(i.rows(), shape.keyHeads() * shape.valueSize()))
                .pointer(tables.address(i.at().startsAt()))
                .pointer(tables.address(i.at().positionsAt()))
                .pointer(tables.address(i.at().firstAt()))
                .pointer(tables.address(i.at().secondAt()))
                .integer(i.sequences())
                .integer(shape.keyHeads() * shape.keySize())
                .integer(shape.keyHeads() * shape.valueSize());
        kernels.launch("kv_append_" + cacheType, Grid.of(i.rows(), 128), 0);
        kernels.arguments()
                .pointer(i.queries().address(i.rows(), shape.heads() * shape.keySize()))
                .pointer(tables.address(i.at().startsAt()))
                .pointer(tables.address(i.at().positionsAt()))
                .pointer(tables.address(i.at().firstAt()))
                .pointer(tables.address(i.at().secondAt()))
                .pointer(i.out().address(i.rows(), shape.heads() * shape.valueSize()))
                .integer(shape.heads())
                .integer(shape.keyHeads())
                .integer(shape.keySize())
                .integer(shape.valueSize());
        kernels.launch(
                "attend_prefill_" + cacheType,
                Grid.of(Math.ceilDiv(i.longest(), 16), shape.heads(), i.sequences(), 128),
                0);
    }

    private Runnable planChoose(Choose i) {
        long stats = Choices.statsBytes(i.count());
        scratch.reserve(stats + (i.draw() ? (long) i.count() * i.vocabulary() * Double.BYTES : 0));
        return () -> choices.launch(i, kernels, tables, scratch.address());
    }
}
