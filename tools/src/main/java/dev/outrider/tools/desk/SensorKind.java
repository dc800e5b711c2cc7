package dev.outrider.tools.desk;

/** What a sensor measures. Lower case because LangChain4j puts constants' own names into the JSON Schema. */
public enum SensorKind {
    temperature,
    humidity,
    door
}
