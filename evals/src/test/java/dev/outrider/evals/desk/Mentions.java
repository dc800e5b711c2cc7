package dev.outrider.evals.desk;

import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Spells out the ways in which people say the same thing: {@code $order}, dates, amounts and states. */
final class Mentions {

    private static final Map<String, List<String>> WAYS = Map.ofEntries(
            Map.entry("$order", List.of("order number", "which order", "order id", "number of the order", "ORD-")),
            Map.entry("$customer", List.of("customer number", "which customer", "customer id", "who is the customer",
                    "your name", "e-mail")),
            Map.entry("$amount", List.of("amount", "how much")),
            Map.entry("$reason", List.of("reason", "why")),
            Map.entry("$ticket", List.of("ticket number", "which ticket", "ticket id", "number of the ticket")),
            Map.entry("$sku", List.of("SKU", "product number", "which product", "article number", "which item")),
            Map.entry("$warehouse", List.of("warehouse", "which site", "which location")),
            Map.entry("$address", List.of("new address", "street", "address")),
            Map.entry("$quantity", List.of("quantity", "how many", "number of pieces")),
            Map.entry("$subject", List.of("subject", "about", "what is the problem")),
            Map.entry("$decline", List.of("cannot", "can't", "can not", "unable", "not able", "no tool", "not possible",
                    "impossible", "beyond", "outside", "don't have", "do not have", "not something", "sorry")),
            Map.entry("$none", List.of("no", "not", "none", "nobody", "cannot", "can't", "couldn't", "isn't")),
            Map.entry("$no", List.of("cannot", "can't", "not", "no longer", "too late", "unable", "impossible")),
            Map.entry("in_transit", List.of("in_transit", "on its way", "on the way", "under way", "underway",
                    "en route")),
            Map.entry("cancelled", List.of("cancelled", "canceled", "called off")),
            Map.entry("shipped", List.of("shipped", "dispatched", "on its way", "on the way", "sent", "left")),
            Map.entry("closed", List.of("closed", "shut")));

    private Mentions() {}

    /** A group in full; what has only one way of saying stays as it is. */
    static List<String> spelledOut(List<String> group) {
        Set<String> texts = new LinkedHashSet<>();
        for (String text : group) {
            if (WAYS.containsKey(text)) {
                texts.addAll(WAYS.getOrDefault(text, List.of()));
            } else if (text.matches("\\d{4}-\\d\\d-\\d\\d")) {
                texts.addAll(date(LocalDate.parse(text)));
            } else if (text.matches("\\d+\\.\\d+")) {
                texts.add(text);
                texts.add(new BigDecimal(text).stripTrailingZeros().toPlainString());
            } else if (text.startsWith("$")) {
                throw new IllegalArgumentException("unknown group of mentions " + text);
            } else {
                texts.add(text);
            }
        }
        return List.copyOf(texts);
    }

    private static List<String> date(LocalDate date) {
        return List.of(
                date.toString(),
                format(date, "d MMMM"),
                format(date, "MMMM d"),
                format(date, "d'th of' MMMM"),
                format(date, "d MMM"),
                format(date, "MMM d"),
                format(date, "dd.MM."),
                format(date, "d/M"));
    }

    private static String format(LocalDate date, String pattern) {
        return date.format(DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH));
    }
}
