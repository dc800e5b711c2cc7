package dev.outrider.slm;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** The ids of an answer's calls: made when first asked for, and the same in the stream and in the whole answer. */
final class CallIds {

    private final List<String> ids = new ArrayList<>();

    /** @param index of the call, from 0 */
    synchronized String of(int index) {
        while (ids.size() <= index) {
            ids.add("call-" + UUID.randomUUID());
        }
        return ids.get(index);
    }
}
