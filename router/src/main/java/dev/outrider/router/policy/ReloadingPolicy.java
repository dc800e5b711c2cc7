package dev.outrider.router.policy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A policy file that may change while the process runs. Its time stamp and that of its calibration table are looked at
 * once a second; a changed policy is read as a whole, with its table, and takes the place of the old one in one step. One
 * that cannot be used changes nothing: the old policy goes on to hold, and the one-line reason is logged once.
 *
 * <pre>{@code
 * try (ReloadingPolicy policy = ReloadingPolicy.watch(Path.of("policy.yaml"))) {
 *     CascadeChatModel model = CascadeChatModel.builder().policy(policy)…build();
 * }
 * }</pre>
 *
 * <p>Money that was spent stays spent: budgets are known by their names, not by the policy that set their limits.
 */
public final class ReloadingPolicy implements PolicySource, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ReloadingPolicy.class);
    private static final Duration EVERY = Duration.ofSeconds(1);

    private final Path file;
    private final Consumer<String> complaints;
    private final @Nullable Thread watcher;
    private volatile PolicyInForce current;
    private volatile @Nullable PolicyException fault;
    private Map<Path, Stamp> seen;

    /** @param every how often the files are looked at; null when only {@link #look} does it */
    ReloadingPolicy(Path file, @Nullable Duration every, Consumer<String> complaints) {
        this.file = file;
        this.complaints = complaints;
        this.current = PolicyInForce.load(file);
        this.seen = stamps();
        this.watcher = every == null
                ? null
                : Thread.ofVirtual().name("outrider-policy").start(() -> watch(every));
    }

    /**
     * Reads a policy and goes on watching its file until {@link #close}.
     *
     * @throws PolicyException when it cannot be used now: there is no older one to fall back on
     */
    public static ReloadingPolicy watch(Path file) {
        return new ReloadingPolicy(file, EVERY, LOG::warn);
    }

    @Override
    public PolicyInForce current() {
        return current;
    }

    @Override
    public Optional<PolicyException> fault() {
        return Optional.ofNullable(fault);
    }

    /** Takes up the file when it has changed since the last look. */
    synchronized void look() {
        Map<Path, Stamp> now = stamps();
        if (now.equals(seen)) {
            return;
        }
        seen = now;
        try {
            PolicyInForce next = PolicyInForce.load(file);
            LOG.info("{}: policy {} holds now, in place of {}", file, next.policy().version(),
                    current.policy().version());
            current = next;
            fault = null;
            // the new policy may name another calibration table
            seen = stamps();
        } catch (PolicyException e) {
            fault = e;
            complaints.accept(e.getMessage() + " (policy " + current.policy().version() + " goes on to hold)");
        }
    }

    /** What tells one state of a file from another. */
    private record Stamp(@Nullable FileTime modified, long size, @Nullable Object key) {}

    private Map<Path, Stamp> stamps() {
        Map<Path, Stamp> stamps = new LinkedHashMap<>();
        stamps.put(file, stamp(file));
        Path table = current.calibrationFile();
        if (table != null) {
            stamps.put(table, stamp(table));
        }
        return stamps;
    }

    private static Stamp stamp(Path path) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            return new Stamp(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
        } catch (IOException e) {
            return new Stamp(null, -1, null);
        }
    }

    private void watch(Duration every) {
        try {
            while (true) {
                Thread.sleep(every);
                look();
            }
        } catch (InterruptedException e) {
            // closed
        }
    }

    /** Stops watching; the policy that holds goes on to hold. */
    @Override
    public void close() {
        if (watcher != null) {
            watcher.interrupt();
        }
    }
}
