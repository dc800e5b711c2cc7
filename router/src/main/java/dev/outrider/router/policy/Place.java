package dev.outrider.router.policy;

import java.util.List;
import java.util.stream.IntStream;

import dev.outrider.router.internal.OneLine;
import dev.outrider.router.policy.PolicyTree.At;
import dev.outrider.router.policy.PolicyTree.Entry;
import dev.outrider.router.policy.PolicyTree.Items;
import dev.outrider.router.policy.PolicyTree.Scalar;
import dev.outrider.router.policy.PolicyTree.Section;

/**
 * A piece of a policy file and where it stands, so that whoever reads it can complain with the place.
 *
 * @param file name of the file
 * @param path dotted path of the piece, empty for the whole file
 * @param tree the piece
 */
record Place(String file, String path, PolicyTree tree) {

    /** A complaint about this piece: what it must be, or what is wrong with it. */
    PolicyException wrong(String what) {
        return at(tree.at(), (path.isEmpty() ? "a policy" : path) + " " + what);
    }

    PolicyException at(At at, String what) {
        return new PolicyException(file, at.line(), at.column(), what);
    }

    /** The text of a single value. */
    String text() {
        if (tree instanceof Scalar scalar && !scalar.isNull()) {
            return scalar.text();
        }
        throw wrong("must be a single value");
    }

    /** The single value as an error message quotes it. */
    String shown() {
        return "\"" + OneLine.of(text()) + "\"";
    }

    Section section() {
        if (tree instanceof Section section) {
            return section;
        }
        throw wrong("must be a section of keys and values");
    }

    boolean isList() {
        return tree instanceof Items;
    }

    /** The items of a list. */
    List<Place> items() {
        if (tree instanceof Items list) {
            return IntStream.range(0, list.items().size())
                    .mapToObj(i -> new Place(file, path + "[" + i + "]", list.items().get(i)))
                    .toList();
        }
        throw wrong("must be a list");
    }

    Place child(String key, Entry entry) {
        return new Place(file, pathOf(key), entry.value());
    }

    String pathOf(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }
}
