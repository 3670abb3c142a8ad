"""The usual layout, as an app of its own: one wide row per number. Only the benchmarks install it."""
