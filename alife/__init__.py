"""Neural quines: one island's life, in batched torch. No Ray here, and no files but the data set."""
