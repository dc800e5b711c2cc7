package dev.outrider.router.policy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A list of workloads of which the last one takes everything and every other one takes something. */
record ReachableWorkloads(Kind<List<Workload>> plain) implements Kind<List<Workload>> {

    /**
     * What is wrong with a list.
     *
     * @param index the workload to blame; -1 for the list as a whole
     * @param what in words
     */
    record Flaw(int index, String what) {}

    static Optional<Flaw> flawIn(List<Workload> workloads) {
        for (int late = 1; late < workloads.size(); late++) {
            for (int early = 0; early < late; early++) {
                Workload first = workloads.get(early);
                if (workloads.get(late).match().implies(first.match())) {
                    return Optional.of(new Flaw(late, "(" + workloads.get(late).name() + ") is never reached: "
                            + first.name() + " before it takes everything that it matches; move it up, or narrow "
                            + first.name()));
                }
            }
        }
        if (workloads.isEmpty() || !Match.ALL.implies(workloads.getLast().match())) {
            return Optional.of(new Flaw(-1, "must end in a workload without match, so that every query has one"));
        }
        return Optional.empty();
    }

    @Override
    public List<Workload> read(Place place) {
        List<Workload> workloads = plain.read(place);
        flawIn(workloads).ifPresent(flaw -> {
            throw (flaw.index() < 0 ? place : place.items().get(flaw.index())).wrong(flaw.what());
        });
        return workloads;
    }

    @Override
    public String words() {
        return plain.words();
    }

    @Override
    public JsonNode write(List<Workload> value) {
        return plain.write(value);
    }

    @Override
    public @Nullable Shape<?> inside() {
        return plain.inside();
    }
}
