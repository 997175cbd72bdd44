//! What a count of answers says about a share: exact tests with a stated error probability.
