package dev.outrider.router.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class AuditDrawTest {

    @Test
    void the_same_id_is_always_drawn_or_never() {
        String id = UUID.randomUUID().toString();
        assertThat(AuditDraw.draw(id, 0.5)).isEqualTo(AuditDraw.draw(id, 0.5));
        assertThat(AuditDraw.draw(id, 0)).isEmpty();
        assertThat(AuditDraw.draw(id, 1)).hasValue(1);
    }

    @Test
    void whoever_is_drawn_at_a_small_rate_is_drawn_at_a_larger_one() {
        for (int i = 0; i < 1000; i++) {
            if (AuditDraw.draw("query-" + i, 0.1).isPresent()) {
                assertThat(AuditDraw.draw("query-" + i, 0.3)).hasValue(0.3);
            }
        }
    }

    @Test
    void the_drawn_share_is_the_rate_even_for_ids_that_differ_in_one_letter() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        int drawn = 0;
        int counted = 0;
        for (int i = 0; i < 20_000; i++) {
            drawn += AuditDraw.draw(new UUID(random.nextLong(), random.nextLong()).toString(), 0.05).isPresent() ? 1 : 0;
            counted += AuditDraw.draw("query-" + i, 0.05).isPresent() ? 1 : 0;
        }
        // six standard deviations
        assertThat(drawn / 20_000.0).as("seed %d", seed).isCloseTo(0.05, within(0.0093));
        assertThat(counted / 20_000.0).isCloseTo(0.05, within(0.0093));
    }
}
