"""What a run folder says: data frames, figures, statistics. Never imports torch or ray."""
