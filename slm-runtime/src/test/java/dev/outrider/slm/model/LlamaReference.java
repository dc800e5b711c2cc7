package dev.outrider.slm.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The forward pass of {@code llama} as its papers have it, in plain loops and doubles: an independent answer to what the logits should be. */
final class LlamaReference {

    private final LlamaFile file;
    private final List<List<double[]>> keys = new ArrayList<>();
    private final List<List<double[]>> values = new ArrayList<>();

    LlamaReference(LlamaFile file) {
        this.file = file;
        for (int i = 0; i < file.blocks(); i++) {
            keys.add(new ArrayList<>());
            values.add(new ArrayList<>());
        }
    }

    /** The logits behind the next token. */
    float[] next(int token) {
        int hidden = file.hidden();
        double[] x = new double[hidden];
        for (int i = 0; i < hidden; i++) {
            x[i] = weight("token_embd")[token * hidden + i];
        }
        for (int block = 0; block < file.blocks(); block++) {
            String name = "blk." + block + ".";
            double[] h = norm(x, name + "attn_norm");
            double[] q = rotated(product(h, name + "attn_q"), keys.get(block).size());
            keys.get(block).add(rotated(product(h, name + "attn_k"), keys.get(block).size()));
            values.get(block).add(product(h, name + "attn_v"));
            add(x, product(attention(q, keys.get(block), values.get(block)), name + "attn_output"));
            h = norm(x, name + "ffn_norm");
            double[] gate = product(h, name + "ffn_gate");
            double[] up = product(h, name + "ffn_up");
            for (int i = 0; i < up.length; i++) {
                up[i] *= gate[i] / (1 + Math.exp(-gate[i]));
            }
            add(x, product(up, name + "ffn_down"));
        }
        double[] logits = product(norm(x, "output_norm"), file.tied() ? "token_embd" : "output");
        float[] out = new float[logits.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) logits[i];
        }
        return out;
    }

    private double[] attention(double[] q, List<double[]> allKeys, List<double[]> allValues) {
        int size = file.headSize();
        int sharing = file.heads() / file.keyHeads();
        double[] out = new double[q.length];
        for (int head = 0; head < file.heads(); head++) {
            int from = head / sharing * size;
            double[] weights = new double[allKeys.size()];
            double sum = 0;
            for (int t = 0; t < weights.length; t++) {
                double score = 0;
                for (int i = 0; i < size; i++) {
                    score += q[head * size + i] * allKeys.get(t)[from + i];
                }
                weights[t] = Math.exp(score / Math.sqrt(size));
                sum += weights[t];
            }
            for (int t = 0; t < weights.length; t++) {
                for (int i = 0; i < size; i++) {
                    out[head * size + i] += weights[t] / sum * allValues.get(t)[from + i];
                }
            }
        }
        return out;
    }

    private double[] rotated(double[] heads, int position) {
        double[] out = heads.clone();
        float[] factors = file.factors();
        for (int at = 0; at < heads.length; at += file.headSize()) {
            for (int i = 0; i < file.rotated(); i += 2) {
                double angle = position / file.linear() / Math.pow(file.base(), (double) i / file.rotated());
                angle /= factors == null ? 1 : factors[i / 2];
                out[at + i] = heads[at + i] * Math.cos(angle) - heads[at + i + 1] * Math.sin(angle);
                out[at + i + 1] = heads[at + i] * Math.sin(angle) + heads[at + i + 1] * Math.cos(angle);
            }
        }
        return out;
    }

    private double[] norm(double[] x, String name) {
        double squares = 0;
        for (double v : x) {
            squares += v * v;
        }
        double scale = 1 / Math.sqrt(squares / x.length + LlamaFile.EPSILON);
        double[] out = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            out[i] = x[i] * scale * weight(name)[i];
        }
        return out;
    }

    private double[] product(double[] x, String name) {
        float[] matrix = weight(name);
        double[] out = new double[matrix.length / x.length];
        for (int row = 0; row < out.length; row++) {
            for (int i = 0; i < x.length; i++) {
                out[row] += (double) matrix[row * x.length + i] * x[i];
            }
        }
        return out;
    }

    private static void add(double[] x, double[] more) {
        for (int i = 0; i < x.length; i++) {
            x[i] += more[i];
        }
    }

    private float[] weight(String name) {
        return Objects.requireNonNull(file.weights().get(name + ".weight"), name);
    }
}
