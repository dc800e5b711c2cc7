package dev.outrider.router.privacy;

import java.util.List;

/**
 * How texts are redacted.
 *
 * @param phoneRegions countries (ISO 3166, two capitals) whose national telephone numbers are replaced; international
 *     ones always are
 */
public record RedactionSettings(List<String> phoneRegions) {

    /** National numbers of the United States and of Europe's larger countries. */
    public static final RedactionSettings DEFAULTS =
            new RedactionSettings(List.of("US", "GB", "DE", "FR", "ES", "IT", "NL", "PL", "AT", "CH"));

    /** @throws IllegalArgumentException in one line when there is no such country */
    public RedactionSettings {
        phoneRegions = List.copyOf(phoneRegions);
        new PhoneFinder(phoneRegions);
    }
}
