"""The policy: a Hugging Face language model that writes programs and is trained."""
