package dev.outrider.router.internal;

/** A setting that cannot be, with its key, so that the reader of the file can point at the line. */
public final class ImpossibleValue extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    private final String key;
    private final String what;

    private ImpossibleValue(String key, String what) {
        super(key + " " + what);
        this.key = key;
        this.what = what;
    }

    public static void check(boolean possible, String key, String what) {
        if (!possible) {
            throw new ImpossibleValue(key, what);
        }
    }

    /** The setting's key in the file. */
    public String key() {
        return key;
    }

    /** What is wrong with it and what would be right. */
    public String what() {
        return what;
    }
}
