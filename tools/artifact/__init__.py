"""The artifact for Lambda: its bytecode, and the check of what it contains."""
