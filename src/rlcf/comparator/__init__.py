"""The comparator: a second language model that tells reference programs from generated ones."""
