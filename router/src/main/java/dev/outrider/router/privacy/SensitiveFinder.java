package dev.outrider.router.privacy;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Finds everything in a text that must not leave as it is. */
final class SensitiveFinder {

    private final PhoneFinder phones;
    private final NameFinder names;

    SensitiveFinder(PhoneFinder phones, Collection<String> names) {
        this.phones = phones;
        this.names = new NameFinder(names);
    }

    /** In order, without overlaps. */
    List<Span> find(String text) {
        List<Span> found = new ArrayList<>(findPlain(text));
        if (EscapedText.isIn(text)) {
            EscapedText read = EscapedText.read(text);
            if (!read.plain().equals(text)) {
                found.addAll(read.asWritten(findPlain(read.plain())));
            }
        }
        return Span.merged(found);
    }

    private List<Span> findPlain(String text) {
        List<Span> found = new ArrayList<>();
        StringBuilder rest = new StringBuilder(text);
        // the surest form first: the digits of an account number are no card, and those of a card no telephone
        take(EmailFinder.find(rest.toString()), rest, found);
        take(IbanFinder.find(rest.toString()), rest, found);
        take(CardFinder.find(rest.toString()), rest, found);
        found.addAll(phones.find(rest.toString()));
        found.addAll(names.find(text));
        return found;
    }

    private static void take(List<Span> spans, StringBuilder rest, List<Span> found) {
        for (Span span : spans) {
            found.add(span);
            span.blank(rest);
        }
    }
}
