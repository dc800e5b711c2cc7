package dev.outrider.evals.report;

import java.util.List;
import org.jspecify.annotations.Nullable;

import dev.outrider.evals.run.QueryResult;
import dev.outrider.evals.run.Route;

/**
 * Counts over some queries. Every query is answered locally, answered by the LLM, or not answered; nothing leaves the denominator.
 *
 * @param name what the queries have in common
 * @param queries all queries that an LLM-only agent would have sent
 * @param answeredLocally answered by the SLM
 * @param answeredLocallyRight of these, right
 * @param escalated answered by the LLM
 * @param escalatedRight of these, right
 * @param unanswered refused, failed or never reached
 * @param localAttempts queries for which the SLM's proposal is known, taken or not
 * @param localAttemptsRight of these, right
 */
public record Tally(
        String name,
        int queries,
        int answeredLocally,
        int answeredLocallyRight,
        int escalated,
        int escalatedRight,
        int unanswered,
        int localAttempts,
        int localAttemptsRight) {

    public Tally {
        if (answeredLocally + escalated + unanswered != queries) {
            throw new IllegalArgumentException("queries of " + name + " do not add up");
        }
    }

    static Tally of(String name, List<QueryResult> results) {
        int local = 0;
        int localRight = 0;
        int remote = 0;
        int remoteRight = 0;
        int attempts = 0;
        int attemptsRight = 0;
        for (QueryResult r : results) {
            local += r.route() == Route.LOCAL ? 1 : 0;
            localRight += r.replaced() ? 1 : 0;
            remote += r.route() == Route.REMOTE ? 1 : 0;
            remoteRight += r.route() == Route.REMOTE && r.right() ? 1 : 0;
            QueryResult.Proposal proposal = r.local();
            attempts += proposal != null ? 1 : 0;
            attemptsRight += proposal != null && proposal.right() ? 1 : 0;
        }
        return new Tally(
                name, results.size(), local, localRight, remote, remoteRight, results.size() - local - remote, attempts, attemptsRight);
    }

    /** Answered locally and right, over all queries; null without queries. */
    public @Nullable Double replacementRate() {
        return share(answeredLocallyRight, queries);
    }

    /** Answered locally, right or wrong, over all queries: call share alone, which says nothing about quality. */
    public @Nullable Double localShare() {
        return share(answeredLocally, queries);
    }

    /** Right among those answered locally. */
    public @Nullable Double localAccuracy() {
        return share(answeredLocallyRight, answeredLocally);
    }

    /** Right in the end, whoever answered, over all queries. */
    public @Nullable Double endAccuracy() {
        return share(answeredLocallyRight + escalatedRight, queries);
    }

    /** Right if every local proposal had been taken; a query without one counts as wrong. */
    public @Nullable Double allLocalAccuracy() {
        return share(localAttemptsRight, queries);
    }

    private static @Nullable Double share(int part, int whole) {
        return whole == 0 ? null : (double) part / whole;
    }
}
