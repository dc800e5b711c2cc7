package dev.outrider.tools.desk;

/** Why money goes back. Lower case because LangChain4j puts constants' own names into the JSON Schema. */
public enum RefundReason {
    damaged,
    late,
    wrong_item,
    unwanted
}
