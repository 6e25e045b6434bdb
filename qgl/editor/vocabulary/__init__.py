"""Keywords, what else of the language has a name, and what each is; highlighters are made of them."""
