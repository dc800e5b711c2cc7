package dev.outrider.router.privacy;

/** What is replaced before a text leaves; the names stand in the placeholders. */
enum SensitiveKind {
    EMAIL,
    PHONE,
    CARD,
    IBAN,
    NAME
}
