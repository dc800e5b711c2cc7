package dev.outrider.router;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

import dev.outrider.router.Policy.Accept;
import dev.outrider.router.Policy.Breaker;
import dev.outrider.router.Policy.Budget;
import dev.outrider.router.Policy.LocalModel;
import dev.outrider.router.Policy.MinProbability;
import dev.outrider.router.Policy.Models;
import dev.outrider.router.Policy.OnExhausted;
import dev.outrider.router.Policy.RemoteModel;
import dev.outrider.router.Policy.Resilience;
import dev.outrider.router.Policy.Rule;
import dev.outrider.router.Policy.Then;
import dev.outrider.router.Policy.When;
import dev.outrider.router.internal.OneLine;
import dev.outrider.router.ledger.LedgerSettings;
import dev.outrider.tools.SideEffect;

/** Turns a policy file into a {@link Policy}: the one place that knows the file's keys and their defaults. */
final class PolicyReader {

    private static final Breaker BREAKER = new Breaker(50, 20, 5, Duration.ofSeconds(30));
    private static final Duration LEASE_EXPIRY = Duration.ofMinutes(5);

    private PolicyReader() {}

    static Policy read(Path file) {
        try {
            return read(file.toString(), Files.readString(file));
        } catch (NoSuchFileException e) {
            throw new PolicyException(file.toString(), 0, 0, "does not exist; check the path");
        } catch (CharacterCodingException e) {
            throw new PolicyException(file.toString(), 0, 0, "is not UTF-8 text");
        } catch (IOException e) {
            throw new PolicyException(file.toString(), 0, 0, "cannot be read: " + OneLine.of(e));
        }
    }

    static Policy read(String file, String yaml) {
        PolicySection root = PolicySection.root(file, PolicyTree.parse(file, yaml));
        String version = root.text("version");
        Models models = models(root.section("models"));
        Accept accept = accept(root.section("accept"));
        List<Rule> rules = root.optionalSections("rules").stream().map(PolicyReader::rule).toList();
        Budget budget = budget(root.section("budget"));
        Resilience resilience = resilience(root.optionalSection("resilience"));
        LedgerSettings ledger = ledger(root.optionalSection("ledger"));
        return root.build(() -> new Policy(version, models, accept, rules, budget, resilience, ledger));
    }

    private static Models models(PolicySection section) {
        PolicySection local = section.section("local");
        BigDecimal perHour = local.decimal("usd-per-hour");
        PolicySection remote = section.section("remote");
        BigDecimal input = remote.decimal("usd-per-million-input-tokens");
        BigDecimal output = remote.decimal("usd-per-million-output-tokens");
        int maxOutput = remote.integer("max-output-tokens", 1024);
        LocalModel localModel = local.build(() -> new LocalModel(perHour));
        RemoteModel remoteModel = remote.build(() -> new RemoteModel(input, output, maxOutput));
        return section.build(() -> new Models(localModel, remoteModel));
    }

    private static Accept accept(PolicySection section) {
        PolicySection min = section.section("min-probability");
        double read = min.number("read");
        double write = min.number("write");
        double money = min.number("money");
        double reply = min.number("reply");
        MinProbability minProbability = min.build(() -> new MinProbability(read, write, money, reply));
        SideEffect unlisted = section.choice("unlisted-tools", SideEffect.class, SideEffect.MONEY);
        return section.build(() -> new Accept(minProbability, unlisted));
    }

    private static Rule rule(PolicySection section) {
        String name = section.text("name");
        PolicySection conditions = section.section("when");
        Pattern requestMatches = conditions.optionalPattern("request-matches");
        List<String> offersAny = conditions.optionalTexts("offers-any");
        Integer minMessages = conditions.optionalInteger("min-messages");
        When when = conditions.build(() -> new When(requestMatches, offersAny, minMessages));
        Then then = section.choice("then", Then.class);
        return section.build(() -> new Rule(name, when, then));
    }

    private static Budget budget(PolicySection section) {
        BigDecimal usd = section.decimal("usd");
        Duration per = section.optionalDuration("per");
        OnExhausted onExhausted = section.choice("on-exhausted", OnExhausted.class);
        SideEffect upTo = section.choice("answer-locally-up-to", SideEffect.class, SideEffect.READ);
        Duration expiry = section.duration("lease-expiry", LEASE_EXPIRY);
        return section.build(() -> new Budget(usd, per, onExhausted, upTo, expiry));
    }

    private static Resilience resilience(@Nullable PolicySection section) {
        Duration defaultTimeout = Duration.ofSeconds(60);
        Duration defaultWait = Duration.ofMillis(500);
        Duration defaultMaxWait = Duration.ofSeconds(20);
        if (section == null) {
            return new Resilience(defaultTimeout, 3, defaultWait, defaultMaxWait, BREAKER);
        }
        Duration timeout = section.duration("timeout", defaultTimeout);
        int maxAttempts = section.integer("max-attempts", 3);
        Duration firstWait = section.duration("first-wait", defaultWait);
        Duration maxWait = section.duration("max-wait", defaultMaxWait);
        Breaker breaker = breaker(section.optionalSection("breaker"));
        return section.build(() -> new Resilience(timeout, maxAttempts, firstWait, maxWait, breaker));
    }

    private static Breaker breaker(@Nullable PolicySection section) {
        if (section == null) {
            return BREAKER;
        }
        int rate = section.integer("failure-rate-percent", BREAKER.failureRatePercent());
        int window = section.integer("window", BREAKER.window());
        int minCalls = section.integer("min-calls", BREAKER.minCalls());
        Duration openFor = section.duration("open-for", BREAKER.openFor());
        return section.build(() -> new Breaker(rate, window, minCalls, openFor));
    }

    private static LedgerSettings ledger(@Nullable PolicySection section) {
        if (section == null) {
            return LedgerSettings.DEFAULTS;
        }
        boolean fsync = section.flag("fsync", false);
        boolean keepAnswers = section.flag("keep-answers", true);
        return section.build(() -> new LedgerSettings(fsync, keepAnswers));
    }
}
