package dev.outrider.tools.desk;

/** Where goods lie. Lower case because LangChain4j puts constants' own names into the JSON Schema. */
public enum Warehouse {
    berlin,
    lyon,
    porto
}
