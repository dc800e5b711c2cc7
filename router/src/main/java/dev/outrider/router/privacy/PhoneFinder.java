package dev.outrider.router.privacy;

import com.google.i18n.phonenumbers.PhoneNumberMatch;
import com.google.i18n.phonenumbers.PhoneNumberUtil;
import com.google.i18n.phonenumbers.PhoneNumberUtil.Leniency;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.outrider.router.internal.ImpossibleValue;

/**
 * Finds telephone numbers: everything that starts like an international number, whether or not a plan has it, and the
 * valid national numbers of some regions (Google's libphonenumber knows the plans).
 */
final class PhoneFinder {

    private static final int FEWEST_DIGITS = 5;

    /** Characters that a national number takes at most, separators included. */
    private static final int LONGEST = 40;

    /** No country's: only numbers that start with a plus are read then. */
    private static final String ANYWHERE = "ZZ";

    /** A plus or {@code 00}, then 7 to 15 digits (ITU-T E.164) with the signs that people put between them. */
    private static final Pattern LIKE_INTERNATIONAL = Pattern.compile("(?<!\\p{Nd})(?:[+\\uff0b]|00)[ \\u00a0(]{0,2}"
            + "\\p{Nd}(?:[ \\u00a0\\u202f./()\\-]{0,3}\\p{Nd}){6,14}(?!\\p{Nd})");

    /** Where a number may begin although other digits stand close before it. */
    private static final Pattern BEGINNING = Pattern.compile("(?<!\\p{Nd})\\(?0\\p{Nd}|\\(\\p{Nd}");

    private static final PhoneNumberUtil NUMBERS = PhoneNumberUtil.getInstance();

    private final List<String> regions;

    /** @param regions ISO 3166 codes of the countries whose national forms are looked for */
    PhoneFinder(List<String> regions) {
        for (String region : regions) {
            ImpossibleValue.check(
                    NUMBERS.getSupportedRegions().contains(region),
                    "phone-regions",
                    "names " + region + ", which is no country code of two capitals, for example DE");
        }
        this.regions = List.copyOf(regions);
    }

    List<Span> find(String text) {
        List<Span> found = new ArrayList<>();
        if (text.chars().filter(Character::isDigit).limit(FEWEST_DIGITS).count() < FEWEST_DIGITS) {
            return found;
        }
        StringBuilder rest = new StringBuilder(text);
        // plans know where a number ends, so they come before its mere looks
        take(ANYWHERE, Leniency.VALID, rest, found);
        for (String region : regions) {
            take(region, Leniency.VALID, rest, found);
        }
        takeBeginnings(rest, found);
        take(ANYWHERE, Leniency.POSSIBLE, rest, found);
        Matcher like = LIKE_INTERNATIONAL.matcher(rest);
        while (like.find()) {
            found.add(new Span(like.start(), like.end(), SensitiveKind.PHONE));
        }
        return found;
    }

    /** Other digits before a number hide it from the plans, so what looks like a beginning is read by itself. */
    private void takeBeginnings(StringBuilder rest, List<Span> found) {
        Matcher beginning = BEGINNING.matcher(rest.toString());
        while (beginning.find()) {
            int start = beginning.start();
            String tail = rest.substring(start, Math.min(rest.length(), start + LONGEST));
            for (String region : regions) {
                for (PhoneNumberMatch match : NUMBERS.findNumbers(tail, region, Leniency.VALID, 1)) {
                    if (match.start() == 0) {
                        Span span = new Span(start, start + match.end(), SensitiveKind.PHONE);
                        found.add(span);
                        span.blank(rest);
                    }
                }
            }
        }
    }

    private static void take(String region, Leniency leniency, StringBuilder rest, List<Span> found) {
        for (PhoneNumberMatch match : NUMBERS.findNumbers(rest.toString(), region, leniency, Long.MAX_VALUE)) {
            Span span = new Span(match.start(), match.end(), SensitiveKind.PHONE);
            found.add(span);
            span.blank(rest);
        }
    }
}
