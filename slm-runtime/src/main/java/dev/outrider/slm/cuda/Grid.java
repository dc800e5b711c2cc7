package dev.outrider.slm.cuda;

/** How many threads a kernel runs with: blocks in three dimensions, and threads of each block. */
record Grid(int x, int y, int z, int threads) {

    static Grid of(int blocks, int threads) {
        return new Grid(blocks, 1, 1, threads);
    }

    static Grid of(int x, int y, int threads) {
        return new Grid(x, y, 1, threads);
    }

    static Grid of(int x, int y, int z, int threads) {
        return new Grid(x, y, z, threads);
    }
}
