package dev.outrider.router;

import static dev.outrider.router.internal.ImpossibleValue.check;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.internal.DurationText;
import dev.outrider.router.internal.OneLine;
import dev.outrider.router.ledger.LedgerSettings;
import dev.outrider.tools.SideEffect;

/**
 * How the cascade decides: read from one YAML file, documented key by key in {@code docs/policy.md}. A component named
 * {@code maxAttempts} is the key {@code max-attempts}.
 *
 * @param version name of this policy, written into every ledger record
 * @param models prices of the two tiers
 * @param accept what a local answer must prove
 * @param rules exceptions, by what the request looks like
 * @param budget money for the LLM
 * @param resilience patience with the LLM
 * @param ledger how decisions are written down
 */
public record Policy(
        String version,
        Models models,
        Accept accept,
        List<Rule> rules,
        Budget budget,
        Resilience resilience,
        LedgerSettings ledger) {

    private static final String DEFAULT = "default-policy.yaml";

    public Policy {
        check(!version.isBlank(), "version", "must not be blank; name the policy, for example shop-1");
        rules = List.copyOf(rules);
        Duration patience = resilience.longestCall();
        check(
                budget.leaseExpiry().compareTo(patience) >= 0,
                "budget",
                "has a lease-expiry of " + DurationText.of(budget.leaseExpiry())
                        + ", shorter than a call may take under resilience ("
                        + DurationText.of(patience) + "): a lease must outlive its call");
    }

    /**
     * Reads a policy file.
     *
     * @throws PolicyException in one line with file, line and column, when the file cannot be read, has an unknown key,
     *     an impossible value or lacks a price
     */
    public static Policy load(Path file) {
        return PolicyReader.read(file);
    }

    /** The policy that is built in: the resource {@code default-policy.yaml} beside this class. */
    public static Policy defaults() {
        try (InputStream in = Objects.requireNonNull(Policy.class.getResourceAsStream(DEFAULT), DEFAULT)) {
            return PolicyReader.read(DEFAULT, new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new PolicyException(DEFAULT, 0, 0, "cannot be read: " + OneLine.of(e));
        }
    }

    /**
     * Prices of the two tiers.
     *
     * @param local the SLM in this process
     * @param remote the LLM
     */
    public record Models(LocalModel local, RemoteModel remote) {}

    /**
     * The SLM. It is never free: a tier that costs nothing makes every comparison of costs meaningless.
     *
     * @param usdPerHour what an hour of the machine costs while the SLM uses it, in dollars
     */
    public record LocalModel(BigDecimal usdPerHour) {
        public LocalModel {
            check(usdPerHour.signum() > 0, "usd-per-hour", "must be more than 0: what does an hour of this machine cost?");
        }
    }

    /**
     * The LLM.
     *
     * @param usdPerMillionInputTokens price of a million prompt tokens, in dollars
     * @param usdPerMillionOutputTokens price of a million answer tokens, in dollars
     * @param maxOutputTokens longest answer asked for when the request sets no limit; the worst case that is leased
     */
    public record RemoteModel(
            BigDecimal usdPerMillionInputTokens, BigDecimal usdPerMillionOutputTokens, int maxOutputTokens) {
        public RemoteModel {
            check(usdPerMillionInputTokens.signum() > 0, "usd-per-million-input-tokens", "must be more than 0");
            check(usdPerMillionOutputTokens.signum() > 0, "usd-per-million-output-tokens", "must be more than 0");
            check(maxOutputTokens > 0, "max-output-tokens", "must be at least 1");
        }
    }

    /**
     * What a local answer must prove to be taken.
     *
     * @param minProbability smallest probability of the least certain decision token, by the answer's effect
     * @param unlistedTools the effect that is assumed of a tool that the tool catalogue does not know
     */
    public record Accept(MinProbability minProbability, SideEffect unlistedTools) {}

    /**
     * Thresholds in [0, 1], by the heaviest effect of the proposed calls. A value above what a model can reach, like 1,
     * sends practically everything to the LLM.
     *
     * @param read calls that only look
     * @param write calls that change a record
     * @param money calls that move money
     * @param reply an answer in text, without a call
     */
    public record MinProbability(double read, double write, double money, double reply) {
        public MinProbability {
            probability(read, "read");
            probability(write, "write");
            probability(money, "money");
            probability(reply, "reply");
        }

        private static void probability(double value, String key) {
            check(value >= 0 && value <= 1, key, "must be a probability between 0 and 1");
        }

        /** The threshold for calls whose heaviest effect is this, or for a reply when null. */
        public double of(@Nullable SideEffect effect) {
            return switch (effect) {
                case null -> reply;
                case READ -> read;
                case WRITE -> write;
                case MONEY -> money;
            };
        }
    }

    /**
     * An exception. All conditions that are given must hold. When several rules match, the strictest one wins whatever
     * their order: {@code refuse} before {@code local-only} before {@code escalate}.
     *
     * @param name shown in decisions and in the ledger
     * @param when conditions
     * @param then what happens
     */
    public record Rule(String name, When when, Then then) {
        public Rule {
            check(!name.isBlank(), "name", "must not be blank");
        }
    }

    /**
     * Conditions of a rule; at least one.
     *
     * @param requestMatches regular expression found in the text of one of the request's user messages
     * @param offersAny the request offers at least one of these tools
     * @param minMessages the request has at least so many messages
     */
    public record When(@Nullable Pattern requestMatches, List<String> offersAny, @Nullable Integer minMessages) {
        public When {
            offersAny = List.copyOf(offersAny);
            check(
                    requestMatches != null || !offersAny.isEmpty() || minMessages != null,
                    "when",
                    "must have a condition: request-matches, offers-any or min-messages");
            check(minMessages == null || minMessages >= 1, "min-messages", "must be at least 1");
        }
    }

    /** What a rule does. The order is by strictness. */
    public enum Then {
        /** Ask the LLM at once. */
        ESCALATE,
        /** Never let the request leave this process; a local answer that is not good enough is refused. */
        LOCAL_ONLY,
        /** Answer nothing. */
        REFUSE
    }

    /**
     * Money for the LLM.
     *
     * @param usd limit in dollars
     * @param per the limit's window, aligned to the epoch in UTC; null when the limit is for the life of the process
     * @param onExhausted what happens to a query that needs the LLM when the money is spent
     * @param answerLocallyUpTo heaviest effect that {@link OnExhausted#ANSWER_LOCALLY} may let through
     * @param leaseExpiry age at which money that was set aside and never settled returns to the budget
     */
    public record Budget(
            BigDecimal usd,
            @Nullable Duration per,
            OnExhausted onExhausted,
            SideEffect answerLocallyUpTo,
            Duration leaseExpiry) {
        public Budget {
            check(usd.signum() >= 0, "usd", "must be 0 or more");
            check(usd.stripTrailingZeros().scale() <= 6, "usd", "is finer than a millionth of a dollar");
            check(usd.compareTo(BigDecimal.valueOf(1_000_000_000L)) <= 0, "usd", "must be at most 1000000000");
            check(per == null || per.toMillis() >= 1000, "per", "must be at least 1s");
            check(leaseExpiry.isPositive(), "lease-expiry", "must be more than 0");
        }

        /** The limit in micro-dollars. */
        public long limitMicroUsd() {
            return MicroUsd.ofUsd(usd);
        }
    }

    /** What happens to a query that needs the LLM when the money is spent. */
    public enum OnExhausted {
        /**
         * Take a local answer of the right form and of small effect although it is below the threshold; otherwise
         * refuse.
         */
        ANSWER_LOCALLY,
        /** Refuse. */
        REFUSE
    }

    /**
     * Patience with the LLM.
     *
     * @param timeout longest time for one attempt, the whole body included
     * @param maxAttempts requests sent for one answer, the first included
     * @param firstWait pause before the second attempt; doubles with every further one, with jitter of a half in both
     *     directions
     * @param maxWait longest pause; an LLM that asks for a longer one is not waited for
     * @param breaker when to stop asking for a while
     */
    public record Resilience(Duration timeout, int maxAttempts, Duration firstWait, Duration maxWait, Breaker breaker) {
        public Resilience {
            check(timeout.toMillis() >= 1, "timeout", "must be at least 1ms");
            check(maxAttempts >= 1 && maxAttempts <= 20, "max-attempts", "must be between 1 and 20");
            check(!firstWait.isNegative(), "first-wait", "must be 0s or more");
            check(maxWait.compareTo(firstWait) >= 0, "max-wait", "must be at least first-wait");
        }

        /** The longest that one answer may take. */
        Duration longestCall() {
            return timeout.multipliedBy(maxAttempts).plus(maxWait.multipliedBy(maxAttempts - 1L));
        }
    }

    /**
     * When to stop asking a failing LLM for a while. Timeouts, server errors, broken connections and garbage count as
     * failures.
     *
     * @param failureRatePercent share of failures, in (0, 100], from which the breaker opens
     * @param window the last so many attempts are looked at
     * @param minCalls the breaker stays closed before so many attempts
     * @param openFor time until an attempt is let through again
     */
    public record Breaker(int failureRatePercent, int window, int minCalls, Duration openFor) {
        public Breaker {
            boolean percentage = failureRatePercent >= 1 && failureRatePercent <= 100;
            check(percentage, "failure-rate-percent", "must be between 1 and 100");
            check(window >= 1 && window <= 10_000, "window", "must be between 1 and 10000");
            check(minCalls >= 1 && minCalls <= window, "min-calls", "must be between 1 and window");
            check(openFor.toMillis() >= 1, "open-for", "must be at least 1ms");
        }
    }

    /** Whether this confidence suffices for calls of this effect, or for a reply when the effect is null. */
    boolean accepts(OptionalDouble confidence, @Nullable SideEffect effect) {
        return confidence.isPresent() && confidence.getAsDouble() >= accept.minProbability().of(effect);
    }
}
