package dev.outrider.router.privacy;

import com.google.i18n.phonenumbers.PhoneNumberUtil;
import com.google.i18n.phonenumbers.PhoneNumberUtil.PhoneNumberFormat;
import com.google.i18n.phonenumbers.Phonenumber.PhoneNumber;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** Random values that must not leave, and random text around them. */
final class SensitiveValues {

    private static final List<String> NAMES =
            List.of("Jane Doe", "Zoë Weiß", "O'Neil", "José", "Łukasz Żak", "李小龙", "Анна", "A\"B\\C");

    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyzäöüñøßжд";

    private static final List<String> FILLERS = List.of(
            "the order", " is late. ", "{\"k\":\"v\"}", "<b>bold</b>", " \n\t", "ORD-47952", "€ 12.50", "emoji 🙂 ",
            "back\\slash", "\"quoted\"", "<EMAIL_1>", "EMAIL_2", "NAME_", "_1", "100%", "a%20b", "\\u0041", "café ", "&lt;",
            "x=y;", "@", "é");

    private final Random random;

    SensitiveValues(Random random) {
        this.random = random;
    }

    List<String> names() {
        return NAMES;
    }

    String filler() {
        return FILLERS.get(random.nextInt(FILLERS.size()));
    }

    /**
     * A value with what people put around it: some sign at least, or it would be part of a longer word. Only digits with
     * nothing but blanks and brackets between them make a telephone number hard to tell, also for people.
     */
    String apart(String value) {
        return between() + value + between();
    }

    private String between() {
        return List.of(", ", "\n", ": ", "; ", "\", ", " = ", "? ", "! ").get(random.nextInt(8));
    }

    String value() {
        return switch (random.nextInt(5)) {
            case 0 -> email();
            case 1 -> phone();
            case 2 -> card();
            case 3 -> iban();
            default -> name();
        };
    }

    String name() {
        String name = NAMES.get(random.nextInt(NAMES.size()));
        return random.nextInt(4) == 0 ? name.toUpperCase(Locale.ROOT).replace("SS", "ß") : name;
    }

    String email() {
        return word(1 + random.nextInt(8)) + (random.nextBoolean() ? "." + word(3) : "") + "@" + word(2 + random.nextInt(8))
                + "." + List.of("example", "org", "co.uk", "рф").get(random.nextInt(4));
    }

    String phone() {
        PhoneNumberUtil numbers = PhoneNumberUtil.getInstance();
        List<String> regions = RedactionSettings.DEFAULTS.phoneRegions();
        PhoneNumber example = numbers.getExampleNumber(regions.get(random.nextInt(regions.size())));
        PhoneNumberFormat form = List.of(
                        PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.NATIONAL)
                .get(random.nextInt(3));
        return numbers.format(example, form);
    }

    String card() {
        StringBuilder digits = new StringBuilder().append(1 + random.nextInt(9));
        int length = 13 + random.nextInt(7);
        while (digits.length() < length - 1) {
            digits.append(random.nextInt(10));
        }
        for (int check = 0; check < 10; check++) {
            if (CardFinder.checks(digits.toString() + check)) {
                digits.append(check);
                break;
            }
        }
        String separator = List.of("", " ", "-").get(random.nextInt(3));
        return digits.toString().replaceAll("(\\d{4})(?=\\d)", "$1" + separator);
    }

    String iban() {
        String country = List.of("DE", "GB", "CH", "NL").get(random.nextInt(4));
        String account = switch (country) {
            case "DE" -> digits(18);
            case "GB" -> "WEST" + digits(14);
            case "CH" -> digits(17);
            default -> "ABNA" + digits(10);
        };
        String number = "";
        for (int check = 2; check < 99 && number.isEmpty(); check++) {
            String candidate = country + "%02d".formatted(check) + account;
            number = IbanFinder.checks(candidate) ? candidate : "";
        }
        String separator = List.of("", " ").get(random.nextInt(2));
        return number.replaceAll("(.{4})(?=.)", "$1" + separator);
    }

    private String digits(int count) {
        StringBuilder digits = new StringBuilder();
        for (int i = 0; i < count; i++) {
            digits.append(random.nextInt(10));
        }
        return digits.toString();
    }

    private String word(int length) {
        StringBuilder word = new StringBuilder();
        for (int i = 0; i < length; i++) {
            word.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        }
        return word.toString();
    }
}
