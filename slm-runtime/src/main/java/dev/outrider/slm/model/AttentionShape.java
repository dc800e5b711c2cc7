package dev.outrider.slm.model;

/**
 * Sizes of a grouped-query attention layer.
 *
 * @param heads query heads
 * @param keyHeads key and value heads; divides {@code heads}
 * @param keySize values per query and key head
 * @param valueSize values per value head
 */
public record AttentionShape(int heads, int keyHeads, int keySize, int valueSize) {

    /** Query heads that share one key head. */
    public int sharing() {
        return heads / keyHeads;
    }
}
