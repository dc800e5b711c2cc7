package dev.outrider.router.budget;

import java.util.Random;

/** Random owners and amounts, few enough to meet each other. */
final class RandomLeases {

    private RandomLeases() {}

    static BudgetKeys keys(Random random) {
        return new BudgetKeys(
                random.nextInt(3) == 0 ? null : "t" + random.nextInt(2),
                random.nextInt(3) == 0 ? null : "s" + random.nextInt(2),
                "r" + random.nextInt(2),
                random.nextInt(3) == 0 ? null : "u" + random.nextInt(2));
    }

    static Amounts amounts(Random random) {
        return new Amounts(
                random.nextInt(800),
                random.nextInt(3) == 0 ? 0 : random.nextInt(500),
                random.nextInt(3) == 0 ? 0 : random.nextInt(300),
                random.nextInt(9000),
                random.nextInt(50));
    }
}
