package dev.outrider.tools.desk;

/** How soon a ticket wants an answer. Lower case because LangChain4j puts constants' own names into the JSON Schema. */
public enum TicketPriority {
    low,
    normal,
    high
}
