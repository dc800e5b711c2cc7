package dev.outrider.slm.chat;

/**
 * How a format writes the calls of an answer, for grammars.
 *
 * @param form what stands between the markers
 * @param open written form of what stands in front of it; the format's marker is a special token where the vocabulary has one
 * @param close written form of what stands behind it
 * @param between written form of what stands between two calls that have markers of their own
 */
public record CallSyntax(Form form, String open, String close, String between) {

    /** What stands between the markers. */
    public enum Form {
        /** One call: {@code {"name":"…","arguments":{…}}}; every call has markers of its own. */
        JSON_OBJECT,
        /** All calls: {@code [{"name":"…","arguments":{…}}, …]}; one pair of markers. */
        JSON_LIST,
        /** One call: {@code <function=NAME>}, then per argument {@code <parameter=KEY>}, value, {@code </parameter>}, a line each. */
        XML
    }
}
