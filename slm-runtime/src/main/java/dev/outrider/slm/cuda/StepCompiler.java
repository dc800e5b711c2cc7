package dev.outrider.slm.cuda;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

import dev.outrider.slm.cuda.Instruction.Norm;
import dev.outrider.slm.cuda.Instruction.Product;
import dev.outrider.slm.cuda.Instruction.SquaredRelu;
import dev.outrider.slm.cuda.Products.InputNorm;
import dev.outrider.slm.cuda.Products.Target;

/**
 * Turns the instructions of a step into launches, several into one where that gives the same: a norm goes into the products that read
 * it, products of one input go together, and a squared ReLU into the product in front of it. What rows hold after the step is the
 * same with and without.
 */
final class StepCompiler {

    /** Products that one launch takes. */
    private static final int MOST_TOGETHER = 3;

    private final Products products;
    private final Operations operations;

    StepCompiler(Products products, Operations operations) {
        this.products = products;
        this.operations = operations;
    }

    /** The launches, in order. */
    List<Runnable> compile(List<Instruction> step) {
        List<Runnable> launches = new ArrayList<>();
        List<Norm> late = new ArrayList<>();
        @Nullable Norm[] normOf = new @Nullable Norm[step.size()];
        for (int i = 0; i < step.size(); i++) {
            if (step.get(i) instanceof Norm norm) {
                switch (spread(step, i, norm, normOf)) {
                    case NEVER -> {}
                    case NOW -> launches.add(operations.plan(norm));
                    case LATE -> late.add(norm);
                }
            } else if (step.get(i) instanceof Product product) {
                i += product(step, i, product, normOf, launches);
            } else {
                launches.add(operations.plan(step.get(i)));
            }
        }
        late.forEach(norm -> launches.add(operations.plan(norm)));
        return launches;
    }

    /** When a norm is computed by itself, after products have taken it upon themselves. */
    private enum Own {
        NEVER,
        NOW,
        /** At the step's end, for it stands in place of its input, which the products read. */
        LATE
    }

    /** Finds the products that can take a norm upon themselves, and says whether its result is needed besides. */
    private static Own spread(List<Instruction> step, int at, Norm norm, @Nullable Norm[] normOf) {
        boolean inPlace = norm.in().equals(norm.out());
        List<Integer> takers = new ArrayList<>();
        boolean afterwards = true; // somebody may read it after the step
        boolean others = false;
        boolean stale = false;
        for (int j = at + 1; j < step.size(); j++) {
            Instruction next = step.get(j);
            if (next.reads().contains(norm.out())) {
                boolean able = next instanceof Product product
                        && product.in().equals(norm.out())
                        && product.count() <= norm.count()
                        && product.matrix().columns() == norm.weight().size()
                        && !product.out().equals(norm.in())
                        && !product.out().equals(norm.out())
                        && !stale;
                if (able) {
                    takers.add(j);
                } else {
                    others = true;
                }
            }
            if (next.writes().contains(norm.out())) {
                afterwards = false;
                break;
            }
            stale |= next.writes().contains(norm.in());
        }
        if (inPlace && others) {
            // computed where it stands, so that nobody may norm what is normed
            takers.clear();
        }
        takers.forEach(j -> normOf[j] = norm);
        if (others || (afterwards && !inPlace)) {
            return Own.NOW;
        }
        return afterwards ? Own.LATE : Own.NEVER;
    }

    /** Plans a product with its neighbours; returns how many instructions behind it are done with. */
    private int product(
            List<Instruction> step, int at, Product product, @Nullable Norm[] normOf, List<Runnable> launches) {
        Norm norm = normOf[at];
        List<Target> targets = new ArrayList<>();
        targets.add(new Target(product.matrix(), product.out()));
        int next = at + 1;
        int epilogue = product.add() ? 1 : 0;
        if (!product.add()) {
            if (next < step.size()
                    && step.get(next) instanceof SquaredRelu relu
                    && relu.equals(new SquaredRelu(product.out(), product.count(), product.matrix().rows()))) {
                epilogue = 2;
                next++;
            } else {
                while (next < step.size()
                        && targets.size() < MOST_TOGETHER
                        && normOf[next] == norm
                        && joins(step.get(next), product, targets)) {
                    Product other = (Product) step.get(next);
                    targets.add(new Target(other.matrix(), other.out()));
                    next++;
                }
            }
        }
        InputNorm inputNorm = norm == null ? null : new InputNorm(norm.weight(), norm.groups(), norm.epsilon());
        CudaRows in = norm == null ? product.in() : norm.in();
        launches.add(products.plan(targets, in, product.count(), inputNorm, epilogue));
        return next - at - 1;
    }

    /** Whether an instruction is a product of the same input, whose result nobody of them reads. */
    private static boolean joins(Instruction next, Product first, List<Target> targets) {
        return next instanceof Product other
                && !other.add()
                && other.in().equals(first.in())
                && other.count() == first.count()
                && !other.out().equals(first.in())
                && targets.stream().noneMatch(target -> target.out().equals(other.out()));
    }
}
