package dev.outrider.router.budget;

class InMemoryBudgetStoreTest extends BudgetStoreContract {

    @Override
    BudgetStore open() {
        return new InMemoryBudgetStore();
    }

    @Override
    int operations() {
        return 2_000;
    }

    @Override
    boolean mayBreakOff() {
        return false;
    }
}
