"""What is far: the rules that turn measurements into verdicts."""
