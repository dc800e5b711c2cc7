package dev.outrider.router.privacy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds international bank account numbers (ISO 13616), in one piece or in groups, in capitals or not. The length is the
 * country's, and the check digits must be right (ISO 7064, MOD 97-10), so that few other words are taken for one.
 */
final class IbanFinder {

    /** SWIFT's IBAN registry. */
    private static final String LENGTHS =
            "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20"
                    + " EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26"
                    + " IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30"
                    + " NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27"
                    + " SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30";

    private static final Map<String, Integer> LENGTH = lengths();

    private static final Pattern START = Pattern.compile("(?<![A-Za-z0-9])[A-Za-z]{2}[ \\u00a0\\u202f-]?[0-9]{2}");

    private IbanFinder() {}

    static List<Span> find(String text) {
        List<Span> found = new ArrayList<>();
        Matcher start = START.matcher(text);
        for (int from = 0; start.find(from); ) {
            int end = endOf(text, start.start());
            if (end > 0) {
                found.add(new Span(start.start(), end, SensitiveKind.IBAN));
                from = end;
            } else {
                from = start.start() + 1;
            }
        }
        return found;
    }

    /** Behind the number that starts here, or -1 when there is none. */
    private static int endOf(String text, int start) {
        Integer length = LENGTH.get(text.substring(start, start + 2).toUpperCase(Locale.ROOT));
        if (length == null) {
            return -1;
        }
        StringBuilder number = new StringBuilder();
        int i = start;
        while (i < text.length() && number.length() < length) {
            char c = text.charAt(i);
            if (isAlphanumeric(c)) {
                number.append(Character.toUpperCase(c));
            } else if (!isSeparator(c) || isSeparator(text.charAt(i - 1))) {
                return -1;
            }
            i++;
        }
        boolean goesOn = i < text.length() && isAlphanumeric(text.charAt(i));
        return number.length() == length && !goesOn && checks(number.toString()) ? i : -1;
    }

    /** The country and the check digits go to the end, letters become 10 to 35, and the rest of a division by 97 is 1. */
    static boolean checks(String number) {
        String turned = number.substring(4) + number.substring(0, 4);
        int rest = 0;
        for (int i = 0; i < turned.length(); i++) {
            int value = Character.digit(turned.charAt(i), 36);
            rest = (value < 10 ? rest * 10 + value : rest * 100 + value) % 97;
        }
        return rest == 1;
    }

    private static boolean isAlphanumeric(char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    }

    private static boolean isSeparator(char c) {
        return c == ' ' || c == '\u00a0' || c == '\u202f' || c == '-';
    }

    private static Map<String, Integer> lengths() {
        Map<String, Integer> lengths = new HashMap<>();
        for (String entry : LENGTHS.split(" ")) {
            lengths.put(entry.substring(0, 2), Integer.valueOf(entry.substring(2)));
        }
        return Map.copyOf(lengths);
    }
}
