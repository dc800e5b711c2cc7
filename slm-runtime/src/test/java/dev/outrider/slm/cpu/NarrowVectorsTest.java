package dev.outrider.slm.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.outrider.slm.gguf.RandomBlocks;
import dev.outrider.slm.gguf.TensorType;

/** The kernels in a JVM that is held to AVX2, thus to 256 bits and 16 registers, without any compiler options. */
class NarrowVectorsTest {

    @TempDir
    Path directory;

    @Test
    void products_are_the_same_with_256_bits_and_allocate_nothing() throws Exception {
        assumeTrue(System.getProperty("os.arch").equals("amd64"), "-XX:UseAVX is an option of x86 only");
        long seed = new Random().nextLong();
        List<FreshVectors.Kernel> kernels =
                FreshVectors.assertThatOneAllocatesNothing(RandomBlocks.TYPES, directory, seed, 8, "-XX:UseAVX=2");
        for (int i = 0; i < RandomBlocks.TYPES.size(); i++) {
            TensorType type = RandomBlocks.TYPES.get(i);
            double[] narrow = kernels.get(i).products();
            float[] here = NarrowVectors.products(type, seed);
            for (int j = 0; j < here.length; j++) {
                // sums of other lanes: the order of additions differs, the products do not
                assertThat((double) here[j]).as("%s, result %d, seed %d", type, j, seed).isCloseTo(narrow[j], within(2e-3));
            }
        }
    }
}
