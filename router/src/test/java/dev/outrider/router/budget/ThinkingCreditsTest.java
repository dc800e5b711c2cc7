package dev.outrider.router.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ThinkingCreditsTest {

    private Instant now = Instant.parse("2026-01-02T12:00:00Z");

    private ThinkingCredits credits(long capacity, String refillPerSecond) {
        return new ThinkingCredits(
                new ThinkingCreditSettings(capacity, new BigDecimal(refillPerSecond)), () -> now);
    }

    @Test
    void they_are_all_there_in_the_beginning_and_come_back_over_time() {
        ThinkingCredits credits = credits(100, "2.5");
        assertThat(credits.take(70).tokens()).isEqualTo(70);
        assertThat(credits.take(70).tokens()).as("what there is").isEqualTo(30);
        assertThat(credits.take(70).tokens()).isZero();
        now = now.plusMillis(399);
        assertThat(credits.available()).isZero();
        now = now.plusMillis(1);
        assertThat(credits.available()).isEqualTo(1);
        now = now.plusSeconds(10);
        assertThat(credits.available()).isEqualTo(26);
        now = now.plus(Duration.ofDays(10_000));
        assertThat(credits.available()).isEqualTo(100);
    }

    @Test
    void what_was_not_used_returns_once() {
        ThinkingCredits credits = credits(100, "0");
        ThinkingCredits.Credit credit = credits.take(80);
        credit.settle(30);
        credit.settle(0);
        assertThat(credits.available()).isEqualTo(70);
        credits.take(70).settle(0);
        assertThat(credits.available()).isEqualTo(70);
    }

    @Test
    void what_was_used_beyond_is_owed_but_not_more_than_the_capacity() {
        ThinkingCredits credits = credits(100, "1");
        credits.take(100).settle(130);
        assertThat(credits.available()).isEqualTo(-30);
        assertThat(credits.take(1).tokens()).isZero();
        now = now.plusSeconds(31);
        assertThat(credits.take(5).tokens()).isEqualTo(1);
        credits.take(0).settle(Amounts.MOST);
        assertThat(credits.available()).isEqualTo(-100);
    }

    @Test
    void a_clock_that_goes_back_brings_nothing_and_nothing_twice() {
        ThinkingCredits credits = credits(100, "1");
        credits.take(100);
        now = now.plusSeconds(10);
        assertThat(credits.available()).isEqualTo(10);
        now = now.minusSeconds(60);
        assertThat(credits.available()).isEqualTo(10);
        now = now.plusSeconds(60);
        assertThat(credits.available()).isEqualTo(10);
        now = now.plusSeconds(1);
        assertThat(credits.available()).isEqualTo(11);
    }

    @Test
    void looking_often_brings_as_much_as_looking_seldom() {
        long seed = new Random().nextLong();
        System.out.println("ThinkingCreditsTest seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            String refill = BigDecimal.valueOf(random.nextInt(5_000_000), 6).toPlainString();
            ThinkingCredits often = credits(1000, refill);
            ThinkingCredits seldom = credits(1000, refill);
            often.take(1000);
            seldom.take(1000);
            for (int i = 0; i < 100; i++) {
                now = now.plusMillis(random.nextInt(3000));
                often.available();
            }
            assertThat(often.available()).as("seed %d, refill %s", seed, refill).isEqualTo(seldom.available());
        }
    }

    @Test
    void impossible_settings_are_refused() {
        assertThatThrownBy(() -> credits(0, "1")).hasMessage("capacity must be between 1 and 1000000000");
        assertThatThrownBy(() -> credits(1, "-1")).hasMessageStartingWith("refill-per-second must be between 0 and");
        assertThatThrownBy(() -> credits(1, "0.0000001")).hasMessageContaining("finer than a millionth of a token");
        assertThatThrownBy(() -> credits(1, "1").take(-1)).hasMessageContaining("0 or more but are -1");
    }
}
