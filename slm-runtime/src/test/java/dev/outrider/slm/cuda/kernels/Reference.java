package dev.outrider.slm.cuda.kernels;

/** Formulas in double, as plain as they can be. */
final class Reference {

    private Reference() {}

    /** Each group of a row over its own root mean square, times the weight. */
    static double[] norm(float[] x, int count, int width, int groups, float[] weight, double epsilon) {
        double[] out = new double[count * width];
        int size = width / groups;
        for (int group = 0; group < count * groups; group++) {
            double squares = 0;
            for (int i = 0; i < size; i++) {
                squares += (double) x[group * size + i] * x[group * size + i];
            }
            double scale = 1 / Math.sqrt(squares / size + epsilon);
            for (int i = 0; i < size; i++) {
                out[group * size + i] = x[group * size + i] * scale * weight[group % groups * size + i];
            }
        }
        return out;
    }

    static double silu(double x) {
        return x / (1 + Math.exp(-x));
    }
}
