package dev.outrider.slm.grammar;

/** In which order the properties of an object may be written. */
public enum PropertyOrder {
    /** As JSON has it: any order. */
    ANY,
    /** As the schema lists them; for models that were trained to write them so. */
    DECLARED
}
