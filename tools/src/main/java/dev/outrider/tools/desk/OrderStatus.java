package dev.outrider.tools.desk;

/** How far an order has come. Lower case because LangChain4j puts constants' own names into the JSON Schema. */
public enum OrderStatus {
    open,
    shipped,
    delivered,
    cancelled
}
