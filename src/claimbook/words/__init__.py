"""Results in, sentences out: what a notebook says in words, computed and tested."""
